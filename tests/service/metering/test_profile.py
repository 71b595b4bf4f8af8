"""Half hours from the log to the profile that a consumer sees."""

from tests.service.metering.conftest import Portal
from tests.unit.metering.telemetry import HALF_HOUR, START

from topics.poller import INTERVAL_BLOCKS


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
    }
