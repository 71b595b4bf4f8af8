"""Access tokens and signing keys, checked the way every service checks them: common.http.auth."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.service.auth.conftest import Auth, OpenAuth, sign_in

from auth.errors import UnreadableKey
from auth.keys import ensure_key, rotate
from auth.repository import signing_keys, users
from common.errors import Unauthenticated
from common.http.auth import TokenVerifier
from common.settings import TokenSettings

LIFETIME = timedelta(seconds=600)
LEAD = timedelta(seconds=600)


def verifier(auth: Auth) -> TokenVerifier:
    settings = TokenSettings(jwks_url="https://portal.test/.well-known/jwks.json")
    return TokenVerifier(settings, transport=httpx.ASGITransport(app=auth.app))


async def key_ids(auth: Auth) -> list[str]:
    answer = await (await auth.client()).get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=60"
    keys = answer.json()["keys"]
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}, "nothing of the private half"
    return [key["kid"] for key in keys]


async def rotate_now(auth: Auth, lead: timedelta | None = LEAD, lifetime: timedelta = LIFETIME) -> str:
    async with auth.resources.engine.begin() as connection:
        return await rotate(connection, auth.resources.secret_keys, now=auth.clock.now(), lead=lead, lifetime=lifetime)


def hs256(claims: dict[str, Any], secret: bytes, **header: str) -> str:
    """Sign with a public key as if it were a secret; PyJWT refuses to help with that."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"} | header, claims)]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + urlsafe_b64encode(hmac.digest(secret, text, "sha256")).rstrip(b"=")).decode()


async def test_a_token_says_who_and_what_and_no_more(auth: Auth):
    token = (await sign_in(await auth.client())).json()["access_token"]
    assert jwt.get_unverified_header(token).keys() == {"alg", "kid", "typ"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "roles"}
    assert claims["exp"] - claims["iat"] == 600
    caller = await verifier(auth).verify(token)
    assert (str(caller.user_id), str(caller.login_id)) == (claims["sub"], claims["sid"])


async def test_no_forged_token_opens_anything(auth: Auth):
    """INVARIANT: alg=none, another key, another algorithm, audience or issuer, and an expired token all are 401."""
    good = (await sign_in(await auth.client())).json()["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    kid = {"kid": jwt.get_unverified_header(good)["kid"], "typ": "at+jwt"}
    private = next(iter(auth.resources.keys._keys.values())).private
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    other = ec.generate_private_key(ec.SECP256R1())
    forged = {
        "none": jwt.encode(claims, "", algorithm="none", headers=kid),
        "other key": jwt.encode(claims, other, algorithm="ES256", headers=kid),
        "unknown key": jwt.encode(claims, other, algorithm="ES256", headers=kid | {"kid": "mine"}),
        "public key as secret": hs256(claims, public, **kid),
        "audience": jwt.encode(claims | {"aud": "another"}, private, algorithm="ES256", headers=kid),
        "issuer": jwt.encode(claims | {"iss": "another"}, private, algorithm="ES256", headers=kid),
        "another kind": jwt.encode(claims, private, algorithm="ES256", headers=kid | {"typ": "JWT"}),
        "expired": jwt.encode(claims | {"exp": int(time.time()) - 60}, private, algorithm="ES256", headers=kid),
        "changed": good[:-8] + "AAAAAAAA",
        "garbage": "a.b.c",
    }
    client = await auth.client()
    for name, token in forged.items():
        with pytest.raises(Unauthenticated):
            await verifier(auth).verify(token)
        answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name
    ours = jwt.encode(claims, private, algorithm="ES256", headers=kid)
    assert (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {ours}"})).status_code == 200
    assert (await client.get("/api/v1/me")).json()["code"] == "token_missing"


async def test_a_token_of_a_login_that_never_was_shows_nobody(auth: Auth):
    user = (await auth.rows("select id from users limit 1"))[0].id
    async with auth.resources.engine.connect() as connection:
        found = await users.find_user(connection, user)
    assert found is not None
    token = await auth.resources.keys.access_token(found[0], uuid4(), factor_shown_at=None)
    client = await auth.client()
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_a_rotation_signs_nobody_out(open_auth: OpenAuth):
    """INVARIANT: the next key is published before it signs, the former until its last token has ended."""
    # An hour's tokens, begun half an hour ago: all of them are good at the system's time.
    async with open_auth(at=datetime.now(UTC) - timedelta(minutes=30), access_token_seconds=3600) as auth:
        (first,) = await key_ids(auth)
        early = (await sign_in(await auth.client())).json()["access_token"]
        second = await rotate_now(auth, lifetime=timedelta(hours=1))

        auth.clock.instant += timedelta(seconds=31)
        assert await key_ids(auth) == [second, first], "published, within half a minute"
        still_old = (await sign_in(await auth.client())).json()["access_token"]
        assert jwt.get_unverified_header(still_old)["kid"] == first, "but not used before caches have it"

        auth.clock.instant += LEAD
        new = (await sign_in(await auth.client())).json()["access_token"]
        assert jwt.get_unverified_header(new)["kid"] == second
        assert await key_ids(auth) == [second, first]
        for token in (early, still_old, new):
            await verifier(auth).verify(token)

        auth.clock.instant += timedelta(hours=1, minutes=2)
        assert await key_ids(auth) == [second]
        await rotate_now(auth, lifetime=timedelta(hours=1))
        kept = {row.key_id for row in await auth.rows("select key_id from signing_keys")}
        assert first not in kept, "no private key is kept longer than needed"


async def test_after_a_leak_the_old_key_is_gone_at_once(auth: Auth):
    stolen = (await sign_in(await auth.client())).json()["access_token"]
    new = await rotate_now(auth, lead=None)
    auth.clock.instant += timedelta(seconds=31)
    assert await key_ids(auth) == [new]
    with pytest.raises(Unauthenticated):
        await verifier(auth).verify(stolen)


async def test_many_processes_that_start_at_once_make_one_key(auth: Auth):
    async with auth.resources.engine.begin() as connection:
        await connection.exec_driver_sql("delete from signing_keys")

    async def start() -> None:
        async with auth.resources.engine.begin() as connection:
            await ensure_key(connection, auth.resources.secret_keys, now=auth.clock.now())

    await asyncio.gather(*(start() for _ in range(10)))
    assert len(await auth.rows("select 1 from signing_keys")) == 1


async def test_private_keys_are_sealed_and_another_secret_does_not_open_them(open_auth: OpenAuth):
    async with open_auth() as auth:
        (row,) = await auth.rows("select private_key_sealed as sealed from signing_keys")
        assert b"\x06\x08\x2a\x86\x48\xce\x3d" not in bytes(row.sealed), "no sign of an elliptic curve key"
    with pytest.raises(UnreadableKey):
        async with open_auth(key_encryption_key="another secret that is long enough, too"):
            pass


async def test_known_keys_are_served_while_the_database_is_away(auth: Auth, monkeypatch: pytest.MonkeyPatch):
    before = await key_ids(auth)

    async def away(_connection: Any) -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(signing_keys, "list_signing_keys", away)
    auth.clock.instant += timedelta(minutes=1)
    assert await key_ids(auth) == before
