"""Sessions and the signed-in user."""

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
    """The person who is signed in, by the name of when the session began. `supplier` is an operator's."""

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
