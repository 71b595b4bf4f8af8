"""Addresses, labels and gaps, against the simulated Mercury without any socket."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.meter_poller.parts import HALF_HOUR, meter, naive
from tests.unit.simulators.meters import FLAT, mercury_config

from common.clock import FixedClock
from meter_poller.drivers import mercury_frames as frames
from meter_poller.drivers.mercury import MercuryMeter
from meter_poller.drivers.mercury_profile import Addressing, Ring, foreign_reason, is_labelled, slot_of, to_utc
from meter_poller.errors import AccessDenied, BadReply, ConnectionLost, MeterRefused, NoReply, WrongSerial
from meter_poller.readings import LimitsReading
from meter_poller.settings import FACTORY_CREDENTIALS, Credential
from simulators.config import OutageConfig
from simulators.faults import Fault
from simulators.framing import serial_answer
from simulators.mercury.meter import MercuryMeter as SimulatedMercury
from topics.quality import Flag, Quality

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
ADDRESS = 40
HISTORY = timedelta(days=3)
Change = Callable[[bytes, bytes], bytes]


class DirectLink:
    """A link without a wire: requests go straight to a simulated meter. `change` spoils its answers."""

    def __init__(self, simulated: SimulatedMercury) -> None:
        self.simulated = simulated
        self.generation = 1
        self.is_open = True
        self.requests: list[bytes] = []
        self.change: Change = lambda _request, body: body

    async def exchange(self, request: bytes, reply_length: int) -> bytes:
        self.requests.append(request)
        body = self.simulated.answer(request[1:-2], to_any=False)
        if body is None:
            raise NoReply("silence")
        body = self.change(request[1:-2], body)
        frame = serial_answer(ADDRESS, body, Fault.NONE)
        assert len(frame) in {4, reply_length}
        return frame

    def commands(self, command: int) -> list[bytes]:
        return [request for request in self.requests if request[1] == command]


def pair(at: datetime, *, credential: Credential = FACTORY_CREDENTIALS["mercury-default"], **changes: Any):
    """Return driver, link, simulated meter and clock."""
    clock = FixedClock(at)
    config = mercury_config(**{"curve": FLAT, "address": ADDRESS, "commissioned_on": date(2026, 1, 1)} | changes)
    simulated = SimulatedMercury(config, clock)
    link: Any = DirectLink(simulated)
    zone = changes.get("clock_zone", "Europe/Moscow")
    driver = MercuryMeter(link, meter(ADDRESS, clock_zone=zone), credential=credential, clock=clock)
    return driver, link, simulated, clock


async def read(driver: MercuryMeter, *, since: datetime | None = None, history: timedelta = HISTORY, limit: int = 340):
    await driver.begin()
    return await driver.profile(since=since, history=history, limit=limit)


def assert_true(run: Any, simulated: SimulatedMercury) -> None:
    """Hold every slot of the run to the simulated meter's truth."""
    truth = simulated.truth.slots(run.slots[0].start, run.slots[-1].start + HALF_HOUR)
    assert [slot.start for slot in run.slots] == [slot.start_at for slot in truth]
    for slot, true in zip(run.slots, truth, strict=True):
        if true.is_written:
            assert slot.quality is Quality.RAW
            assert slot.energies == tuple(true.energy)
            assert bool(slot.flags & Flag.INCOMPLETE) == true.is_incomplete
        else:
            assert slot.quality is Quality.GAP
            assert slot.energies == (None, None, None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"profile_addressing": "record", "memory_bytes": 131_072},
        {"profile_addressing": "record", "memory_bytes": 65_536},
        {"profile_addressing": "byte", "memory_bytes": 65_536},
        {"midnight_label": "previous-date"},
    ],
)
@pytest.mark.parametrize("hour", [0, 9, 21])
async def test_three_days_are_read_under_each_addressing_and_midnight_label(changes: dict[str, Any], hour: int):
    driver, _, simulated, _ = pair(datetime(2026, 7, 6, hour, 10, tzinfo=UTC), **changes)
    run = await read(driver)
    assert len(run.slots) == 3 * 48 - 1
    assert run.until == datetime(2026, 7, 6, hour, 0, tzinfo=UTC)
    assert not run.has_more
    assert_true(run, simulated)


@pytest.mark.parametrize("label", ["previous-date", "next-date"])
async def test_a_midnight_of_doubtful_day_is_waited_out_and_loses_nothing(label: str):
    """INVARIANT: a newest record whose day cannot be told moves no cursor; one half hour later all is read."""
    outage = OutageConfig(
        off_at=datetime(2026, 7, 5, 19, 50, tzinfo=UTC), on_at=datetime(2026, 7, 5, 20, 40, tzinfo=UTC)
    )
    driver, _, simulated, clock = pair(
        datetime(2026, 7, 5, 21, 10, tzinfo=UTC), outages=(outage,), midnight_label=label
    )
    since = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)
    if label == "previous-date":
        with pytest.raises(BadReply, match="which day"):
            await read(driver, since=since)
        clock.instant += HALF_HOUR
    run = await read(driver, since=since)
    assert run.until == clock.instant - timedelta(minutes=10)
    assert_true(run, simulated)


async def test_the_addressing_is_found_once_and_remembered():
    driver, link, _, clock = pair(
        datetime(2026, 7, 6, 9, 10, tzinfo=UTC), profile_addressing="byte", memory_bytes=65_536
    )
    run = await read(driver)
    link.requests.clear()
    clock.instant += HALF_HOUR
    await read(driver, since=run.until)
    # One record proves the address of the newest; it is read again as the slot itself.
    assert len({bytes(request) for request in link.commands(0x06)}) == 1


async def test_the_ring_is_read_across_its_end_with_single_records():
    """The ring ends between two records here; a run of 17 would not say what follows the end."""
    at = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=3) + 4_100 * HALF_HOUR + timedelta(minutes=5)
    driver, link, simulated, _ = pair(at, memory_bytes=65_536)
    run = await read(driver, history=timedelta(days=1))
    assert len(run.slots) == 47
    assert_true(run, simulated)
    addresses = [request[3] << 8 | request[4] for request in link.commands(0x06)]
    assert 0xFFF0 in addresses
    assert 0x0000 in addresses


async def test_no_run_crosses_the_change_of_the_17th_bit():
    at = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=3) + 4_110 * HALF_HOUR + timedelta(minutes=5)
    driver, link, simulated, _ = pair(at, memory_bytes=131_072)
    run = await read(driver, history=timedelta(days=1))
    assert_true(run, simulated)
    for request in link.commands(0x06):
        if request[5] == 0xFF:
            assert (request[3] << 8 | request[4]) + 17 * 0x10 <= 0x1_0000


async def test_a_half_hour_without_supply_is_a_gap_and_never_a_zero():
    """INVARIANT: a slot whose record carries a foreign time has no energy at all."""
    outage = OutageConfig(
        off_at=datetime(2026, 7, 5, 9, 40, tzinfo=UTC), on_at=datetime(2026, 7, 5, 12, 10, tzinfo=UTC)
    )
    driver, _, simulated, _ = pair(
        datetime(2026, 7, 6, 9, 10, tzinfo=UTC), outages=(outage,), commissioned_on=date(2026, 6, 1)
    )
    run = await read(driver)
    assert_true(run, simulated)
    gaps = [slot.start.hour * 60 + slot.start.minute for slot in run.slots if slot.quality is Quality.GAP]
    assert gaps == [600, 630, 660, 690]
    assert run.foreign == {"unwritten": 4}


async def test_a_record_of_an_earlier_lap_is_a_gap():
    """The ring has gone round, so the unwritten slot still holds a record of 85 days before."""
    outage = OutageConfig(
        off_at=datetime(2026, 7, 5, 9, 40, tzinfo=UTC), on_at=datetime(2026, 7, 5, 12, 10, tzinfo=UTC)
    )
    driver, _, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), outages=(outage,), memory_bytes=65_536)
    run = await read(driver)
    assert_true(run, simulated)
    assert run.foreign == {"past": 4}


async def test_a_turn_reads_no_more_than_its_limit_and_goes_on_from_there():
    driver, _, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    slots, since = [], None
    while True:
        run = await read(driver, since=since, limit=50)
        assert len(run.slots) <= 50
        slots += run.slots
        since = run.until
        if not run.has_more:
            break
    assert [slot.start for slot in slots] == [slots[0].start + i * HALF_HOUR for i in range(3 * 48 - 1)]
    assert_true(run, simulated)


async def test_nothing_new_is_no_slot_and_moves_nothing():
    driver, _, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    run = await read(driver)
    again = await read(driver, since=run.until)
    assert (again.slots, again.until, again.has_more) == ([], None, False)


async def test_no_history_wanted_begins_at_the_newest_border():
    driver, _, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    run = await read(driver, history=timedelta())
    assert (run.slots, run.until) == ([], datetime(2026, 7, 6, 9, 0, tzinfo=UTC))


async def test_history_is_bounded_by_the_meters_memory():
    driver, _, simulated, _ = pair(
        datetime(2026, 7, 6, 9, 10, tzinfo=UTC), memory_bytes=65_536, commissioned_on=date(2025, 12, 1)
    )
    run = await read(driver, history=timedelta(days=200), limit=4_096)
    assert 4_000 < len(run.slots) < 4_096
    assert_true(run, simulated)


async def test_a_meter_whose_clock_is_ahead_gives_no_half_hour_that_has_not_ended():
    driver, _, simulated, _ = pair(datetime(2026, 7, 6, 9, 20, tzinfo=UTC), drift_seconds=1_200)
    run = await read(driver)
    assert run.until == datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    assert_true(run, simulated)


async def test_a_clock_of_another_year_gives_no_value_and_moves_nothing():
    """INVARIANT: records of the future are never published as values, nor given up: they are read once it is right."""
    driver, link, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    unchanged = link.change

    def next_year(request: bytes, body: bytes) -> bytes:
        if request[0] == 0x08 and request[1] == 0x13:
            return body[:7] + b"\x27" + body[8:]
        if request[0] == 0x06:
            records = [body[at : at + 15] for at in range(0, len(body), 15)]
            return b"".join(record[:5] + b"\x27" + record[6:] for record in records)
        return body

    link.change = next_year
    run = await read(driver)
    assert (run.slots, run.until, run.has_more) == ([], None, False)
    link.change = unchanged
    assert_true(await read(driver), simulated)


async def test_a_clock_zone_hours_behind_in_the_registry_gives_nothing_up():
    """A meter of Moscow that the registry has in UTC seems three hours ahead; put right, it is read in full."""
    driver, link, simulated, clock = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    credential = FACTORY_CREDENTIALS["mercury-default"]
    mistaken = MercuryMeter(link, meter(ADDRESS, clock_zone="UTC"), credential=credential, clock=clock)
    run = await read(mistaken)
    assert (run.slots, run.until) == ([], None)
    assert_true(await read(driver, since=run.until), simulated)


async def test_a_newest_record_that_stands_nowhere_is_refused():
    driver, link, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    link.change = lambda request, body: b"\x0f\xff" + body[2:] if request[:2] == b"\x08\x13" else body
    with pytest.raises(BadReply, match="no profile record"):
        await read(driver)


async def test_a_meter_that_refuses_runs_is_read_record_by_record():
    driver, link, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    link.change = lambda request, body: b"\x01" if request[0] == 0x06 and request[4] == 0xFF else body
    run = await read(driver, history=timedelta(hours=10))
    assert len(run.slots) == 19
    assert_true(run, simulated)
    assert sum(request[5] == 0xFF for request in link.commands(0x06)) == 1


async def test_a_channel_that_the_meter_closed_is_opened_again():
    driver, link, _, clock = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), channel_open_seconds=30)
    await driver.begin()
    clock.instant += timedelta(seconds=60)
    run = await driver.profile(since=None, history=HISTORY, limit=10)
    assert len(run.slots) == 10
    assert len(link.commands(0x01)) == 2


async def test_an_open_session_is_used_again_and_an_old_one_begins_anew():
    driver, link, _, clock = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    await driver.begin()
    await driver.begin()
    assert len(link.commands(0x01)) == 1
    clock.instant += timedelta(minutes=5)
    await driver.begin()
    assert len(link.commands(0x01)) == 2


async def test_another_serial_number_stops_the_session_before_the_password_is_sent():
    driver, link, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), serial="41888841")
    with pytest.raises(WrongSerial):
        await driver.begin()
    assert link.commands(0x01) == []


async def test_a_wrong_password_is_access_denied():
    credential = Credential(password_hex="020202020202")
    driver, _, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), credential=credential)
    with pytest.raises(AccessDenied):
        await driver.begin()


async def test_a_connection_made_anew_ends_the_session():
    driver, link, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    await driver.begin()
    link.generation += 1
    with pytest.raises(ConnectionLost):
        await driver.registers()


async def test_registers_come_by_tariff_with_the_drift_of_the_clock():
    driver, _, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), drift_seconds=-7)
    await driver.begin()
    reading = await driver.registers()
    assert reading.drift_seconds == -7
    assert reading.meter_time == naive("2026-07-06 12:09:53")
    true = simulated.truth.registers(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    found = {(register.zone, register.channel): register.value_wh for register in reading.registers}
    assert found["sum", "a_plus"] == true.total.a_plus_wh
    assert (found["T1", "a_plus"], found["T2", "a_plus"]) == (true.t1.a_plus_wh, true.t2.a_plus_wh)


async def test_registers_that_are_not_measured_are_left_out():
    driver, _, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), directions=1)
    await driver.begin()
    reading = await driver.registers()
    assert "a_minus" not in {register.channel for register in reading.registers}
    run = await driver.profile(since=None, history=timedelta(hours=2), limit=10)
    assert all(slot.energies[1] is None and slot.energies[0] is not None for slot in run.slots)


async def test_the_limits_of_voltage_are_read_as_the_makers_example_has_them():
    driver, _, _, clock = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC))
    await driver.begin()
    found = await driver.limits()
    assert found == LimitsReading(at=clock.now(), voltages_mv=[180_000, 209_000, 231_000, 250_000])


async def test_journals_have_the_same_digest_until_something_happens():
    driver, _, _, clock = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), script="seeded")
    await driver.begin()
    first = await driver.journals()
    again = await driver.journals()
    clock.instant += timedelta(days=10)
    await driver.begin()
    later = await driver.journals()
    assert first == again
    assert later.digest != first.digest
    assert {"01", "09", "20", "86"} & {entry.journal for entry in later.entries}


async def test_a_meter_that_refuses_whole_rings_is_asked_slot_by_slot():
    driver, link, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), script="seeded")
    await driver.begin()
    whole = await driver.journals()
    link.change = lambda request, body: (
        b"\x01" if request[0] == 0x04 and request[2] == 0xFE and not 0x20 <= request[1] < 0x30 else body
    )
    assert (await driver.journals()).entries == whole.entries


async def test_a_journal_that_is_met_with_silence_is_given_up_and_the_others_are_read():
    driver, link, simulated, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), script="seeded")
    await driver.begin()
    answer = simulated.answer
    silent = b"\x04\x1a"
    simulated.answer = lambda request, **to: None if request[:2] == silent else answer(request, **to)
    for _ in range(3):
        with pytest.raises(NoReply):
            await driver.journals()
    found = await driver.journals()
    assert {entry.journal for entry in found.entries} >= {"01", "20"}
    assert sum(request[1:3] == silent for request in link.requests) == 3


@pytest.mark.parametrize("journal", [0x1A, 0x21])
async def test_a_journal_behind_a_passing_fault_of_the_meter_is_read_later(journal: int):
    """Status 2 is a fault inside the meter, not a journal that it lacks (status 1)."""
    driver, link, _, _ = pair(datetime(2026, 7, 6, 9, 10, tzinfo=UTC), script="seeded")
    await driver.begin()
    whole = await driver.journals()
    unchanged = link.change
    link.change = lambda request, body: b"\x02" if request[:2] == bytes((0x04, journal)) else body
    with pytest.raises(MeterRefused):
        await driver.journals()
    link.change = unchanged
    assert await driver.journals() == whole
    link.requests.clear()
    await driver.journals()
    assert any(request[1:3] == bytes((0x04, journal)) for request in link.requests)


def test_the_winter_bit_decides_in_the_hour_that_comes_twice():
    twice = naive("2026-10-25 02:30")
    assert to_utc(twice, BERLIN, winter=False) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert to_utc(twice, BERLIN, winter=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(st.integers(0, 365 * 48), st.sampled_from([MOSCOW, BERLIN, ZoneInfo("Asia/Vladivostok")]))
def test_a_label_names_its_half_hour_in_any_zone(index: int, zone: ZoneInfo):
    end = datetime(2026, 1, 1, tzinfo=UTC) + index * HALF_HOUR
    label = end.astimezone(zone).replace(tzinfo=None)
    record = frames.ProfileRecord(label, 0, 30, (1, 1, 1, 1))
    assert is_labelled(record, end, zone)
    assert foreign_reason(record, end + HALF_HOUR, step=HALF_HOUR, zone=zone) in {"past", None, "future"}
    assert foreign_reason(record, end, step=timedelta(hours=1), zone=zone) == "period"


def test_a_midnight_of_the_day_that_ends_is_accepted_and_other_times_of_it_are_not():
    end = datetime(2026, 7, 5, 21, 0, tzinfo=UTC)
    ends_day = frames.ProfileRecord(naive("2026-07-05"), 0, 30, (1, 1, 1, 1))
    assert is_labelled(ends_day, end, MOSCOW)
    assert not is_labelled(ends_day, end + HALF_HOUR, MOSCOW)


def test_a_record_without_any_value_is_a_gap():
    record = frames.ProfileRecord(naive("2026-07-06"), 0, 30, (None, None, None, None))
    slot = slot_of(record, start=datetime(2026, 7, 5, tzinfo=UTC), foreign=None, pulses_per_kwh=1_000, frame=b"")
    assert slot.quality is Quality.GAP


def test_the_memory_init_flag_travels():
    record = frames.ProfileRecord(naive("2026-07-06"), 0x06, 30, (2, None, 0, 0))
    slot = slot_of(record, start=datetime(2026, 7, 5, tzinfo=UTC), foreign=None, pulses_per_kwh=1_000, frame=b"")
    assert slot.energies == (1, None, 0, 0)
    assert slot.flags == Flag.INCOMPLETE | Flag.MEM_INIT


def test_candidates_begin_with_what_is_known():
    ring = Ring(65_536)
    assert ring.candidates(0x0010, None)[0] == (Addressing.RECORD, 0x0100)
    assert ring.candidates(0x0010, Addressing.BYTE)[0] == (Addressing.BYTE, 0x0010)
    assert all(address < 65_536 for _, address in ring.candidates(0x0FFF, None))
