from uuid import UUID

from structlog.testing import capture_logs
from tests.unit.meter_poller.parts import ANY_ID, HALF_HOUR, NOON

from meter_poller.errors import BadCrc, NoReply
from meter_poller.metrics import METERS
from meter_poller.states import LinkStates

METER, OTHER = UUID(int=1), UUID(int=2)


def test_a_state_is_published_at_first_and_then_only_when_it_changes():
    states = LinkStates(ANY_ID)
    states.succeeded(METER, at=NOON, drift_seconds=2.0)
    first = states.take_change()
    assert first is not None
    assert [(link.state, link.error_code, link.drift_seconds) for link in first.meters] == [("ok", None, 2.0)]
    states.succeeded(METER, at=NOON + HALF_HOUR, drift_seconds=None)
    assert states.take_change() is None


def test_every_message_holds_all_meters_of_the_endpoint():
    states = LinkStates(ANY_ID)
    states.succeeded(METER, at=NOON, drift_seconds=1.0)
    states.take_change()
    states.failed(OTHER, NoReply("silence"), at=NOON + HALF_HOUR)
    change = states.take_change()
    assert change is not None
    assert {link.meter_id: link.error_code for link in change.meters} == {METER: None, OTHER: "timeout"}


def test_a_fault_is_logged_when_it_changes_and_when_it_is_over_and_not_at_each_poll():
    states = LinkStates(ANY_ID)
    with capture_logs() as logs:
        states.succeeded(METER, at=NOON, drift_seconds=None)
        for fault in (NoReply("a"), NoReply("b"), BadCrc("c")):
            states.failed(METER, fault, at=NOON + HALF_HOUR)
        states.succeeded(METER, at=NOON + 2 * HALF_HOUR, drift_seconds=None)
    assert [(entry["event"], entry.get("code")) for entry in logs] == [
        ("meter.failed", "timeout"),
        ("meter.failed", "crc"),
        ("meter.recovered", None),
    ]


def test_a_failing_meter_keeps_the_time_of_its_last_success_and_of_the_change():
    states = LinkStates(ANY_ID)
    states.succeeded(METER, at=NOON, drift_seconds=3.0)
    states.failed(METER, NoReply("silence"), at=NOON + HALF_HOUR)
    states.failed(METER, NoReply("silence"), at=NOON + 2 * HALF_HOUR)
    change = states.take_change()
    assert change is not None
    (link,) = change.meters
    assert (link.state, link.last_success_at, link.changed_at) == ("failing", NOON, NOON + HALF_HOUR)
    assert link.drift_seconds == 3.0


def test_meters_that_are_given_away_leave_the_gauge():
    gauge = METERS.labels(state="ok")
    before = gauge._value.get()
    states = LinkStates(ANY_ID)
    states.succeeded(METER, at=NOON, drift_seconds=None)
    assert gauge._value.get() == before + 1
    states.close()
    assert gauge._value.get() == before
