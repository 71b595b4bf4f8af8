"""Assembles auth from its parts: endpoints for the role `api`, relay and cleaning for the role `worker`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from auth.endpoints import router
from auth.resources import Resources, open_resources
from auth.settings import Settings
from auth.worker import WORKERS
from common.cli import ALL_ROLES, Role
from common.http.app import create_base_app


def create_app(
    settings: Settings,
    roles: frozenset[Role] = ALL_ROLES,
    *,
    resources: Callable[[Settings], AbstractAsyncContextManager[Resources]] = open_resources,
) -> FastAPI:
    app = create_base_app(
        title="Halfhour auth",
        open_resources=lambda: resources(settings),
        workers=WORKERS if Role.WORKER in roles else (),
    )
    if Role.API in roles:
        app.include_router(router)
    return app
