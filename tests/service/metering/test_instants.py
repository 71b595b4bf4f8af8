"""Instant values from the log to the store, to whoever may see the point, and to the watch of max power."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from tests.service.metering.conftest import Portal
from tests.service.metering.days import DAY, START
from tests.service.metering.test_watches import LIMIT_W, alarms, resources_of
from tests.unit.metering.telemetry import Place

from common.clock import FixedClock
from metering.watches.max_power import PowerWatch
from topics.poller import INSTANT_VALUES, InstantValues

MINUTE = timedelta(minutes=1)


def shows(place: Place, at: Any, **changes: Any) -> InstantValues:
    content: dict[str, Any] = {
        "endpoint_id": place.endpoint_id,
        "meter_id": place.meter_id,
        "serial": place.serial,
        "at": at,
        "a_plus_wh": 1_000_000,
        "power_w": 700,
        "reactive_power_var": -40,
        "phase_powers_w": [700, 0, None],
        "voltages_mv": [230_100, 229_900, None],
        "currents_ma": [3_043, 0, None],
        "power_factor_thousandths": 998,
        "frequency_millihertz": 50_010,
        "frames_sha256": "ab" * 32,
    }
    return InstantValues(**content | changes)


async def test_instant_values_are_stored_once_and_shown_with_a_short_history(portal: Portal):
    """INVARIANT: the same telemetry any number of times, in any order, gives the same store."""
    place, chain = portal.place, portal.chain
    path = f"/points/{place.point_id}/instants"
    now = portal.resources.clock.now()
    empty = (await portal.get(path)).json()
    assert (empty["as_of"], empty["latest"], empty["history"]) == (None, None, {"times": [], "power_w": []})
    told = [shows(place, now - minute * MINUTE, power_w=700 + minute) for minute in (3, 1, 2, 90)]
    await chain.take(INSTANT_VALUES, *told, told[1])
    await chain.take(INSTANT_VALUES, told[0])
    found = (await portal.get(path, minutes=60)).json()
    assert found["history"]["power_w"] == [703, 702, 701]
    latest = found["latest"]
    assert (latest["power_w"], latest["reactive_power_var"], latest["frequency_millihertz"]) == (701, -40, 50_010)
    assert latest["quality"] == "RAW"
    assert latest["phases"][2] == {"phase": 3, "power_w": None, "voltage_mv": None, "current_ma": None}
    assert len((await portal.get(path, minutes=120)).json()["history"]["times"]) == 4
    assert (await portal.get(path, minutes=1_441)).status_code == 422


async def test_what_no_meter_can_show_is_refused_and_the_rest_is_stored(portal: Portal):
    place, chain = portal.place, portal.chain
    now = portal.resources.clock.now()
    wrong = [
        shows(place, now, power_w=10**9),
        shows(place, now, voltages_mv=[-1, None, None]),
        shows(place, now, serial="another"),
        shows(place, now + timedelta(hours=1)),
    ]
    await chain.take(INSTANT_VALUES, *wrong, shows(place, now - MINUTE))
    letters = [dict(headers)["dlt_reason"].decode() for name, _, _, headers in chain.log.sent if name.endswith("-dlt")]
    assert sorted(letters) == ["future_poll", "invalid_instants", "invalid_instants", "wrong_serial"]
    assert len((await portal.get(f"/points/{place.point_id}/instants")).json()["history"]["times"]) == 1


async def test_instant_values_warn_of_max_power_while_registers_come_each_half_hour(portal: Portal):
    """INVARIANT: the warning does not hang on how often half hours are read."""
    place, clock = portal.place, FixedClock(START)
    async with portal.engine.begin() as connection:
        await connection.execute(
            text("update points set power_limit_w = :limit where id = :id"), {"limit": LIMIT_W, "id": place.point_id}
        )
    watch = PowerWatch(resources_of(portal, clock))
    register = 1_000_000
    for minute in range(20):
        clock.instant = START + minute * MINUTE
        await watch.take_instants(shows(place, clock.instant, a_plus_wh=register, power_w=14_000))
        register += 233
    (told,) = await alarms(portal)
    assert (told.kind, told.at <= START + 3 * MINUTE) == ("power_limit_near", True)
    assert DAY.start_epoch == START.timestamp()
