"""Attempt windows: how long a full one lasts, and against whom attempts count."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.domain.attempts import AttemptWindow, attempt_subjects
from contracts.domain.links import ACCEPTED_WITHIN
from topics import CONTRACT_LETTERS

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


@pytest.mark.parametrize(("passed_seconds", "left_seconds"), [(0, 901), (899.5, 1), (900, 1), (2000, 1)])
def test_a_full_window_says_when_to_come_back_and_never_at_once(passed_seconds: float, left_seconds: int):
    window = AttemptWindow(attempts=6, started_at=START)

    now = START + timedelta(seconds=passed_seconds)

    assert window.retry_after_seconds(now=now, window=WINDOW) == left_seconds


def subjects(user_id: UUID, supplier_code: str, login: str) -> list[tuple[str, bytes]]:
    made = attempt_subjects(user_id=user_id, supplier_code=supplier_code, login=login, per_user=2, per_login=1)
    return [(subject.scope, subject.digest) for subject in made]


def test_attempts_count_against_the_user_and_the_login_of_one_supplier():
    user = uuid4()

    assert subjects(user, "one", "login")[0] == subjects(user, "two", "other")[0]
    assert subjects(user, "one", "login")[1] == subjects(uuid4(), "one", "login")[1]
    assert subjects(user, "one", "login")[1] != subjects(user, "two", "login")[1]


def test_a_typed_login_is_not_kept_in_clear():
    assert b"login" not in subjects(uuid4(), "one", "login")[1][1]


def test_the_letter_of_an_invitation_is_kept_for_notify_as_long_as_it_may_be_accepted():
    """INVARIANT: a letter is not deleted from the log, while notify is away, before its link has ended."""
    assert CONTRACT_LETTERS.retention_hours is not None
    assert timedelta(hours=CONTRACT_LETTERS.retention_hours) >= ACCEPTED_WITHIN
