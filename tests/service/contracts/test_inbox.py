"""What a supplier sends: taken over once, in any order, refused by name, and shown to who has linked the contract."""

import asyncio
import itertools
import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources as files
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_links import PATH, listed

from common.errors import Rejected
from common.http.pages import encode_cursor
from contracts.handlers import keep_access, take_document
from contracts.resources import Resources
from topics import CONTRACTS, LINKS, supplier_inbox
from topics.accesses import DataAccess
from topics.inbox import BalanceStatement, SupplierDocument

NUMBER = OPEN.number
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@pytest.fixture
async def anna(portal: Portal) -> UUID:
    user = uuid4()
    assert (await portal.link(user)).status_code == 201
    return user


async def send(portal: Portal, document: dict[str, Any], code: str = "demo") -> None:
    topic = supplier_inbox(code)
    message = topic.decode(json.dumps(document).encode(), topic.headers())
    await take_document(cast("Resources", SimpleNamespace(engine=portal.engine)), code, message)


def document(identifier: str, version: int, *, number: str = NUMBER, **body: Any) -> dict[str, Any]:
    return {"contract_number": number, "document_id": identifier, "version": version, "body": body}


def balance(version: int, amount: str, **changes: Any) -> dict[str, Any]:
    stated = {"kind": "balance", "amount": amount, "currency": "RUB", "as_of": "2026-11-01T00:00:00Z"}
    return document("balance-1", version, **stated | changes)


def payment(identifier: str, version: int, amount: str, **changes: Any) -> dict[str, Any]:
    paid = {"amount": amount, "currency": "RUB", "paid_at": f"2026-11-0{identifier[-1]}T09:00:00Z"}
    return document(identifier, version, **{"kind": "payment", "status": "credited"} | paid | changes)


def bill(version: int, amount: str, *lines: str, period: str = "2026-10-01", **changes: Any) -> dict[str, Any]:
    made = [{"kind": "energy", "title": "Электроэнергия", "amount": line, "quantity": "1.500"} for line in lines]
    issued = {"period": period, "amount": amount, "currency": "RUB", "issued_at": "2026-11-01T05:00:00Z"}
    return document(f"bill-{period}", version, **{"kind": "charge", "lines": made} | issued | changes)


def contract(version: int, *, number: str = NUMBER, **terms: Any) -> dict[str, Any]:
    return document(number, version, number=number, **{"kind": "contract", "login": OPEN.login} | terms)


async def get(portal: Portal, user: UUID, what: str, **params: str) -> dict[str, Any]:
    answer = await portal.client.get(f"{PATH}/{what}", headers=portal.tokens.headers(user), params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def ledger(portal: Portal) -> list[Any]:
    """Return all rows that documents can make, without the time of arrival."""
    rows: list[Any] = []
    async with portal.engine.connect() as connection:
        for table in ("balances", "charges", "charge_lines", "payments"):
            found = await connection.execute(
                text(f"select to_jsonb(t) - 'received_at' from {table} t order by 1")  # noqa: S608 -- names above
            )
            rows.append(list(found.scalars()))
    return rows


async def refused(portal: Portal, document: dict[str, Any]) -> str:
    with pytest.raises(Rejected) as caught:
        await send(portal, document)
    return caught.value.code


async def test_every_example_of_the_topic_is_taken_over_and_shown(portal: Portal, anna: UUID):
    folder = files.files("topics") / "examples" / "supplier-code-inbox-v1"
    for path in sorted(folder.iterdir(), key=lambda path: path.name != "contract.json"):
        if path.name != "contract.json":
            await send(portal, json.loads(path.read_bytes()))

    assert await get(portal, anna, "balance") == {
        "balance": {"amount": "-1843.27", "currency": "RUB", "as_of": "2026-11-01T00:00:00Z"}
    }
    [charge] = (await get(portal, anna, "charges"))["items"]
    assert (charge["period"], charge["amount"], charge["due_on"]) == ("2026-10-01", "1843.27", "2026-11-10")
    assert [(line["kind"], line["quantity"], line["amount"]) for line in charge["lines"]] == [
        ("energy", "210", "1505.70"),
        ("energy", "133", "397.67"),
        ("recalculation", None, "-60.10"),
    ]
    assert [line["refers_to"] for line in charge["lines"]] == [None, None, "2026-09-01"], "the old period"
    [paid] = (await get(portal, anna, "payments"))["items"]
    assert (paid["amount"], paid["agent"], paid["status"]) == ("2000.00", "Сбербанк", "credited")

    await send(portal, json.loads((folder / "contract.json").read_bytes()))
    assert (await listed(portal, anna))[0]["state_reason"] == "password_changed"


async def test_what_the_database_cannot_hold_is_refused_and_stalls_nothing(portal: Portal):
    """INVARIANT: no document of a supplier, and no look that another service tells, stops the reading for ever."""
    resources = cast("Resources", SimpleNamespace(engine=portal.engine))
    stated = BalanceStatement(amount=Decimal(1), currency="RUB", as_of=datetime(2026, 11, 1, tzinfo=UTC))
    document = SupplierDocument(contract_number=NUMBER, document_id="b", version=2**63, body=stated)
    hour = datetime(2026, 11, 1, tzinfo=UTC)
    look = DataAccess(
        contract_id=OPEN.contract_id,
        reader="operator",
        reader_id=uuid4(),
        user_id=uuid4(),
        supplier_code="demo\x00",
        area="points",
        hour=hour,
        first_at=hour,
        last_at=hour,
        times=1,
    )

    for handled in (take_document(resources, "demo", document), keep_access(resources, "metering", look)):
        with pytest.raises(Rejected) as caught:
            await handled
        assert caught.value.code == "invalid_message"


async def test_before_the_supplier_sends_anything_nothing_is_known(portal: Portal, anna: UUID):
    """INVARIANT: an unknown balance is not zero."""
    assert await get(portal, anna, "balance") == {"balance": None}
    assert await get(portal, anna, "charges") == {"items": [], "next_cursor": None}
    assert await get(portal, anna, "payments") == {"items": [], "next_cursor": None}


async def test_any_order_and_repetition_of_documents_gives_the_same_store(portal: Portal, anna: UUID):
    """INVARIANT: the same documents any number of times, in any order, give the same ledger and the same answers."""
    documents = [balance(1, "-10.00"), balance(2, "-20.00"), bill(1, "5.00", "5.00"), bill(2, "7.00", "3.00", "4.00")]
    seen: list[Any] = []
    for order in itertools.permutations(documents):
        for one in (*order, order[0]):
            await send(portal, one)
        seen.append((await ledger(portal), await get(portal, anna, "balance"), await get(portal, anna, "charges")))
        async with portal.engine.begin() as connection:
            await connection.execute(text("truncate balances, charges, charge_lines, payments"))

    assert all(one == seen[0] for one in seen)
    assert seen[0][1]["balance"]["amount"] == "-20.00"
    assert [line["amount"] for line in seen[0][2]["items"][0]["lines"]] == ["3.00", "4.00"]


async def test_a_correction_erases_nothing_and_an_annulled_document_counts_as_nothing(portal: Portal, anna: UUID):
    """INVARIANT: a correction never erases; every version stays readable."""
    await send(portal, payment("p1", 1, "100.00"))
    await send(portal, payment("p2", 1, "50.00"))
    await send(portal, payment("p1", 2, "100.00", annulled=True))

    assert [item["document_id"] for item in (await get(portal, anna, "payments"))["items"]] == ["p2"]
    [_, _, _, payments] = await ledger(portal)
    assert sorted((row["document_id"], row["version"]) for row in payments) == [("p1", 1), ("p1", 2), ("p2", 1)]


async def test_lists_come_newest_first_page_by_page(portal: Portal, anna: UUID):
    for number in range(1, 6):
        await send(portal, payment(f"p{number}", 1, "1.00"))
        await send(portal, bill(1, "2.00", period=f"2026-0{number}-01"))

    for what in ("payments", "charges"):
        found: list[str] = []
        params: dict[str, str] = {"limit": "2"}
        while True:
            page = await get(portal, anna, what, **params)
            found += [item["document_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert found == sorted(found, reverse=True)
        assert len(found) == 5


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (balance(1, "1.005"), "invalid_amount"),
        (balance(1, "NaN"), "invalid_amount"),
        (balance(1, "-Infinity"), "invalid_amount"),
        (balance(1, "1E+3"), "invalid_amount"),
        (balance(1, "9999999999999.00"), "invalid_amount"),
        (balance(1, "1.00", as_of="0001-01-01T00:00:00+14:00"), "invalid_instant"),
        (bill(1, "10.00", "5.00", "4.99"), "lines_do_not_add_up"),
        (payment("p1", 1, "1.00", agent="a\u0000b"), "invalid_text"),
        (balance(1, "1.00") | {"contract_number": "nobody's"}, "unknown_contract"),
        (contract(1, password_argon2id="secret"), "invalid_hash"),
        (contract(1, password_argon2id=PasswordHasher(time_cost=9).hash("x")), "invalid_hash"),
        (contract(1, password_argon2id=f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 22}${'B' * 43}"), "invalid_hash"),
        (contract(1, login="login-2"), "login_taken"),
    ],
)
async def test_what_cannot_be_taken_over_is_refused_by_name(portal: Portal, wrong: dict[str, Any], code: str):
    before = await ledger(portal)

    assert await refused(portal, wrong) == code
    assert await ledger(portal) == before


async def test_a_version_with_another_content_and_a_document_of_another_contract_are_refused(portal: Portal):
    await send(portal, balance(1, "1.00"))

    assert await refused(portal, balance(1, "2.00")) == "version_differs"
    assert await refused(portal, balance(2, "2.00") | {"contract_number": "2"}) == "document_of_another_contract"


async def test_a_supplier_reaches_no_contract_of_another(portal: Portal, anna: UUID):
    """INVARIANT: a supplier writes its own contracts only; whose document it is, the inbox says."""
    async with portal.engine.begin() as connection:
        await connection.execute(text("insert into suppliers (code, name) values ('other', 'Другая')"))

    with pytest.raises(Rejected) as caught:
        await send(portal, balance(1, "-1.00"), code="other")
    await send(portal, contract(1, login="same-number"), code="other")
    await send(portal, balance(1, "-1.00"), code="other")

    assert caught.value.code == "unknown_contract"
    assert await get(portal, anna, "balance") == {"balance": None}


async def test_a_contract_of_the_inbox_can_be_linked_by_the_password_whose_hash_came(portal: Portal):
    new = contract(1, number="new-1", login="new-login", password_argon2id=HASHER.hash("слово"))

    await send(portal, new)
    await send(portal, new)

    assert (await portal.link(uuid4(), login="new-login", password="слово")).status_code == 201
    assert [event["number"] for event in await portal.events(CONTRACTS.name)][2:] == ["new-1"]


async def test_a_contract_without_a_password_cannot_be_linked(portal: Portal):
    await send(portal, contract(1, number="new-1", login="new-login"))

    assert (await portal.link(uuid4(), login="new-login", password="x")).json()["code"] == "link_refused"


async def test_a_new_hash_revokes_links_the_same_one_and_an_older_version_do_not(portal: Portal, anna: UUID):
    one, other = HASHER.hash(OPEN.password), HASHER.hash("другой")
    await send(portal, contract(5, password_argon2id=one))
    assert (await listed(portal, anna))[0]["state"] == "revoked"
    await portal.link(anna)

    await send(portal, contract(6, password_argon2id=one))
    await send(portal, contract(7))
    await send(portal, contract(4, password_argon2id=other, closed=True))

    assert (await listed(portal, anna))[0]["state"] == "linked"
    assert [event["closed"] for event in await portal.events(CONTRACTS.name)][2:] == []
    assert (await portal.events(LINKS.name))[-1]["user_ids"] == [str(anna)]


async def test_documents_that_arrive_at_once_leave_one_of_each(portal: Portal):
    same = [balance(1, "-5.00")] * 8 + [contract(1, number="new-1", login="new-login")] * 4

    await asyncio.gather(*(send(portal, one) for one in same))

    [balances, *_] = await ledger(portal)
    assert len(balances) == 1
    assert [event["number"] for event in await portal.events(CONTRACTS.name)][2:] == ["new-1"]


def test_a_message_says_its_kind_and_an_unknown_one_is_refused():
    topic = supplier_inbox("demo")
    strange = msgspec.json.encode(document("x", 1, kind="greeting"))

    with pytest.raises(Rejected) as caught:
        topic.decode(strange, topic.headers())

    assert caught.value.code == "invalid_message"
    assert topic.message is SupplierDocument


@pytest.mark.parametrize("what", ["payments", "charges"])
@pytest.mark.parametrize(
    "first",
    ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2026-11-01T00:00:00", "yesterday", "2026-13-01"],
)
async def test_a_made_up_cursor_is_refused(portal: Portal, anna: UUID, what: str, first: str):
    answer = await portal.client.get(
        f"{PATH}/{what}",
        params={"cursor": encode_cursor(first, "p1")},
        headers=portal.tokens.headers(anna),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_bill_shows_its_sums_and_the_payments_for_its_period(portal: Portal, anna: UUID):
    lines = [
        {"kind": kind, "title": kind, "amount": amount}
        for kind, amount in [
            ("energy", "90.00"),
            ("service", "10.00"),
            ("recalculation", "-7.50"),
            ("benefit", "-5.00"),
        ]
    ]
    stated = {"opening_balance": "-20.00", "paid": "15.00", "total_due": "92.50"}
    await send(portal, bill(1, "87.50") | {"document_id": "сч/10 №1"})
    await send(portal, bill(2, "87.50", lines=lines, **stated) | {"document_id": "сч/10 №1"})
    await send(portal, payment("p1", 1, "3.00", period="2026-09-01"))
    await send(portal, payment("p2", 1, "4.00", period="2026-10-01", agent="Банк", status="pending"))

    shown = await get(portal, anna, "bill", document_id="сч/10 №1")

    assert shown["charge"] == (await get(portal, anna, "charges"))["items"][0]
    assert shown["sums"] == stated | {
        "charged": "100.00", "recalculated": "-7.50", "benefits": "-5.00", "penalty": "0.00",
    }  # fmt: skip
    assert [(one["amount"], one["agent"], one["status"]) for one in shown["payments"]] == [("4.00", "Банк", "pending")]


async def test_a_bill_without_lines_and_sums_says_that_it_knows_none(portal: Portal, anna: UUID):
    """INVARIANT: what the supplier has not said is not told as a zero."""
    await send(portal, bill(1, "87.50", opening_balance=None))

    shown = await get(portal, anna, "bill", document_id="bill-2026-10-01")

    assert set(shown["sums"].values()) == {None}
    assert shown["payments"] == []


@pytest.mark.parametrize("document_id", ["another", "bill-2026-09-01"])
async def test_there_is_no_bill_of_another_contract_and_none_that_was_annulled(
    portal: Portal, anna: UUID, document_id: str
):
    await send(portal, contract(1, number="2", login="login-2"))
    await send(portal, bill(1, "7.00", "7.00", period="2026-09-01", annulled=True))
    await send(portal, bill(1, "7.00", "7.00") | {"document_id": "another", "contract_number": "2"})

    answer = await portal.client.get(
        f"{PATH}/bill", params={"document_id": document_id}, headers=portal.tokens.headers(anna)
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
