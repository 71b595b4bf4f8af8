"""The app of metering: endpoints, and beside them whichever workers the process has."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from common.cli import ALL_ROLES, Role
from common.http.app import create_base_app
from metering.endpoints import router
from metering.resources import Resources, open_resources
from metering.settings import Settings
from metering.worker import Workers


def create_app(
    settings: Settings,
    roles: frozenset[Role] = ALL_ROLES,
    *,
    resources: Callable[[Settings], AbstractAsyncContextManager[Resources]] = open_resources,
) -> FastAPI:
    """Make the app of a process with these roles. Health and metrics are always there."""
    workers = Workers(stuck_after_seconds=settings.stuck_after_seconds)
    app = create_base_app(
        title="Metering",
        open_resources=lambda: resources(settings),
        workers=workers.all() if Role.WORKER in roles else (),
        alive=workers.alive,
    )
    if Role.API in roles:
        app.include_router(router)
    return app
