"""What the endpoints share: resources, who calls from where, and the mark of our own pages."""

from typing import Annotated, Any, cast

from fastapi import Cookie, Depends, Request

from auth.domain import token_of
from auth.errors import CrossSite
from auth.resources import Resources
from auth.service.client import Client

SESSIONS = "/api/v1/sessions"
DEVICE_COOKIE = "halfhour_device"
USER_AGENT_LIMIT = 400
ADDRESS_LIMIT = 64


def _same_origin(request: Request) -> None:
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


def _resources(request: Request) -> Resources:
    return cast(Resources, request.app.state.resources)


Open = Annotated[Resources, Depends(_resources)]
DeviceCookie = Annotated[str | None, Cookie(alias=DEVICE_COOKIE, include_in_schema=False)]


def _client(request: Request, resources: Open, device_cookie: DeviceCookie = None) -> Client:
    peer = request.client.host if request.client else ""
    return Client(
        address=request.headers.get(resources.settings.client_address_header, peer)[:ADDRESS_LIMIT],
        user_agent=request.headers.get("user-agent", "")[:USER_AGENT_LIMIT],
        device=token_of(device_cookie),
    )


CurrentClient = Annotated[Client, Depends(_client)]
