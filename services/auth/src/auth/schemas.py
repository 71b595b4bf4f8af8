"""The models of the API."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from common.http.text import Line


class SessionRequest(BaseModel):
    """E-mail and password as typed."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[Line, Field(max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class User(BaseModel):
    """The person who is signed in. `supplier` is the code of an operator's supplier."""

    id: UUID
    email: str
    full_name: str
    roles: list[Literal["consumer", "operator", "admin"]]
    supplier: str | None
    language: Literal["ru", "en"]


class Session(BaseModel):
    """An access token for the next `expires_in` seconds. The refresh token is in a cookie."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user: User


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
