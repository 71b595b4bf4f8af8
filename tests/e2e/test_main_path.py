"""The main path on real parts: what the meters measured, what the consumer sees and what billing received are one."""

import asyncio
import json
import shlex
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from tests.e2e import billing, fast_days
from tests.e2e.running import SLOT, Running

from common.kafka.connection import connection_options, new_consumer
from common.settings import KafkaSettings
from metering.worker import INTERVALS_GROUP
from topics.poller import INTERVAL_BLOCKS

pytestmark = [pytest.mark.stack, pytest.mark.paced, pytest.mark.timeout(900)]

DAYS = timedelta(days=3)
ARRIVES_WITHIN_SECONDS = 60
# The broker alone, and then with its reader: what that one had not stored must not have been committed.
KILLS = (
    (8, ("meter-poller",)),
    (24, ("metering",)),
    (32, ("kafka",)),
    (44, ("meter-poller",)),
    (56, ("kafka", "metering")),
)
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


def test_kills_of_poller_metering_and_broker_lose_and_double_nothing(running: Running):
    """INVARIANT: kill -9 of poller, metering or broker at any moment changes no value, leaves no hole, doubles nothing.

    A meter without memory cannot say how the energy was shared out while nobody asked: those half hours are
    marked DERIVED and their sum is exact.
    """
    start = running.next_slot()
    end = start + DAYS
    for hours, names in KILLS:
        running.wait_until(start + timedelta(hours=hours))
        others = {name: running.stack.pid(name) for name in ("metering", "meter-poller") if name not in names}
        running.stack.kill(*names)
        assert {name: running.stack.pid(name) for name in others} == others, "nobody else had to be started again"
    running.wait_until(end + SLOT)
    shown = compare(running, start, end)
    hold_ledger(running, shown, start)
    asyncio.run(hold_offsets(log_administrator(running)))
    truth = true_series(running, fast_days.EASTRON_SERIAL, start, end)
    hold_derived_to_the_registers(shown[fast_days.EASTRON_POINT_ID], truth)


def hold_ledger(running: Running, shown: dict[UUID, Series], start: datetime) -> None:
    """Wait until the newest revision of each whole day says, with its digest, what page and books show."""
    zone = ZoneInfo("Europe/Samara")
    days = [start.astimezone(zone).date() + timedelta(days=number) for number in range(1, DAYS.days)]
    wanted = {
        (point, day): {slot: seen for slot, seen in series.items() if slot.astimezone(zone).date() == day}
        for point, series in shown.items()
        for day in days
    }
    deadline = time.monotonic() + ARRIVES_WITHIN_SECONDS
    while (told := told_days(running, set(wanted))) != wanted:
        assert time.monotonic() < deadline, {key: len(series) for key, series in told.items()}
        time.sleep(0.5)


def told_days(running: Running, keys: set[tuple[UUID, date]]) -> dict[tuple[UUID, date], Series]:
    """Return what the newest revision of each of these days says that has come."""
    newest: dict[tuple[UUID, date], dict[str, Any]] = {}
    for value in billing.read_values(running.stack.ready["suppliers"]["demo"], "supplier-demo-days-v1"):
        told = json.loads(value)
        key = UUID(told["point_id"]), date.fromisoformat(told["day"])
        if key in keys and told["revision"] > newest.get(key, {"revision": 0})["revision"]:
            newest[key] = told
    assert all(told["digest"] == billing.digest(told) for told in newest.values())
    return {key: day_series(told) for key, told in newest.items()}


def day_series(told: dict[str, Any]) -> Series:
    start = datetime.fromisoformat(told["start"])
    rows = zip(*(told[name] for name in billing.CHANNELS), told["quality"], strict=True)
    return {start + i * SLOT: Seen(tuple(row[:-1]), row[-1]) for i, row in enumerate(rows) if row[-1] != "GAP"}


def log_administrator(running: Running) -> KafkaSettings:
    lines = (running.log.parent / "env" / "log-administrator.env").read_text(encoding="utf-8").splitlines()
    given = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    return KafkaSettings.model_validate({name.lower(): value for name, value in given.items()})


async def hold_offsets(settings: KafkaSettings) -> None:
    """Wait until all that the pollers have written by now is put behind it by metering's group, and no more."""
    admin = AIOKafkaAdminClient(**connection_options(settings))
    consumer = new_consumer(settings, INTERVAL_BLOCKS.name, group_id=None)
    try:
        await admin.start()
        await consumer.start()
        ends = await consumer.end_offsets(list(consumer.assignment()))
        async with asyncio.timeout(ARRIVES_WITHIN_SECONDS):
            while True:
                found = await admin.list_consumer_group_offsets(INTERVALS_GROUP)
                now = await consumer.end_offsets(list(ends))
                assert all(each.offset <= now[place] for place, each in found.items())
                if all(found[place].offset >= end for place, end in ends.items() if end):
                    return
                await asyncio.sleep(0.2)
    finally:
        await consumer.stop()
        await admin.close()


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
