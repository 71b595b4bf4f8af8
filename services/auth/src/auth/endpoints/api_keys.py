"""HTTP: API keys, and their exchange for an access token."""

from uuid import UUID

from fastapi import APIRouter, Response

from auth.endpoints.parts import SESSIONS, CurrentClient, Open
from auth.schemas.api_keys import ApiKey, ApiKeyExchange, ApiKeyRequest, ApiKeys, MadeApiKey, ReadingToken
from auth.service import api_keys as service
from common.db import Reading
from common.http.auth import CurrentCaller
from common.http.problems import declared

API_KEYS = "/api/v1/me/api-keys"

router = APIRouter()


@router.get(API_KEYS, responses=declared(401, 503))
async def list_api_keys(response: Response, caller: CurrentCaller, connection: Reading) -> ApiKeys:
    """List the user's keys, those that have ended too, the newest first."""
    response.headers["Cache-Control"] = "no-store"
    found = await service.list_keys(connection, caller.login_id)
    return ApiKeys(items=[ApiKey.of(key) for key in found], next_cursor=None)


@router.post(API_KEYS, status_code=201, responses=declared(401, 403, 409, 422, 503))
async def make_api_key(
    response: Response, body: ApiKeyRequest, caller: CurrentCaller, resources: Open, client: CurrentClient
) -> MadeApiKey:
    """Make a key that reads some contracts. Needs a step-up. The key is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    key, kept = await service.make_key(
        resources,
        caller.login_id,
        name=body.name,
        contract_ids=body.contract_ids,
        days=body.expires_in_days,
        client=client,
    )
    return MadeApiKey(key=key, item=ApiKey.of(kept))


@router.delete(f"{API_KEYS}/{{api_key_id}}", status_code=204, responses=declared(401, 404, 422, 503))
async def revoke_api_key(api_key_id: UUID, caller: CurrentCaller, resources: Open, client: CurrentClient) -> None:
    """End a key. Access tokens that it has out end within minutes."""
    await service.revoke_key(resources, caller.login_id, api_key_id, client=client)


@router.post(f"{SESSIONS}/api-key", responses=declared(401, 422, 429, 503))
async def exchange_api_key(
    response: Response, body: ApiKeyExchange, resources: Open, client: CurrentClient
) -> ReadingToken:
    """Exchange a key for an access token that reads the key's contracts."""
    response.headers["Cache-Control"] = "no-store"
    token = await service.exchange_key(resources, body.key.get_secret_value(), client=client)
    return ReadingToken(
        access_token=token,
        token_type="Bearer",  # noqa: S106 -- the scheme's name
        expires_in=resources.settings.access_token_seconds,
    )
