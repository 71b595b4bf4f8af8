"""A link that was revoked: its user learns why and how to link anew, once, in the portal and by letter."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.service.notify.conftest import Board

from notify import repository
from notify.resources import open_resources
from notify.settings import Settings
from topics.contracts import RevokedLink

ANNA, BORIS = uuid4(), uuid4()
CONTRACT = uuid4()


def revoked(user_id: UUID = ANNA, reason: str = "password_changed", *, ago: timedelta = timedelta()) -> RevokedLink:
    return RevokedLink(user_id=user_id, reason=reason, at=datetime.now(UTC) - ago)


async def asked_for(board: Board) -> list[dict[str, Any]]:
    """The letters that auth is asked to address."""
    rows = await board.rows("select payload, topic from outbox order by id")
    assert {row["topic"] for row in rows} <= {"notify-letter-requests-v1"}
    return [json.loads(row["payload"]) for row in rows]


async def test_a_revoked_link_is_told_with_its_reason_and_the_way_back(board: Board):
    await board.links(CONTRACT, ANNA, BORIS)

    await board.links(CONTRACT, BORIS, version=2, revoked=[revoked()])

    [item] = (await board.get(ANNA)).json()["items"]
    assert (item["kind"], item["title"]) == ("contract_revoked", "Договор 76385943-232 отключён")
    assert "Поставщик сменил пароль договора" in item["text"]
    assert "добавьте договор ещё раз" in item["text"]
    assert (await board.get(ANNA, "/unread-counts")).json()["items"] == [{"contract_id": str(CONTRACT), "count": 1}]
    assert [one["kind"] for one in (await board.get(BORIS)).json()["items"]] == ["contract_linked"]


async def test_a_letter_is_asked_for_without_an_address_and_in_the_same_transaction(board: Board):
    """INVARIANT: notify names whom to write to by id alone; addresses stay with auth."""
    await board.links(CONTRACT, ANNA)

    await board.links(CONTRACT, version=2, revoked=[revoked(reason="share_ended")])

    [request] = await asked_for(board)
    assert request == {
        "letter_id": request["letter_id"],
        "user_id": str(ANNA),
        "kind": "contract_revoked",
        "fields": {"number": "76385943-232", "reason": "share_ended"},
    }


async def test_one_revocation_is_told_once_and_the_next_one_again(board: Board):
    """INVARIANT: one event makes one notification and one letter, however often and in whatever order it comes."""
    first = revoked(ago=timedelta(hours=1))
    await board.links(CONTRACT, ANNA)
    for version in (2, 2, 3):
        await board.links(CONTRACT, version=version, revoked=[first])
    assert len(await asked_for(board)) == 1

    await board.links(CONTRACT, ANNA, version=4)
    await board.links(CONTRACT, version=5, revoked=[revoked()])

    assert len(await asked_for(board)) == 2
    kinds = [item["kind"] for item in (await board.get(ANNA)).json()["items"]]
    assert kinds == ["contract_revoked", "contract_revoked"]


async def test_who_is_cut_off_sees_that_and_nothing_else_of_the_contract(board: Board):
    """INVARIANT: a consumer sees only notifications of contracts linked now, and why another one is not."""
    await board.links(CONTRACT, ANNA)
    [old] = (await board.get(ANNA)).json()["items"]
    await board.links(CONTRACT, version=2, revoked=[revoked()])

    [item] = (await board.get(ANNA, contract_id=str(CONTRACT))).json()["items"]
    answers = [
        (await board.read(user, one["id"])).status_code for user, one in ((ANNA, old), (BORIS, item), (ANNA, item))
    ]

    assert item["kind"] == "contract_revoked"
    assert answers == [404, 404, 204]
    assert (await board.get(ANNA, "/unread-counts")).json()["items"] == []


async def test_a_contract_taken_off_the_list_tells_nothing_more(board: Board):
    await board.links(CONTRACT, ANNA)
    await board.links(CONTRACT, version=2, revoked=[revoked()])

    await board.links(CONTRACT, version=3)

    assert (await board.get(ANNA)).json()["items"] == []
    assert (await board.get(ANNA, contract_id=str(CONTRACT))).status_code == 404


async def test_a_copy_made_anew_tells_nothing_old_again(board: Board):
    """INVARIANT: a database that is rebuilt from the topic makes neither notices nor letters of what was before it."""
    await board.rows("update copy_epoch set told_from = now()")
    hour = timedelta(hours=1)
    await board.links(CONTRACT, BORIS, version=9, revoked=[revoked(ago=hour)], ago=hour)

    assert [(await board.get(user)).json()["items"] for user in (ANNA, BORIS)] == [[], []]
    assert await asked_for(board) == []

    new = uuid4()
    await board.links(CONTRACT, new, version=10, revoked=[revoked(ago=hour), revoked(BORIS)])

    told = {user: [item["kind"] for item in (await board.get(user)).json()["items"]] for user in (ANNA, BORIS, new)}
    assert told == {ANNA: [], BORIS: ["contract_revoked"], new: ["contract_linked"]}
    assert [request["user_id"] for request in await asked_for(board)] == [str(BORIS)]


async def test_who_saw_a_contract_before_is_not_told_so_when_another_joins(board: Board):
    await board.rows("update copy_epoch set told_from = now()")
    await board.links(CONTRACT, ANNA, ago=timedelta(hours=1))

    await board.links(CONTRACT, ANNA, BORIS, version=2)

    assert (await board.get(ANNA)).json()["items"] == []
    assert [item["kind"] for item in (await board.get(BORIS)).json()["items"]] == ["contract_linked"]


async def test_a_fresh_database_tells_from_its_beginning(settings: Settings):
    async with open_resources(settings) as opened, opened.engine.connect() as connection:
        began = await repository.told_from(connection)

    assert began is not None
    assert abs(datetime.now(UTC) - began) < timedelta(minutes=5)


@pytest.mark.parametrize("reason", ["of_tomorrow", ""])
async def test_a_reason_without_words_stops_neither_the_copy_nor_the_notification(board: Board, reason: str):
    """INVARIANT: who may see a contract is kept whatever else the event says."""
    await board.links(CONTRACT, ANNA)

    await board.links(CONTRACT, BORIS, version=2, revoked=[revoked(reason=reason)])

    assert [item["text"] for item in (await board.get(ANNA)).json()["items"]] == [
        "Чтобы снова видеть договор, добавьте его ещё раз с логином и паролем поставщика."
    ]
    assert [item["kind"] for item in (await board.get(BORIS)).json()["items"]] == ["contract_linked"]


async def test_the_switches_do_not_stop_it(board: Board):
    body = {"supplier": False, "meter": False, "version": 0}
    await board.client.put("/api/v1/preferences", json=body, headers=board.tokens.headers(ANNA))

    await board.links(CONTRACT, version=2, revoked=[revoked()])

    assert len((await board.get(ANNA)).json()["items"]) == len(await asked_for(board)) == 1
