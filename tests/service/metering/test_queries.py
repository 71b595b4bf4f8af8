"""Consumption, comparisons, habits, power quality and the clock as a consumer sees them, on the real engine."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.service.metering.conftest import Portal, registry_file
from tests.service.metering.days import DAY, START, Days
from tests.unit.metering.telemetry import HALF_HOUR, NOW, Place, entry

from metering import service
from metering.domain.production_calendar import MOVED
from metering.domain.profile import Channel
from metering.repository import copies
from metering.repository.link_changes import link_changes
from metering.schemas.slots import SlotsOfPeriod
from metering.store.profiles import ProfileReads
from topics.poller import INTERVAL_BLOCKS, JOURNAL_ENTRIES, REGISTER_SNAPSHOTS, MeterLimits

SLOTS = 48
FULL_DAY = [100 + slot for slot in range(SLOTS)]
TODAY: dict[str, Any] = {"start": str(DAY.day), "end": str(DAY.day + timedelta(days=1))}


async def fill(portal: Portal, values: Sequence[int | None], *, start: datetime = START) -> None:
    await portal.chain.take(INTERVAL_BLOCKS, portal.place.block(values, start=start, polled_at=DAY.ends_at))


async def close(days: Days) -> None:
    await days.take(FULL_DAY)
    days.clock.instant = DAY.closes_at(6)
    await days.told()


async def shown(portal: Portal, what: str, **parameters: Any) -> Any:
    answer = await portal.get(f"/points/{portal.place.point_id}/{what}", **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_day_of_consumption_is_the_sum_of_its_half_hours_in_four_channels(portal: Portal):
    await fill(portal, FULL_DAY)

    day = await shown(portal, "consumption", **TODAY)

    assert (day["days"], day["starts"], day["ends"]) == (
        ["2026-03-18"],
        ["2026-03-17T20:00:00Z"],
        ["2026-03-18T20:00:00Z"],
    )
    assert [each["channel"] for each in day["channels"]] == ["a_plus", "a_minus", "r_plus", "r_minus"]
    assert day["channels"][0] == {
        "channel": "a_plus",
        "unit": "Wh",
        "values": [sum(FULL_DAY)],
        "quality": ["VALID"],
        "valid": [48],
        "estimated": [0],
        "questioned": [0],
        "missing": [0],
        "partial": [False],
    }
    assert day["as_of"] == "2026-03-18T20:00:00Z"


async def test_a_period_of_which_nothing_is_known_is_null_and_a_part_is_said_to_be_one(portal: Portal):
    """INVARIANT: a gap is never a zero, and a partial sum is marked."""
    await fill(portal, [7, 0, None])
    period = {"start": str(DAY.day - timedelta(days=1)), "end": TODAY["end"]}

    found = await shown(portal, "consumption", **period, channels="a_plus")

    (channel,) = found["channels"]
    assert channel["values"] == [None, 7]
    assert channel["partial"] == [True, True]
    assert channel["quality"] == ["GAP", "VALID"]
    assert channel["missing"] == [48, 46]
    assert found["revisions"] == [None, None]


async def test_weeks_begin_on_monday_and_months_on_their_first(portal: Portal):
    await fill(portal, FULL_DAY)

    weeks = await shown(portal, "consumption", **TODAY, step="week", channels="a_plus")
    months = await shown(portal, "consumption", **TODAY, step="month", channels="a_plus")
    halves = await shown(portal, "consumption", **TODAY, step="half_hour", channels="a_plus")

    assert (weeks["days"], weeks["slots"]) == (["2026-03-16"], [336])
    assert (months["days"], months["slots"]) == (["2026-03-01"], [31 * 48])
    assert weeks["channels"][0]["values"] == months["channels"][0]["values"] == [sum(FULL_DAY)]
    assert weeks["channels"][0]["partial"] == [True]
    assert halves["channels"][0]["values"] == FULL_DAY


async def test_consumption_is_times_the_ratio(portal: Portal):
    place = Place(contract_id=portal.place.contract_id, serial="2", ratio=40)
    async with portal.engine.begin() as connection:
        await service.load_registry_file(connection, registry_file(place))
    portal.chain.registry = place.registry(ratio=40)
    await portal.chain.take(INTERVAL_BLOCKS, place.block([5], start=START, polled_at=DAY.ends_at))

    answer = await portal.get(f"/points/{place.point_id}/consumption", **TODAY, channels="a_plus")

    assert answer.json()["channels"][0]["values"] == [200]


async def test_a_closed_day_carries_its_revision_and_a_tag_that_a_correction_changes(days: Days):
    """INVARIANT: nobody is shown a closed day as it was before a correction."""
    portal = days.portal
    await close(days)
    path = f"/points/{portal.place.point_id}/consumption"
    first = await portal.get(path, **TODAY)
    again = await portal.get(path, **TODAY)
    same = await portal.get(
        path, **TODAY, headers=portal.tokens.headers(portal.consumer_id) | {"If-None-Match": first.headers["etag"]}
    )

    assert first.json()["revisions"] == [1]
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])

    await days.take([*FULL_DAY[:-1], 999], polled_at=DAY.ends_at + HALF_HOUR)
    pending = await portal.get(path, **TODAY)
    assert pending.json()["channels"][0]["values"] == [sum(FULL_DAY[:-1]) + 999]
    assert pending.headers["etag"] != first.headers["etag"]
    await days.told()
    corrected = await portal.get(path, **TODAY)
    assert corrected.json()["revisions"] == [2]
    assert corrected.json()["channels"][0]["values"] == [sum(FULL_DAY[:-1]) + 999]


async def test_what_is_kept_for_one_user_is_not_given_to_another(days: Days):
    """INVARIANT: who may not see the point gets no answer about it, kept or not, not even that it is unchanged."""
    portal = days.portal
    await close(days)
    path = f"/points/{portal.place.point_id}/consumption"
    tag = (await portal.get(path, **TODAY)).headers["etag"]
    stranger = portal.tokens.headers(uuid4()) | {"If-None-Match": tag}

    assert (await portal.get(path, **TODAY, headers=stranger)).status_code == 404
    assert (await portal.get(path, **TODAY, headers={"If-None-Match": tag})).status_code == 401


async def test_questions_that_differ_have_tags_that_differ(days: Days):
    await close(days)
    portal, tags = days.portal, []
    point = f"/points/{portal.place.point_id}"
    questions: list[tuple[str, dict[str, Any]]] = [
        ("consumption", {}),
        ("consumption", {"channels": "a_plus"}),
        ("consumption", {"step": "half_hour"}),
        ("heat-map", {}),
        ("heat-map", {"channel": "r_plus"}),
        ("typical-day", {}),
        ("load-figures", {}),
        ("comparison", {}),
        ("comparison", {"align": "weekday"}),
        ("comparison", {"against": "last_year"}),
    ]
    for what, more in questions:
        tags.append((await portal.get(f"{point}/{what}", **TODAY, **more)).headers["etag"])
    assert len(set(tags)) == len(tags)


async def test_a_typical_day_has_another_tag_once_the_decree_of_its_year_is_known(
    days: Days, monkeypatch: pytest.MonkeyPatch
):
    """INVARIANT: no tag is used again for other bytes, also where nothing of the days has changed."""
    await close(days)
    path = f"/points/{days.portal.place.point_id}/typical-day"
    known = await days.portal.get(path, **TODAY)
    monkeypatch.delitem(MOVED, DAY.day.year)
    unknown = await days.portal.get(path, **TODAY)
    assert (known.json()["years_without_calendar"], unknown.json()["years_without_calendar"]) == ([], [DAY.day.year])
    assert known.headers["etag"] != unknown.headers["etag"]


async def test_all_channels_come_in_one_profile_as_power_if_asked(portal: Portal):
    await fill(portal, [5_250, 100])
    period = {"start": START.isoformat(), "end": (START + timedelta(hours=1)).isoformat()}

    found = await shown(portal, "profile", **period, channels="all", measure="power")
    hour = await shown(portal, "profile", **period, step="hour", measure="power")

    assert (found["unit"], found["values"]) == ("W", [10_500, 200])
    assert [(each["channel"], each["unit"]) for each in found["others"]] == [
        ("a_minus", "W"),
        ("r_plus", "var"),
        ("r_minus", "var"),
    ]
    assert found["others"][2]["values"] == [10_500, 200]
    assert hour["values"] == [5_350]
    assert found["revisions"] == [{"day": "2026-03-18", "revision": None}]


async def test_flags_of_the_meter_stand_beside_its_half_hours(portal: Portal):
    await portal.chain.take(
        INTERVAL_BLOCKS, portal.place.block([1, 2], start=START, flags=[0, 6], polled_at=DAY.ends_at)
    )
    found = await shown(portal, "profile", start=START.isoformat(), end=(START + timedelta(hours=1)).isoformat())

    assert found["flags"] == [[], ["CLOCK_SET", "POWER_FAIL"]]


async def test_a_day_is_compared_with_the_day_before(portal: Portal):
    await fill(portal, FULL_DAY)
    await fill(portal, [100] * SLOTS, start=START - timedelta(days=1))

    found = await shown(portal, "comparison", **TODAY)

    assert (found["days"], found["other_days"]) == (["2026-03-18"], ["2026-03-17"])
    assert (found["values"], found["other_values"]) == ([sum(FULL_DAY)], [4_800])
    assert (found["compared_days"], found["difference"]) == (1, sum(FULL_DAY) - 4_800)
    assert found["change_percent"] == 23.5
    assert (found["quality"], found["other_quality"]) == (["VALID"], ["VALID"])


async def test_a_pair_with_a_gap_tells_no_difference(portal: Portal):
    await fill(portal, FULL_DAY)
    await fill(portal, [100] * (SLOTS - 1), start=START - timedelta(days=1))

    found = await shown(portal, "comparison", **TODAY)

    assert (found["compared_days"], found["sum"], found["difference"]) == (0, None, None)
    assert (found["other_complete"], found["other_quality"]) == ([False], ["VALID"])


async def test_habits_of_a_load(portal: Portal):
    await fill(portal, FULL_DAY)
    await fill(portal, [200] * SLOTS, start=START - timedelta(days=1))
    period = {"start": str(DAY.day - timedelta(days=1)), "end": TODAY["end"]}

    typical = await shown(portal, "typical-day", **period)
    heat = await shown(portal, "heat-map", **period)
    figures = await shown(portal, "load-figures", **period)

    workday, saturday, _ = typical["kinds"]
    assert (workday["days"], workday["values"][:2], saturday["values"][0]) == (2, [150, 151], None)
    assert (typical["slots_ended"], typical["slots_missing"]) == (96, 0)
    assert (typical["quality"], typical["slots_valid"], typical["slots_estimated"]) == ("VALID", 96, 0)
    assert {name: figures[name] for name in SlotsOfPeriod.model_fields} == {
        name: typical[name] for name in SlotsOfPeriod.model_fields
    }
    assert [(row["day"], len(row["values"])) for row in heat["days"]] == [("2026-03-17", 48), ("2026-03-18", 48)]
    assert heat["greatest"] == 200
    assert figures["base_load"] == {"power_w": 202, "slots": 24}
    assert figures["maximum"] == {
        "start": "2026-03-16T20:00:00Z",
        "end": "2026-03-16T20:30:00Z",
        "energy_wh": 200,
        "power_w": 400,
        "quality": "VALID",
    }
    assert figures["greatest_month"] is None


async def test_voltage_outside_is_counted_once_by_phase_with_its_share(portal: Portal):
    await portal.chain.take(
        JOURNAL_ENTRIES,
        portal.place.journal(
            entry("21", "2026-03-18T10:00:00", "2026-03-18T11:00:00"),
            entry("20", "2026-03-18T10:30:00", "2026-03-18T10:40:00"),
            entry("26", "2026-03-18T18:40:00", "2026-03-18T19:10:00"),
            entry("28", "2026-03-18T22:30:00"),
            polled_at=DAY.ends_at,
        ),
    )

    found = await shown(portal, "power-quality", **TODAY)

    one, two, three = found["phases"]
    assert (one["below_normal_seconds"], one["below_limit_seconds"], one["outside_minutes"]) == (3_600, 600, 60)
    assert one["share"] == round(3_600 / 86_400, 6)
    assert (two["above_normal_seconds"], two["outside_minutes"], two["open_entries"]) == (1_800, 30, 0)
    assert (three["outside_seconds"], three["open_entries"]) == (1_800, 1)
    assert (found["low_v"], found["high_v"]) == (207, 253)
    assert (found["observed_seconds"], found["observed_share"]) == (86_400, 1.0)


async def test_the_limits_of_the_meter_are_those_that_were_read_last(portal: Portal):
    assert (await shown(portal, "power-quality", **TODAY))["meter_limits"] is None
    for hours, lowest in ((2, 207_000), (1, 209_000)):
        limits = MeterLimits(
            meter_id=portal.place.meter_id,
            read_at=START + timedelta(hours=hours),
            voltages_mv=[180_000, lowest, 231_000, 250_000],
        )
        async with portal.engine.begin() as connection:
            await copies.keep_limits(connection, limits)

    found = (await shown(portal, "power-quality", **TODAY))["meter_limits"]

    assert (found["below_limit_mv"], found["below_normal_mv"], found["above_normal_mv"]) == (180_000, 207_000, 231_000)
    assert found["above_limit_mv"] == 250_000


async def test_an_outage_stands_between_two_records_of_supply(portal: Portal):
    await portal.chain.take(
        JOURNAL_ENTRIES,
        portal.place.journal(
            entry("01", "2026-03-01T10:00:00", "2026-03-17T22:30:00"),
            entry("01", "2026-03-18T01:00:00", "2026-03-18T12:00:00"),
            entry("01", "2026-03-18T12:30:00"),
            polled_at=DAY.ends_at,
        ),
    )

    found = await shown(portal, "power-quality", **TODAY)

    assert [(each["start"], each["end"], each["duration_seconds"]) for each in found["outages_seen"]] == [
        ("2026-03-17T19:30:00Z", "2026-03-17T22:00:00Z", 9_000),
        ("2026-03-18T09:00:00Z", "2026-03-18T09:30:00Z", 1_800),
    ]


async def test_drift_is_shown_with_the_corrections_of_the_clock(portal: Portal):
    await portal.chain.take(
        REGISTER_SNAPSHOTS,
        portal.place.snapshot(START + timedelta(hours=1), ("sum", 1), drift_seconds=-3.5),
        portal.place.snapshot(START + timedelta(hours=5), ("sum", 2), drift_seconds=None, meter_time=None),
    )
    await portal.chain.take(
        JOURNAL_ENTRIES,
        portal.place.journal(entry("02", "2026-03-18T17:26:13", "2026-03-18T17:28:10"), polled_at=DAY.ends_at),
    )

    found = await shown(portal, "clock-drift", **TODAY)

    assert found["drift"] == {"times": ["2026-03-17T21:00:00Z"], "drift_seconds": [-3.5]}
    assert (found["readings"], found["last_reading_at"]) == (1, "2026-03-18T01:00:00Z")
    assert found["corrections"] == [
        {
            "at": "2026-03-18T14:26:13Z",
            "meter_before": "2026-03-18T17:26:13",
            "meter_after": "2026-03-18T17:28:10",
            "corrected_by_seconds": 117,
        }
    ]


async def test_the_journal_is_filtered_by_type_and_phase(portal: Portal):
    await portal.chain.take(
        JOURNAL_ENTRIES,
        portal.place.journal(
            entry("02", "2026-03-18T17:26:13", "2026-03-18T17:28:10"),
            entry("20", "2026-03-18T16:50:00"),
            entry("26", "2026-03-18T18:40:00", "2026-03-18T19:10:00"),
            polled_at=DAY.ends_at,
        ),
    )
    period = {"start": START.isoformat(), "end": DAY.ends_at.isoformat()}

    voltage = (await shown(portal, "journal", **period, type="voltage"))["items"]
    second = (await shown(portal, "journal", **period, type="voltage", phase=2))["items"]
    none = (await shown(portal, "journal", **period, type="clock", phase=2))["items"]

    assert [(each["journal"], each["type"], each["duration_seconds"]) for each in voltage] == [
        ("26", "voltage", 1_800),
        ("20", "voltage", None),
    ]
    assert ([each["journal"] for each in second], none) == (["26"], [])


@pytest.mark.parametrize(
    ("what", "parameters", "code"),
    [
        ("consumption", {"start": "2026-03-18", "end": "2026-03-18"}, "invalid_period"),
        ("consumption", {"start": "2024-03-18", "end": "2026-03-18"}, "period_too_long"),
        ("consumption", {"start": "2016-03-18", "end": "2026-03-18", "step": "month"}, "period_too_long"),
        ("consumption", {"start": "0001-01-01", "end": "0001-01-02"}, "period_out_of_range"),
        ("consumption", {"start": "9999-12-30", "end": "9999-12-31", "step": "week"}, "period_out_of_range"),
        ("consumption", {**TODAY, "channels": "volt"}, "invalid_request"),
        ("comparison", {"start": "1970-01-02", "end": "1970-01-03"}, "period_out_of_range"),
        ("comparison", {"start": "1970-06-02", "end": "1970-06-03", "against": "last_year"}, "period_out_of_range"),
        ("heat-map", {"start": "2024-03-18", "end": "2026-03-18"}, "period_too_long"),
        ("power-quality", {"start": "2024-03-18", "end": "2026-03-18"}, "period_too_long"),
        ("clock-drift", {"start": "2026-03-18", "end": "2026-03-17"}, "invalid_period"),
        ("journal", {"start": "2026-03-18T00:00:00Z", "end": "2026-03-19T00:00:00Z", "phase": 4}, "invalid_request"),
    ],
)
async def test_periods_that_cannot_be_are_refused(portal: Portal, what: str, parameters: dict[str, Any], code: str):
    answer = await portal.get(f"/points/{portal.place.point_id}/{what}", **parameters)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_many_who_wait_share_a_query_and_each_gets_the_own_point(portal: Portal):
    profiles = _reads(portal)
    places = [Place() for _ in range(20)]
    for number, place in enumerate(places):
        portal.chain.registry = place.registry()
        await portal.chain.take(INTERVAL_BLOCKS, place.block([number], start=START, polled_at=DAY.ends_at))
    found = await asyncio.gather(
        *(
            profiles.window(
                place.point_id,
                [Channel.A_PLUS],
                start_epoch=int(START.timestamp()),
                end_epoch=int(DAY.ends_at.timestamp()),
                now_epoch=datetime(2026, 3, 20, tzinfo=UTC).timestamp(),
            )
            for place in [*places, Place()]
        )
    )

    assert [each.halves[0].values.tolist() for each in found] == [*([number] for number in range(20)), []]
    assert {each.newest_epoch for each in found[:-1]} == {int(START.timestamp())}
    assert found[-1].newest_epoch is None


def _reads(portal: Portal) -> Any:
    return ProfileReads(portal.chain.store.engine)


def test_the_day_of_these_tests_is_a_workday():
    assert DAY.day == date(2026, 3, 18)


async def test_of_a_meters_link_only_what_held_at_the_beginning_and_came_after_it_is_read(portal: Portal):
    meter = portal.place.meter_id
    async with portal.engine.begin() as connection:
        for days, state in ((9, "ok"), (7, "failing"), (5, "ok"), (3, "failing")):
            await connection.execute(
                text("insert into meter_link_changes (meter_id, changed_at, state) values (:meter, :at, :state)"),
                {"meter": meter, "at": NOW - timedelta(days=days), "state": state},
            )
        found = await link_changes(connection, [meter], since=NOW - timedelta(days=6), until=NOW - timedelta(days=4))
        early = await link_changes(connection, [meter], since=NOW - timedelta(days=20), until=NOW)
    assert [(each.at_epoch, each.is_failing) for each in found] == [
        ((NOW - timedelta(days=7)).timestamp(), True),
        ((NOW - timedelta(days=5)).timestamp(), False),
    ]
    assert len(early) == 4
