"""Who calls: an access token is checked here again after the gateway (ES256, issuer, audience, expiry).

Public keys come from the key set of auth, are cached, and stay in use while auth is away. A key that is not
known is asked for at most once in a few seconds.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx
import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from common.errors import Busy, Forbidden, Unauthenticated
from common.logging import get_logger
from common.settings import TokenSettings

log = get_logger(__name__)

REFRESH_SECONDS = 300.0
UNKNOWN_KEY_PAUSE_SECONDS = 5.0
LEEWAY_SECONDS = 5
TOKENS_KEPT = 10_000
TOKEN_TYPE = "at+jwt"  # noqa: S105 -- a name, not a secret: RFC 9068


@dataclass(frozen=True)
class Caller:
    """The bearer of a valid access token. `supplier` is set for operators only.

    `contract_ids` is set for a program with an API key: it reads these contracts, of those that its owner sees.
    `factor_at` is when the session last saw a second factor. Without `roles` it is one of staff who has yet to add one.
    """

    user_id: UUID
    roles: frozenset[str]
    supplier: str | None
    login_id: UUID
    contract_ids: frozenset[UUID] | None = None
    factor_at: datetime | None = None

    @property
    def is_operator(self) -> bool:
        """Whether the caller works for the supplier `supplier`."""
        return "operator" in self.roles and self.supplier is not None

    def may_see(self, contract_id: UUID) -> bool:
        """Whether the token's scope covers a contract; whether the user sees it, the service knows."""
        return self.contract_ids is None or contract_id in self.contract_ids

    def require_recent_factor(self, *, within: timedelta, now: datetime) -> None:
        """Raise Forbidden unless the session saw a second factor not longer ago: before what a thief of it wants most.

        Who proves anew to auth gets the new time with the session's next access token.
        """
        if self.factor_at is None or now - self.factor_at > within:
            raise Forbidden("show your second factor again, then refresh the session", code="recent_factor_required")


class TokenVerifier:
    """Checks access tokens against the key set at `jwks_url`."""

    def __init__(self, settings: TokenSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        self._verified: dict[str, tuple[float, Caller]] = {}

    async def verify(self, token: str) -> Caller:
        """Return the caller. Raises Unauthenticated for any fault of the token, Busy while no key is known.

        A token that was verified is not verified again before it expires or the key set is read anew.
        """
        expires_at, known = self._verified.get(token, (0.0, None))
        if known is not None and time.time() < expires_at and time.monotonic() - self._fetched_at <= REFRESH_SECONDS:
            return known
        caller, expires_at = await self._verify(token)
        if len(self._verified) >= TOKENS_KEPT:
            self._verified.clear()
        self._verified[token] = (expires_at, caller)
        return caller

    async def _verify(self, token: str) -> tuple[Caller, float]:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise Unauthenticated("the access token is malformed", code="invalid_token") from error
        if header.get("typ") != TOKEN_TYPE:
            raise Unauthenticated("this is no access token", code="invalid_token")
        key = await self._key(str(header.get("kid", "")))
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["ES256"],
                audience=self._settings.token_audience,
                issuer=self._settings.token_issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "aud", "iss", "sid"]},
            )
            caller = Caller(
                user_id=UUID(claims["sub"]),
                roles=frozenset(claims.get("roles", [])),
                supplier=claims.get("supplier"),
                login_id=UUID(claims["sid"]),
                contract_ids=_scope(claims),
                factor_at=_instant(claims.get("factor_at")),
            )
            return caller, float(claims["exp"])
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the access token has expired", code="token_expired") from error
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise Unauthenticated("the access token is not valid here", code="invalid_token") from error

    async def _key(self, key_id: str) -> jwt.PyJWK:
        now = time.monotonic()
        stale = now - self._fetched_at > REFRESH_SECONDS
        if (key_id not in self._keys or stale) and now - self._tried_at > UNKNOWN_KEY_PAUSE_SECONDS:
            await self._fetch()
        if key_id in self._keys:
            return self._keys[key_id]
        if not self._keys:
            raise Busy("the key set of auth has not been read yet")
        raise Unauthenticated("the access token is signed by an unknown key", code="invalid_token")

    async def _fetch(self) -> None:
        async with self._lock:
            if time.monotonic() - self._tried_at <= UNKNOWN_KEY_PAUSE_SECONDS:
                return
            try:
                async with httpx.AsyncClient(transport=self._transport, timeout=3.0) as client:
                    answer = await client.get(self._settings.jwks_url)
                    answer.raise_for_status()
                self._keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}
                self._fetched_at = self._tried_at = time.monotonic()
                self._verified.clear()
            except (httpx.HTTPError, KeyError, ValueError, jwt.PyJWTError) as error:
                # Known keys stay in use; without any the next caller may try again at once.
                self._tried_at = time.monotonic() if self._keys else float("-inf")
                log.warning("key_set.not_read", error=repr(error))


def _scope(claims: dict[str, Any]) -> frozenset[UUID] | None:
    return frozenset(UUID(one) for one in claims["contracts"]) if "contracts" in claims else None


def _instant(claim: float | None) -> datetime | None:
    return None if claim is None else datetime.fromtimestamp(claim, UTC)


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="Access token of POST /api/v1/sessions")


async def _bearer_caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    if credentials is None:
        raise Unauthenticated("this call needs an access token", code="token_missing")
    verifier: TokenVerifier = request.app.state.resources.verifier
    caller = await verifier.verify(credentials.credentials)
    request.state.user_id = str(caller.user_id)  # for the log, should the call be refused
    return caller


_Bearer = Annotated[Caller, Depends(_bearer_caller)]


async def _reader(caller: _Bearer) -> Caller:
    if not caller.roles:
        raise Forbidden("add a second factor first", code="second_factor_missing")
    return caller


# Programs with an API key too: for what only reads, and asks `may_see` of each contract.
CurrentReader = Annotated[Caller, Depends(_reader)]


async def _person(caller: _Bearer) -> Caller:
    if caller.contract_ids is not None:
        raise Forbidden("an API key does not open this call", code="api_key_not_allowed")
    return caller


# Staff without a second factor too: for what adds one, and for nothing else.
CurrentPerson = Annotated[Caller, Depends(_person)]


async def _caller(reader: CurrentReader, _person: CurrentPerson) -> Caller:
    return reader


CurrentCaller = Annotated[Caller, Depends(_caller)]


async def _operator(caller: CurrentCaller) -> Caller:
    if not caller.is_operator:
        raise Forbidden("this call is for the supplier's staff")
    return caller


CurrentOperator = Annotated[Caller, Depends(_operator)]
