"""Switches for notices: supplier and meters can be switched off, the account cannot."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from tests.service.notify.conftest import Board, MailServer

from notify import service
from notify.domain import NewNotification
from notify.handlers import take_letter, tell_ticket
from notify.texts import Texts
from notify.worker import deliver_due
from topics.auth import Letter
from topics.tickets import Ticket

ANNA, BORIS = uuid4(), uuid4()
CONTRACT = uuid4()
KINDS = """
[gap]
source = "meter"
[gap.ru]
title = "Пропуск"
text = "Есть пропуск."
[gap.en]
title = "Gap"
text = "There is a gap."
"""


@pytest.fixture
def meter_texts(tmp_path: Path) -> Texts:
    file = tmp_path / "kinds.toml"
    file.write_text(KINDS, encoding="utf-8")
    return Texts(str(file), zone="Europe/Moscow")


async def show(board: Board, user_id: UUID = ANNA) -> dict[str, Any]:
    answer = await board.client.get("/api/v1/preferences", headers=board.tokens.headers(user_id))
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def put(board: Board, user_id: UUID = ANNA, **values: Any) -> httpx.Response:
    body = {"supplier": True, "meter": True, "version": 0} | values
    return await board.client.put("/api/v1/preferences", json=body, headers=board.tokens.headers(user_id))


async def kinds(board: Board, user_id: UUID = ANNA) -> list[str]:
    rows = await board.rows("select user_id, kind from notifications")
    return [row["kind"] for row in rows if row["user_id"] == user_id]


async def close_ticket(board: Board) -> None:
    ticket = Ticket(
        ticket_id=uuid4(), contract_id=CONTRACT, version=2, number=1, state="closed", changed_at=datetime.now(UTC)
    )
    await tell_ticket(board.resources, ticket)


async def find_gap(board: Board, texts: Texts, *user_ids: UUID) -> None:
    new = NewNotification(contract_id=CONTRACT, kind="gap", dedup_key=f"gap:{uuid4()}", fields={})
    async with board.resources.engine.begin() as connection:
        await service.notify(connection, new, user_ids=user_ids, texts=texts, now=datetime.now(UTC))


async def test_everything_is_on_until_it_is_switched_off(board: Board):
    assert await show(board) == {"supplier": True, "meter": True, "version": 0}


async def test_a_switched_off_supplier_makes_no_notification_while_the_account_does(board: Board, meter_texts: Texts):
    """INVARIANT: what a user has switched off makes nothing, and nobody can switch off what concerns the account."""
    assert (await put(board, supplier=False)).json() == {"supplier": False, "meter": True, "version": 1}

    await board.links(CONTRACT, ANNA, BORIS)
    await close_ticket(board)
    await find_gap(board, meter_texts, ANNA, BORIS)

    assert sorted(await kinds(board)) == ["contract_linked", "gap"]
    assert sorted(await kinds(board, BORIS)) == ["contract_linked", "gap", "ticket_changed"]


async def test_switched_off_meters_make_no_notification_while_the_supplier_does(board: Board, meter_texts: Texts):
    await put(board, meter=False)

    await board.links(CONTRACT, ANNA, BORIS)
    await close_ticket(board)
    await find_gap(board, meter_texts, ANNA, BORIS)

    assert sorted(await kinds(board)) == ["contract_linked", "ticket_changed"]
    assert sorted(await kinds(board, BORIS)) == ["contract_linked", "gap", "ticket_changed"]


async def test_what_is_switched_on_again_comes_again_and_what_was_missed_does_not(board: Board):
    await board.links(CONTRACT, ANNA)
    await put(board, supplier=False)
    await close_ticket(board)

    again = await put(board, supplier=True, version=1)

    assert again.json() == {"supplier": True, "meter": True, "version": 2}
    assert await kinds(board) == ["contract_linked"]
    await close_ticket(board)
    assert sorted(await kinds(board)) == ["contract_linked", "ticket_changed"]


async def test_what_another_tab_has_changed_is_not_overwritten(board: Board):
    await put(board, supplier=False)

    late = await put(board, meter=False, version=0)

    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert await show(board) == {"supplier": False, "meter": True, "version": 1}


async def test_a_repeat_whose_first_answer_was_lost_changes_nothing(board: Board):
    answers = [await put(board, supplier=False, version=0) for _ in range(2)]

    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 1), (200, 1)]


async def test_of_two_that_choose_differently_at_once_one_is_told(board: Board):
    answers = await asyncio.gather(put(board, supplier=False), put(board, meter=False))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await show(board))["version"] == 1


async def test_a_version_that_never_was_is_refused(board: Board):
    assert (await put(board, supplier=False, version=7)).status_code == 409
    assert (await show(board))["version"] == 0


async def test_switches_are_the_users_own(board: Board):
    await put(board, supplier=False)

    assert (await show(board, BORIS))["supplier"] is True


@pytest.mark.parametrize("values", [{"account": False}, {"supplier": None}, {"version": -1}, {"version": 2**53}])
async def test_what_is_no_switch_is_refused(board: Board, values: dict[str, Any]):
    answer = await put(board, **values)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_without_a_token_there_are_no_switches(board: Board, method: str):
    body = {"supplier": False, "meter": False, "version": 0}

    assert (await board.client.request(method, "/api/v1/preferences", json=body)).status_code == 401


async def test_a_waiting_letter_of_a_source_that_is_switched_off_meanwhile_is_not_sent(
    board: Board, mail_server: MailServer, meter_texts: Texts
):
    def outcomes() -> float:
        labels = {"kind": "gap", "outcome": "switched_off"}
        return REGISTRY.get_sample_value("halfhour_letters_total", labels) or 0.0

    notices = replace(board.resources, letter_texts=meter_texts)
    before = outcomes()
    for user_id, to in ((ANNA, "anna@halfhour.example"), (BORIS, "boris@halfhour.example")):
        notice = Letter(
            letter_id=uuid4(),
            user_id=user_id,
            kind="gap",
            to=to,
            language="ru",
            fields={},
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
        await take_letter(notices, notice)
    await put(board, meter=False)

    await deliver_due(notices)

    assert mail_server.recipients == ["boris@halfhour.example"]
    assert outcomes() == before + 1
    rows = await board.rows("select state, user_id, recipient from deliveries order by state")
    assert [(row["state"], row["user_id"], row["recipient"]) for row in rows] == [
        ("sent", None, None),
        ("switched_off", None, None),
    ]


async def test_letters_of_the_account_go_out_whatever_is_switched_off(board: Board, mail_server: MailServer):
    await put(board, supplier=False, meter=False)
    now = datetime.now(UTC)
    letter = Letter(
        letter_id=uuid4(),
        user_id=ANNA,
        kind="new_device",
        to="anna@halfhour.example",
        language="ru",
        fields={"device": "Firefox, Linux", "at": now.isoformat()},
        expires_at=now + timedelta(hours=1),
    )

    await take_letter(board.resources, letter)
    await deliver_due(board.resources)

    assert mail_server.recipients == ["anna@halfhour.example"]
