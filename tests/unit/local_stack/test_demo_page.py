import httpx
import pytest

from local_stack import demo_page
from local_stack.demo import Link
from local_stack.demo_page import Refused
from local_stack.report import Person

ANNA = Person("consumer", "anna@halfhour.example", "half-hour-anna")
CONTRACT = Link(ANNA.email, "demo", "Дача", "7-1", "on paper")


class Portal:
    """Answers what it is told to, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://127.0.0.1:8080", transport=httpx.MockTransport(self))


async def test_a_start_leaves_no_session_behind():
    cookie = "halfhour_refresh=r1; HttpOnly; Secure; SameSite=Strict; Path=/api/v1/sessions"
    portal = Portal(
        httpx.Response(201, json={"access_token": "t"}, headers={"Set-Cookie": cookie}), httpx.Response(204)
    )
    async with portal.client() as client:
        assert await demo_page._signed_in(client, ANNA) == {"Authorization": "Bearer t"}
    assert portal.asked[1].url.path == "/api/v1/sessions/logout"
    assert portal.asked[1].headers["cookie"] == "halfhour_refresh=r1"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(202, json={"challenge_id": "c"}), "second factor"),
        (httpx.Response(401, json={"code": "invalid_credentials"}), "401"),
        (httpx.Response(429, json={"code": "too_many_requests"}), "429"),
    ],
)
async def test_a_changed_login_is_tried_once_and_then_left_alone(answer: httpx.Response, why: str):
    portal = Portal(answer)
    async with portal.client() as client:
        with pytest.raises(Refused, match=why):
            await demo_page._signed_in(client, ANNA)


async def test_a_contract_that_was_unlinked_is_linked_again_and_not_from_memory():
    keys = set()
    for _ in range(2):
        portal = Portal(httpx.Response(200, json={"items": []}), httpx.Response(201, json={}))
        async with portal.client() as client:
            await demo_page._link(client, {"Authorization": "Bearer t"}, CONTRACT)
        keys.add(portal.asked[1].headers["idempotency-key"])
    assert len(keys) == 2
