"""HTTP: sessions and the signed-in user.

The refresh token travels in a cookie for these paths alone. Whoever could make a browser send it must not gain
by it: the calls that read it want a header that no foreign page can set.
"""

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from auth.domain import User as DomainUser
from auth.domain import new_token, token_of, token_text
from auth.endpoints.factors import shown_challenge
from auth.endpoints.parts import (
    OUR_HEADER,
    OUR_PAGES,
    SESSIONS,
    CurrentClient,
    Open,
    cookie_name,
    set_cookie,
    set_device_cookie,
)
from auth.errors import SessionEnded
from auth.resources import Resources
from auth.schemas.factors import Challenge, ShownFactor
from auth.schemas.sessions import Session, SessionRequest, User
from auth.service import challenges, logins
from auth.service import sign_in as service
from auth.service.client import require_signed_in
from common.db import Reading
from common.http.auth import CurrentCaller
from common.http.problems import declared

REFRESH_COOKIE = "halfhour_refresh"

router = APIRouter()


async def _refresh_token(request: Request, resources: Open) -> bytes | None:
    return token_of(request.cookies.get(cookie_name(REFRESH_COOKIE, resources.settings)))


RefreshToken = Annotated[bytes | None, Depends(_refresh_token)]


@router.post(
    SESSIONS,
    status_code=201,
    response_model=Session,
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(401, 403, 422, 429, 503) | {202: {"model": Challenge, "description": "A factor is asked for"}},
)
async def sign_in(
    response: Response,
    body: SessionRequest,
    resources: Open,
    client: CurrentClient,
    refresh_token: RefreshToken,
) -> Session | Response:
    """Begin a session, which sets the refresh cookie, or ask for the second factor of a user who has one."""
    device = client.device or new_token()
    begun = await service.sign_in(
        resources,
        email=body.email,
        password=body.password.get_secret_value(),
        client=client,
        device=device,
        former=refresh_token,
    )
    if isinstance(begun, challenges.Challenge):
        asked = shown_challenge(begun, resources).model_dump(mode="json")
        return JSONResponse(asked, status_code=202, headers={"Cache-Control": "no-store"})
    return _session(response, resources, begun, device=device)


@router.post(
    f"{SESSIONS}/second-factor",
    status_code=201,
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(401, 403, 404, 410, 422, 429, 503),
)
async def show_second_factor(
    response: Response,
    body: ShownFactor,
    resources: Open,
    client: CurrentClient,
    refresh_token: RefreshToken,
) -> Session:
    """Show the second factor and begin the session. Sets the refresh cookie."""
    device = client.device or new_token()
    granted = await service.show_second_factor(
        resources,
        body.challenge_id,
        proof=body.proof(),
        client=client,
        device=device,
        former=refresh_token,
    )
    return _session(response, resources, granted, device=device)


@router.post(
    f"{SESSIONS}/refresh",
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(401, 403, 409, 503),
)
async def refresh_session(
    response: Response, resources: Open, client: CurrentClient, refresh_token: RefreshToken
) -> Session:
    """Exchange the refresh cookie for a new access token and a new cookie."""
    if refresh_token is None:
        raise SessionEnded
    return _session(response, resources, await logins.refresh(resources, refresh_token, client=client))


@router.post(
    f"{SESSIONS}/logout",
    status_code=204,
    dependencies=OUR_PAGES,
    openapi_extra=OUR_HEADER,
    responses=declared(403, 503),
)
async def sign_out(response: Response, resources: Open, client: CurrentClient, refresh_token: RefreshToken) -> None:
    """End the session of the refresh cookie. Without one, or after the end, nothing happens."""
    if refresh_token is not None:
        await logins.sign_out(resources, refresh_token, client=client)
    set_cookie(response, resources.settings, REFRESH_COOKIE, "", max_age=0)


@router.get("/api/v1/me", responses=declared(401, 503))
async def show_me(response: Response, caller: CurrentCaller, connection: Reading) -> User:
    """Show who is signed in."""
    response.headers["Cache-Control"] = "no-store"
    return _user(await require_signed_in(connection, caller.login_id))


def _session(
    response: Response, resources: Resources, granted: logins.Granted, *, device: bytes | None = None
) -> Session:
    response.headers["Cache-Control"] = "no-store"
    if device is not None:
        set_device_cookie(response, resources.settings, device)
    set_cookie(
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


def _user(user: DomainUser) -> User:
    return User(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        roles=cast(list[Literal["consumer", "operator", "admin"]], list(user.roles)),
        supplier=user.supplier_code,
        language=cast(Literal["ru", "en"], user.language),
    )
