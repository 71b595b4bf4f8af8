"""The poller's HTTP side: health and metrics only."""

from contextlib import AbstractAsyncContextManager, nullcontext

from fastapi import FastAPI

from common.http.app import create_base_app
from meter_poller.assignment import Heartbeat
from meter_poller.resources import Resources, open_resources
from meter_poller.settings import Settings
from meter_poller.worker import poll_wires


def create_app(settings: Settings, resources: Resources | None = None) -> FastAPI:
    """Make the app. With `resources` given it opens nothing and polls nothing: for tests."""
    heartbeat = Heartbeat() if resources is None else resources.heartbeat

    def opened() -> AbstractAsyncContextManager[Resources]:
        return open_resources(settings, heartbeat) if resources is None else nullcontext(resources)

    def alive() -> bool:
        # Before the first answer of the group only readiness is missing; a restart would not help.
        return heartbeat.at is None or heartbeat.is_younger_than(settings.stuck_after_seconds)

    return create_base_app(
        title="Halfhour meter poller",
        open_resources=opened,
        workers=(poll_wires,) if resources is None else (),
        alive=alive,
    )
