"""Readings into blocks: half hours between two borders, and slots into interval blocks. Pure.

A difference is taken only between registers that were read at half-hour borders. Where a border was missed
the energy between the known ones is spread evenly and marked DERIVED: its sum is measured, its shape is not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from meter_poller.readings import NOTHING, Energies, RegisterReading, Slot, digest_of
from topics.metering import EndpointMeter
from topics.poller import BorderRegisters, IntervalBlock
from topics.quality import Quality

HALF_HOUR = timedelta(minutes=30)
# A week of half hours and a little: a block stays far below the log's limit for one message.
MAX_BLOCK_SLOTS = 340
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def half_hour_floor(at: datetime) -> datetime:
    """Return the last half-hour border at or before `at`."""
    return at - (at - EPOCH) % HALF_HOUR


def border_registers(reading: RegisterReading, *, tolerance: timedelta) -> BorderRegisters | None:
    """Return the reading as that of the border just passed, or None if it may be of before, or of too long after."""
    border = half_hour_floor(reading.at)
    if reading.asked_at < border or reading.at - border > tolerance:
        return None
    a_plus, a_minus, r_plus, r_minus = reading.total
    return BorderRegisters(at=border, a_plus_wh=a_plus, a_minus_wh=a_minus, r_plus_varh=r_plus, r_minus_varh=r_minus)


def between_borders(before: BorderRegisters, after: BorderRegisters) -> list[Slot]:
    """Return every half hour of [before.at, after.at): one is RAW, several are DERIVED.

    The slots' sum is exactly the difference of the registers. Registers that went back tell nothing of the
    energy: all slots are gaps then. INVARIANT: tests/unit/meter_poller/test_plan.py.
    """
    count = (after.at - before.at) // HALF_HOUR
    pairs = list(zip(_energies(before), _energies(after), strict=True))
    if went_back(before, after) or all(None in pair for pair in pairs):
        starts = (before.at + i * HALF_HOUR for i in range(count))
        return [Slot(start=start, energies=NOTHING, quality=Quality.GAP) for start in starts]
    quality = Quality.RAW if count == 1 else Quality.DERIVED
    columns = [_spread(start, end, count) for start, end in pairs]
    return [
        Slot(
            start=before.at + i * HALF_HOUR,
            energies=(columns[0][i], columns[1][i], columns[2][i], columns[3][i]),
            quality=quality,
        )
        for i in range(count)
    ]


def went_back(before: BorderRegisters, after: BorderRegisters) -> bool:
    """Tell whether any register shows less than before."""
    return any(
        start is not None and end is not None and end < start
        for start, end in zip(_energies(before), _energies(after), strict=True)
    )


def _spread(start: int | None, end: int | None, count: int) -> list[int | None]:
    if start is None or end is None:
        return [None] * count
    whole = end - start
    return [whole * (i + 1) // count - whole * i // count for i in range(count)]


def _energies(border: BorderRegisters) -> Energies:
    return (border.a_plus_wh, border.a_minus_wh, border.r_plus_varh, border.r_minus_varh)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSource:
    """Whose slots they are. Blocks end at local midnight of the meter's clock zone."""

    endpoint_id: UUID
    meter: EndpointMeter
    zone: ZoneInfo


def interval_blocks(
    source: BlockSource,
    slots: Iterable[Slot],
    *,
    step: timedelta,
    polled_at: datetime,
    frames_sha256: str | None = None,
) -> list[IntervalBlock]:
    """Return the slots, which must be consecutive, as blocks of at most a local day each.

    Without `frames_sha256` each block gets the digest of its own slots' frames.
    """
    return [
        _block(source, part, step=step, polled_at=polled_at, frames_sha256=frames_sha256)
        for part in _parts(slots, source.zone)
    ]


def _parts(slots: Iterable[Slot], zone: ZoneInfo) -> Iterator[list[Slot]]:
    part: list[Slot] = []
    for slot in slots:
        if part and (len(part) >= MAX_BLOCK_SLOTS or _day(slot, zone) != _day(part[0], zone)):
            yield part
            part = []
        part.append(slot)
    if part:
        yield part


def _day(slot: Slot, zone: ZoneInfo) -> int:
    return slot.start.astimezone(zone).toordinal()


def _block(
    source: BlockSource, slots: list[Slot], *, step: timedelta, polled_at: datetime, frames_sha256: str | None
) -> IntervalBlock:
    a_plus, a_minus, r_plus, r_minus = (list(column) for column in zip(*(s.energies for s in slots), strict=True))
    return IntervalBlock(
        endpoint_id=source.endpoint_id,
        meter_id=source.meter.meter_id,
        serial=source.meter.serial,
        start=slots[0].start,
        step_seconds=int(step.total_seconds()),
        a_plus_wh=a_plus,
        a_minus_wh=a_minus,
        r_plus_varh=r_plus,
        r_minus_varh=r_minus,
        quality=[slot.quality for slot in slots],
        flags=[slot.flags for slot in slots],
        polled_at=polled_at,
        # A frame that carried several records of the block counts once.
        frames_sha256=frames_sha256 or digest_of(dict.fromkeys(slot.frame for slot in slots)),
    )
