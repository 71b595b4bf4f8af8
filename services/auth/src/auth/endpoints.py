"""HTTP: sessions, the signed-in user, the public keys.

The refresh token travels in a cookie for these paths alone. Whoever could make a browser send it must not gain
by it: the three calls that read it want a header that no foreign page can set.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Cookie, Depends, Request, Response

from auth import service
from auth.domain import User as DomainUser
from auth.domain import new_token, token_of, token_text
from auth.errors import CrossSite, SessionEnded
from auth.resources import Resources
from auth.schemas import KeySet, Session, SessionRequest, User
from auth.settings import Settings
from common.db import Reading
from common.http.auth import CurrentCaller
from common.http.problems import declared

SESSIONS = "/api/v1/sessions"
REFRESH_COOKIE = "halfhour_refresh"
DEVICE_COOKIE = "halfhour_device"
DEVICE_COOKIE_SECONDS = 400 * 86_400  # the most that browsers keep
USER_AGENT_LIMIT = 400
KEY_SET_SECONDS = 60

router = APIRouter()

RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE, include_in_schema=False)]
DeviceCookie = Annotated[str | None, Cookie(alias=DEVICE_COOKIE, include_in_schema=False)]


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


@router.post(
    SESSIONS,
    status_code=201,
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(401, 403, 422, 429, 503),
)
async def sign_in(
    request: Request,
    response: Response,
    body: SessionRequest,
    resources: Open,
    refresh_cookie: RefreshCookie = None,
    device_cookie: DeviceCookie = None,
) -> Session:
    """Begin a session. Sets the refresh cookie."""
    known = token_of(device_cookie)
    device = known or new_token()
    granted = await service.sign_in(
        resources,
        email=body.email,
        password=body.password.get_secret_value(),
        client=service.Client(
            address=_client_address(request, resources.settings),
            user_agent=request.headers.get("user-agent", "")[:USER_AGENT_LIMIT],
            device=known,
        ),
        device=device,
        former=token_of(refresh_cookie),
    )
    _set_cookie(response, resources.settings, DEVICE_COOKIE, token_text(device), max_age=DEVICE_COOKIE_SECONDS)
    return _session(response, resources, granted)


@router.post(
    f"{SESSIONS}/refresh",
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(401, 403, 409, 503),
)
async def refresh_session(response: Response, resources: Open, refresh_cookie: RefreshCookie = None) -> Session:
    """Exchange the refresh cookie for a new access token and a new cookie."""
    token = token_of(refresh_cookie)
    if token is None:
        raise SessionEnded
    return _session(response, resources, await service.refresh(resources, token))


@router.post(
    f"{SESSIONS}/logout",
    status_code=204,
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(403, 503),
)
async def sign_out(response: Response, resources: Open, refresh_cookie: RefreshCookie = None) -> None:
    """End the session of the refresh cookie. Without one, or after the end, nothing happens."""
    token = token_of(refresh_cookie)
    if token is not None:
        await service.sign_out(resources, token)
    _set_cookie(response, resources.settings, REFRESH_COOKIE, "", max_age=0)


@router.get("/api/v1/me", responses=declared(401, 503))
async def show_me(response: Response, caller: CurrentCaller, connection: Reading) -> User:
    """Show who is signed in."""
    response.headers["Cache-Control"] = "no-store"
    return _user(await service.signed_in_user(connection, caller.login_id))


@router.get("/.well-known/jwks.json", responses=declared(503))
async def show_key_set(response: Response, resources: Open) -> KeySet:
    """Show the public keys of access tokens (RFC 7517)."""
    response.headers["Cache-Control"] = f"public, max-age={KEY_SET_SECONDS}"
    return await resources.keys.key_set()


def _session(response: Response, resources: Resources, granted: service.Granted) -> Session:
    response.headers["Cache-Control"] = "no-store"
    _set_cookie(
        response,
        resources.settings,
        REFRESH_COOKIE,
        token_text(granted.refresh_token),
        max_age=_seconds_until(granted.refresh_expires_at, resources.clock.now()),
    )
    return Session(
        access_token=granted.access_token,
        token_type="Bearer",  # noqa: S106 -- the scheme's name
        expires_in=resources.settings.access_token_seconds,
        user=_user(granted.user),
    )


def _seconds_until(end: datetime, now: datetime) -> int:
    return max(0, int((end - now).total_seconds()))


def _set_cookie(response: Response, settings: Settings, name: str, value: str, *, max_age: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=SESSIONS,
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def _client_address(request: Request, settings: Settings) -> str:
    peer = request.client.host if request.client else ""
    return request.headers.get(settings.client_address_header, peer)


def _user(user: DomainUser) -> User:
    return User(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        roles=cast(list[Literal["consumer", "operator", "admin"]], list(user.roles)),
        supplier=user.supplier_code,
        language=cast(Literal["ru", "en"], user.language),
    )
