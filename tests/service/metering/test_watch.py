"""The canary and what is open, as they are looked at over the real engine and database."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.service.metering.days import DAY, START, Days
from tests.service.metering.workers import LOADS, receipt
from tests.unit.metering.telemetry import HALF_HOUR

from metering.domain.canary import curve
from metering.domain.intervals import STEP_SECONDS
from metering.domain.production_calendar import days_left
from metering.settlement import inbox
from metering.watches import canary, watch
from topics.metering import ALARMS

ZONE, MEAN_W, SLOT = "Europe/Samara", 1_000, 5


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def watched(days: Days, worker: Any) -> Any:
    """The worker, with the point of the test as its canary."""
    settings = SimpleNamespace(
        canary_point_id=days.portal.place.point_id,
        canary_mean_w=MEAN_W,
        canary_clock_zone=ZONE,
        canary_late_seconds=0.0,
    )
    worker.settings = settings
    return worker


async def told(days: Days) -> list[tuple[Any, ...]]:
    async with days.portal.engine.connect() as connection:
        rows = await connection.execute(text("select topic, payload from outbox order by id"))
        alarms = [ALARMS.decode(row.payload, ALARMS.headers()) for row in rows if row.topic == ALARMS.name]
    return [(each.kind, *(value for name, value in each.details.items() if name != "start")) for each in alarms]


async def test_a_tampered_value_of_the_canary_is_an_alarm_once_and_a_right_day_is_none(days: Days, watched: Any):
    """INVARIANT: a value that changes on its way through the chain is noticed, whoever looks and however often."""
    counted = list(curve(MEAN_W))
    days.clock.instant = DAY.ends_at
    await days.take(counted)
    days.clock.instant = DAY.ends_at
    await canary.check(watched)
    assert (shown("halfhour_canary_differing"), shown("halfhour_canary_late")) == (0, 0)
    assert await told(days) == []
    await days.take([counted[SLOT] + 1], start=START + SLOT * HALF_HOUR, polled_at=DAY.ends_at + timedelta(minutes=1))
    days.clock.instant = DAY.ends_at
    for _ in range(2):
        await canary.check(watched)
    assert shown("halfhour_canary_differing") == 1
    assert await told(days) == [("canary_differs", counted[SLOT], counted[SLOT] + 1)]


async def test_a_half_hour_of_the_canary_that_does_not_come_is_an_alarm(days: Days, watched: Any):
    counted = list(curve(MEAN_W))
    days.clock.instant = DAY.ends_at
    await days.take([*counted[:-1], None])
    days.clock.instant = DAY.ends_at + timedelta(seconds=STEP_SECONDS - 1)
    await canary.check(watched)
    for _ in range(2):
        await canary.check(watched)
    assert await told(days) == [("canary_late", 1)]
    assert shown("halfhour_canary_late") == 1
    watched.settings.canary_point_id = None
    await canary.check(watched)
    assert len(await told(days)) == 1, "without a canary nothing is checked"


async def test_what_billing_leaves_open_and_how_fresh_the_path_is_are_seen_by_supplier(days: Days, watched: Any):
    """Each step of the path from the meter to the receipt has an age and a time, by supplier."""
    watched.settings.canary_point_id = None
    await days.take(LOADS)
    days.clock.instant = DAY.closes_at(6)
    day = (await days.told())[-1]
    days.clock.instant += timedelta(hours=1)
    await watch.look(watched)
    assert shown("halfhour_days_open", supplier="demo") == 1
    assert shown("halfhour_days_open_age_seconds", supplier="demo") == 3_600
    assert shown("halfhour_production_calendar_days_left") == days_left(days.clock.now().date())
    await inbox.take_document(watched, "demo", receipt(day.point_id, day.digest))
    await watch.look(watched)
    assert shown("halfhour_days_open", supplier="demo") == 0
    for step in ("read", "logged", "stored", "told", "closed", "receipted"):
        assert shown("halfhour_freshness_seconds_count", step=step, supplier="demo"), step
        assert shown("halfhour_freshness_age_seconds", step=step, supplier="demo") is not None, step
