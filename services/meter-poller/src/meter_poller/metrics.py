"""Metrics of the poller. Labels are bounded: families, codes and outcomes; never a meter or an endpoint."""

from prometheus_client import Counter, Gauge, Histogram

# Wires that this process polls now; summed over pollers it must equal the number of endpoints.
WIRES = Gauge("halfhour_poller_wires", "Wires that this process polls.")
# Meters behind those wires by the state last seen.
METERS = Gauge("halfhour_poller_meters", "Meters of this process by link state.", ["state"])
# One turn of one meter: ok, or the code of the fault.
TURNS = Counter("halfhour_poller_turns_total", "Turns of meters by outcome.", ["driver", "outcome"])
EXCHANGE_SECONDS = Histogram(
    "halfhour_poller_exchange_seconds",
    "From a request to its checked reply, real time.",
    ["protocol"],
    buckets=(0.002, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5),
)
# Bytes that came outside of an exchange; they are never taken for a reply.
LATE_BYTES = Counter("halfhour_poller_late_bytes_total", "Bytes that came too late or unasked and were dropped.")
SLOTS = Counter("halfhour_poller_slots_total", "Half hours handed to the log, by quality.", ["quality"])
# A profile record whose own time is not the expected one; each becomes a gap.
FOREIGN_RECORDS = Counter("halfhour_poller_foreign_records_total", "Profile records with a foreign time.", ["reason"])
BORDERS = Counter("halfhour_poller_borders_total", "Half-hour borders of meters without memory.", ["outcome"])
REGISTER_RESETS = Counter("halfhour_poller_register_resets_total", "Registers that were found to have gone back.")
PUBLISH_PAUSES = Counter("halfhour_poller_publish_pauses_total", "Times that the log did not take telemetry.")
# From the end of the newest published half hour to its acknowledgement, in clock seconds.
FRESHNESS_SECONDS = Histogram(
    "halfhour_poller_freshness_seconds",
    "Age of a meter's newest half hour when the log has it.",
    buckets=(15, 30, 60, 120, 300, 900, 1_800, 3_600, 14_400, 86_400),
)
# Endpoints and cursors that could not be decoded. They are read again at each assignment, so no dead letter is made.
RECORDS_REFUSED = Counter("halfhour_poller_records_refused_total", "Records that were refused.", ["topic", "reason"])
WIRE_FAILURES = Counter("halfhour_poller_wire_failures_total", "Times that a wire's task failed and was started anew.")
