"""The supplier's staff: their own contracts only, imports whole or not at all, passwords shown once."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from openpyxl import Workbook
from sqlalchemy import text
from tests.service.contracts.conftest import CLOSED, OPEN, SUPPLIER, Portal
from tests.service.contracts.test_links import listed

from contracts.repository import contracts
from contracts.spreadsheets import CSV, XLSX
from topics import CONTRACTS, LINKS

OPERATOR = uuid4()
HASH = "$argon2id$v=19$m=19456,t=2,p=1$zYqXn4Jc8mVd1uQy0TtWvA$3Jw6sC2QxQ9b0fJ2r0Xv1gkGd3n9Vb6H5mT8yKzPq4E"
WAITING_FOR_A_LOCK = (
    "select exists (select from pg_locks where locktype = 'advisory' and not granted"
    " and database = (select oid from pg_database where datname = current_database()))"
)
CONTRACT = f"/contracts/{OPEN.contract_id}"
SHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


async def call(
    portal: Portal, method: str, path: str, *, supplier: str | None = "demo", claims: Any = None, **options: Any
) -> httpx.Response:
    claims = {"roles": ["operator"], "supplier": supplier} | (claims or {})
    headers = portal.tokens.headers(OPERATOR, **claims) | {"Idempotency-Key": uuid4().hex}
    headers |= options.pop("headers", {})
    return await portal.client.request(method, f"/api/v1/operator{path}", headers=headers, **options)


async def send_file(
    portal: Portal, content: bytes, media_type: str = CSV, *, dry_run: bool = False, supplier: str = "demo"
) -> httpx.Response:
    return await call(
        portal,
        "POST",
        f"/contract-imports?dry_run={str(dry_run).lower()}",
        content=content,
        headers={"Content-Type": media_type},
        supplier=supplier,
    )


def sheet(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def counts(answer: httpx.Response) -> tuple[int, int, int, int]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["rows"], body["created"], body["changed"], body["unchanged"]


def faults(answer: httpx.Response) -> list[tuple[int, str, str]]:
    assert answer.status_code == 200, answer.text
    return [(fault["row"], fault["column"], fault["code"]) for fault in answer.json()["errors"]]


async def stored(portal: Portal) -> list[Any]:
    async with portal.engine.connect() as connection:
        return list(await connection.execute(text("select * from contracts order by number")))


@pytest.fixture
async def other(portal: Portal) -> None:
    async with portal.engine.begin() as connection:
        await connection.execute(text("insert into suppliers (code, name) values ('other', 'Другая')"))


async def issue(portal: Portal, *ids: UUID, **options: Any) -> httpx.Response:
    body = {"contract_ids": [str(one) for one in ids]}
    return await call(portal, "POST", "/credential-sheets", json=body, **options)


def hash_in_a_document() -> bytes:
    body = {"kind": "contract", "login": OPEN.login, "password_argon2id": HASH}
    return json.dumps([{"contract_number": OPEN.number, "document_id": "c", "version": 1, "body": body}]).encode()


WAYS_TO_A_PASSWORD: dict[str, tuple[bytes, str]] = {
    "/credential-sheets": (json.dumps({"contract_ids": [str(OPEN.contract_id)]}).encode(), "application/json"),
    "/contract-imports": (f"number;login;password_argon2id\n{OPEN.number};{OPEN.login};{HASH}\n".encode(), CSV),
    "/document-imports": (hash_in_a_document(), "application/json"),
}


@pytest.mark.parametrize("path", WAYS_TO_A_PASSWORD)
@pytest.mark.parametrize("minutes", [None, 6, 60])
async def test_passwords_are_issued_to_who_has_just_shown_a_second_factor_alone(
    portal: Portal, path: str, minutes: int | None
):
    """INVARIANT: a stolen session sets no password, by sheet or file: the token tells when the factor was shown."""
    content, media_type = WAYS_TO_A_PASSWORD[path]
    before = await stored(portal)
    shown_at = None if minutes is None else int((datetime.now(UTC) - timedelta(minutes=minutes)).timestamp())

    headers, claims = {"Content-Type": media_type}, {"factor_at": shown_at}
    refused = await call(portal, "POST", path, content=content, headers=headers, claims=claims)

    assert (refused.status_code, refused.json()["code"]) == (403, "recent_factor_required")
    assert await stored(portal) == before
    if path != "/credential-sheets":
        tried = await call(portal, "POST", f"{path}?dry_run=true", content=content, headers=headers, claims=claims)
        assert (tried.status_code, tried.json()["errors"]) == (200, [])
        done = await call(portal, "POST", path, content=content, headers=headers)
        assert (done.status_code, done.json()["errors"]) == (200, [])
    assert (await stored(portal) == before) is (path == "/credential-sheets")


async def test_a_contract_is_created_once_and_told_to_the_others(portal: Portal):
    body = {"number": "new-1", "login": "new-login"}
    key = {"Idempotency-Key": "one intent"}

    answers = [await call(portal, "POST", "/contracts", json=body, headers=key) for _ in range(2)]

    created = answers[0].json()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert created == answers[1].json()
    assert (created["number"], created["has_password"], created["users"]) == ("new-1", False, 0)
    assert [event["number"] for event in await portal.events(CONTRACTS.name)][2:] == ["new-1"]
    shown = await call(portal, "GET", f"/contracts/{created['id']}")
    assert shown.json() == created
    assert (await portal.link(uuid4(), login="new-login", password="x")).json()["code"] == "link_refused"


@pytest.mark.parametrize(
    ("body", "code"),
    [({"number": OPEN.number, "login": "x"}, "number_taken"), ({"number": "x", "login": OPEN.login}, "login_taken")],
)
async def test_a_number_or_login_that_is_taken_is_named(portal: Portal, body: dict[str, str], code: str):
    answer = await call(portal, "POST", "/contracts", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert [fault["field"] for fault in answer.json()["errors"]] == [code.removesuffix("_taken")]


async def test_parallel_creations_of_one_number_leave_one_contract(portal: Portal):
    body = {"number": "new-1", "login": "new-login"}

    answers = await asyncio.gather(*(call(portal, "POST", "/contracts", json=body) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_a_supplier_waits_for_its_own_changes_and_for_registry_files_not_for_another_supplier(portal: Portal):
    """INVARIANT: however long one supplier's file is taken over, the contracts of another are worked on meanwhile."""
    async with portal.engine.begin() as connection:
        await contracts.put_supplier(connection, replace(SUPPLIER, code="other"))

    async def create(supplier: str) -> int:
        body = {"number": uuid4().hex, "login": uuid4().hex}
        return (await call(portal, "POST", "/contracts", json=body, supplier=supplier)).status_code

    async with portal.engine.begin() as connection:
        await contracts.lock_supplier(connection, "demo")
        waiting = asyncio.create_task(create("demo"))
        assert await create("other") == 201
        assert not waiting.done()
    assert await waiting == 201

    async with portal.engine.begin() as of_file, portal.engine.connect() as another:
        await contracts.lock_registry(of_file)
        waiting = asyncio.create_task(create("other"))
        while not (await another.execute(text(WAITING_FOR_A_LOCK))).scalar_one():
            assert not waiting.done()
    assert await waiting == 201


async def test_contracts_are_listed_by_number_page_by_page_and_found_by_its_beginning(portal: Portal):
    first = (await call(portal, "GET", "/contracts", params={"limit": 1})).json()
    second = (await call(portal, "GET", "/contracts", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    found = (await call(portal, "GET", "/contracts", params={"number": "76"})).json()

    assert [item["number"] for item in first["items"] + second["items"]] == [CLOSED.number, OPEN.number]
    assert second["next_cursor"] is None
    assert [item["number"] for item in found["items"]] == [OPEN.number]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({}, [CLOSED.number, OPEN.number]),
        ({"login": "login-1"}, [OPEN.number]),
        ({"closed": "true"}, [CLOSED.number]),
        ({"closed": "false"}, [OPEN.number]),
        ({"linked": "true"}, [OPEN.number]),
        ({"linked": "false"}, [CLOSED.number]),
        ({"has_password": "false"}, []),
        ({"has_password": "true", "number": "2", "login": "login-2", "closed": "true"}, [CLOSED.number]),
    ],
)
async def test_contracts_are_sought_by_what_staff_knows_of_them(
    portal: Portal, sought: dict[str, str], found: list[str]
):
    await portal.link(uuid4())

    answer = await call(portal, "GET", "/contracts", params=sought)

    assert [item["number"] for item in answer.json()["items"]] == found
    assert [item["users"] for item in answer.json()["items"]] == [int(number == OPEN.number) for number in found]


async def test_a_contract_gets_another_number_and_login_and_its_users_keep_it(portal: Portal):
    anna = uuid4()
    await portal.link(anna)

    changed = await call(portal, "PATCH", CONTRACT, json={"number": "new-number", "login": "new-login"})
    again = await call(portal, "PATCH", CONTRACT, json={"number": "new-number"})

    assert (changed.json()["number"], changed.json()["login"], changed.json()["users"]) == (
        *("new-number", "new-login"),
        1,
    )
    assert again.json() == changed.json()
    assert [event["number"] for event in await portal.events(CONTRACTS.name)][2:] == ["new-number"]
    assert (await listed(portal, anna))[0]["number"] == "new-number"
    assert (await portal.link(uuid4())).status_code == 403
    assert (await portal.link(uuid4(), login="new-login")).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"number": CLOSED.number}, 409, "number_taken"),
        ({"login": CLOSED.login}, 409, "login_taken"),
        ({"number": " "}, 422, "invalid_request"),
        ({"number": "a\u0000"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"closed": None}, 422, "invalid_request"),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(portal: Portal, change: Any, status: int, code: str):
    before = await stored(portal)

    answer = await call(portal, "PATCH", CONTRACT, json=change)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await stored(portal) == before


async def test_a_closed_contract_can_be_opened_again(portal: Portal):
    closed = [(await call(portal, "PATCH", CONTRACT, json={"closed": True})).json()["closed"] for _ in range(2)]
    refused = await portal.link(uuid4())
    await call(portal, "PATCH", CONTRACT, json={"closed": False})

    assert closed == [True, True]
    assert refused.status_code == 403
    assert (await portal.link(uuid4())).status_code == 201
    assert [event["closed"] for event in await portal.events(CONTRACTS.name)][2:] == [True, False]


async def test_a_sheet_shows_new_passwords_once_and_ends_what_the_former_opened(portal: Portal):
    """INVARIANT: a password of a sheet stands in no table and no log; the former one opens nothing any more."""
    anna = uuid4()
    await portal.link(anna)

    issued = await issue(portal, OPEN.contract_id)

    [credential] = issued.json()["items"]
    assert (issued.status_code, issued.headers["Cache-Control"]) == (200, "no-store")
    assert (credential["number"], credential["login"]) == (OPEN.number, OPEN.login)
    assert (await listed(portal, anna))[0]["state_reason"] == "password_changed"
    assert (await portal.events(LINKS.name))[-1]["user_ids"] == []
    assert (await portal.link(anna)).status_code == 403
    assert (await portal.link(anna, password=credential["password"])).status_code == 201
    async with portal.engine.connect() as connection:
        for table in ("contracts", "idempotency_keys", "outbox", "links", "link_attempts"):
            rows = await connection.execute(text(f"select coalesce(string_agg(t::text, ''), '') from {table} t"))  # noqa: S608
            assert credential["password"] not in rows.scalar_one()


async def test_a_sheet_can_be_printed_as_a_page_that_loads_nothing(portal: Portal):
    created = await call(portal, "POST", "/contracts", json={"number": "<b>1</b>", "login": "a&b"})

    page = await issue(portal, UUID(created.json()["id"]), headers={"Accept": "text/html"})

    assert page.headers["content-type"].startswith("text/html")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(page.headers["Content-Security-Policy"].split("; "))
    assert page.headers["Cache-Control"] == "no-store"
    assert "&lt;b&gt;1&lt;/b&gt;" in page.text
    assert "a&amp;b" in page.text
    assert "<b>1" not in page.text


async def test_a_sheet_with_one_foreign_or_closed_contract_changes_nothing(portal: Portal):
    before = await stored(portal)

    unknown = await issue(portal, OPEN.contract_id, uuid4())
    closed = await issue(portal, OPEN.contract_id, CLOSED.contract_id)
    twice = await issue(portal, OPEN.contract_id, OPEN.contract_id)

    assert [(one.status_code, one.json()["code"]) for one in (unknown, closed, twice)] == [
        (404, "not_found"),
        (409, "contract_closed"),
        (422, "invalid_request"),
    ]
    assert await stored(portal) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CONTRACT, None),
        ("PATCH", CONTRACT, {"closed": True}),
        ("POST", "/credential-sheets", {"contract_ids": [str(OPEN.contract_id)]}),
    ],
)
@pytest.mark.usefixtures("other")
async def test_staff_of_another_supplier_reaches_no_contract(portal: Portal, method: str, path: str, body: Any):
    """INVARIANT: an operator reaches only the own supplier's data."""
    before = await stored(portal)

    answer = await call(portal, method, path, json=body, supplier="other")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await stored(portal) == before


@pytest.mark.usefixtures("other")
async def test_lists_and_imports_of_another_supplier_are_its_own(portal: Portal):
    """INVARIANT: an operator reaches only the own supplier's data."""
    taken = f"number;login\n{OPEN.number};{OPEN.login}\n".encode()

    imported = await send_file(portal, taken, supplier="other")
    theirs = (await call(portal, "GET", "/contracts", supplier="other")).json()["items"]

    assert counts(imported) == (1, 1, 0, 0)
    assert [item["number"] for item in theirs] == [OPEN.number]
    assert theirs[0]["id"] != str(OPEN.contract_id)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/contracts"),
        ("GET", CONTRACT),
        ("POST", "/contracts"),
        ("PATCH", CONTRACT),
        ("POST", "/credential-sheets"),
        ("POST", "/contract-imports"),
    ],
)
async def test_a_consumer_is_no_staff(portal: Portal, method: str, path: str):
    headers = portal.tokens.headers(uuid4()) | {"Idempotency-Key": "k"}

    answer = await portal.client.request(method, f"/api/v1/operator{path}", headers=headers, json={})
    supplierless = await call(portal, method, path, supplier=None, json={})

    assert {(one.status_code, one.json()["code"]) for one in (answer, supplierless)} == {(403, "forbidden")}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"number;login;closed\nn-1;l-1;\nn-2;l-2;1\n", CSV),
        ("\ufeffНомер договора,Логин,Закрыт\r\nn-1,l-1,нет\r\n\r\n n-2 ,l-2,да\r\n".encode(), CSV),
        ("Номер\tЛогин\tЗакрыт\nn-1\tl-1\t\nn-2\tl-2\tДА\n".encode("windows-1251"), CSV),
        (sheet(["Номер договора", "Логин", "Закрыт", None], ["n-1", "l-1"], [], ["n-2", "l-2", True]), XLSX),
    ],
)
async def test_files_of_every_form_give_the_same_contracts(portal: Portal, content: bytes, media_type: str):
    dry = await send_file(portal, content, media_type, dry_run=True)
    assert counts(dry) == (2, 2, 0, 0)
    assert len(await stored(portal)) == 2

    assert counts(await send_file(portal, content, media_type)) == (2, 2, 0, 0)
    assert counts(await send_file(portal, content, media_type)) == (2, 0, 0, 2)

    events = (await portal.events(CONTRACTS.name))[2:]
    assert [(event["number"], event["closed"]) for event in events] == [("n-1", False), ("n-2", True)]


async def test_numbers_of_a_sheet_are_read_as_they_are_shown(portal: Portal):
    content = sheet(["number", "login"], [76385943, 1e6], ["00042", "l"])

    assert counts(await send_file(portal, content, XLSX)) == (2, 2, 0, 0)

    assert {(row.number, row.login) for row in await stored(portal)} >= {("76385943", "1000000"), ("00042", "l")}


async def test_one_bad_row_keeps_the_whole_file_out_and_all_faults_are_told(portal: Portal):
    before = await stored(portal)
    content = sheet(
        ["number", "login", "password_argon2id", "closed"],
        ["n-1", "l-1"],
        ["=1+1", "l-2"],
        ["n-3", None],
        ["n-4", "login-2"],
        ["n-5", "l-5", "secret", "maybe"],
        ["n-6", "l-6"],
        ["n-6", "l-6"],
        ["n" * 51, "l-8"],
    )

    answer = await send_file(portal, content, XLSX)

    assert faults(answer) == [
        (3, "number", "formula"),
        (4, "login", "missing_value"),
        (5, "login", "login_taken"),
        (6, "password_argon2id", "invalid_hash"),
        (6, "closed", "invalid_value"),
        (7, "number", "duplicate_number"),
        (7, "login", "duplicate_login"),
        (8, "number", "duplicate_number"),
        (8, "login", "duplicate_login"),
        (9, "number", "invalid_value"),
    ]
    assert counts(answer)[1:] == (0, 0, 0)
    assert "secret" not in answer.text
    assert await stored(portal) == before


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
async def test_a_cell_that_a_spreadsheet_would_run_is_refused(portal: Portal, sign: str):
    content = f"number;login\n{sign}cmd;l-1\n".encode()

    assert faults(await send_file(portal, content)) == [(2, "number", "formula")]


async def test_an_import_with_another_hash_revokes_links_and_one_without_leaves_them(portal: Portal):
    anna = uuid4()
    await portal.link(anna)
    row = f"{OPEN.number};{OPEN.login}"

    assert counts(await send_file(portal, f"number;login\n{row}\n".encode())) == (1, 0, 0, 1)
    assert (await listed(portal, anna))[0]["state"] == "linked"
    hashed = await send_file(portal, f"number;login;password_argon2id\n{row};{HASH}\n".encode())

    assert counts(hashed) == (1, 0, 1, 0)
    assert (await listed(portal, anna))[0]["state"] == "revoked"


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 60_000_000)
    return written.getvalue()


def with_entities(declared: str) -> bytes:
    sheet = f'<!DOCTYPE worksheet [{declared}]><worksheet xmlns="{SHEET_NAMESPACE}"><sheetData><row r="1">'
    sheet += '<c r="A1" t="inlineStr"><is><t>&last;</t></is></c></row></sheetData></worksheet>'
    plain, written = io.BytesIO(), io.BytesIO()
    Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(written, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else source.read(name))
    return written.getvalue()


def growing() -> str:
    """Eight entities, each ten times the one before: a gigabyte."""
    names = ["e1", "e2", "e3", "e4", "e5", "e6", "e7", "last"]
    tenfold = [f"<!ENTITY {name} '{f'&e{number};' * 10}'>" for number, name in enumerate(names)]
    return "".join(["<!ENTITY e0 '0123456789'>", *tenfold])


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"x" * 1_000_001, CSV, 413, "file_too_large"),
        (b"{}", "application/json", 415, "unknown_format"),
        (b"not a zip", XLSX, 422, "unreadable_file"),
        (bomb(), XLSX, 422, "unreadable_file"),
        (with_entities('<!ENTITY last SYSTEM "file:///etc/hostname">'), XLSX, 422, "unreadable_file"),
        (with_entities(growing()), XLSX, 422, "unreadable_file"),
        (b'number;login\n"never closed', CSV, 422, "unreadable_file"),
        (b"number;login\n" + b"1;2\n" * 2_001, CSV, 422, "too_many_rows"),
        (b"number;number\n1;2\n", CSV, 422, "unknown_columns"),
        (b"number;secret;login\n1;2;3\n", CSV, 422, "unknown_columns"),
        (b"", CSV, 422, "unknown_columns"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_by_name(
    portal: Portal, content: bytes, media_type: str, status: int, code: str
):
    answer = await send_file(portal, content, media_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
