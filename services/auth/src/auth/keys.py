"""Signing keys: made once, sealed in the database, published before they sign and until their last token ends."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from auth.domain import ApiKey, KeyTimes, User, published_keys, signing_key
from auth.errors import UnreadableKey
from auth.repository import signing_keys, users
from auth.root_secret import open_root
from auth.schemas.keys import KeySet, PublicKey
from auth.secret_keys import SecretKeys
from auth.settings import Settings
from common.clock import Clock
from common.db import open_engine
from common.logging import get_logger

log = get_logger(__name__)

# How soon a process learns of a rotation; far below any sensible signing_key_lead_seconds.
RELOAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class _Key:
    times: KeyTimes
    private: ec.EllipticCurvePrivateKey
    public: PublicKey


class KeyRing:
    """The keys of this process: read from the database, read again every half minute."""

    def __init__(self, engine: AsyncEngine, settings: Settings, secret_keys: SecretKeys, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._secret_keys = secret_keys
        self._clock = clock
        self._keys: dict[str, _Key] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def access_token(self, user: User, login_id: UUID, *, factor_shown_at: datetime | None) -> str:
        """Sign an access token of a login that begins now, of its user as the login has it."""
        claims: dict[str, object] = {"sid": str(login_id), "roles": list(user.roles)}
        if user.supplier_code is not None:
            claims["supplier"] = user.supplier_code
        if factor_shown_at is not None:
            claims["factor_at"] = int(factor_shown_at.timestamp())
        return await self._signed(user, claims)

    async def reading_token(self, user: User, api_key: ApiKey) -> str:
        """Sign an access token of an API key: it reads the key's contracts as a consumer, whatever its owner is."""
        contract_ids = [str(contract_id) for contract_id in api_key.contract_ids]
        return await self._signed(user, {"sid": str(api_key.id), "roles": ["consumer"], "contracts": contract_ids})

    async def _signed(self, user: User, claims: dict[str, object]) -> str:
        keys = await self._current()
        now = self._clock.now()
        key = keys[signing_key([one.times for one in keys.values()], now).key_id]
        every: dict[str, object] = {
            "iss": self._settings.token_issuer,
            "aud": self._settings.token_audience,
            "sub": str(user.id),
            "jti": uuid4().hex,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + self._settings.access_token_seconds,
        }
        return jwt.encode(
            every | claims, key.private, algorithm="ES256", headers={"kid": key.times.key_id, "typ": "at+jwt"}
        )

    async def key_set(self) -> KeySet:
        """Return the public keys, newest first."""
        keys = await self._current()
        lifetime = timedelta(seconds=self._settings.access_token_seconds)
        shown = published_keys([key.times for key in keys.values()], self._clock.now(), token_lifetime=lifetime)
        return KeySet(keys=[keys[one.key_id].public for one in shown])

    async def _current(self) -> dict[str, _Key]:
        async with self._reading:
            if self._read_at is None or self._clock.now() - self._read_at >= RELOAD_AFTER:
                await self._read()
            return self._keys

    async def _read(self) -> None:
        """Read the keys; those that are known stay in use while the database is away."""
        try:
            async with self._engine.connect() as connection:
                rows = await signing_keys.list_signing_keys(connection)
        except (DBAPIError, OSError) as error:
            if not self._keys:
                raise
            log.warning("signing_keys.not_read", error=type(error).__name__)
        else:
            self._keys = {
                key_id: self._keys.get(key_id) or _open(self._secret_keys, key_id, sealed, signs_from)
                for key_id, sealed, signs_from in rows
            }
        self._read_at = self._clock.now()


class KeyRingTransport(httpx.AsyncBaseTransport):
    """Lets `common.http.auth` check tokens inside auth itself: the key set without a network."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(await self._keys.key_set()).model_dump_json(), request=request)


async def ensure_key(connection: AsyncConnection, secret_keys: SecretKeys, *, now: datetime) -> None:
    """Make the first key unless there is one. Of many processes that start at once one makes it."""
    await users.lock(connection, "signing_keys")
    if not await signing_keys.list_signing_keys(connection):
        await _add(connection, secret_keys, signs_from=now)


async def rotate_keys(settings: Settings) -> None:
    """Add the next signing key; it is published at once and signs once all caches have it; nobody is signed out"""
    await _rotate(settings, lead=timedelta(seconds=settings.signing_key_lead_seconds))


async def replace_keys(settings: Settings) -> None:
    """After a leak: forget all signing keys and sign with a new one at once; access tokens must be fetched anew"""
    await _rotate(settings, lead=None)


async def rotate(
    connection: AsyncConnection, secret_keys: SecretKeys, *, now: datetime, lead: timedelta | None, lifetime: timedelta
) -> str:
    """Add the next key, which signs from now + lead, delete those that no token needs; return its id.

    The present key signs until then and stays published until its last token has ended. Without a lead all
    former keys are deleted. The first key of all signs at once.
    """
    await users.lock(connection, "signing_keys")
    known = [KeyTimes(key_id, signs_from) for key_id, _, signs_from in await signing_keys.list_signing_keys(connection)]
    needed = published_keys(known, now, token_lifetime=lifetime) if lead is not None else []
    await signing_keys.delete_signing_keys(connection, [key.key_id for key in known if key not in needed])
    return await _add(connection, secret_keys, signs_from=now + lead if lead is not None and known else now)


async def _rotate(settings: Settings, *, lead: timedelta | None) -> None:
    now = datetime.now(UTC)
    async with open_engine(settings) as engine, engine.begin() as connection:
        await rotate(
            connection,
            await open_root(connection, settings, now=now),
            now=now,
            lead=lead,
            lifetime=timedelta(seconds=settings.access_token_seconds),
        )


async def _add(connection: AsyncConnection, secret_keys: SecretKeys, *, signs_from: datetime) -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    key_id = _thumbprint(private.public_key())
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sealed = secret_keys.seal(plain, name=key_id)
    await signing_keys.add_signing_key(connection, key_id, sealed=sealed, signs_from=signs_from)
    log.info("signing_key.added", key_id=key_id, signs_from=signs_from.isoformat())
    return key_id


def _open(secret_keys: SecretKeys, key_id: str, sealed: bytes, signs_from: datetime) -> _Key:
    private = load_der_private_key(secret_keys.unseal(sealed, name=key_id), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise UnreadableKey(f"signing key {key_id} is not of an elliptic curve")
    return _Key(KeyTimes(key_id=key_id, signs_from=signs_from), private, _public(key_id, private.public_key()))


def _public(key_id: str, key: ec.EllipticCurvePublicKey) -> PublicKey:
    x, y = _coordinates(key)
    return PublicKey(kty="EC", crv="P-256", x=x, y=y, kid=key_id, use="sig", alg="ES256")


def _coordinates(key: ec.EllipticCurvePublicKey) -> tuple[str, str]:
    numbers = key.public_numbers()
    return _base64url(numbers.x.to_bytes(32, "big")), _base64url(numbers.y.to_bytes(32, "big"))


def _thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """RFC 7638."""
    x, y = _coordinates(key)
    return _base64url(sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest())


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
