"""Linking a contract: by the right credentials only, once, told to the others, limited."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import event
from tests.service.contracts.conftest import CLOSED, OPEN, Portal

from common.passwords import Checked, Passwords
from topics import CONTRACTS, LINKS


async def test_a_linked_contract_is_listed_and_shown_to_its_user(portal: Portal):
    user = uuid4()

    linked = await portal.link(user, name="  Дача ")

    assert linked.status_code == 201
    contract = linked.json()
    assert contract == {
        "id": str(OPEN.contract_id),
        "name": "Дача",
        "number": "76385943-232",
        "supplier": {
            "code": "demo",
            "name": "Демо Энерго",
            "phone": "+7 495 000-00-00",
            "email": None,
            "site": "https://demo.example",
        },
        "linked_at": contract["linked_at"],
        "rights": "full",
        "state": "linked",
        "state_reason": None,
        "state_changed_at": contract["linked_at"],
        "expires_on": None,
        "pay_url": "https://demo.example/pay?contract=76385943-232",
    }
    headers = portal.tokens.headers(user)
    listed = await portal.client.get("/api/v1/contracts", headers=headers)
    shown = await portal.client.get(f"/api/v1/contracts/{OPEN.contract_id}", headers=headers)
    assert listed.json() == {"items": [contract], "next_cursor": None}
    assert shown.json() == contract


async def test_a_stranger_sees_no_contract_of_another(portal: Portal):
    """INVARIANT: a consumer reaches only linked contracts; an id alone opens nothing."""
    await portal.link(uuid4())
    stranger = portal.tokens.headers(uuid4())

    shown = await portal.client.get(f"/api/v1/contracts/{OPEN.contract_id}", headers=stranger)
    listed = await portal.client.get("/api/v1/contracts", headers=stranger)

    assert (shown.status_code, shown.json()["code"]) == (404, "not_found")
    assert listed.json()["items"] == []


@pytest.mark.parametrize("path", ["/api/v1/suppliers", "/api/v1/contracts", f"/api/v1/contracts/{OPEN.contract_id}"])
async def test_without_a_token_nothing_is_shown(portal: Portal, path: str):
    answer = await portal.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_login_wrong_password_and_closed_contract_are_refused_alike(portal: Portal):
    """INVARIANT: an answer never tells whether a login exists."""
    answers = [
        await portal.link(uuid4(), login="nobody"),
        await portal.link(uuid4(), password="wrong"),
        await portal.link(uuid4(), login=CLOSED.login),
    ]

    told = [answer.json() | {"request_id": None} for answer in answers]
    assert {answer.status_code for answer in answers} == {403}
    assert told[0]["code"] == "link_refused"
    assert told[0] == told[1] == told[2]


async def test_every_comparison_costs_one_hash_even_for_an_unknown_login(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: the time of an answer does not tell whether a login exists."""
    compared: list[str] = []
    original = Passwords._check

    def spy(self: Passwords, password: str, stored: str) -> Checked:
        compared.append(stored)
        return original(self, password, stored)

    monkeypatch.setattr(Passwords, "_check", spy)

    await portal.link(uuid4(), login="nobody")
    await portal.link(uuid4(), password="wrong")

    assert len(compared) == 2
    parameters = [password_hash.rsplit("$", 2)[0] for password_hash in compared]
    assert parameters[0] == parameters[1]


async def test_an_unknown_login_costs_the_same_statements_as_a_wrong_password(portal: Portal):
    """INVARIANT: neither the answer nor the work behind it tells whether a login exists."""
    told: list[list[str]] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        told[-1].append(statement)

    event.listen(portal.engine.sync_engine, "before_cursor_execute", note)
    for login in ("nobody", OPEN.login, CLOSED.login):
        told.append([])
        assert (await portal.link(uuid4(), login=login, password="wrong")).status_code == 403

    assert len(told[0]) > 4
    assert told[0] == told[1] == told[2]


async def test_a_link_is_told_to_the_others_with_all_users_and_rising_versions(portal: Portal):
    first, second = uuid4(), uuid4()

    await portal.link(first)
    await portal.link(second)

    events = await portal.events(LINKS.name)
    assert [event["user_ids"] for event in events] == [[str(first)], [str(first), str(second)]]
    assert [event["version"] for event in events] == [2, 3]
    assert {event["supplier_code"] for event in events} == {"demo"}
    assert len(await portal.events(CONTRACTS.name)) == 2


async def test_parallel_links_of_one_contract_lose_no_user(portal: Portal):
    """INVARIANT: the newest event of a contract holds every link, and stands last."""
    users = [uuid4() for _ in range(5)]

    answers = await asyncio.gather(*(portal.link(user) for user in users))

    assert [answer.status_code for answer in answers] == [201] * 5
    events = await portal.events(LINKS.name)
    assert [event["version"] for event in events] == [2, 3, 4, 5, 6]
    assert set(events[-1]["user_ids"]) == {str(user) for user in users}


async def test_a_repeated_request_replays_the_first_answer(portal: Portal):
    user = uuid4()

    answers = [await portal.link(user, key="one intent") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await portal.events(LINKS.name)) == 1


async def test_concurrent_uses_of_one_key_have_one_effect(portal: Portal):
    """INVARIANT: a registration that is acknowledged happens once."""
    user = uuid4()

    answers = await asyncio.gather(*(portal.link(user, key="one intent") for _ in range(4)))

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert len(await portal.events(LINKS.name)) == 1


async def test_another_request_with_a_used_key_is_a_conflict(portal: Portal):
    user = uuid4()
    await portal.link(user, key="one intent")

    answer = await portal.link(user, key="one intent", name="Гараж")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_second_link_of_the_same_contract_is_a_conflict(portal: Portal):
    user = uuid4()
    await portal.link(user)

    answer = await portal.link(user)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_linked")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"login": "a\nb"}, "login"),
        ({"login": "x" * 101}, "login"),
        ({"supplier_code": "Demo!"}, "supplier_code"),
        ({"password": ""}, "password"),
    ],
)
async def test_malformed_fields_are_named(portal: Portal, change: dict[str, str], field: str):
    body = {"supplier_code": "demo", "name": "n", "login": "l", "password": "p"} | change

    answer = await portal.client.post(
        "/api/v1/contracts", json=body, headers=portal.tokens.headers(uuid4()) | {"Idempotency-Key": "k"}
    )

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_linking_needs_an_idempotency_key(portal: Portal):
    answer = await portal.client.post("/api/v1/contracts", json={}, headers=portal.tokens.headers(uuid4()))

    assert answer.status_code == 422
    assert "Idempotency-Key" in {fault["field"] for fault in answer.json()["errors"]}


async def test_a_program_reads_the_contracts_of_its_key_and_changes_nothing(portal: Portal):
    """INVARIANT: a token with a scope reads the contracts in it, of those that are linked, and opens nothing else."""
    user = uuid4()
    await portal.link(user)
    within = portal.tokens.headers(user, contracts=[str(OPEN.contract_id)])
    beside = portal.tokens.headers(user, contracts=[str(uuid4())])
    stranger = portal.tokens.headers(uuid4(), contracts=[str(OPEN.contract_id)])
    paths = [f"/api/v1/contracts/{OPEN.contract_id}{rest}" for rest in ("", "/balance", "/charges", "/payments")]

    for headers, status, listed in ((within, 200, 1), (beside, 404, 0), (stranger, 404, 0)):
        answers = [await portal.client.get(path, headers=headers) for path in paths]
        assert {answer.status_code for answer in answers} == {status}
        assert len((await portal.client.get("/api/v1/contracts", headers=headers)).json()["items"]) == listed

    refused = [
        await portal.client.delete(paths[0], headers=within),
        await portal.client.patch(paths[0], headers=within, json={"name": "Другое"}),
        await portal.client.get("/api/v1/suppliers", headers=within),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "api_key_not_allowed")}
