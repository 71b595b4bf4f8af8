"""Points, passport, readings and journals as a consumer, an operator and a stranger see them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.service.metering.conftest import Portal, registry_file
from tests.unit.metering.telemetry import NOW, START, Place, entry

from common.http.pages import encode_cursor
from metering import service
from metering.repository import copies
from topics.contracts import Contract, ContractLinks
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS, LinkState, MeterLink

PERIOD: dict[str, Any] = {"start": START.isoformat(), "end": (START + timedelta(days=1)).isoformat()}


async def test_the_points_of_a_contract_are_listed_with_meter_reading_and_link(portal: Portal):
    place = portal.place
    await portal.chain.take(REGISTER_SNAPSHOTS, place.snapshot(START, ("T1", 5_051_398), ("T2", 2_499_567)))
    await portal.chain.take(
        REGISTER_SNAPSHOTS, place.snapshot(START + timedelta(hours=1), ("T1", 5_051_400), ("T2", 2_499_567))
    )
    state = MeterLink(
        meter_id=place.meter_id,
        state="failing",
        changed_at=START,
        last_success_at=START - timedelta(hours=1),
        error_code="no_answer",
    )
    async with portal.engine.begin() as connection:
        await copies.keep_link_states(
            connection, LinkState(endpoint_id=place.endpoint_id, changed_at=START, meters=[state])
        )

    answer = await portal.get(f"/contracts/{place.contract_id}/points")

    assert answer.status_code == 200
    assert answer.json() == {
        "as_of": "2026-03-10T13:00:00Z",
        "items": [
            {
                "id": str(place.point_id),
                "contract_id": str(place.contract_id),
                "name": "НСТ Автомобилист",
                "number": str(place.point_id),
                "resource": "electricity",
                "address": None,
                "time_zone": "Europe/Samara",
                "meter": {"id": str(place.meter_id), "model": "Меркурий 234 ART(M)", "serial": "41888840"},
                "last_reading": {
                    "at": "2026-03-10T13:00:00Z",
                    "registers": [
                        {"zone": "T1", "channel": "a_plus", "value_wh": 5_051_400},
                        {"zone": "T2", "channel": "a_plus", "value_wh": 2_499_567},
                    ],
                },
                "link": {
                    "state": "failing",
                    "changed_at": "2026-03-10T12:00:00Z",
                    "last_success_at": "2026-03-10T11:00:00Z",
                    "error_code": "no_answer",
                },
            }
        ],
        "next_cursor": None,
    }


async def test_a_point_is_shown_with_the_passport_of_its_meter(portal: Portal):
    shown = (await portal.get(f"/points/{portal.place.point_id}")).json()

    assert shown["last_reading"] is None
    assert shown["link"] == {"state": "unknown", "changed_at": None, "last_success_at": None, "error_code": None}
    assert shown["passport"] == {
        "installation_place": None,
        "type_approval_number": "75755-19",
        "accuracy_class": "0,2S/0,5",
        "rated_voltage": "3*230/400",
        "rated_current": "5/60",
        "commissioned_on": "2020-12-01",
        "last_verified_on": None,
        "next_verification_on": None,
        "tariff": None,
        "last_inspected_on": None,
        "power_limit_w": None,
    }


async def test_a_point_without_a_meter_has_none(portal: Portal):
    bare = Place(contract_id=portal.place.contract_id)
    async with portal.engine.begin() as connection:
        await service.load_registry_file(connection, registry_file(bare, meters=[], installations=[], endpoints=[]))

    shown = (await portal.get(f"/points/{bare.point_id}")).json()

    assert (shown["meter"], shown["link"], shown["last_reading"]) == (None, None, None)
    assert shown["as_of"] is None
    assert (await portal.get(f"/points/{bare.point_id}/journals")).json() == {"as_of": None, "items": []}


async def test_long_lists_of_points_come_in_pages(portal: Portal):
    others = [Place(contract_id=portal.place.contract_id) for _ in range(4)]
    async with portal.engine.begin() as connection:
        for other in others:
            await service.load_registry_file(
                connection, registry_file(other, meters=[], installations=[], endpoints=[])
            )
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await portal.get(f"/contracts/{portal.place.contract_id}/points", limit=2, **cursor)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert sorted(seen) == sorted(str(place.point_id) for place in [portal.place, *others])


async def test_readings_are_listed_newest_first_in_pages(portal: Portal):
    moments = [START + timedelta(hours=hour) for hour in range(3)]
    await portal.chain.take(
        REGISTER_SNAPSHOTS, *(portal.place.snapshot(at, ("sum", index)) for index, at in enumerate(moments))
    )
    path = f"/points/{portal.place.point_id}/readings"

    first = (await portal.get(path, limit=2)).json()
    second = (await portal.get(path, limit=2, cursor=first["next_cursor"])).json()

    assert (first["as_of"], second["as_of"]) == ("2026-03-10T14:00:00Z", "2026-03-10T14:00:00Z")
    items = first["items"] + second["items"]
    assert [item["registers"][0]["value_wh"] for item in items] == [2, 1, 0]
    assert items[0] == {
        "at": "2026-03-10T14:00:00Z",
        "source": "meter",
        "registers": [{"zone": "sum", "channel": "a_plus", "value_wh": 2}],
    }
    assert second["next_cursor"] is None


async def test_the_journal_is_shown_in_the_manuals_wording_newest_first(portal: Portal):
    await portal.chain.take(
        JOURNAL_ENTRIES,
        portal.place.journal(
            entry("20", "2026-03-10T16:50:00"),
            entry("02", "2026-03-10T17:26:13", "2026-03-10T17:28:10"),
            entry("26", "2026-03-12T18:40:00", "2026-03-12T19:10:00"),
            polled_at=START + timedelta(days=2),
        ),
    )
    path = f"/points/{portal.place.point_id}/journal"

    page = (await portal.get(path, **PERIOD)).json()

    assert [item["message"] for item in page["items"]] == [
        (
            "Время коррекции часов прибора (до корректировки) 2026-03-10 17:26:13 (после корректировки) "
            "2026-03-10 17:28:10 значение корректировки 01 минута 57 секунд"
        ),
        "Время выхода/возврата за мин. предельно допустимое значение напряжения в фазе 1 (выход) 2026-03-10 16:50:00",
    ]
    assert page["items"][1] | {"id": "", "message": ""} == {
        "id": "",
        "journal": "20",
        "journal_title": "Выход/возврат напряжения фазы 1: мин. предельное",
        "type": "voltage",
        "phase": 1,
        "opened_at": "2026-03-10T13:50:00Z",
        "closed_at": None,
        "meter_opened_at": "2026-03-10T16:50:00",
        "meter_closed_at": None,
        "duration_seconds": None,
        "message": "",
    }
    assert (page["as_of"], page["time_zone"]) == ("2026-03-12T12:00:00Z", "Europe/Samara")
    only = (await portal.get(path, **PERIOD, journal="20")).json()
    assert [item["journal"] for item in only["items"]] == ["20"]
    english = portal.tokens.headers(portal.consumer_id) | {"Accept-Language": "en-GB,en;q=0.9,ru;q=0.5"}
    page = (await portal.get(path, headers=english, **PERIOD)).json()
    assert page["items"][1]["message"] == "Voltage of phase 1 below the minimum limit (out) 2026-03-10 16:50:00"


async def test_a_long_journal_comes_in_pages_even_within_one_second(portal: Portal):
    entries = [entry(number, "2026-03-10T17:00:00") for number in ("20", "21", "22", "23", "24")]
    await portal.chain.take(JOURNAL_ENTRIES, portal.place.journal(*entries))
    path = f"/points/{portal.place.point_id}/journal"
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await portal.get(path, **PERIOD, limit=2, **cursor)).json()
        seen += [item["journal"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == ["24", "23", "22", "21", "20"]


async def test_the_journals_of_a_meter_are_named(portal: Portal):
    items = (await portal.get(f"/points/{portal.place.point_id}/journals")).json()["items"]

    assert {"journal": "02", "type": "clock", "phase": None, "title": "Время коррекции часов"} in items


# Where days are asked for, midnights name them too.
MIDNIGHTS: dict[str, Any] = {"start": "2026-03-10T00:00:00Z", "end": "2026-03-11T00:00:00Z"}
PATHS = [
    "/points/{point}",
    "/points/{point}/profile",
    "/points/{point}/journals",
    "/points/{point}/journal",
    "/points/{point}/readings",
    "/points/{point}/consumption",
    "/points/{point}/comparison",
    "/points/{point}/typical-day",
    "/points/{point}/heat-map",
    "/points/{point}/load-figures",
    "/points/{point}/power-quality",
    "/points/{point}/clock-drift",
    "/points/{point}/instants",
    "/points/{point}/zone-checks",
    "/points/{point}/power-limit",
    "/contracts/{contract}/points",
]


def path_of(place: Place, path: str) -> str:
    return path.format(point=place.point_id, contract=place.contract_id)


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_finds_nothing(portal: Portal, path: str):
    """INVARIANT: a consumer reaches only linked contracts, an operator only the own supplier; to others it is 404."""
    strangers: list[dict[str, Any]] = [
        {},
        {"roles": ["operator"], "supplier": "other"},
        {"roles": ["consumer"], "supplier": "demo"},
        {"roles": ["operator"]},
        {"roles": ["admin"]},
    ]
    for claims in strangers:
        headers = portal.tokens.headers(uuid4(), **claims)
        answer = await portal.get(path_of(portal.place, path), headers=headers, **MIDNIGHTS)
        assert answer.status_code == 404, claims
        assert answer.json()["code"] in {"point_not_found", "contract_not_found"}
    missing = await portal.get(path_of(Place(), path), **MIDNIGHTS)
    assert missing.status_code == 404


@pytest.mark.parametrize("path", PATHS)
async def test_a_program_reads_the_contracts_of_its_key(portal: Portal, path: str):
    """INVARIANT: a token with a scope reads the contracts in it, of those that are linked."""
    contract = str(portal.place.contract_id)
    statuses = []
    for user_id, scope in ((portal.consumer_id, contract), (portal.consumer_id, str(uuid4())), (uuid4(), contract)):
        headers = portal.tokens.headers(user_id, contracts=[scope])
        statuses.append((await portal.get(path_of(portal.place, path), headers=headers, **MIDNIGHTS)).status_code)
    assert statuses == [200, 404, 404]


@pytest.mark.parametrize("path", PATHS)
async def test_the_suppliers_operator_sees_what_the_consumer_sees(portal: Portal, path: str):
    operator = portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo")

    shown = await portal.get(path_of(portal.place, path), headers=operator, **MIDNIGHTS)

    assert shown.status_code == 200
    assert shown.json() == (await portal.get(path_of(portal.place, path), **MIDNIGHTS)).json()


@pytest.mark.parametrize("path", PATHS)
async def test_a_call_without_a_token_is_401(portal: Portal, path: str):
    answer = await portal.get(path_of(portal.place, path), headers={}, **MIDNIGHTS)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/points/nonsense", {}, "invalid_request"),
        ("/points/{point}/profile", {}, "invalid_request"),
        ("/points/{point}/profile", {**PERIOD, "start": "2026-03-10T12:00:00"}, "invalid_request"),
        ("/points/{point}/profile", {**PERIOD, "channel": "volt"}, "invalid_request"),
        ("/points/{point}/profile", {**PERIOD, "step": "day"}, "invalid_request"),
        ("/points/{point}/profile", {**PERIOD, "start": "2026-03-10T12:01:00Z"}, "period_off_grid"),
        ("/points/{point}/profile", {**PERIOD, "start": "2020-03-10T12:00:00Z"}, "period_too_long"),
        ("/points/{point}/profile", {**PERIOD, "start": "2027-03-10T12:00:00Z"}, "invalid_period"),
        (
            "/points/{point}/profile",
            {"start": "0001-01-01T00:00:00Z", "end": "0001-01-02T00:00:00Z"},
            "period_out_of_range",
        ),
        ("/points/{point}/journal", {**PERIOD, "cursor": "nonsense"}, "invalid_cursor"),
        ("/points/{point}/journal", {**PERIOD, "limit": 0}, "invalid_request"),
        ("/points/{point}/journal", {**PERIOD, "journal": "'"}, "invalid_request"),
        ("/points/{point}/journal", {**PERIOD, "cursor": encode_cursor(1, "'; DROP TABLE journal")}, "invalid_cursor"),
        ("/points/{point}/journal", {**PERIOD, "cursor": encode_cursor(-1, "20")}, "invalid_cursor"),
        ("/points/{point}/readings", {"cursor": encode_cursor(2**60)}, "invalid_cursor"),
        ("/contracts/{contract}/points", {"cursor": encode_cursor("\x00", str(uuid4()))}, "invalid_cursor"),
        ("/points/{point}/readings", {"cursor": "WyJhIl0"}, "invalid_cursor"),
        ("/contracts/{contract}/points", {"cursor": "WyJhIiwiYiJd"}, "invalid_cursor"),
    ],
)
async def test_malformed_requests_are_422_with_a_code(portal: Portal, path: str, parameters: dict[str, Any], code: str):
    answer = await portal.get(path_of(portal.place, path), **parameters)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_link_that_ends_ends_the_view(portal: Portal):
    ids: dict[str, Any] = {"contract_id": portal.place.contract_id, "supplier_code": "demo"}
    async with portal.engine.begin() as connection:
        await copies.keep_links(connection, ContractLinks(**ids, version=2, user_ids=[]))

    assert (await portal.get(f"/points/{portal.place.point_id}")).status_code == 404


async def test_older_copies_are_dropped(portal: Portal):
    ids: dict[str, Any] = {"contract_id": portal.place.contract_id, "supplier_code": "demo"}
    async with portal.engine.begin() as connection:
        await copies.keep_links(connection, ContractLinks(**ids, version=5, user_ids=[portal.consumer_id]))
        await copies.keep_links(connection, ContractLinks(**ids, version=4, user_ids=[]))
        await copies.keep_links(connection, ContractLinks(**ids, version=5, user_ids=[]))
        other = {**ids, "supplier_code": "other"}
        await copies.keep_contract(connection, Contract(**other, version=1, number="1"))

    assert (await portal.get(f"/points/{portal.place.point_id}")).status_code == 200
    operator = portal.tokens.headers(uuid4(), roles=["operator"], supplier="demo")
    assert (await portal.get(f"/points/{portal.place.point_id}", headers=operator)).status_code == 200


async def test_older_link_states_are_dropped(portal: Portal):
    place = portal.place

    def state(name: str, hours: int) -> LinkState:
        at = START + timedelta(hours=hours)
        meter = MeterLink(meter_id=place.meter_id, state=name, changed_at=at, last_success_at=at, error_code=None)
        return LinkState(endpoint_id=place.endpoint_id, changed_at=at, meters=[meter])

    async with portal.engine.begin() as connection:
        for each in (state("ok", 2), state("failing", 1), state("ok", 2)):
            await copies.keep_link_states(connection, each)

    assert (await portal.get(f"/points/{place.point_id}")).json()["link"]["state"] == "ok"


async def test_hours_are_served_in_primary_energy(portal: Portal):
    ratio = Place(contract_id=portal.place.contract_id, serial="2", ratio=40)
    portal.chain.registry = ratio.registry()
    await portal.chain.take(INTERVAL_BLOCKS, ratio.block([1, 2, 3]))
    async with portal.engine.begin() as connection:
        await service.load_registry_file(connection, registry_file(ratio))

    answer = await portal.get(
        f"/points/{ratio.point_id}/profile",
        start=START.isoformat(),
        end=(START + timedelta(hours=2)).isoformat(),
        step="hour",
        channel="r_plus",
    )

    shown = answer.json()
    assert (shown["values"], shown["quality"]) == ([120, None], ["VALID", "GAP"])
    assert (shown["unit"], shown["step_seconds"]) == ("varh", 3600)
    assert shown["as_of"] == "2026-03-10T13:30:00Z"


async def test_a_profile_of_nothing_is_gaps_without_an_as_of(portal: Portal):
    shown = (await portal.get(f"/points/{portal.place.point_id}/profile", **PERIOD)).json()

    assert (shown["values"], shown["as_of"]) == ([None] * 48, None)
    assert set(shown["quality"]) == {"GAP"}


async def test_as_of_looks_beyond_the_period(portal: Portal):
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block([1], start=NOW - timedelta(days=1)))

    shown = (await portal.get(f"/points/{portal.place.point_id}/profile", **PERIOD)).json()

    assert (shown["as_of"], set(shown["values"])) == ("2026-03-19T12:30:00Z", {None})
