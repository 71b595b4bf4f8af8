"""The public keys of access tokens."""

from typing import Literal

from pydantic import BaseModel


class PublicKey(BaseModel):
    """A public key as a JWK (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class KeySet(BaseModel):
    """The keys that access tokens may be signed with: the present one, its predecessor, its successor."""

    keys: list[PublicKey]
