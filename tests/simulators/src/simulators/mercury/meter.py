"""One Mercury 234: takes a request's bytes between address and CRC, gives the answer's.

Owns the open channel; everything else derives from configuration and clock, so a restart changes nothing
but closes the channel. Source: maker's command system 12.2020.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from common.clock import Clock
from simulators.assembly import account_of, curve_of, outages_of
from simulators.config import MercuryConfig
from simulators.electrical import Snapshot, snapshot
from simulators.faults import FaultSwitch
from simulators.mercury import instants
from simulators.mercury.encoding import clock_time
from simulators.mercury.energy import EnergyArrays
from simulators.mercury.history import History, Occurrence
from simulators.mercury.journals import STATISTICS, Journals
from simulators.mercury.parameters import PASSPORT, fixed_parameters, tariff_state
from simulators.mercury.profile import MAX_COUNT, ProfileMemory, counts, quantum_wh
from simulators.mercury.status import Refused, Status
from simulators.meter_clock import MeterClock
from simulators.truth import MeterTruth

_TEST, _OPEN, _CLOSE, _WRITE, _TIMES, _ENERGY, _MEMORY, _MEMORY_WRITE, _PARAMETER = range(9)
_QUADRANTS, _RING, _SNAPSHOT = 0x15, 0x16, 0x18
_WRITES = (_WRITE, _MEMORY_WRITE)
_CLOCK_NOW = 0x00
_ONE_VALUE, _LAST_RECORD, _ALL_PHASES, _TARIFF_STATE = 0x11, 0x13, 0x16, 0x17
_WRITING_LEVEL = 2
# Bytes of a request between address and CRC, the command included.
_LENGTHS = {
    _TEST: 1,
    _OPEN: 8,
    _CLOSE: 1,
    _ENERGY: 3,
    _QUADRANTS: 3,
    _MEMORY: 5,
    _RING: 5,
    _SNAPSHOT: 6,
}
_OK = bytes((Status.OK,))


class MercuryMeter:
    """A meter behind a wire. faults and truth are its handles for tests."""

    any_address: int | None = 0x00

    def __init__(self, config: MercuryConfig, clock: Clock) -> None:
        self.config = config
        self.serial = config.serial
        self.address = config.address
        self.faults = FaultSwitch()
        self._now = clock.now
        self._level = 0
        self._open_until: datetime | None = None
        self._outages = outages_of(config)
        curve = curve_of(config, quantum_wh=quantum_wh(config.impulses_per_kwh))
        _refuse_overflow(config, curve.largest_slot_wh())
        self._account = account_of(config, curve=curve, outages=self._outages, tariffs=config.tariffs)
        self._clock = MeterClock(
            zone=ZoneInfo(config.clock_zone),
            drift_seconds=config.drift_seconds,
            daily_correction_seconds=config.daily_correction_seconds,
            seed=config.curve.seed,
        )
        self.truth = MeterTruth(account=self._account, clock=self._clock)
        self._history = self._build_history()
        self._commands = self._build_commands()

    def answer(self, request: bytes, *, to_any: bool) -> bytes | None:
        """Return the answer's data, or None where a real meter is silent.

        to_any: the request went to address 00, where nothing may be written.
        """
        command = request[0]
        if not _has_right_length(request) or (to_any and command in _WRITES):
            return None
        meter_at = self._clock.instant(self._now())
        if self._outages.is_off(meter_at):
            self._level = 0
            return None
        try:
            data = self._execute(command, request[1:], meter_at)
        except Refused as refusal:
            return bytes((refusal.status,))
        if self._level:
            self._open_until = meter_at + timedelta(seconds=self.config.channel_open_seconds)
        return data

    def _execute(self, command: int, body: bytes, meter_at: datetime) -> bytes:
        if command == _TEST:
            return _OK
        if command == _OPEN:
            return self._open(body)
        if command == _CLOSE:
            self._level = 0
            return _OK
        if command == _PARAMETER and body == bytes((PASSPORT,)):
            return self._fixed[body]
        self._require_channel(meter_at)
        if command in _WRITES:
            raise Refused(Status.BAD_PARAMETER if self._level == _WRITING_LEVEL else Status.ACCESS_LEVEL)
        if command not in self._commands:
            raise Refused(Status.BAD_PARAMETER)
        return self._commands[command](body, meter_at)

    def _open(self, body: bytes) -> bytes:
        level, password = body[0], body[1:].hex()
        if level not in (1, 2):
            raise Refused(Status.BAD_PARAMETER)
        expected = self.config.password_level_1 if level == 1 else self.config.password_level_2
        if password != expected:
            raise Refused(Status.ACCESS_LEVEL)
        self._level = level
        return _OK

    def _require_channel(self, meter_at: datetime) -> None:
        if not self._level or self._open_until is None or meter_at >= self._open_until:
            self._level = 0
            raise Refused(Status.CHANNEL_CLOSED)

    def _times(self, body: bytes, meter_at: datetime) -> bytes:
        if body[0] == _CLOCK_NOW:
            return clock_time(self._clock.local(meter_at), winter=self._clock.is_winter(meter_at))
        return self._journals.read(body, meter_at)

    def _parameter(self, body: bytes, meter_at: datetime) -> bytes:
        if body in self._fixed:
            return self._fixed[body]
        number = body[0]
        if number == _LAST_RECORD and len(body) == 1:
            return self._profile.last_record(meter_at)
        if number == _TARIFF_STATE and len(body) == 1:
            return tariff_state(self._account.tariff(meter_at), self.config.tariffs)
        if number in (_ONE_VALUE, _ALL_PHASES) and len(body) == 2:
            read = instants.read_one if number == _ONE_VALUE else instants.read_all
            return read(body[1], self._values(meter_at))
        raise Refused(Status.BAD_PARAMETER)

    def _values(self, meter_at: datetime) -> Snapshot:
        slot = self._account.slot(self._account.slot_start(meter_at))
        dead = self._history.dead_phases(meter_at)
        return snapshot(self.config.curve.seed, meter_at, slot.energy, dead_phases=dead)

    def _build_history(self) -> History:
        return History(
            account=self._account,
            clock=self._clock,
            outages=self._outages,
            seed=self.config.curve.seed,
            seeded=self.config.script == "seeded",
            given=[(entry.journal, Occurrence(entry.opened_at, entry.closed_at)) for entry in self.config.entries],
            commissioned_on=self.config.commissioned_on,
        )

    def _build_commands(self) -> dict[int, Callable[[bytes, datetime], bytes]]:
        config = self.config
        self._fixed = fixed_parameters(config)
        self._journals = Journals(history=self._history, clock=self._clock)
        self._profile = ProfileMemory(
            account=self._account,
            clock=self._clock,
            memory_bytes=config.memory_bytes,
            addressing=config.profile_addressing,
            midnight_label=config.midnight_label,
            impulses_per_kwh=config.impulses_per_kwh,
            directions=config.directions,
        )
        energy = EnergyArrays(account=self._account, directions=config.directions)
        return {
            _TIMES: self._times,
            _ENERGY: lambda body, at: energy.read(body, at, by_quadrant=False),
            _QUADRANTS: lambda body, at: energy.read(body, at, by_quadrant=True),
            _SNAPSHOT: energy.read_snapshot,
            _MEMORY: self._profile.read,
            _RING: self._profile.read_back,
            _PARAMETER: self._parameter,
        }


def _has_right_length(request: bytes) -> bool:
    command, size = request[0], len(request)
    if command == _TIMES:
        if size < 2:
            return False
        if request[1] == _CLOCK_NOW:
            return size <= 3
        return size == (4 if request[2:3] == bytes((STATISTICS,)) else 3)
    if command == _PARAMETER:
        return size == 3 if request[1:2] in (b"\x11", b"\x16") else 2 <= size <= 3
    return size == _LENGTHS.get(command, size)


def _refuse_overflow(config: MercuryConfig, largest_slot_wh: int) -> None:
    if counts(largest_slot_wh, config.impulses_per_kwh) > MAX_COUNT:
        msg = f"meter {config.serial}: a half hour of this curve does not fit 16 bits of counts"
        raise ValueError(msg)
