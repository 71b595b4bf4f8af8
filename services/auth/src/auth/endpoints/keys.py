"""The public keys of access tokens, for the gateway and the services."""

from fastapi import APIRouter, Response

from auth.endpoints.parts import Open
from auth.schemas.keys import KeySet
from common.http.problems import declared

KEY_SET_SECONDS = 60

router = APIRouter()


@router.get("/.well-known/jwks.json", responses=declared(503))
async def show_key_set(response: Response, resources: Open) -> KeySet:
    """Show the public keys of access tokens (RFC 7517)."""
    response.headers["Cache-Control"] = f"public, max-age={KEY_SET_SECONDS}"
    return await resources.keys.key_set()
