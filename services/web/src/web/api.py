"""The app of web: the common base with its health and metrics, then the client's files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from common.http.app import create_base_app
from web.endpoints import ROUTES
from web.settings import Settings
from web.site import Site, load_site


def create_app(settings: Settings) -> FastAPI:
    """Make the app. Raises NotBuilt at once, not at the first request."""
    site = load_site(settings.dist_dir, settings.openapi_file)

    @asynccontextmanager
    async def open_site() -> AsyncIterator[Site]:
        yield site

    app = create_base_app(title="Halfhour web client", open_resources=open_site)
    app.router.routes.extend(ROUTES)
    return app
