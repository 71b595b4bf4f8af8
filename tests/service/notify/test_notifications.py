"""Notifications: each once, to those who see the contract, worded for the reader."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.service.notify.conftest import Board

from common.errors import Busy, Rejected
from common.http.pages import encode_cursor
from notify.handlers import tell_alarm, tell_ticket
from topics.metering import Alarm
from topics.tickets import Ticket

ANNA, BORIS, STRANGER = uuid4(), uuid4(), uuid4()
CONTRACT = uuid4()


def ticket(state: str, *, version: int = 2) -> Ticket:
    return Ticket(
        ticket_id=UUID(int=1),
        contract_id=CONTRACT,
        version=version,
        number=2,
        state=state,
        changed_at=datetime.now(UTC),
    )


def alarm(kind: str, **details: str | float | bool | None) -> Alarm:
    return Alarm(
        alarm_id=UUID(int=7),
        kind=kind,
        severity="warning",
        point_id=uuid4(),
        contract_id=CONTRACT,
        supplier_code="demo",
        at=datetime.now(UTC),
        details=details,
    )


async def titles(board: Board, user_id: UUID, **params: str) -> list[str]:
    return [item["title"] for item in (await board.get(user_id, **params)).json()["items"]]


async def test_a_linked_contract_is_told_once_to_each_user(board: Board):
    """INVARIANT: one event makes one notification, however often and in whatever order it comes."""
    await board.links(CONTRACT, ANNA)
    await board.links(CONTRACT, ANNA)
    await board.links(CONTRACT, ANNA, BORIS, version=3)
    await board.links(CONTRACT, ANNA, STRANGER, version=2)

    assert await titles(board, ANNA) == ["Договор добавлен"]
    assert await titles(board, BORIS) == ["Договор добавлен"]
    assert await titles(board, STRANGER) == []


async def test_a_changed_ticket_is_told_once_to_all_who_see_the_contract(board: Board):
    await board.links(CONTRACT, ANNA, BORIS)
    for _ in range(2):
        await tell_ticket(board.resources, ticket("in_progress"))
    await tell_ticket(board.resources, ticket("closed", version=3))

    for user in (ANNA, BORIS):
        assert await titles(board, user) == ["Обращение №2: закрыто", "Обращение №2: в работе", "Договор добавлен"]


async def test_an_alarm_of_a_point_is_told_once_to_all_who_see_the_contract(board: Board):
    near: dict[str, Any] = {"point": "Дом", "limit_w": 15_000, "projected_w": 15_870}
    near["half_hour_from"] = "2026-11-02T04:00:00+00:00"
    await tell_alarm(board.resources, alarm("power_limit_near", **near))
    await board.links(CONTRACT, ANNA, BORIS)
    for _ in range(2):
        await tell_alarm(board.resources, alarm("power_limit_near", **near))
    await tell_alarm(board.resources, alarm("wrong_digest", revision=1))
    await tell_alarm(board.resources, alarm("contract_linked"))

    for user in (ANNA, BORIS):
        assert await titles(board, user) == ["Дом: мощность близка к максимальной", "Договор добавлен"]


async def test_a_planned_outage_is_the_suppliers_notice_in_the_time_of_the_point(board: Board):
    await board.links(CONTRACT, ANNA)
    times = {"starts_at": "2026-12-03T05:00:00+00:00", "ends_at": "2026-12-03T09:00:00+00:00"}
    planned: dict[str, Any] = {"point": "1, 2", **times, "time_zone": "Europe/Samara", "reason": "Замена опоры"}
    for _ in range(2):
        await tell_alarm(board.resources, alarm("outage_planned", **planned))
    item, _ = (await board.get(ANNA)).json()["items"]
    assert item["title"] == "1, 2: плановое отключение"
    assert item["text"].startswith(
        "С 03.12.2026 09:00 +04 до 03.12.2026 13:00 +04 электричества не будет. Причина: Замена"
    )


async def test_an_estimate_that_the_meter_replaced_is_told_with_both_sums(board: Board):
    await board.links(CONTRACT, ANNA)
    figures: dict[str, Any] = {"point": "Дом", "day": "2026-11-01", "half_hours": 10, "methods": "E5"}
    await tell_alarm(board.resources, alarm("estimate_replaced", **figures, estimated_wh=3_250, actual_wh=4_000))
    item, _ = (await board.get(ANNA)).json()["items"]
    assert item["title"] == "Дом: вместо расчётных значений пришли показания прибора"
    assert item["text"].startswith("За 2026-11-01 было рассчитано 3250 Вт·ч, прибор учёл 4000 Вт·ч.")


async def test_a_new_ticket_is_no_news(board: Board):
    await board.links(CONTRACT, ANNA)
    await tell_ticket(board.resources, ticket("new", version=1))

    assert await titles(board, ANNA) == ["Договор добавлен"]


async def test_a_ticket_waits_for_the_links_of_its_contract(board: Board):
    with pytest.raises(Busy):
        await tell_ticket(board.resources, ticket("closed"))

    await board.links(CONTRACT, ANNA)
    await tell_ticket(board.resources, ticket("closed"))

    assert "Обращение №2: закрыто" in await titles(board, ANNA)


async def test_a_ticket_state_without_words_is_refused(board: Board):
    await board.links(CONTRACT, ANNA)

    with pytest.raises(Rejected) as caught:
        await tell_ticket(board.resources, ticket("exploded"))

    assert caught.value.code == "unfit_fields"
    assert await titles(board, ANNA) == ["Договор добавлен"]


async def test_a_notification_is_worded_in_the_readers_language(board: Board):
    await board.links(CONTRACT, ANNA)

    english = await board.get(ANNA, language="en-GB")
    russian = await board.get(ANNA)

    assert [answer.json()["items"][0]["title"] for answer in (english, russian)] == [
        "Contract added",
        "Договор добавлен",
    ]
    assert [answer.headers["Content-Language"] for answer in (english, russian)] == ["en", "ru"]
    assert english.headers["Vary"] == "Accept-Language"


async def test_a_notification_shows_all_its_fields(board: Board):
    await board.links(CONTRACT, ANNA)

    [item] = (await board.get(ANNA)).json()["items"]

    assert item == {
        "id": item["id"],
        "contract_id": str(CONTRACT),
        "kind": "contract_linked",
        "title": "Договор добавлен",
        "text": item["text"],
        "created_at": item["created_at"],
        "read_at": None,
    }


async def test_reading_clears_the_count_once_and_for_this_user_only(board: Board):
    await board.links(CONTRACT, ANNA, BORIS)
    [item] = (await board.get(ANNA)).json()["items"]

    answers = [await board.read(ANNA, item["id"]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    first = (await board.get(ANNA)).json()["items"][0]["read_at"]
    assert first is not None
    assert (await board.get(ANNA, "/unread-counts")).json() == {"items": []}
    assert (await board.get(BORIS, "/unread-counts")).json() == {"items": [{"contract_id": str(CONTRACT), "count": 1}]}


async def test_a_repeated_reading_keeps_the_first_time(board: Board):
    await board.links(CONTRACT, ANNA)
    [item] = (await board.get(ANNA)).json()["items"]
    await board.read(ANNA, item["id"])
    first = (await board.get(ANNA)).json()

    await board.read(ANNA, item["id"])

    assert (await board.get(ANNA)).json() == first


async def test_unread_notifications_are_counted_by_contract(board: Board):
    other = uuid4()
    await board.links(CONTRACT, ANNA)
    await board.links(other, ANNA)
    await tell_ticket(board.resources, ticket("closed"))

    counts = (await board.get(ANNA, "/unread-counts")).json()["items"]

    assert {item["contract_id"]: item["count"] for item in counts} == {str(CONTRACT): 2, str(other): 1}


async def test_a_stranger_reaches_no_notification_of_another(board: Board):
    """INVARIANT: a consumer sees only own notifications, and only of contracts linked now."""
    await board.links(CONTRACT, ANNA)
    [item] = (await board.get(ANNA)).json()["items"]

    read = await board.read(STRANGER, item["id"])
    listed = await board.get(STRANGER, contract_id=str(CONTRACT))

    assert [(answer.status_code, answer.json()["code"]) for answer in (read, listed)] == [(404, "not_found")] * 2
    assert await titles(board, STRANGER) == []
    assert (await board.get(STRANGER, "/unread-counts")).json() == {"items": []}
    assert (await board.get(ANNA)).json()["items"][0]["read_at"] is None


async def test_who_loses_the_link_loses_the_notifications(board: Board):
    await board.links(CONTRACT, ANNA)
    [item] = (await board.get(ANNA)).json()["items"]

    await board.links(CONTRACT, version=2)

    assert await titles(board, ANNA) == []
    assert (await board.get(ANNA, "/unread-counts")).json() == {"items": []}
    assert (await board.read(ANNA, item["id"])).status_code == 404


async def test_a_kind_of_another_version_breaks_no_list(board: Board):
    """INVARIANT: while versions are exchanged, what the newer one wrote does not stop the older one."""
    await board.links(CONTRACT, ANNA)
    await tell_ticket(board.resources, ticket("closed"))
    await board.rows("update notifications set kind = 'of_tomorrow' where kind = 'ticket_changed'")

    assert await titles(board, ANNA) == ["Договор добавлен"]
    assert (await board.get(ANNA, "/unread-counts")).json()["items"] == [{"contract_id": str(CONTRACT), "count": 1}]


async def test_the_list_can_be_of_one_contract(board: Board):
    other = uuid4()
    await board.links(CONTRACT, ANNA)
    await board.links(other, ANNA)

    listed = (await board.get(ANNA, contract_id=str(other))).json()["items"]

    assert [item["contract_id"] for item in listed] == [str(other)]


async def test_notifications_come_newest_first_page_by_page(board: Board):
    await board.links(CONTRACT, ANNA)
    for version, state in ((2, "registered"), (3, "in_progress"), (4, "closed")):
        await tell_ticket(board.resources, ticket(state, version=version))

    first = (await board.get(ANNA, limit="3")).json()
    second = (await board.get(ANNA, limit="3", cursor=first["next_cursor"])).json()

    shown: list[dict[str, Any]] = first["items"] + second["items"]
    assert [item["title"].split(": ")[-1] for item in shown] == [
        "закрыто",
        "в работе",
        "зарегистрировано",
        "Договор добавлен",
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["%%%", encode_cursor(1), encode_cursor("a", "b"), encode_cursor("2026-01-01", "b")])
async def test_a_cursor_that_was_not_given_out_is_refused(board: Board, cursor: str):
    answer = await board.get(ANNA, cursor=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize("path", ["", "/unread-counts"])
async def test_without_a_token_nothing_is_shown(board: Board, path: str):
    assert (await board.client.get(f"/api/v1/notifications{path}")).status_code == 401


async def test_without_a_token_nothing_is_marked(board: Board):
    assert (await board.client.post(f"/api/v1/notifications/{uuid4()}/read")).status_code == 401
