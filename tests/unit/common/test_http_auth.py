import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from common.errors import Busy, Unauthenticated
from common.http.auth import TokenVerifier
from common.settings import TokenSettings

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
SETTINGS = TokenSettings()


def jwks(key: ec.EllipticCurvePrivateKey = KEY, kid: str = "k1") -> dict[str, Any]:
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    return {"keys": [public | {"kid": kid, "use": "sig", "alg": "ES256"}]}


class KeySet(httpx.AsyncBaseTransport):
    """Answers with a key set, counts, and can be away."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = jwks()
        self.asked = 0
        self.away = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(200, json=self.document, request=request)


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "iss": SETTINGS.token_issuer,
        "aud": SETTINGS.token_audience,
        "iat": now,
        "exp": now + timedelta(minutes=10),
        "roles": ["consumer"],
    } | changes


def token(key: Any = KEY, kid: str = "k1", algorithm: str = "ES256", typ: str = "at+jwt", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid, "typ": typ})


async def test_a_good_token_names_its_caller():
    user = uuid4()
    caller = await TokenVerifier(SETTINGS, transport=KeySet()).verify(token(sub=str(user), supplier="demo"))
    assert (caller.user_id, caller.roles, caller.supplier) == (user, frozenset({"consumer"}), "demo")


def confused() -> str:
    """A token signed by HMAC with the public key's text as its secret."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": "k1"}).encode()).rstrip(b"=")
    content = {name: str(value) for name, value in claims().items()}
    body = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")
    digest = hmac.new(json.dumps(jwks()["keys"][0]).encode(), head + b"." + body, hashlib.sha256).digest()
    return (head + b"." + body + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def without_a_claim(name: str) -> str:
    content = {k: v for k, v in claims().items() if k != name}
    return jwt.encode(content, KEY, algorithm="ES256", headers={"kid": "k1", "typ": "at+jwt"})


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("", "invalid_token"),
        ("a.b.c", "invalid_token"),
        (token(key=None, algorithm="none"), "invalid_token"),
        (token(key=OTHER_KEY), "invalid_token"),
        (token(typ="JWT"), "invalid_token"),
        (token(kid="unknown"), "invalid_token"),
        (token(kid="../../etc/passwd"), "invalid_token"),
        (token(aud="another-api"), "invalid_token"),
        (token(iss="another-issuer"), "invalid_token"),
        (token(exp=datetime.now(UTC) - timedelta(minutes=1)), "token_expired"),
        (token(sub="not-a-uuid"), "invalid_token"),
        (without_a_claim("exp"), "invalid_token"),
        (without_a_claim("sid"), "invalid_token"),
        (confused(), "invalid_token"),
        (token() + "x", "invalid_token"),
    ],
)
async def test_any_fault_of_a_token_is_refused(bad: str, code: str):
    with pytest.raises(Unauthenticated) as refused:
        await TokenVerifier(SETTINGS, transport=KeySet()).verify(bad)
    assert refused.value.code == code


async def test_known_keys_stay_in_use_while_auth_is_away():
    keys = KeySet()
    verifier = TokenVerifier(SETTINGS, transport=keys)
    await verifier.verify(token())
    keys.away = True
    await verifier.verify(token())


async def test_without_any_key_the_answer_is_busy_not_a_refusal():
    keys = KeySet()
    keys.away = True
    verifier = TokenVerifier(SETTINGS, transport=keys)
    with pytest.raises(Busy):
        await verifier.verify(token())
    keys.away = False
    await verifier.verify(token())


async def test_made_up_key_ids_do_not_hammer_auth():
    keys = KeySet()
    verifier = TokenVerifier(SETTINGS, transport=keys)
    await verifier.verify(token())
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token(kid=f"made-up-{number}"))
    assert keys.asked == 1


@pytest.mark.parametrize("contracts", ["x", ["x"], [7], 7, None])
async def test_a_scope_that_cannot_be_read_is_no_wider_scope(contracts: Any):
    """INVARIANT: a malformed scope refuses the token; it never reads as none, which would be everything."""
    with pytest.raises(Unauthenticated):
        await TokenVerifier(SETTINGS, transport=KeySet()).verify(token(contracts=contracts))


async def test_a_scope_may_hold_nothing():
    caller = await TokenVerifier(SETTINGS, transport=KeySet()).verify(token(contracts=[]))
    assert not caller.may_see(uuid4())
