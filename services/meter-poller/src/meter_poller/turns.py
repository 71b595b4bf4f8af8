"""What is done with one meter when its turn comes: read, plan, publish, move the cursor.

A turn is bounded, so that neighbours on the wire get theirs. Raises ReadingFailed; knows no schedule.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from common.clock import Clock
from common.logging import get_logger
from meter_poller.drivers.interface import InstantDriver, LimitsDriver, MemoryDriver, MeterDriver
from meter_poller.metrics import BORDERS, FOREIGN_RECORDS, REGISTER_RESETS, SLOTS
from meter_poller.plan import HALF_HOUR as STEP
from meter_poller.plan import BlockSource, between_borders, border_registers, interval_blocks, went_back
from meter_poller.publish import Batch, Delivery, Outbox, Step
from meter_poller.readings import ProfileRun, RegisterReading, Slot, digest_of
from topics.poller import (
    INSTANT_VALUES,
    INTERVAL_BLOCKS,
    JOURNAL_ENTRIES,
    METER_LIMITS,
    REGISTER_SNAPSHOTS,
    BorderRegisters,
    InstantValues,
    IntervalBlock,
    JournalBlock,
    JournalEntry,
    MeterCursor,
    MeterLimits,
    PendingBorder,
    RegisterSnapshot,
)
from topics.quality import Quality

log = get_logger(__name__)

MAX_ENTRIES_A_MESSAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """What a turn may take. `history`: how far a meter's memory is read back at first sight."""

    records: int
    history: timedelta
    border_tolerance: timedelta


class Turns:
    """The turns of one meter."""

    def __init__(
        self,
        driver: MeterDriver,
        delivery: Delivery,
        outbox: Outbox,
        *,
        endpoint_id: UUID,
        clock: Clock,
        limits: TurnLimits,
    ) -> None:
        self.driver = driver
        self._delivery = delivery
        self._outbox = outbox
        self._endpoint_id = endpoint_id
        self._meter = driver.meter
        self._clock = clock
        self._limits = limits
        self._source = BlockSource(endpoint_id=endpoint_id, meter=driver.meter, zone=ZoneInfo(driver.meter.clock_zone))
        self._before_first_record = self._cursor.profile_until is None
        self._known_journals: dict[str, str] = {}
        self._known_limits_mv: list[int] | None = None
        self._border = self._cursor.border
        self._unfinished = self._cursor.pending

    async def snapshot(self) -> RegisterReading:
        """Read and publish the registers; for a meter without memory also the half hours up to this border."""
        await self._finish_pending()
        await self.driver.begin()
        reading = await self.driver.registers()
        if isinstance(self.driver, MemoryDriver):
            await self._delivery.deliver(Step([self._snapshot_batch(reading)]))
        else:
            await self._close_border(reading)
        return reading

    async def profile(self) -> bool:
        """Read and publish the next half hours of a meter with memory. Return whether more wait."""
        if not isinstance(self.driver, MemoryDriver):
            return False
        await self.driver.begin()
        run = await self.driver.profile(
            since=self._cursor.profile_until, history=self._limits.history, limit=self._limits.records
        )
        if run.until is None:
            return False
        slots = self._without_leading_gaps(run.slots)
        blocks = interval_blocks(self._source, slots, step=run.step, polled_at=self._clock.now())
        cursor = msgspec.structs.replace(self._cursor, profile_until=run.until)
        await self._delivery.deliver(Step([_counted(blocks)], cursor, run.until if slots else None))
        if slots:
            self._before_first_record = False
            self._tell_of_gaps(run)
        return run.has_more

    async def instants(self) -> None:
        """Read and hand over what the meter shows now; of a moment ago it is nothing to wait for a slow log with."""
        if not isinstance(self.driver, InstantDriver) or self._outbox.waits:
            return
        await self.driver.begin()
        reading = await self.driver.instants()
        values = InstantValues(
            endpoint_id=self._endpoint_id,
            meter_id=self._meter.meter_id,
            serial=self._meter.serial,
            at=reading.at,
            a_plus_wh=reading.a_plus_wh,
            power_w=reading.power_w,
            reactive_power_var=reading.reactive_power_var,
            phase_powers_w=list(reading.phase_powers_w),
            voltages_mv=list(reading.voltages_mv),
            currents_ma=list(reading.currents_ma),
            power_factor_thousandths=reading.power_factor_thousandths,
            frequency_millihertz=reading.frequency_millihertz,
            frames_sha256=digest_of(reading.frames),
        )
        await self._outbox.put(Step([Batch(INSTANT_VALUES, [values])]))

    async def journals(self) -> None:
        """Read the journals of a meter with memory, and publish those in which something is new or has closed."""
        if not isinstance(self.driver, MemoryDriver):
            return
        await self.driver.begin()
        reading = await self.driver.journals()
        digests = _digests(reading.entries)
        news: list[JournalEntry] = []
        if reading.digest != self._cursor.journals_sha256:
            changed = {journal for journal, digest in digests.items() if self._known_journals.get(journal) != digest}
            news = [entry for entry in reading.entries if entry.journal in changed]
        parts = [news[at : at + MAX_ENTRIES_A_MESSAGE] for at in range(0, len(news), MAX_ENTRIES_A_MESSAGE)]
        cursor = msgspec.structs.replace(
            self._cursor, journals_read_at=self._clock.now(), journals_sha256=reading.digest
        )
        batch = Batch(JOURNAL_ENTRIES, [self._journal_block(part) for part in parts])
        await self._delivery.deliver(Step([batch], cursor))
        self._known_journals = digests

    async def limits(self) -> None:
        """Read the limits that are set in the meter, and publish them if they are news."""
        if not isinstance(self.driver, LimitsDriver):
            return
        await self.driver.begin()
        reading = await self.driver.limits()
        if reading is None or reading.voltages_mv == self._known_limits_mv:
            return
        limits = MeterLimits(meter_id=self._meter.meter_id, read_at=reading.at, voltages_mv=reading.voltages_mv)
        await self._delivery.deliver(Step([Batch(METER_LIMITS, [limits])]))
        self._known_limits_mv = reading.voltages_mv

    @property
    def _cursor(self) -> MeterCursor:
        return self._delivery.cursors.of(self._meter.meter_id)

    async def _close_border(self, reading: RegisterReading) -> None:
        """Publish the reading and, if it is a border's, the half hours since the border before."""
        snapshot = self._snapshot_batch(reading)
        border = border_registers(reading, tolerance=self._limits.border_tolerance)
        before = self._border
        if border is None or (before is not None and border.at <= before.at):
            await self._outbox.put(Step([snapshot]))
            return
        self._border = border
        BORDERS.labels(outcome="read").inc()
        if before is None:
            cursor = msgspec.structs.replace(self._cursor, border=border, profile_until=border.at)
            await self._outbox.put(Step([snapshot], cursor))
            return
        pending = PendingBorder(registers=border, read_at=reading.at, frames_sha256=digest_of(reading.frames))
        announced = msgspec.structs.replace(self._cursor, border=before, profile_until=before.at, pending=pending)
        await self._outbox.put(Step((), announced), self._half_hours(before, pending, [snapshot]))
        BORDERS.labels(outcome="missed").inc((border.at - before.at) // STEP - 1)
        if went_back(before, border):
            REGISTER_RESETS.inc()
            log.warning(
                "registers.went_back",
                meter_id=str(self._meter.meter_id),
                since=before.at.isoformat(),
                until=border.at.isoformat(),
            )

    async def _finish_pending(self) -> None:
        """Publish again, exactly as announced, what a poller before us may or may not have published.

        It needs no meter: the announcement holds all of it.
        """
        pending, self._unfinished = self._unfinished, None
        if pending is not None and self._border is not None:
            await self._outbox.put(self._half_hours(self._border, pending, []))
            self._border = pending.registers

    def _half_hours(self, before: BorderRegisters, pending: PendingBorder, others: list[Batch]) -> Step:
        after = pending.registers
        blocks = interval_blocks(
            self._source,
            between_borders(before, after),
            step=STEP,
            polled_at=pending.read_at,
            frames_sha256=pending.frames_sha256,
        )
        cursor = msgspec.structs.replace(self._cursor, border=after, profile_until=after.at, pending=None)
        return Step([*others, _counted(blocks)], cursor, after.at)

    def _tell_of_gaps(self, run: ProfileRun) -> None:
        for reason, number in run.foreign.items():
            FOREIGN_RECORDS.labels(reason=reason).inc(number)
        if run.foreign:
            log.warning(
                "profile.gaps_found",
                meter_id=str(self._meter.meter_id),
                until=run.until.isoformat() if run.until else None,
                reasons=run.foreign,
            )

    def _without_leading_gaps(self, slots: list[Slot]) -> list[Slot]:
        """Leave out what lies before the meter's first record: it was not there yet, so nothing is missing."""
        if not self._before_first_record:
            return slots
        first = next((i for i, slot in enumerate(slots) if slot.quality is not Quality.GAP), len(slots))
        return slots[first:]

    def _snapshot_batch(self, reading: RegisterReading) -> Batch:
        snapshot = RegisterSnapshot(
            endpoint_id=self._endpoint_id,
            meter_id=self._meter.meter_id,
            serial=self._meter.serial,
            at=reading.at,
            meter_time=reading.meter_time,
            drift_seconds=reading.drift_seconds,
            registers=reading.registers,
            frames_sha256=digest_of(reading.frames),
        )
        return Batch(REGISTER_SNAPSHOTS, [snapshot])

    def _journal_block(self, entries: list[JournalEntry]) -> JournalBlock:
        return JournalBlock(
            endpoint_id=self._endpoint_id,
            meter_id=self._meter.meter_id,
            serial=self._meter.serial,
            entries=entries,
            polled_at=self._clock.now(),
        )


def _counted(blocks: list[IntervalBlock]) -> Batch:
    for block in blocks:
        for quality, number in Counter(block.quality).items():
            SLOTS.labels(quality=quality.value).inc(number)
    return Batch(INTERVAL_BLOCKS, blocks)


def _digests(entries: list[JournalEntry]) -> dict[str, str]:
    """Return a digest of each journal's records."""
    records: dict[str, list[bytes]] = {}
    for entry in entries:
        records.setdefault(entry.journal, []).append(f"{entry.slot}:{entry.raw};".encode())
    return {journal: digest_of(parts) for journal, parts in records.items()}
