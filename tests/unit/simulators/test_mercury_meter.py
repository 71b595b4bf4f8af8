"""The channel, access levels, energy arrays and silence of a Mercury meter."""

from datetime import date, timedelta

import pytest
from tests.unit.simulators.meters import (
    FLAT,
    OPEN_LEVEL_1,
    OPEN_LEVEL_2,
    ask,
    mercury,
    moscow,
    opened_mercury,
)

from simulators.config import StartRegisters

AT = moscow(2026, 5, 20, 15, 10, 30)


def register(answer: bytes, number: int) -> int:
    p = answer[number * 4 : number * 4 + 4]
    return p[1] << 24 | p[0] << 16 | p[3] << 8 | p[2]


@pytest.mark.parametrize("request_body", ["05 00 00", "04 00", "08 13", "06 03 00 00 0F", "16 03 00 00 01", "08 05"])
def test_a_closed_channel_is_told_by_status_five(request_body: str) -> None:
    meter, _ = mercury(AT)
    assert ask(meter, request_body) == b"\x05"


@pytest.mark.parametrize("request_body", ["00", "08 00"])
def test_channel_test_and_serial_number_need_no_channel(request_body: str) -> None:
    meter, _ = mercury(AT)
    assert ask(meter, request_body) != b"\x05"


def test_a_channel_closes_240_seconds_after_the_last_right_request() -> None:
    meter, clock = mercury(AT)
    ask(meter, OPEN_LEVEL_1)
    for _ in range(3):
        clock.instant += timedelta(seconds=239)
        assert len(ask(meter, "05 00 00")) == 16
    clock.instant += timedelta(seconds=240)
    assert ask(meter, "05 00 00") == b"\x05"


def test_a_refused_request_does_not_hold_the_channel_open() -> None:
    meter, clock = mercury(AT)
    ask(meter, OPEN_LEVEL_1)
    clock.instant += timedelta(seconds=200)
    assert ask(meter, "05 F0 00") == b"\x01"
    clock.instant += timedelta(seconds=50)
    assert ask(meter, "05 00 00") == b"\x05"


def test_the_life_of_a_channel_is_a_setting() -> None:
    meter, clock = mercury(AT, channel_open_seconds=7200)
    ask(meter, OPEN_LEVEL_1)
    clock.instant += timedelta(seconds=7199)
    assert ask(meter, "05 00 00") != b"\x05"


def test_a_wrong_password_opens_nothing() -> None:
    meter, _ = mercury(AT)
    assert ask(meter, bytes.fromhex("01 01 020202020202")) == b"\x03"
    assert ask(meter, bytes.fromhex("01 03 010101010101")) == b"\x01"
    assert ask(meter, "05 00 00") == b"\x05"


def test_a_closed_channel_stays_closed_until_it_is_opened_again() -> None:
    meter, _ = mercury(AT)
    ask(meter, OPEN_LEVEL_1)
    assert ask(meter, "02") == b"\x00"
    assert ask(meter, "05 00 00") == b"\x05"


def test_writing_asks_for_level_two_and_changes_nothing() -> None:
    meter, _ = mercury(AT)
    ask(meter, OPEN_LEVEL_1)
    assert ask(meter, "03 20") == b"\x03"
    ask(meter, OPEN_LEVEL_2)
    assert ask(meter, "03 20") == b"\x01"


def test_writing_to_the_common_address_gets_silence() -> None:
    meter, _ = mercury(AT)
    ask(meter, OPEN_LEVEL_2)
    assert meter.answer(bytes.fromhex("03 20"), to_any=True) is None


@pytest.mark.parametrize(
    "request_body",
    ["00 00", "01 01 01", "02 00", "04", "04 01", "04 00 00 00", "04 01 00 00", "05 00", "05 00 00 00", "06 03 00 00"],
)
def test_a_request_of_the_wrong_length_gets_silence(request_body: str) -> None:
    meter, _ = opened_mercury(AT)
    assert meter.answer(bytes.fromhex(request_body), to_any=False) is None


@pytest.mark.parametrize("request_body", ["05 F0 00", "05 00 07", "05 3D 00", "05 30 00", "15 60 00", "08 7F", "7E"])
def test_an_unknown_parameter_is_told_by_status_one(request_body: str) -> None:
    meter, _ = opened_mercury(AT)
    assert ask(meter, request_body) == b"\x01"


def test_registers_are_the_truth_by_tariff() -> None:
    start = StartRegisters(t1=(1_000_000, 0, 5, 6), t2=(70_000, 0, 7, 8))
    meter, clock = opened_mercury(AT, start=start)
    truth = meter.truth.registers(clock.now())
    answers = [ask(meter, bytes((0x05, 0x00, tariff))) for tariff in range(5)]
    assert [register(answers[0], number) for number in range(4)] == list(truth.total)
    assert [register(answers[1], number) for number in range(4)] == list(truth.t1)
    assert [register(answers[2], number) for number in range(4)] == list(truth.t2)
    assert answers[3] == answers[4] == bytes(16)
    assert ask(meter, "05 00 06") == b"".join((*answers[1:5], answers[0]))
    assert ask(meter, "05 00 05") == b"\xff" * 16


def test_a_meter_of_one_direction_masks_what_it_does_not_measure() -> None:
    meter, _ = opened_mercury(AT, directions=1)
    assert ask(meter, "05 00 00")[4:8] == b"\xff" * 4
    assert ask(meter, "06 03 00 10 0F")[9:11] == b"\xff\xff"


def test_periods_are_differences_of_registers() -> None:
    meter, _ = opened_mercury(AT, curve=FLAT, commissioned_on=date(2024, 11, 1))
    days = {
        "05 40 00": 15 / 24 + 10 / 1440 + 30 / 86_400,  # today
        "05 50 00": 1,  # yesterday
        "05 34 00": 30,  # April
        "05 3C 00": 31,  # December of last year
        "05 20 00": 365,  # last year
    }
    for request, count in days.items():
        assert register(ask(meter, request), 0) == int(24_000 * count), request
    now, start_of_year = ask(meter, "05 00 00"), ask(meter, "05 90 00")
    assert register(ask(meter, "05 10 00"), 0) == register(now, 0) - register(start_of_year, 0)
    assert register(ask(meter, "05 C0 00"), 0) - register(ask(meter, "05 D0 00"), 0) == 24_000
    assert register(ask(meter, "05 B4 00"), 0) == 24_000 * (30 + 31 + 365 + 31 + 28 + 31)
    assert register(ask(meter, "05 A0 00"), 0) == 24_000 * 61


def test_the_phases_of_the_active_energy_add_up() -> None:
    meter, _ = opened_mercury(AT)
    phases = ask(meter, "05 60 00")
    assert len(phases) == 12
    assert sum(register(phases, number) for number in range(3)) == register(ask(meter, "05 00 00"), 0)


def test_a_day_snapshot_is_the_register_at_its_midnight() -> None:
    meter, _ = opened_mercury(AT)
    truth = meter.truth.registers(moscow(2026, 5, 18))
    snapshot = ask(meter, "18 00 18 05 26 00")
    assert [register(snapshot, number) for number in range(4)] == list(truth.total)
    assert register(ask(meter, "18 01 18 05 26 01"), 0) == meter.truth.registers(moscow(2026, 5, 1)).t1.a_plus_wh
    assert register(ask(meter, "18 02 18 05 26 00"), 0) == truth.total.r_plus_varh


@pytest.mark.parametrize(
    "request_body",
    [
        pytest.param("18 00 21 05 26 00", id="tomorrow"),
        pytest.param("18 00 16 01 26 00", id="124 days ago"),
        pytest.param("18 00 31 12 25 00", id="before commissioning"),
        pytest.param("18 00 32 05 26 00", id="no such day"),
        pytest.param("18 00 1A 05 26 00", id="no digits"),
        pytest.param("18 04 18 05 26 00", id="no such kind"),
        pytest.param("18 00 18 05 26 05", id="no such tariff"),
    ],
)
def test_a_snapshot_that_is_not_kept_is_refused(request_body: str) -> None:
    meter, _ = opened_mercury(AT)
    assert ask(meter, request_body) == b"\x01"


def test_the_clock_shows_the_zone_and_the_drift() -> None:
    meter, _ = opened_mercury(AT, drift_seconds=75, clock_zone="Asia/Yekaterinburg")
    assert ask(meter, "04 00").hex(" ") == "45 11 17 03 20 05 26 01"


def test_a_daily_correction_never_turns_the_clock_back() -> None:
    meter, clock = opened_mercury(AT, daily_correction_seconds=117)
    shown = []
    for minute in range(48 * 60):
        clock.instant = AT + timedelta(minutes=minute)
        shown.append(meter._clock.instant(clock.instant))
    assert shown == sorted(shown)
    assert all(timedelta(0) <= AT + timedelta(minutes=i) - at <= timedelta(seconds=120) for i, at in enumerate(shown))


def test_registers_follow_the_meters_own_clock() -> None:
    meter, clock = opened_mercury(moscow(2026, 5, 20, 18), drift_seconds=-60, register_step_seconds=600)
    before = ask(meter, "05 00 00")
    clock.instant += timedelta(seconds=60)
    assert ask(meter, "05 00 00") != before
    assert meter.truth.registers(clock.instant) == meter.truth.registers_at_label(moscow(2026, 5, 20, 18))


def test_the_passport_carries_serial_ratios_address_and_variant() -> None:
    meter, _ = opened_mercury(AT, ratio_voltage=60, ratio_current=400, memory_bytes=65_536, impulses_per_kwh=500)
    assert ask(meter, "08 00").hex(" ") == "29 58 58 28 01 01 1a"
    assert ask(meter, "08 02").hex(" ") == "00 3c 01 90"
    assert ask(meter, "08 05").hex(" ") == "00 28"
    variant = ask(meter, "08 12")
    assert variant[1] & 0x0F == 3
    assert variant[1] & 0x20
    assert not variant[3] & 0x80
    assert variant[5] & 0x40
    assert ask(meter, "08 01")[10:] == variant


def test_the_tariff_state_follows_the_day() -> None:
    meter, clock = opened_mercury(AT)
    assert ask(meter, "08 17") == b"\x00\x00"
    clock.instant = moscow(2026, 5, 20, 23)
    assert ask(meter, "08 17") == b"\x00\x02"


def test_instant_powers_fit_the_running_half_hour() -> None:
    meter, clock = opened_mercury(moscow(2026, 5, 20, 19, 12))
    block = ask(meter, "08 16 00")
    magnitudes = [(block[at] & 0x3F) << 16 | block[at + 2] << 8 | block[at + 1] for at in range(0, 12, 3)]
    assert magnitudes[0] == sum(magnitudes[1:])
    (slot,) = meter.truth.slots(moscow(2026, 5, 20, 19), clock.now())
    assert magnitudes[0] / 100 == pytest.approx(2 * slot.energy.a_plus_wh, rel=0.06)


@pytest.mark.parametrize("quantity", ["00", "04", "08", "11", "21", "30", "40", "51", "61", "70", "81"])
def test_one_instant_value_is_part_of_all_of_them(quantity: str) -> None:
    meter, _ = opened_mercury(AT)
    one, all_phases = ask(meter, f"08 11 {quantity}"), ask(meter, f"08 16 {quantity}")
    assert all_phases.startswith(one)


@pytest.mark.parametrize("request_body", ["08 11 10", "08 11 0C", "08 11 90", "08 16 90", "08 16 0C"])
def test_a_quantity_that_is_not_measured_is_refused(request_body: str) -> None:
    meter, _ = opened_mercury(AT)
    assert ask(meter, request_body) == b"\x01"
