"""Access tokens for tests: a key set of the test's own, and what a caller sends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "halfhour-api"
ISSUER = "halfhour-auth"
KEY_ID = "test-key"


class Tokens:
    """Signs access tokens; `transport` answers with the key set that proves them."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        key_set = {"keys": [public | {"kid": KEY_ID, "alg": "ES256", "use": "sig"}]}
        self.transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=key_set))

    def headers(self, user_id: UUID, **claims: Any) -> dict[str, str]:
        """Return the Authorization header of `user_id`, a consumer unless `claims` say otherwise.

        A second factor has just been shown.
        """
        now = datetime.now(UTC)
        content = {
            "sub": str(user_id),
            "sid": str(uuid4()),
            "roles": ["consumer"],
            "factor_at": int(now.timestamp()),
            "aud": AUDIENCE,
            "iss": ISSUER,
            "iat": now,
            "exp": now + timedelta(minutes=10),
        }
        token = jwt.encode(content | claims, self._key, algorithm="ES256", headers={"kid": KEY_ID, "typ": "at+jwt"})
        return {"Authorization": f"Bearer {token}"}
