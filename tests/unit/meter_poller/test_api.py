from typing import Any

import httpx
from tests.unit.meter_poller.parts import NOON, quick_settings

from common.clock import FixedClock
from meter_poller.api import create_app
from meter_poller.assignment import Heartbeat
from meter_poller.resources import Resources


def app_with(heartbeat: Heartbeat, **settings: Any):
    made = quick_settings(**settings)
    publisher: Any = None
    resources = Resources(settings=made, clock=FixedClock(NOON), publisher=publisher, heartbeat=heartbeat)
    return create_app(made, resources)


async def statuses(app: Any) -> dict[str, int]:
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://poller") as c:
        return {path: (await c.get(path)).status_code for path in ("/livez", "/readyz", "/metrics", "/api/v1/meters")}


async def test_a_poller_is_ready_when_its_group_has_answered():
    heartbeat = Heartbeat()
    assert (await statuses(app_with(heartbeat)))["/readyz"] == 503
    heartbeat.beat()
    assert await statuses(app_with(heartbeat)) == {
        "/livez": 200,
        "/readyz": 200,
        "/metrics": 200,
        "/api/v1/meters": 404,
    }


async def test_a_poller_that_stopped_asking_for_news_is_not_alive():
    heartbeat = Heartbeat()
    assert (await statuses(app_with(heartbeat, stuck_after_seconds=0.001)))["/livez"] == 200
    heartbeat.at = 0.0
    assert (await statuses(app_with(heartbeat, stuck_after_seconds=0.001)))["/livez"] == 503
