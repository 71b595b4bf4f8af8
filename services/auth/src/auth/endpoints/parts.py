"""What the endpoints share: resources, who calls from where, and the mark of our own pages."""

from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response

from auth.domain import token_of, token_text
from auth.errors import CrossSite
from auth.resources import Resources
from auth.service.client import Client
from auth.settings import Settings

SESSIONS = "/api/v1/sessions"
DEVICE_COOKIE = "halfhour_device"
DEVICE_COOKIE_SECONDS = 400 * 86_400  # the most that browsers keep
# Browsers take such a cookie over HTTPS alone: no page of a plain neighbour can plant one (ASVS 3.3.1). `__Host-` would
# want the path /, and these travel to the sessions alone.
SECURE_PREFIX = "__Secure-"
USER_AGENT_LIMIT = 400
ADDRESS_LIMIT = 64


async def _same_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    if request.headers.get("x-requested-with") != "halfhour" or site != "same-origin":
        raise CrossSite


OUR_PAGES = [Depends(_same_origin)]
OUR_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "X-Requested-With",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "const": "halfhour"},
            "description": "Shows that the call comes from a page of ours; else 403 with code `csrf`.",
        }
    ]
}


async def _resources(request: Request) -> Resources:
    return cast(Resources, request.app.state.resources)


Open = Annotated[Resources, Depends(_resources)]


def cookie_name(name: str, settings: Settings) -> str:
    """Return the name under which browsers keep one of our cookies here."""
    return f"{SECURE_PREFIX}{name}" if settings.cookie_secure else name


def set_cookie(response: Response, settings: Settings, name: str, value: str, *, max_age: int) -> None:
    """Set a cookie that comes back at the paths of sessions alone."""
    response.set_cookie(
        cookie_name(name, settings),
        value,
        max_age=max_age,
        path=SESSIONS,
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def set_device_cookie(response: Response, settings: Settings, device: bytes) -> None:
    """Give the browser the mark of its device."""
    set_cookie(response, settings, DEVICE_COOKIE, token_text(device), max_age=DEVICE_COOKIE_SECONDS)


async def _client(request: Request, resources: Open) -> Client:
    peer = request.client.host if request.client else ""
    return Client(
        address=request.headers.get(resources.settings.client_address_header, peer)[:ADDRESS_LIMIT],
        user_agent=request.headers.get("user-agent", "")[:USER_AGENT_LIMIT],
        device=token_of(request.cookies.get(cookie_name(DEVICE_COOKIE, resources.settings))),
    )


CurrentClient = Annotated[Client, Depends(_client)]
