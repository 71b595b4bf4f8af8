"""Assembles notify from its parts: endpoints for the role `api`, subscriptions and deliveries for the role `worker`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from common.cli import ALL_ROLES, Role
from common.http.app import create_base_app
from notify import endpoints
from notify.resources import Resources, open_resources
from notify.settings import Settings
from notify.worker import WORKERS


def create_app(
    settings: Settings,
    roles: frozenset[Role] = ALL_ROLES,
    *,
    resources: Callable[[Settings], AbstractAsyncContextManager[Resources]] = open_resources,
) -> FastAPI:
    app = create_base_app(
        title="Halfhour notify",
        open_resources=lambda: resources(settings),
        workers=WORKERS if Role.WORKER in roles else (),
    )
    if Role.API in roles:
        app.include_router(endpoints.router)
    return app
