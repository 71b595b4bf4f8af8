"""What the poller publishes: everything as the meter said it, neither filled, clamped nor rounded."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic
from topics.quality import Quality

Utc = Annotated[datetime, Meta(tz=True)]
Naive = Annotated[datetime, Meta(tz=False)]
Sha256 = Annotated[str, Meta(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")]

MAX_SLOTS = 4_096


class IntervalBlock(Message, frozen=True, kw_only=True):
    """Consecutive half hours of one meter, as columns of equal length.

    Slot i covers [start + i*step, start + (i+1)*step). Energies are integers of the secondary side.
    A slot without a record has quality GAP and null in every column. `flags` are bit masks of
    `topics.quality.Flag`. `polled_at` is when the last of it was read, by the poller's clock.
    """

    endpoint_id: UUID
    meter_id: UUID
    serial: str
    start: Utc
    step_seconds: Annotated[int, Meta(gt=0, le=86_400)]
    a_plus_wh: Annotated[list[int | None], Meta(min_length=1, max_length=MAX_SLOTS)]
    a_minus_wh: list[int | None]
    r_plus_varh: list[int | None]
    r_minus_varh: list[int | None]
    quality: list[Quality]
    flags: list[int]
    polled_at: Utc
    frames_sha256: Sha256


class Register(Message, frozen=True, kw_only=True):
    """One energy register. `zone` is `sum` or `T1`…`T4`; the value is in Wh (a_plus, a_minus) or varh."""

    zone: str
    channel: str
    value_wh: int


class RegisterSnapshot(Message, frozen=True, kw_only=True):
    """Energy registers at an instant, with the meter's clock where it has one.

    `at` is the poller's clock; `drift_seconds` is meter minus poller. Registers that the meter
    does not measure are left out, not zero.
    """

    endpoint_id: UUID
    meter_id: UUID
    serial: str
    at: Utc
    meter_time: Naive | None
    drift_seconds: float | None
    registers: list[Register]
    frames_sha256: Sha256


Phases = Annotated[list[int | None], Meta(min_length=3, max_length=3)]


class InstantValues(Message, frozen=True, kw_only=True):
    """What a meter shows at an instant, of its own side, and beside it the register of energy taken.

    `at` is the poller's clock when the register came. Lists are of the phases 1, 2, 3. Power that is taken is positive,
    power that is given negative. What the meter does not measure is null, not zero.
    """

    endpoint_id: UUID
    meter_id: UUID
    serial: str
    at: Utc
    a_plus_wh: int | None
    power_w: int | None
    reactive_power_var: int | None
    phase_powers_w: Phases
    voltages_mv: Phases
    currents_ma: Phases
    power_factor_thousandths: int | None
    frequency_millihertz: int | None
    frames_sha256: Sha256


class JournalEntry(Message, frozen=True, kw_only=True):
    """One record of a meter's journal.

    `journal` is the two-digit hexadecimal number of the Mercury family (`01`…`86`). `opened` and `closed`
    are the record's two times as the meter said them; for clock corrections they are before and after.
    `closed` is null while the entry is open, and for journals of one time. `raw` is the record in hex.
    """

    journal: str
    slot: int
    opened: Naive
    closed: Naive | None
    opened_at: Utc
    closed_at: Utc | None
    raw: str


class JournalBlock(Message, frozen=True, kw_only=True):
    """Journal records of one meter as found in one reading. An entry that closes comes again, completed."""

    endpoint_id: UUID
    meter_id: UUID
    serial: str
    entries: list[JournalEntry]
    polled_at: Utc


Millivolts = Annotated[int, Meta(ge=0, lt=2**31)]


class MeterLimits(Message, frozen=True, kw_only=True):
    """The limits of voltage that are set in a meter, by which it makes its journal entries.

    From the lowest to the highest: below the limit, below normal, above normal, above the limit. Sent when they are
    others than those that were read last, and once after each start.
    """

    meter_id: UUID
    read_at: Utc
    voltages_mv: Annotated[list[Millivolts], Meta(min_length=4, max_length=4)]


class MeterLink(Message, frozen=True, kw_only=True):
    """Health of the link to one meter. `error_code` is null while `state` is `ok`."""

    meter_id: UUID
    state: str
    changed_at: Utc
    last_success_at: Utc | None
    error_code: str | None
    drift_seconds: float | None = None


class LinkState(Message, frozen=True, kw_only=True):
    """Health of one endpoint and of the meters behind it; sent when a state changes."""

    endpoint_id: UUID
    changed_at: Utc
    meters: list[MeterLink]


class BorderRegisters(Message, frozen=True, kw_only=True):
    """Registers of a meter without profile memory at the end of its last published half hour."""

    at: Utc
    a_plus_wh: int | None
    a_minus_wh: int | None
    r_plus_varh: int | None
    r_minus_varh: int | None


class PendingBorder(Message, frozen=True, kw_only=True):
    """A border whose half hours are on their way: written before them, so that a kill repeats them exactly."""

    registers: BorderRegisters
    read_at: Utc
    frames_sha256: Sha256


class MeterCursor(Message, frozen=True, kw_only=True):
    """How far a meter has been read: the end of the last published half hour, and when journals were read."""

    meter_id: UUID
    profile_until: Utc | None = None
    border: BorderRegisters | None = None
    pending: PendingBorder | None = None
    journals_read_at: Utc | None = None
    journals_sha256: str | None = None


class EndpointCursor(Message, frozen=True, kw_only=True):
    """The cursors of all meters behind one endpoint. Written after the broker has the telemetry."""

    endpoint_id: UUID
    meters: list[MeterCursor]


def _endpoint(
    message: IntervalBlock | RegisterSnapshot | InstantValues | JournalBlock | LinkState | EndpointCursor,
) -> str:
    return str(message.endpoint_id)


INTERVAL_BLOCKS: Topic[IntervalBlock] = Topic(
    name="poller-interval-blocks-v1",
    message=IntervalBlock,
    key=_endpoint,
    owner="meter-poller",
    readers=("metering",),
    description="Load-profile records as read, in blocks, with flags and the digest of the raw frames.",
)
REGISTER_SNAPSHOTS: Topic[RegisterSnapshot] = Topic(
    name="poller-register-snapshots-v1",
    message=RegisterSnapshot,
    key=_endpoint,
    owner="meter-poller",
    readers=("metering",),
    description="Energy registers at an instant, with the meter's clock and its drift.",
)
INSTANT_VALUES: Topic[InstantValues] = Topic(
    name="poller-instant-values-v1",
    message=InstantValues,
    key=_endpoint,
    owner="meter-poller",
    readers=("metering",),
    retention_hours=48,
    description="Voltage, current, power, power factor and frequency, with the register of energy taken.",
)
JOURNAL_ENTRIES: Topic[JournalBlock] = Topic(
    name="poller-journal-entries-v1",
    message=JournalBlock,
    key=_endpoint,
    owner="meter-poller",
    readers=("metering",),
    description="Journal records as read.",
)
LINK_STATES: Topic[LinkState] = Topic(
    name="poller-link-states-v1",
    message=LinkState,
    key=_endpoint,
    owner="meter-poller",
    readers=("metering",),
    compacted=True,
    retention_hours=None,
    description="Health of links and meters; the newest record of an endpoint holds all of it.",
)
METER_LIMITS: Topic[MeterLimits] = Topic(
    name="poller-meter-limits-v1",
    message=MeterLimits,
    key=lambda message: str(message.meter_id),
    owner="meter-poller",
    readers=("metering",),
    compacted=True,
    retention_hours=None,
    description="The limits of voltage that are set in a meter.",
)
CURSORS: Topic[EndpointCursor] = Topic(
    name="poller-cursors-v1",
    message=EndpointCursor,
    key=_endpoint,
    owner="meter-poller",
    readers=("meter-poller",),
    compacted=True,
    retention_hours=None,
    description="How far each meter has been read. Partition for partition beside metering-endpoints-v1.",
)
