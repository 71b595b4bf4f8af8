"""Half hours from the log to the profile that a consumer sees."""

from datetime import timedelta
from typing import Any

from tests.service.metering.conftest import Portal
from tests.unit.metering.telemetry import HALF_HOUR, START, entry

from metering.repository import copies
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, LinkState, MeterLink


async def test_a_block_of_the_log_is_served_slot_by_slot(portal: Portal):
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block([500, None, 0, 700]))

    answer = await portal.get(
        f"/points/{portal.place.point_id}/profile",
        start=(START - HALF_HOUR).isoformat(),
        end=(START + 5 * HALF_HOUR).isoformat(),
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "point_id": str(portal.place.point_id),
        "channel": "a_plus",
        "unit": "Wh",
        "time_zone": "Europe/Samara",
        "as_of": "2026-03-10T14:00:00Z",
        "start": "2026-03-10T11:30:00Z",
        "step_seconds": 1800,
        "values": [None, 500, None, 0, 700, None],
        "quality": ["GAP", "VALID", "GAP", "VALID", "VALID", "GAP"],
        "gaps": [
            {"start": "2026-03-10T11:30:00Z", "end": "2026-03-10T12:00:00Z", "reason": "no_record"},
            {"start": "2026-03-10T12:30:00Z", "end": "2026-03-10T13:00:00Z", "reason": "no_record"},
            {"start": "2026-03-10T14:00:00Z", "end": "2026-03-10T14:30:00Z", "reason": "no_link"},
        ],
        "marks": [],
        "measure": "energy",
        "others": [],
        "flags": [[], [], [], [], [], []],
        "revisions": [{"day": "2026-03-10", "revision": None}],
    }


async def test_a_gap_has_its_reason_and_a_half_hour_the_marks_of_the_journal(portal: Portal):
    """The memory was initialised while the link failed. The magnet's entry is open, then closes."""
    place = portal.place
    async with portal.engine.begin() as connection:
        for hours, state in ((-1, "failing"), (4, "ok")):
            at = START + timedelta(hours=hours)
            link = MeterLink(
                meter_id=place.meter_id, state=state, changed_at=at, last_success_at=None, error_code="timed_out"
            )
            await copies.keep_link_states(
                connection, LinkState(endpoint_id=place.endpoint_id, changed_at=at, meters=[link])
            )
    await portal.chain.take(INTERVAL_BLOCKS, place.block([None, 500]))
    memory_initialised = entry("0A", "2026-03-10T18:00:00")
    await portal.chain.take(JOURNAL_ENTRIES, place.journal(entry("1A", "2026-03-10T15:40:00"), memory_initialised))
    period: dict[str, Any] = {"start": START.isoformat(), "end": (START + 6 * HALF_HOUR).isoformat()}
    path = f"/points/{place.point_id}/profile"

    shown = (await portal.get(path, **period)).json()

    assert shown["gaps"][0] == {
        "start": "2026-03-10T12:00:00Z",
        "end": "2026-03-10T12:30:00Z",
        "reason": "memory_overwritten",
    }
    assert [gap["reason"] for gap in shown["gaps"]] == ["memory_overwritten"] * 2
    (mark,) = (mark for mark in shown["marks"] if mark["mark"] == "magnet")
    assert (mark["mark"], mark["flag"], mark["start"], mark["end"], mark["is_open"]) == (
        *("magnet", "TAMPER", "2026-03-10T12:30:00Z", "2026-03-10T15:00:00Z", True),
    )
    closed = entry("1A", "2026-03-10T15:40:00", "2026-03-10T15:50:00")
    await portal.chain.take(JOURNAL_ENTRIES, place.journal(closed))
    (moved,) = (await portal.get(path, **period)).json()["marks"]
    assert (moved["end"], moved["is_open"]) == ("2026-03-10T13:00:00Z", False)
