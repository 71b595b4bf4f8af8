"""The main path on real parts: what the meters measured, what the consumer sees and what billing received are one."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from tests.e2e import billing, fast_days
from tests.e2e.running import SLOT, Running

pytestmark = [pytest.mark.stack, pytest.mark.paced, pytest.mark.timeout(900)]

DAYS = timedelta(days=3)
ARRIVES_WITHIN_SECONDS = 60
CHANNELS = ("a_plus", "a_minus", "r_plus", "r_minus")


@dataclass(frozen=True)
class Seen:
    """One half hour as one of the three sources has it."""

    energies: tuple[int | None, ...]
    quality: str


Series = dict[datetime, Seen]


def true_series(running: Running, serial: str, start: datetime, end: datetime) -> Series:
    """Return what the meter measured; half hours in which it was off all the time are missing."""
    return {
        slot.start_at: Seen(tuple(slot.energy), "INCOMPLETE" if slot.is_incomplete else "")
        for slot in running.fleet.truth(serial).slots(start, end)
        if slot.is_written
    }


def page_series(client: httpx.Client, point_id: UUID, start: datetime, end: datetime) -> Series:
    """Return what the public API answers through the gateway, all four channels."""
    columns = []
    for channel in CHANNELS:
        parameters = {"start": start.isoformat(), "end": end.isoformat(), "channel": channel}
        answer = client.get(f"/api/v1/points/{point_id}/profile", params=parameters)
        answer.raise_for_status()
        columns.append(answer.json())
    assert {column["step_seconds"] for column in columns} == {1800}
    assert {len(column["values"]) for column in columns} == {(end - start) // SLOT}
    return {
        start + index * SLOT: Seen(tuple(column["values"][index] for column in columns), quality)
        for index, quality in enumerate(columns[0]["quality"])
        if quality != "GAP"
    }


def booked_series(books: billing.Books, point_id: UUID, start: datetime, end: datetime) -> Series:
    """Return what the supplier's consumer has in its books."""
    return {
        slot: Seen(booked.energies, booked.quality)
        for (point, slot), booked in books.slots.items()
        if point == point_id and start <= slot < end
    }


def wait_for_all(running: Running, start: datetime, end: datetime) -> dict[UUID, Series]:
    """Wait until both points have every half hour that their meters wrote; return what the page then shows."""
    deadline = time.monotonic() + ARRIVES_WITHIN_SECONDS
    points = {
        fast_days.MERCURY_POINT_ID: fast_days.MERCURY_SERIAL,
        fast_days.EASTRON_POINT_ID: fast_days.EASTRON_SERIAL,
    }
    with running.stack.sign_in() as client:
        while True:
            shown = {point: page_series(client, point, start, end) for point in points}
            missing = {
                serial: sorted(set(true_series(running, serial, start, end)) - set(shown[point]))
                for point, serial in points.items()
            }
            if not any(missing.values()):
                return shown
            assert time.monotonic() < deadline, f"half hours that never came: {missing}"
            time.sleep(0.5)


def compare(running: Running, start: datetime, end: datetime) -> dict[UUID, Series]:
    """Hold page and books against the truth, slot by slot, and page and books against each other."""
    shown = wait_for_all(running, start, end)
    books = billing.read_all(running.stack.ready["suppliers"]["demo"], "supplier-demo-intervals-v1")
    assert books.contradictions == []
    for point in shown:
        assert booked_series(books, point, start, end) == shown[point]
    mercury = true_series(running, fast_days.MERCURY_SERIAL, start, end)
    assert energies(shown[fast_days.MERCURY_POINT_ID]) == energies(mercury)
    assert {seen.quality for seen in shown[fast_days.MERCURY_POINT_ID].values()} == {"VALID"}
    return shown


def energies(series: Series) -> dict[datetime, tuple[int | None, ...]]:
    return {slot: seen.energies for slot, seen in sorted(series.items())}


def test_three_days_are_one_in_meter_page_and_books_to_the_watt_hour(running: Running):
    """INVARIANT: what a consumer sees and what billing receives is what the meter measured, slot by slot."""
    start = running.next_slot()
    end = start + DAYS
    running.wait_until(end + SLOT)
    shown = compare(running, start, end)
    eastron = shown[fast_days.EASTRON_POINT_ID]
    truth = true_series(running, fast_days.EASTRON_SERIAL, start, end)
    assert {seen.quality for seen in eastron.values()} == {"VALID"}, "no border of a half hour was missed"
    assert energies(eastron) == energies(truth)


def test_kills_of_poller_and_metering_lose_and_double_nothing(running: Running):
    """INVARIANT: kill -9 of the poller or of metering at any moment changes no value, leaves no hole, doubles nothing.

    A meter without memory cannot say how the energy was shared out while nobody asked: those half hours are
    marked DERIVED and their sum is exact.
    """
    start = running.next_slot()
    end = start + DAYS
    for hours, name in ((8, "meter-poller"), (24, "metering"), (40, "meter-poller"), (56, "metering")):
        running.wait_until(start + timedelta(hours=hours))
        running.stack.kill(name)
    running.wait_until(end + SLOT)
    shown = compare(running, start, end)
    truth = true_series(running, fast_days.EASTRON_SERIAL, start, end)
    hold_derived_to_the_registers(shown[fast_days.EASTRON_POINT_ID], truth)


def hold_derived_to_the_registers(series: Series, truth: Series) -> None:
    """Measured half hours equal the truth; a run of derived ones has its sum, and none is missing."""
    assert set(series) == set(truth)
    run_seen, run_true = [0, 0, 0, 0], [0, 0, 0, 0]
    derived = 0
    for slot in sorted(series):
        seen, true = series[slot], truth[slot]
        if seen.quality == "DERIVED":
            derived += 1
            run_seen = [a + (b or 0) for a, b in zip(run_seen, seen.energies, strict=True)]
            run_true = [a + (b or 0) for a, b in zip(run_true, true.energies, strict=True)]
            continue
        assert seen == Seen(true.energies, "VALID"), slot
        assert run_seen == run_true, f"the derived half hours before {slot}"
        run_seen, run_true = [0, 0, 0, 0], [0, 0, 0, 0]
    assert run_seen == run_true, "the derived half hours at the end"
    assert derived, "two kills of the poller miss at least one border"
