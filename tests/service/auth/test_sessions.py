"""Signing in, refreshing, signing out, over ASGI on a real database."""

from typing import Any

import httpx
from tests.service.auth.conftest import ANNA, Auth, sign_in


async def refresh(client: httpx.AsyncClient, cookie: str | None = None) -> Any:
    if cookie is not None:
        client.cookies.clear()
        client.cookies.set("halfhour_refresh", cookie, domain="portal.test", path="/api/v1/sessions")
    return await client.post("/api/v1/sessions/refresh")


def cookie_of(answer: httpx.Response) -> str:
    return answer.cookies["halfhour_refresh"]


async def test_a_sign_in_gives_a_token_that_opens_the_own_page(auth: Auth):
    client = await auth.client()
    answer = await sign_in(client, "  ANNA@example.org ")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    anna = {
        "id": str(ANNA),
        "email": "anna@example.org",
        "full_name": "Анна Орлова",
        "roles": ["consumer"],
        "supplier": None,
        "language": "ru",
    }
    assert body["user"] == anna
