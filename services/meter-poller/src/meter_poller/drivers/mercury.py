"""The Mercury family over its native protocol: clock, registers, profile memory, journals.

Returns what the meter said; decides neither when to read nor what to publish. Its session makes sure that
the registered meter answers. Frames: mercury_frames.py; addresses and labels: mercury_profile.py.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from common.clock import Clock
from common.logging import get_logger
from meter_poller.drivers import mercury_frames as frames
from meter_poller.drivers import mercury_journals as rings
from meter_poller.drivers.mercury_frames import LastRecord, ProfileRecord, Variant
from meter_poller.drivers.mercury_profile import (
    DAY,
    Addressing,
    Ring,
    foreign_reason,
    slot_of,
    to_utc,
)
from meter_poller.drivers.mercury_session import MercurySession
from meter_poller.errors import BadReply, MeterRefused, NoReply
from meter_poller.link import Link
from meter_poller.readings import (
    CHANNELS,
    NOTHING,
    InstantReading,
    JournalReading,
    LimitsReading,
    Phases,
    ProfileRun,
    RegisterReading,
    Slot,
    digest_of,
)
from meter_poller.settings import Credential
from topics.metering import EndpointMeter
from topics.poller import JournalEntry, Register

log = get_logger(__name__)

ZONES = ("sum", "T1", "T2", "T3", "T4")
# A meter's clock may be this far ahead; farther, every record would seem foreign and become a gap for good.
AHEAD_LIMIT = timedelta(hours=1)
# Records at the ring's tail may be overwritten while they are read.
RING_MARGIN = 2
RUN_FAILURES_LIMIT = 2
SILENCES_LIMIT = 3


class MercuryMeter:
    """One meter on a wire. Remembers what the meter taught it: session, variant, addressing, refused requests."""

    driver = "mercury"
    has_memory = True

    def __init__(self, link: Link, meter: EndpointMeter, *, credential: Credential, clock: Clock) -> None:
        self.meter = meter
        self.zone = ZoneInfo(meter.clock_zone)
        self._address = meter.address
        self._clock = clock
        self._session = MercurySession(link, meter, credential=credential, clock=clock)
        self._variant: Variant | None = None
        self._addressing: Addressing | None = None
        self._run_failures = 0
        self._refuses_all_instants = False
        self._refuses_limits = False
        self._limits_silences = 0
        self._refused_blocks: set[int] = set()
        self._refused_journals: set[int] = set()
        self._silences: Counter[int] = Counter()

    async def begin(self) -> None:
        """Open the channel to the registered meter, unless it still is. As `MercurySession.begin`."""
        if await self._session.begin() or self._variant is None:
            self._variant = frames.variant(await self._session.ask(frames.read_variant(self._address), 6))

    async def registers(self) -> RegisterReading:
        """Read the clock and the energy registers: the sum and four tariffs."""
        asked_at = self._clock.now()
        replies = [await self._session.ask_frame(frames.read_clock(self._address), 8)]
        answered_at = self._clock.now()
        clock = frames.clock(frames.data_of(replies[0]))
        shown_at = to_utc(clock.meter_time, self.zone, winter=clock.winter)
        middle_at = asked_at + (answered_at - asked_at) / 2
        registers: list[Register] = []
        total = NOTHING
        for tariff, zone in enumerate(ZONES):
            reply = await self._session.ask_frame(frames.read_energy(self._address, tariff=tariff), 16)
            replies.append(reply)
            values = frames.energies(frames.data_of(reply))
            total = total if tariff else values
            registers += [
                Register(zone=zone, channel=channel, value_wh=value)
                for channel, value in zip(CHANNELS, values, strict=True)
                if value is not None
            ]
        return RegisterReading(
            asked_at=asked_at,
            at=answered_at,
            meter_time=clock.meter_time,
            drift_seconds=(shown_at - middle_at).total_seconds(),
            registers=registers,
            total=total,
            frames=tuple(replies),
        )

    async def instants(self) -> InstantReading:
        """Read voltages, currents and powers in one request where the meter takes that, and the sum of energy."""
        replies, parts = await self._read_instants()
        found = frames.instants(parts)
        register = await self._session.ask_frame(frames.read_energy(self._address, tariff=0), 16)
        total, *phases = found.powers_w
        return InstantReading(
            at=self._clock.now(),
            a_plus_wh=frames.energies(frames.data_of(register))[0],
            power_w=total,
            reactive_power_var=found.reactive_powers_var[0],
            phase_powers_w=_phases(phases),
            voltages_mv=_phases(found.voltages_mv),
            currents_ma=_phases(found.currents_ma),
            power_factor_thousandths=found.power_factor_thousandths,
            frequency_millihertz=found.frequency_millihertz,
            frames=(*replies, register),
        )

    async def _read_instants(self) -> tuple[list[bytes], dict[int, bytes]]:
        if not self._refuses_all_instants:
            request = frames.read_instants(self._address, frames.ALL_INSTANTS)
            try:
                reply = await self._session.ask_frame(request, frames.ALL_INSTANTS_BYTES)
            except MeterRefused:
                self._refuses_all_instants = True
            else:
                return [reply], frames.all_instants(frames.data_of(reply))
        replies = {
            quantity: await self._session.ask_frame(frames.read_instants(self._address, quantity), length)
            for quantity, length in frames.INSTANT_BYTES.items()
        }
        return list(replies.values()), {quantity: frames.data_of(reply) for quantity, reply in replies.items()}

    async def profile(self, *, since: datetime | None, history: timedelta, limit: int) -> ProfileRun:
        """Read at most `limit` records after `since`, or the last `history` where nothing was read yet.

        Never returns an interval that has not ended by the poller's clock. A record whose own time is not
        the expected one is a gap. While the meter's clock is far ahead nothing is read: its memory keeps what it
        has until the clock, or the zone that the registry has of it, is put right.
        """
        last = frames.last_record(await self._session.ask(frames.read_last_record(self._address), 9))
        step = timedelta(minutes=last.period_minutes)
        ring = Ring(self._known_variant.memory_bytes)
        newest_address = await self._find_newest(last, ring)
        newest_end = await self._newest_end(last, newest_address, ring)
        now = self._clock.now()
        if newest_end > now + AHEAD_LIMIT:
            log.warning(
                "profile.newest_in_future", meter_id=str(self.meter.meter_id), newest_end=newest_end.isoformat()
            )
            return ProfileRun(step=step, slots=[], until=None, has_more=False)
        first = self._first_start(newest_end, since=since, history=history, step=step, ring=ring)
        last_end = newest_end
        while last_end > now:
            last_end -= step
        total = max(0, (last_end - first) // step)
        count = min(total, limit)
        foreign: Counter[str] = Counter()
        slots = await self._read_slots(
            ring,
            first=first,
            count=count,
            step=step,
            address=ring.back(newest_address, (newest_end - first) // step - 1),
            foreign=foreign,
        )
        until = first + count * step if count or since is None else None
        return ProfileRun(step=step, slots=slots, until=until, has_more=count < total, foreign=dict(foreign))

    async def journals(self) -> JournalReading:
        """Read all journals that the meter has."""
        numbers = rings.EVENTS + (rings.POWER_QUALITY if self._known_variant.has_power_quality else ())
        entries: list[JournalEntry] = []
        for journal in numbers:
            if journal not in self._refused_journals:
                records = await self._read_known_ring(journal)
                found = (rings.entry(journal, slot, record, self.zone) for slot, record in enumerate(records))
                entries += [entry for entry in found if entry is not None]
        return JournalReading(
            entries=entries,
            digest=digest_of(f"{entry.journal}:{entry.slot}:{entry.raw}\n".encode() for entry in entries),
        )

    async def limits(self) -> LimitsReading | None:
        """Read the limits of voltage; None of a meter that does not watch it, or does not tell."""
        if self._refuses_limits or not self._known_variant.has_power_quality:
            return None
        try:
            data = await self._session.ask(frames.read_limits(self._address), frames.LIMITS_BYTES)
        except MeterRefused:
            self._refuses_limits = True
            return None
        except NoReply:
            self._limits_silences += 1
            self._refuses_limits = self._limits_silences >= SILENCES_LIMIT
            raise
        self._limits_silences = 0
        voltages_mv = frames.voltage_limits_mv(data)
        if voltages_mv != sorted(voltages_mv):
            log.warning("limits.out_of_order", meter_id=str(self.meter.meter_id), voltages_mv=voltages_mv)
            return None
        return LimitsReading(at=self._clock.now(), voltages_mv=voltages_mv)

    @property
    def _known_variant(self) -> Variant:
        if self._variant is None:
            raise BadReply("the session has not begun")
        return self._variant

    # Profile

    async def _find_newest(self, last: LastRecord, ring: Ring) -> int:
        """Return the address of the newest record: the one whose own time is that of 08 13."""
        for addressing, address in ring.candidates(last.pointer, self._addressing):
            try:
                record, _ = await self._read_record(address)
            except MeterRefused:
                continue
            if record.meter_time == last.meter_time:
                # A pointer of zero means the same in both units and teaches nothing.
                self._addressing = addressing if last.pointer else self._addressing
                return address
        raise BadReply(f"no profile record of {last.meter_time} at pointer {last.pointer:#06x}")

    async def _newest_end(self, last: LastRecord, address: int, ring: Ring) -> datetime:
        """Return when the newest interval ended, UTC. 00:00 may be the begin or the end of the day it names."""
        ends = last.meter_time
        step = timedelta(minutes=last.period_minutes)
        if (ends - ends.replace(hour=0, minute=0)) % step:
            raise BadReply(f"the last profile record is off the grid: {ends}")
        local_now = self._clock.now().astimezone(self.zone).replace(tzinfo=None)
        if ends == ends.replace(hour=0, minute=0) and ends + DAY <= local_now + AHEAD_LIMIT:
            before, _ = await self._read_record(ring.back(address, 1))
            if before.meter_time == ends + DAY - step:
                ends += DAY
            elif before.meter_time != ends - step:
                # A guess that is a day wrong would make gaps of all that waits; the next record ends the doubt.
                raise BadReply(f"nothing tells of which day's begin or end the newest record is: {ends}")
        return to_utc(ends, self.zone, winter=last.winter)

    def _first_start(
        self, newest_end: datetime, *, since: datetime | None, history: timedelta, step: timedelta, ring: Ring
    ) -> datetime:
        """Return the start of the first slot to read, on the meter's grid."""
        wanted = since if since is not None else min(newest_end, self._clock.now() - history)
        reachable = newest_end - (ring.capacity - RING_MARGIN) * step
        if since is not None and since < reachable:
            log.warning(
                "profile.memory_overrun",
                meter_id=str(self.meter.meter_id),
                since=since.isoformat(),
                reachable=reachable.isoformat(),
            )
        return newest_end - (newest_end - max(wanted, reachable)) // step * step

    async def _read_slots(
        self, ring: Ring, *, first: datetime, count: int, step: timedelta, address: int, foreign: Counter[str]
    ) -> list[Slot]:
        slots: list[Slot] = []
        pulses = self._known_variant.pulses_per_kwh
        while len(slots) < count:
            for record, frame in await self._read_records(ring, address, wanted=count - len(slots)):
                start = first + len(slots) * step
                reason = foreign_reason(record, start + step, step=step, zone=self.zone)
                if reason is not None:
                    foreign[reason] += 1
                slots.append(slot_of(record, start=start, foreign=reason, pulses_per_kwh=pulses, frame=frame))
                address = ring.back(address, -1)
        return slots

    async def _read_records(self, ring: Ring, address: int, *, wanted: int) -> list[tuple[ProfileRecord, bytes]]:
        """Return up to `wanted` records from `address` on: a run of 17 where that works, else one."""
        if wanted == 1 or not ring.run_fits(address) or self._run_failures >= RUN_FAILURES_LIMIT:
            return [await self._read_record(address)]
        request = frames.read_record_run(self._address, address)
        try:
            reply = await self._session.ask_frame(request, frames.RUN_RECORDS * frames.RECORD_BYTES)
        except MeterRefused:
            self._run_failures = RUN_FAILURES_LIMIT
            return [await self._read_record(address)]
        except (NoReply, BadReply):
            self._run_failures += 1
            raise
        self._run_failures = 0
        data = frames.data_of(reply)
        size = frames.RECORD_BYTES
        records = [frames.profile_record(data[at : at + size]) for at in range(0, len(data), size)]
        return [(record, reply) for record in records[:wanted]]

    async def _read_record(self, address: int) -> tuple[ProfileRecord, bytes]:
        reply = await self._session.ask_frame(frames.read_record(self._address, address), frames.RECORD_BYTES)
        return frames.profile_record(frames.data_of(reply)), reply

    # Journals

    async def _read_known_ring(self, journal: int) -> list[bytes]:
        """Read a journal; one that is met with silence or a fault each time is taken for one that the meter lacks."""
        try:
            records = await self._read_ring(journal)
        except (NoReply, MeterRefused):
            self._silences[journal] += 1
            if self._silences[journal] >= SILENCES_LIMIT:
                self._refused_journals.add(journal)
                log.warning("journal.given_up", meter_id=str(self.meter.meter_id), journal=f"{journal:02X}")
            raise
        del self._silences[journal]
        return records

    async def _read_ring(self, journal: int) -> list[bytes]:
        if journal in rings.POWER_QUALITY:
            return await self._read_large_ring(journal)
        if journal not in self._refused_blocks:
            try:
                return await self._read_block(journal, rings.BLOCKS[0], rings.EVENT_RING)
            except MeterRefused:
                self._refused_blocks.add(journal)
        records: list[bytes] = []
        try:
            for slot in range(rings.EVENT_RING):
                records += await self._read_block(journal, slot, 1)
        except MeterRefused as reason:
            if reason.status != frames.STATUS_BAD_REQUEST:
                raise
            self._refused_journals.add(journal)
        return records

    async def _read_large_ring(self, journal: int) -> list[bytes]:
        """Read the blocks of 20 until one that is not full: a ring fills from its first slot on."""
        records: list[bytes] = []
        try:
            for block in rings.BLOCKS:
                records += await self._read_block(journal, block, rings.BLOCK_RECORDS)
                if rings.is_empty(journal, records[-1]):
                    break
        except MeterRefused as reason:
            if reason.status != frames.STATUS_BAD_REQUEST:
                raise
            self._refused_journals.add(journal)
        return records

    async def _read_block(self, journal: int, record: int, count: int) -> list[bytes]:
        request = frames.read_journal(self._address, journal, record)
        return rings.split_records(journal, await self._session.ask(request, count * rings.record_bytes(journal)))


def _phases(values: Sequence[int]) -> Phases:
    one, two, three = values
    return one, two, three
