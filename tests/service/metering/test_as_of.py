"""Register readings and journals as they were known at any instant: what came or closed since is not there."""

from datetime import datetime, timedelta
from typing import Any

from tests.service.metering.conftest import Portal
from tests.unit.metering.telemetry import NOW, entry

from topics.poller import JOURNAL_ENTRIES, REGISTER_SNAPSHOTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READ_AT = NOW - 10 * HOUR


def said(time: str) -> str:
    """What the meter's clock said at a time of the day before."""
    return f"{(NOW - DAY).date().isoformat()} {time}:00"


async def test_readings_are_those_that_were_known(portal: Portal):
    """INVARIANT: as of any instant the answer is what it was then, whatever has been repeated since."""
    place, chain = portal.place, portal.chain
    first = place.snapshot(READ_AT, ("sum", 10_000))
    chain.clock.instant = NOW
    await chain.take(REGISTER_SNAPSHOTS, first)
    chain.clock.instant = NOW + HOUR
    await chain.take(REGISTER_SNAPSHOTS, place.snapshot(READ_AT + HOUR, ("sum", 11_000)), first)

    async def known(at: datetime | None) -> list[int]:
        asked: dict[str, Any] = {} if at is None else {"known_at": at.isoformat()}
        answer = await portal.get(f"/points/{place.point_id}/readings", **asked)
        items = answer.json()["items"]
        assert answer.json()["as_of"] == (items[0]["at"] if items else None)
        return [item["registers"][0]["value_wh"] for item in items]

    assert await known(None) == [11_000, 10_000]
    assert await known(NOW + HOUR) == [11_000, 10_000]
    assert await known(NOW) == [10_000]
    assert await known(NOW - timedelta(seconds=1)) == []


async def test_an_entry_that_has_closed_since_was_open(portal: Portal):
    """INVARIANT: a completed entry hides nothing of the time in which it was open."""
    place, chain = portal.place, portal.chain
    opened, closed = (entry("02", said("00:10"), until) for until in (None, said("01:20")))
    for at, each in ((NOW, opened), (NOW + HOUR, closed), (NOW + 2 * HOUR, closed)):
        chain.clock.instant = at
        await chain.take(JOURNAL_ENTRIES, place.journal(each, polled_at=at))

    async def shown(at: datetime | None) -> list[Any]:
        asked: dict[str, Any] = {} if at is None else {"known_at": at.isoformat()}
        period: dict[str, Any] = {"start": (NOW - 5 * DAY).isoformat(), "end": NOW.isoformat()}
        answer = await portal.get(f"/points/{place.point_id}/journal", **period, **asked)
        return [item["closed_at"] is None for item in answer.json()["items"]]

    assert await shown(None) == [False]
    assert await shown(NOW + HOUR) == [False]
    assert await shown(NOW) == [True]
    assert await shown(NOW - timedelta(seconds=1)) == []
