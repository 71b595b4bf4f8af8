import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from tests.ports import free_ports

from local_stack.inbox import LETTERS_MAX, Inbox, create_app


@pytest.fixture
def smtp_port() -> int:
    return free_ports(1)[0]


@pytest.fixture
async def client(smtp_port: int) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Inbox(), smtp_port=smtp_port)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inbox") as made,
    ):
        yield made


async def _send(port: int, *, to: str = "anna@example.org", subject: str = "Подтверждение", text: str = "") -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "portal@example.org", to, subject
    letter.set_content(text or "Откройте https://portal.example/confirm?code=1 сегодня.")
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=port)


async def test_a_letter_comes_back_with_subject_text_and_links(client: httpx.AsyncClient, smtp_port: int):
    await _send(smtp_port)

    letter = (await client.get("/api/messages", params={"to": "anna@example.org", "wait": "5"})).json()["items"][0]

    assert letter["subject"] == "Подтверждение"
    assert letter["links"] == ["https://portal.example/confirm?code=1"]
    assert "сегодня" in letter["text"]


async def test_waiting_ends_with_the_letter_and_letters_to_others_do_not_count(
    client: httpx.AsyncClient, smtp_port: int
):
    await _send(smtp_port, to="boris@example.org")
    waiting = asyncio.create_task(client.get("/api/messages", params={"to": "anna@example.org", "wait": "20"}))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    await _send(smtp_port)

    items = (await waiting).json()["items"]
    assert [letter["to"] for letter in items] == [["anna@example.org"]]


async def test_nothing_in_time_is_an_empty_list(client: httpx.AsyncClient):
    answer = await client.get("/api/messages", params={"to": "nobody@example.org", "wait": "0.1"})

    assert answer.json() == {"items": []}


async def test_a_wait_that_is_no_number_is_refused(client: httpx.AsyncClient):
    assert (await client.get("/api/messages", params={"wait": "long"})).status_code == 422
    assert (await client.get("/api/messages", params={"wait": "nan"})).status_code == 422


async def test_the_page_shows_a_letter_without_running_what_is_in_it(client: httpx.AsyncClient, smtp_port: int):
    await _send(smtp_port, subject="<script>alert(1)</script>", text='<b>https://portal.example/x?a=1&b="2"</b>')

    page = (await client.get("/")).text

    assert "<script>alert" not in page
    assert "<b>" not in page
    assert 'href="https://portal.example/x?a=1&amp;b=' in page


async def test_old_letters_are_forgotten(client: httpx.AsyncClient, smtp_port: int):
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp_port) as session:
        for number in range(LETTERS_MAX + 1):
            await session.sendmail("portal@example.org", ["anna@example.org"], f"Subject: {number}\r\n\r\nx".encode())

    items = (await client.get("/api/messages")).json()["items"]

    assert len(items) == LETTERS_MAX
    assert items[0]["subject"] == "1"
