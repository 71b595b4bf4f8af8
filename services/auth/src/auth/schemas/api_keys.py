"""API keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from auth import domain
from common.http.text import Line


class ApiKeyRequest(BaseModel):
    """What the key may read, and for how long."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(max_length=60)]
    contract_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    expires_in_days: Annotated[int, Field(ge=1, le=366)]


class ApiKey(BaseModel):
    """A key of the user. It works until `expires_at`, unless `revoked_at` is set."""

    id: UUID
    name: str
    contract_ids: list[UUID]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: domain.ApiKey) -> "ApiKey":
        return cls(
            id=key.id,
            name=key.name,
            contract_ids=list(key.contract_ids),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )


class ApiKeys(BaseModel):
    items: list[ApiKey]
    next_cursor: str | None


class MadeApiKey(BaseModel):
    """The key itself is shown now and never again."""

    key: str
    item: ApiKey


class ApiKeyExchange(BaseModel):
    """A key, to be exchanged for an access token."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[SecretStr, Field(min_length=1, max_length=100)]


class ReadingToken(BaseModel):
    """An access token that reads the key's contracts for `expires_in` seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
