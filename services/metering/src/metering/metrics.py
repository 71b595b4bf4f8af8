"""Metrics of metering; refused messages are counted in `halfhour_dead_letters_total{topic,reason}`."""

import numpy as np
import numpy.typing as npt
from prometheus_client import Counter, Gauge, Histogram


class ColumnHistogram(Histogram):
    """A histogram that also takes a column at once, in the time of a few single values."""

    def observe_many(self, amounts: npt.NDArray[np.generic]) -> None:
        """Observe each of `amounts`."""
        found = np.bincount(np.searchsorted(self._upper_bounds, amounts), minlength=len(self._buckets))
        self._sum.inc(float(amounts.sum()))
        for bucket, count in zip(self._buckets, found.tolist(), strict=True):
            if count:
                bucket.inc(count)


# Half hours, not messages: the unit that a supplier pays for. Repeats count again.
INTERVALS_STORED = Counter("halfhour_intervals_stored_total", "Half hours written to the store.", ["quality"])
# The promise of the whole chain: from the end of a half hour, by the meter, to its row being readable.
INTERVAL_AGE_SECONDS = ColumnHistogram(
    "halfhour_interval_age_seconds",
    "From the end of the newest half hour of a block to its being stored, by the clock of the telemetry.",
    buckets=(5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604800),
)
INSERT_SECONDS = Histogram(
    "halfhour_store_insert_seconds",
    "Time of one insert into the series store.",
    ["table"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
# Their readings are stored all the same; a person must set the clock, theirs or ours.
POLLERS_AHEAD_SECONDS = Gauge(
    "halfhour_pollers_ahead_seconds", "By how much the clock of a poller was ahead of ours in the last batch, at most."
)
HELD_MESSAGES = Counter(
    "halfhour_held_messages_total", "Messages not sent on because the supplier's stream is not there.", ["supplier"]
)
# Small inserts make many parts, and unmerged parts, not volume, make reads slow.
INSERT_ROWS = Histogram(
    "halfhour_store_insert_rows",
    "Rows of one insert into the series store.",
    ["table"],
    buckets=(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000),
)
PIPELINE_RETRIES = Counter("halfhour_pipeline_retries_total", "Batches that were put back and read again.", ["topic"])
REGISTRY_POINTS = Gauge("halfhour_registry_points", "Points in the registry snapshot in memory.")
REGISTRY_LOADED = Counter("halfhour_registry_loaded_total", "Times the registry snapshot was read anew.")
# What a supplier is told of days; a correction is any reason but `closed`.
LEDGER_REVISIONS = Counter("halfhour_ledger_revisions_total", "Revisions of days published.", ["reason", "verdict"])
# A fault of ours: such a day is told to nobody until it is mended.
LEDGER_DAYS_FAILED = Counter("halfhour_ledger_days_failed_total", "Looks at days that failed; put off by an hour.")
LEDGER_DAYS_DUE = Gauge("halfhour_ledger_days_due", "Days that wait to be closed or looked at again, as last seen.")
# Billing computed another digest than we published: its books or ours are wrong, and a person must look.
RECEIPTS = Counter("halfhour_day_receipts_total", "Receipts of days that were news.", ["state"])
SLOTS_BILLED = Counter("halfhour_intervals_billed_total", "Half hours marked as used in a closed bill.")
REPLAYED = Counter("halfhour_replayed_messages_total", "Messages sent again because an operator asked.", ["what"])
# What validation finds, by rule: a rule that suddenly finds a lot has a wrong limit, or a driver has changed.
VERDICTS = Counter("halfhour_verdicts_total", "Verdicts that were opened or changed while open.", ["rule", "severity"])
SHARED_QUERIES = Histogram(
    "halfhour_shared_query_requests",
    "Different questions that one query answered.",
    ["query"],
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
CACHED_ANSWERS = Counter("halfhour_read_cache_total", "Answers about closed days, by what the cache did.", ["outcome"])
EDITS = Counter("halfhour_edits_total", "Edits of half hours, each time they came into a state.", ["kind", "state"])
# While one is, no zones are checked of the suppliers that it is for.
SCHEDULES_MALFORMED = Gauge("halfhour_tariff_schedules_malformed", "Schedules of tariff zones that are left out.")
# A schedule that suddenly differs at many points is the schedule's own fault, or that of a whole series of meters.
ZONE_CHECKS = Counter("halfhour_zone_checks_total", "Days whose tariff zones were checked.", ["verdict", "cause"])
# near_miss: warned of, and not exceeded in the end.
POWER_WARNINGS = Counter(
    "halfhour_power_limit_half_hours_total", "Half hours near or over the limit of power, by what was told.", ["kind"]
)
ESTIMATES = Counter("halfhour_estimates_total", "Runs of half hours that were estimated.", ["method"])
# E0: what the meter's own archive brought in the end, and what took the place of an estimate.
ESTIMATES_REPLACED = Counter(
    "halfhour_estimates_replaced_total", "Estimates in whose place the actual came.", ["method"]
)
ARCHIVE_WAITS = Counter("halfhour_estimation_archive_waits_total", "Looks at days that wait for a meter's archive.")
# One path by supplier; the steps: metering.freshness.
FRESHNESS_SECONDS = ColumnHistogram(
    "halfhour_freshness_seconds",
    "How long data took to a step of their way, by the clock of the telemetry.",
    ["step", "supplier"],
    buckets=(0.1, 0.5, 1, 2, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 259_200, 604_800),
)
FRESHNESS_AGE_SECONDS = Gauge(
    "halfhour_freshness_age_seconds", "Since the end of the newest data that have come to a step.", ["step", "supplier"]
)
DAYS_OPEN = Gauge("halfhour_days_open", "Newest revisions that billing has not confirmed.", ["supplier"])
DAYS_OPEN_AGE_SECONDS = Gauge(
    "halfhour_days_open_age_seconds",
    "Since the oldest of them was closed.",
    ["supplier"],
)
# The Government moves days off by a decree a year, in September or October: somebody must add it before it is needed.
CALENDAR_DAYS_LEFT = Gauge(
    "halfhour_production_calendar_days_left", "Until a year begins of which no decree about days off is known."
)
# Not 0, which would be an alarm, of a process that does not look or has not yet: rules pass over what is no number.
CALENDAR_DAYS_LEFT.set(float("nan"))
CANARY_DIFFERING = Gauge("halfhour_canary_differing", "Half hours of the canary's last day that are not its curve's.")
CANARY_LATE = Gauge("halfhour_canary_late", "Half hours of the canary's last day that should be there and are not.")
