"""Tickets: opened once, numbered without gaps, seen by those who see the contract."""

import asyncio
import traceback
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import structlog.testing
from sqlalchemy import text
from tests.service.tickets.conftest import A_DAY, WORDING, Desk

from common.accesses import tell_due
from common.http.pages import encode_cursor
from tickets.worker import forget_keys
from topics import TICKETS_ACCESSES
from topics.accesses import told

ANNA, BORIS, STRANGER = uuid4(), uuid4(), uuid4()
CONTRACT = uuid4()


async def test_a_ticket_is_opened_listed_and_shown(desk: Desk):
    await desk.links(CONTRACT, ANNA)

    created = await desk.create(ANNA, CONTRACT)

    assert created.status_code == 201
    ticket = created.json()
    assert ticket == WORDING | {
        "id": ticket["id"],
        "contract_id": str(CONTRACT),
        "number": 1,
        "state": "new",
        "created_at": ticket["created_at"],
        "answer": None,
    }
    assert (await desk.get(ANNA, f"tickets/{ticket['id']}")).json() == ticket
    assert (await desk.get(ANNA, f"contracts/{CONTRACT}/tickets")).json() == {"items": [ticket], "next_cursor": None}


async def test_a_stranger_reaches_no_ticket_and_opens_none(desk: Desk):
    """INVARIANT: a consumer reaches only linked contracts; ids alone open nothing."""
    await desk.links(CONTRACT, ANNA)
    ticket = (await desk.create(ANNA, CONTRACT)).json()

    answers = [
        await desk.get(STRANGER, f"tickets/{ticket['id']}"),
        await desk.get(STRANGER, f"contracts/{CONTRACT}/tickets"),
        await desk.create(STRANGER, CONTRACT),
        await desk.create(ANNA, uuid4()),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4
    assert len(await desk.events()) == 1


async def test_without_a_token_nothing_is_shown(desk: Desk):
    for path in (f"tickets/{uuid4()}", f"contracts/{CONTRACT}/tickets"):
        assert (await desk.client.get(f"/api/v1/{path}")).status_code == 401
    posted = await desk.client.post(f"/api/v1/contracts/{CONTRACT}/tickets", json=WORDING)
    assert posted.status_code == 401


async def test_who_loses_the_link_loses_the_tickets(desk: Desk):
    await desk.links(CONTRACT, ANNA, BORIS)
    ticket = (await desk.create(ANNA, CONTRACT)).json()

    await desk.links(CONTRACT, BORIS, version=2)

    assert (await desk.get(ANNA, f"tickets/{ticket['id']}")).status_code == 404
    assert (await desk.get(BORIS, f"tickets/{ticket['id']}")).status_code == 200


async def test_older_and_repeated_links_change_nothing(desk: Desk):
    """INVARIANT: the same events any number of times, in any order, give the same store."""
    await desk.links(CONTRACT, BORIS, version=3)

    await desk.links(CONTRACT, ANNA, version=2)
    await desk.links(CONTRACT, ANNA, version=3)

    assert (await desk.get(ANNA, f"contracts/{CONTRACT}/tickets")).status_code == 404
    assert (await desk.get(BORIS, f"contracts/{CONTRACT}/tickets")).status_code == 200


async def test_an_address_is_kept_as_mail_servers_know_it(desk: Desk):
    await desk.links(CONTRACT, ANNA)

    ticket = (await desk.create(ANNA, CONTRACT, email="Anna@Пример.РФ")).json()

    assert ticket["email"] == "anna@xn--e1afmkfd.xn--p1ai"


async def test_contacts_are_shown_to_their_writer_alone(desk: Desk):
    await desk.links(CONTRACT, ANNA, BORIS)
    ticket = (await desk.create(ANNA, CONTRACT)).json()

    seen = (await desk.get(BORIS, f"tickets/{ticket['id']}")).json()

    assert seen == ticket | {"email": None, "phone": None}


async def test_parallel_tickets_are_numbered_without_gaps_and_told_in_order(desk: Desk):
    """INVARIANT: numbers of a contract run 1, 2, 3 … whatever happens at once, and so do the events."""
    other = uuid4()
    await desk.links(CONTRACT, ANNA)
    await desk.links(other, ANNA)

    answers = await asyncio.gather(*(desk.create(ANNA, contract) for contract in [CONTRACT] * 8 + [other] * 3))

    numbers = [answer.json()["number"] for answer in answers]
    assert sorted(numbers[:8]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert sorted(numbers[8:]) == [1, 2, 3]
    told = [event["number"] for event in await desk.events() if event["contract_id"] == str(CONTRACT)]
    assert told == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_failed_ticket_takes_no_number(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    await desk.links(CONTRACT, ANNA)

    async def broken(*_arguments: object) -> None:
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr("common.outbox.add", broken)
        with pytest.raises(KeyError):
            await desk.create(ANNA, CONTRACT, key="one intent")

    assert (await desk.create(ANNA, CONTRACT, key="one intent")).json()["number"] == 1


async def test_concurrent_uses_of_one_key_open_one_ticket(desk: Desk):
    """INVARIANT: an acknowledged ticket happens once."""
    await desk.links(CONTRACT, ANNA)

    answers = await asyncio.gather(*(desk.create(ANNA, CONTRACT, key="one intent") for _ in range(6)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await desk.events()) == 1


async def test_another_text_with_a_used_key_is_a_conflict(desk: Desk):
    await desk.links(CONTRACT, ANNA)
    await desk.create(ANNA, CONTRACT, key="one intent")

    answer = await desk.create(ANNA, CONTRACT, key="one intent", text="Другое")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_one_key_serves_two_contracts(desk: Desk):
    other = uuid4()
    await desk.links(CONTRACT, ANNA)
    await desk.links(other, ANNA)

    answers = [await desk.create(ANNA, contract, key="k") for contract in (CONTRACT, other)]

    assert [answer.json()["contract_id"] for answer in answers] == [str(CONTRACT), str(other)]


async def test_an_event_carries_neither_text_nor_contacts(desk: Desk):
    await desk.links(CONTRACT, ANNA)
    ticket = (await desk.create(ANNA, CONTRACT)).json()

    assert await desk.events() == [
        {
            "ticket_id": ticket["id"],
            "contract_id": str(CONTRACT),
            "version": 1,
            "number": 1,
            "state": "new",
            "changed_at": ticket["created_at"],
        }
    ]


async def test_tickets_come_newest_first_page_by_page(desk: Desk):
    await desk.links(CONTRACT, ANNA)
    for _ in range(3):
        await desk.create(ANNA, CONTRACT)

    first = (await desk.get(ANNA, f"contracts/{CONTRACT}/tickets", limit="2")).json()
    await desk.create(ANNA, CONTRACT)
    second = (await desk.get(ANNA, f"contracts/{CONTRACT}/tickets", limit="2", cursor=first["next_cursor"])).json()

    assert [item["number"] for item in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["%%%", encode_cursor("1"), encode_cursor(-1), encode_cursor(2**40)])
async def test_a_cursor_that_was_not_given_out_is_refused(desk: Desk, cursor: str):
    await desk.links(CONTRACT, ANNA)

    answer = await desk.get(ANNA, f"contracts/{CONTRACT}/tickets", cursor=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a" * 250 + "@b.example"),
        ("email", "иван@пример.рф"),
        ("phone", "call me"),
        ("phone", "+7"),
        ("phone", "+7916" + "0" * 40),
        ("subject", " "),
        ("subject", "one\ntwo"),
        ("subject", "x" * 201),
        ("text", "nul \0 inside"),
        ("text", "bell \a"),
        ("text", "x" * 5_001),
    ],
)
async def test_malformed_fields_are_named(desk: Desk, field: str, value: str):
    await desk.links(CONTRACT, ANNA)

    answer = await desk.create(ANNA, CONTRACT, **{field: value})

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_old_idempotency_keys_are_forgotten(desk: Desk):
    await desk.links(CONTRACT, ANNA)
    for key in ("old", "young"):
        await desk.create(ANNA, CONTRACT, key=key)
    age = text("update idempotency_keys set created_at = now() - interval '8 days' where key = 'old'")
    async with desk.resources.engine.begin() as connection:
        await connection.execute(age)

    await run_until_forgotten(desk)

    async with desk.resources.engine.connect() as connection:
        left = (await connection.execute(text("select key from idempotency_keys"))).scalars().all()
    assert left == ["young"]


async def run_until_forgotten(desk: Desk) -> None:
    task = asyncio.create_task(forget_keys(desk.resources))
    async with asyncio.timeout(10):
        while await count_keys(desk) > 1:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def count_keys(desk: Desk) -> int:
    async with desk.resources.engine.connect() as connection:
        return int((await connection.execute(text("select count(*) from idempotency_keys"))).scalar_one())


async def test_an_error_of_the_database_carries_nothing_personal_into_the_log(desk: Desk):
    """INVARIANT: no e-mail, phone or text of a person stands in a log line, not even in that of a fault."""
    await desk.links(CONTRACT, ANNA)
    async with desk.resources.engine.begin() as connection:
        await connection.execute(text("alter table tickets drop column answer"))

    with structlog.testing.capture_logs() as written:
        answer = await desk.create(ANNA, CONTRACT)

    [fault] = [record for record in written if record["event"] == "request.failed"]
    logged = "".join(traceback.format_exception(fault["exc_info"]))
    assert answer.status_code == 500
    assert "column" in logged
    assert not [value for value in WORDING.values() if value in logged + answer.text]


async def test_a_malformed_id_is_told(desk: Desk):
    assert (await desk.get(UUID(int=1), "tickets/1")).status_code == 422


async def test_who_only_reads_a_contract_sees_its_tickets_and_opens_none(desk: Desk):
    """INVARIANT: a share gives no right to write in the contract's name."""
    contract, owner, guest = uuid4(), uuid4(), uuid4()
    await desk.links(contract, owner, readers=(guest,))
    await desk.create(owner, contract)

    refused = await desk.create(guest, contract)

    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
    assert len((await desk.get(guest, f"contracts/{contract}/tickets")).json()["items"]) == 1
    assert len(await desk.events()) == 1
    await desk.links(contract, owner, guest, version=2)
    assert (await desk.create(guest, contract)).status_code == 201


async def test_a_user_opens_so_many_tickets_a_day_and_others_are_not_held_up(desk: Desk):
    second = uuid4()
    await desk.links(CONTRACT, ANNA, BORIS)
    await desk.links(second, ANNA)

    answers = await asyncio.gather(*(desk.create(ANNA, contract) for contract in (CONTRACT, second) * 7))

    assert Counter(answer.status_code for answer in answers) == {201: A_DAY, 429: 14 - A_DAY}
    refused = await desk.create(ANNA, CONTRACT, key="one intent")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tickets")
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600 + 1
    assert (await desk.create(BORIS, CONTRACT)).status_code == 201
    async with desk.resources.engine.begin() as connection:
        await connection.execute(text("update tickets set created_at = created_at - interval '1 day'"))
    assert (await desk.create(ANNA, CONTRACT, key="one intent")).status_code == 201


async def test_looks_of_guests_and_of_the_suppliers_staff_are_noted_and_own_ones_are_not(desk: Desk):
    """INVARIANT: whoever reads tickets of others leaves a trace, however the contract was opened to them."""
    guest, operator = uuid4(), uuid4()
    await desk.links(CONTRACT, ANNA, operator, readers=(guest,))
    ticket = (await desk.create(ANNA, CONTRACT)).json()
    staff = desk.tokens.headers(operator, roles=["operator"], supplier="demo")
    foreign = desk.tokens.headers(operator, roles=["operator"], supplier="other")
    for path in (f"tickets/{ticket['id']}", f"contracts/{CONTRACT}/tickets"):
        for headers in (desk.tokens.headers(ANNA), desk.tokens.headers(guest), staff, foreign):
            assert (await desk.client.get(f"/api/v1/{path}", headers=headers)).status_code == 200
        assert (await desk.get(STRANGER, path)).status_code == 404

    told_at = datetime.now(UTC)
    assert await tell_due(desk.resources.engine, TICKETS_ACCESSES, told, now=told_at) == 2
    events = [event for event in await desk.events() if "reader" in event]
    assert sorted((one["reader"], one["reader_id"], one["supplier_code"], one["times"]) for one in events) == [
        ("guest", str(guest), None, 2),
        ("operator", str(operator), "demo", 2),
    ]
    assert {(one["area"], one["contract_id"]) for one in events} == {("tickets", str(CONTRACT))}
