"""Sharing a contract by letter: read-only, once, until a day, and until it is withdrawn."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from tests.service.contracts.conftest import OPEN, Portal
from tests.service.contracts.test_links import PATH, listed, set_password

from common.passwords import Passwords
from contracts.resources import Resources
from contracts.worker import end_due_shares, forget_due
from topics import CONTRACT_LETTERS, LINKS

UNTIL = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
async def anna(portal: Portal) -> UUID:
    user = uuid4()
    assert (await portal.link(user)).status_code == 201
    return user


async def invite(portal: Portal, user: UUID, **changes: str) -> httpx.Response:
    wanted = {"email": "accountant@example.org", "expires_on": UNTIL.isoformat(), "language": "ru"} | changes
    headers = portal.tokens.headers(user) | {"Idempotency-Key": uuid4().hex}
    return await portal.client.post(f"{PATH}/invitations", json=wanted, headers=headers)


async def token(portal: Portal) -> str:
    """Return the token of the newest letter."""
    return str((await portal.events(CONTRACT_LETTERS.name))[-1]["fields"]["token"])


async def accept(portal: Portal, user: UUID, text: str, name: str | None = None) -> httpx.Response:
    body = {"token": text, "name": name}
    return await portal.client.post("/api/v1/invitations/accept", json=body, headers=portal.tokens.headers(user))


async def share(portal: Portal, user: UUID, guest: UUID) -> dict[str, Any]:
    """Let the guest read the user's contract; return the invitation."""
    given: dict[str, Any] = (await invite(portal, user)).json()
    assert (await accept(portal, guest, await token(portal))).status_code == 201
    return given


async def invitations(portal: Portal, user: UUID) -> list[dict[str, Any]]:
    answer = await portal.client.get(f"{PATH}/invitations", headers=portal.tokens.headers(user))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_invitation_goes_out_by_letter_and_opens_the_contract_for_reading(portal: Portal, anna: UUID):
    given = await invite(portal, anna)
    guest = uuid4()

    accepted = await accept(portal, guest, await token(portal))

    assert given.status_code == 201
    assert "token" not in given.text
    [letter] = await portal.events(CONTRACT_LETTERS.name)
    assert (letter["to"], letter["kind"], letter["user_id"]) == ("accountant@example.org", "contract_shared", str(anna))
    assert accepted.status_code == 201
    contract = accepted.json()
    assert (contract["rights"], contract["state"], contract["name"]) == ("read", "linked", OPEN.number)
    assert contract["expires_on"] == UNTIL.isoformat()
    event = (await portal.events(LINKS.name))[-1]
    assert (event["user_ids"], event["read_only_user_ids"]) == ([str(anna), str(guest)], [str(guest)])


async def test_fifty_parallel_acceptances_give_one_link(portal: Portal, anna: UUID):
    """INVARIANT: a token is used once: of fifty parallel uses exactly one succeeds."""
    await invite(portal, anna)
    text = await token(portal)

    answers = await asyncio.gather(*(accept(portal, uuid4(), text) for _ in range(50)))

    told = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert told == {(201, None): 1, (410, "link_used"): 49}
    assert len((await portal.events(LINKS.name))[-1]["user_ids"]) == 2


async def test_who_accepted_and_lost_the_answer_gets_it_again(portal: Portal, anna: UUID):
    """INVARIANT: a repeat gives no second link, tells nobody anew, and helps nobody else."""
    await invite(portal, anna)
    guest, text = uuid4(), await token(portal)

    answers = await asyncio.gather(*(accept(portal, guest, text, name="Дача") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await accept(portal, uuid4(), text)).json()["code"] == "link_used"
    assert [event["user_ids"] for event in await portal.events(LINKS.name)][1:] == [[str(anna), str(guest)]]
    await portal.client.delete(PATH, headers=portal.tokens.headers(guest))
    assert (await accept(portal, guest, text)).json()["code"] == "link_used", "it opens once, not again after an unlink"


async def test_the_token_stands_in_no_table_but_the_letters_outbox(portal: Portal, anna: UUID):
    await invite(portal, anna)
    text_of_letter = await token(portal)

    async with portal.engine.connect() as connection:
        kept = (await connection.execute(text("select i::text from invitations i"))).scalar_one()
        replayed = (await connection.execute(text("select convert_from(body, 'UTF8') from idempotency_keys"))).scalars()

    assert text_of_letter not in kept + "".join(replayed)


async def test_the_giver_sees_the_use_and_ends_it(portal: Portal, anna: UUID):
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))
    [before] = await invitations(portal, anna)
    await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(guest))

    [shown] = await invitations(portal, anna)
    withdrawn = [
        await portal.client.delete(f"{PATH}/invitations/{shown['id']}", headers=portal.tokens.headers(anna))
        for _ in range(2)
    ]

    assert (before["state"], before["last_used_at"]) == ("accepted", None)
    assert datetime.fromisoformat(shown["last_used_at"]) > datetime.fromisoformat(shown["accepted_at"])
    assert [answer.status_code for answer in withdrawn] == [204, 204]
    assert (await invitations(portal, anna))[0]["state"] == "withdrawn"
    [contract] = await listed(portal, guest)
    assert (contract["state"], contract["state_reason"]) == ("revoked", "share_ended")
    assert (await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(guest))).status_code == 404
    assert (await portal.events(LINKS.name))[-1]["user_ids"] == [str(anna)]


async def test_a_guest_can_neither_share_nor_see_invitations(portal: Portal, anna: UUID):
    """INVARIANT: a share gives no right to give."""
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))
    headers = portal.tokens.headers(guest)
    [shown] = await invitations(portal, anna)

    answers = [
        await invite(portal, guest),
        await portal.client.get(f"{PATH}/invitations", headers=headers),
        await portal.client.delete(f"{PATH}/invitations/{shown['id']}", headers=headers),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "read_only")] * 3


async def test_another_owner_neither_sees_nor_withdraws_what_one_has_given(portal: Portal, anna: UUID):
    boris = uuid4()
    await portal.link(boris)
    given = (await invite(portal, anna)).json()

    gone = await portal.client.delete(f"{PATH}/invitations/{given['id']}", headers=portal.tokens.headers(boris))

    assert gone.status_code == 404
    assert await invitations(portal, boris) == []
    assert (await invitations(portal, anna))[0]["state"] == "pending"


async def test_a_withdrawn_or_late_invitation_opens_nothing(portal: Portal, anna: UUID):
    withdrawn = (await invite(portal, anna)).json()
    first = await token(portal)
    await portal.client.delete(f"{PATH}/invitations/{withdrawn['id']}", headers=portal.tokens.headers(anna))
    await invite(portal, anna)
    second = await token(portal)
    async with portal.engine.begin() as connection:
        await connection.execute(text("update invitations set accept_before = now() where withdrawn_at is null"))

    answers = [await accept(portal, uuid4(), one) for one in (first, second, "bm9uc2Vuc2U", "не токен")]

    assert [answer.json()["code"] for answer in answers] == ["link_expired"] * 2 + ["link_unknown"] * 2
    assert [answer.status_code for answer in answers] == [410, 410, 404, 404]
    assert (await portal.events(LINKS.name))[-1]["user_ids"] == [str(anna)]


async def test_shares_and_invitations_end_with_the_link_of_their_giver(portal: Portal, anna: UUID):
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))
    await invite(portal, anna)
    waiting = await token(portal)

    await portal.client.delete(PATH, headers=portal.tokens.headers(anna))

    assert (await accept(portal, uuid4(), waiting)).json()["code"] == "link_expired"
    assert (await listed(portal, guest))[0]["state_reason"] == "share_ended"
    assert (await portal.events(LINKS.name))[-1]["user_ids"] == []


async def test_another_password_ends_shares_and_waiting_invitations(portal: Portal, anna: UUID, passwords: Passwords):
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))
    await invite(portal, anna)
    waiting = await token(portal)

    await set_password(portal, passwords, "another")
    await portal.link(anna, password="another")

    assert (await accept(portal, uuid4(), waiting)).json()["code"] == "link_expired"
    assert (await listed(portal, guest))[0]["state_reason"] == "share_ended"


async def test_a_share_ends_with_its_day_and_the_others_are_told(portal: Portal, anna: UUID):
    """INVARIANT: a share opens nothing after its last day, whether or not the worker has come by."""
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))
    async with portal.engine.begin() as connection:
        await connection.execute(text("update links set expires_at = now() where rights = 'read'"))

    shown = await portal.client.get(f"{PATH}/balance", headers=portal.tokens.headers(guest))
    for _ in range(2):
        await end_due_shares(cast("Resources", SimpleNamespace(engine=portal.engine)))

    assert shown.status_code == 404
    [contract] = await listed(portal, guest)
    assert (contract["state"], contract["state_reason"]) == ("revoked", "share_expired")
    events = await portal.events(LINKS.name)
    assert [event["user_ids"] for event in events[1:]] == [[str(anna), str(guest)], [str(anna)]]


async def test_a_guest_who_links_by_the_suppliers_password_becomes_an_owner(portal: Portal, anna: UUID):
    await invite(portal, anna)
    guest = uuid4()
    await accept(portal, guest, await token(portal))

    linked = await portal.link(guest)

    assert (linked.status_code, linked.json()["rights"], linked.json()["expires_on"]) == (201, "full", None)
    assert (await portal.events(LINKS.name))[-1]["read_only_user_ids"] == []


async def test_who_has_linked_the_contract_cannot_use_an_invitation_up(portal: Portal, anna: UUID):
    await invite(portal, anna)
    text_of_letter = await token(portal)

    refused = await accept(portal, anna, text_of_letter)

    assert (refused.status_code, refused.json()["code"]) == (409, "already_linked")
    assert (await accept(portal, uuid4(), text_of_letter)).status_code == 201


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"email": "nobody"}, "email", "invalid_email"),
        ({"email": "a@b.example, c@d.example"}, "email", "invalid_email"),
        ({"email": "иван@пример.рф"}, "email", "email_not_ascii"),
        ({"expires_on": "2020-01-01"}, "expires_on", "invalid_expiry"),
        ({"expires_on": "2999-01-01"}, "expires_on", "invalid_expiry"),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused_by_its_field(
    portal: Portal, anna: UUID, change: dict[str, str], field: str, code: str
):
    answer = await invite(portal, anna, **change)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert await portal.events(CONTRACT_LETTERS.name) == []


async def test_an_address_in_a_unicode_domain_is_kept_and_written_to_as_mail_servers_know_it(
    portal: Portal, anna: UUID
):
    given = await invite(portal, anna, email="Reader@Пример.РФ")

    assert given.json()["email"] == "reader@xn--e1afmkfd.xn--p1ai"
    [letter] = await portal.events(CONTRACT_LETTERS.name)
    assert letter["to"] == "reader@xn--e1afmkfd.xn--p1ai"


async def test_letters_to_strangers_are_limited(portal: Portal, anna: UUID):
    """INVARIANT: the portal cannot be made to flood a mailbox."""
    answers = [await invite(portal, anna, email=f"stranger-{number}@example.org") for number in range(32)]

    assert Counter(answer.status_code for answer in answers) == {201: 20, 409: 10, 429: 2}
    assert {answer.json().get("code") for answer in answers} == {None, "too_many_invitations", "too_many_attempts"}


async def test_addresses_of_invitations_are_forgotten_after_their_time(portal: Portal, anna: UUID):
    """INVARIANT: an address of somebody who is no user is kept while it is of use, and a month longer at most."""
    await share(portal, anna, uuid4())
    await invite(portal, anna, email="waiting@example.org")
    withdrawn = (await invite(portal, anna, email="withdrawn@example.org")).json()
    await portal.client.delete(f"{PATH}/invitations/{withdrawn['id']}", headers=portal.tokens.headers(anna))
    resources = cast(Resources, SimpleNamespace(engine=portal.engine, settings=portal.settings))

    await forget_due(resources)
    before = sorted(one["email"] for one in await invitations(portal, anna))
    async with portal.engine.begin() as connection:
        for column in ("withdrawn_at", "accept_before"):
            await connection.execute(text(f"update invitations set {column} = {column} - interval '38 days'"))  # noqa: S608
    await forget_due(resources)

    assert before == ["accountant@example.org", "waiting@example.org", "withdrawn@example.org"]
    assert [one["email"] for one in await invitations(portal, anna)] == ["accountant@example.org"], "the one in use"
    async with portal.engine.connect() as connection:
        kept = await connection.execute(text("select email from invitations where email is not null"))
        assert list(kept.scalars()) == ["accountant@example.org"]


async def test_letters_to_one_address_are_limited_over_all_who_ask(portal: Portal, anna: UUID):
    """INVARIANT: nobody's mailbox is filled through many accounts; the counter holds no address in clear."""
    boris = uuid4()
    await portal.link(boris)
    given = [await invite(portal, anna) for _ in range(4)] + [
        await invite(portal, boris, email="Accountant@example.org")
    ]

    refused = await invite(portal, boris)

    assert [answer.status_code for answer in given] == [201] * 5
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    assert (await invite(portal, boris, email="other@example.org")).status_code == 201
    assert len(await portal.events(CONTRACT_LETTERS.name)) == 6
