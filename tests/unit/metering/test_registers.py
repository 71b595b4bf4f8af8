"""Checks of register snapshots: stored whole, or refused whole by name."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.metering.telemetry import NOW, START, Place

from metering.domain.registers import CheckedSnapshots, check_snapshots
from topics.poller import Register, RegisterSnapshot

PLACE = Place()


def check(*snapshots: RegisterSnapshot) -> CheckedSnapshots:
    return check_snapshots(snapshots, PLACE.registry(), now_epoch=NOW.timestamp())


def test_registers_are_kept_as_the_meter_shows_them():
    (stored,) = check(PLACE.snapshot(START, ("sum", 7_550_965), ("T1", 5_051_398), ("T2", 2_499_567))).snapshots

    assert (stored.point_id, stored.at) == (PLACE.point_id, START)
    assert stored.zones == ["sum", "T1", "T2"]
    assert stored.values_wh == [7_550_965, 5_051_398, 2_499_567]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": NOW + timedelta(minutes=6)}, "future_poll"),
        ({"meter_time": datetime(1960, 1, 1)}, "impossible_time"),  # noqa: DTZ001 -- a meter's own time
        ({"meter_time": datetime(2200, 1, 1)}, "impossible_time"),  # noqa: DTZ001 -- a meter's own time
        ({"meter_id": PLACE.point_id}, "unknown_meter"),
        ({"serial": "1"}, "wrong_serial"),
        ({"registers": [Register(zone="T5", channel="a_plus", value_wh=1)]}, "unknown_channel"),
        ({"registers": [Register(zone="T1", channel="volt", value_wh=1)]}, "unknown_channel"),
        ({"registers": [Register(zone="T1", channel="a_plus", value_wh=-1)]}, "invalid_registers"),
        ({"registers": [Register(zone="T1", channel="a_plus", value_wh=2**53)]}, "invalid_registers"),
        ({"registers": [Register(zone="T1", channel="a_plus", value_wh=1)] * 2}, "invalid_registers"),
    ],
)
def test_a_bad_snapshot_is_refused_and_its_neighbours_are_stored(changes: dict[str, Any], code: str):
    checked = check(PLACE.snapshot(**changes), PLACE.snapshot(START, ("sum", 1)))

    assert [(index, reason.code) for index, reason in checked.refused] == [(0, code)]
    assert [stored.values_wh for stored in checked.snapshots] == [[1]]
