"""The poller's one worker: takes its share of the endpoints and polls their wires."""

from common.logging import get_logger
from meter_poller.assignment import LogLoader, Shares, follow
from meter_poller.fleet import Fleet
from meter_poller.publish import Cursors
from meter_poller.resources import Resources
from meter_poller.wires import WirePoller
from topics.metering import Endpoint

log = get_logger(__name__)


async def poll_wires(resources: Resources) -> None:
    """Poll until cancelled. Ends with an error if the log cannot be reached at the start."""

    async def poll(endpoint: Endpoint, cursors: Cursors) -> None:
        wire = WirePoller(
            endpoint,
            cursors,
            settings=resources.settings,
            clock=resources.clock,
            sender=resources.publisher,
        )
        await wire.run()

    fleet = Fleet(poll)
    shares = Shares(fleet, LogLoader(resources.settings))
    try:
        await follow(
            resources.settings,
            group=resources.settings.consumer_group,
            shares=shares,
            heartbeat=resources.heartbeat,
        )
    finally:
        await fleet.close()
