"""Attempt windows: how long a full one lasts, and against whom attempts count."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.domain.attempts import AttemptWindow, LinkLimits, LinkSubjects, link_subjects, login_digest
from contracts.domain.links import ACCEPTED_WITHIN
from contracts.secret_keys import TokenKey
from topics import CONTRACT_LETTERS

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


@pytest.mark.parametrize(("passed_seconds", "left_seconds"), [(0, 901), (899.5, 1), (900, 1), (2000, 1)])
def test_a_full_window_says_when_to_come_back_and_never_at_once(passed_seconds: float, left_seconds: int):
    window = AttemptWindow(attempts=6, started_at=START)

    now = START + timedelta(seconds=passed_seconds)

    assert window.retry_after_seconds(now=now, window=WINDOW) == left_seconds


KEY = TokenKey("a secret of tests that is long enough")
LIMITS = LinkLimits(
    per_user=3, per_pair=2, window=WINDOW, per_login=5, per_pair_while_guessed=1, login_window=timedelta(days=1)
)


def subjects(user_id: UUID, supplier_code: str, login: str, password_hash: str | None = None) -> LinkSubjects:
    return link_subjects(
        user_id=user_id,
        supplier_code=supplier_code,
        login=login,
        password_hash=password_hash,
        limits=LIMITS,
        digest=KEY.subject_hmac,
    )


def test_attempts_count_against_the_user_the_login_of_one_supplier_and_both_together():
    anna, boris = uuid4(), uuid4()
    one = subjects(anna, "one", "login")

    assert one.user == subjects(anna, "two", "other").user != subjects(boris, "one", "login").user
    assert one.login == subjects(boris, "one", "login").login != subjects(anna, "two", "login").login
    assert one.pair not in {subjects(boris, "one", "login").pair, subjects(anna, "one", "other").pair}


def test_with_another_password_the_counts_of_a_login_begin_anew_but_not_those_of_a_user():
    user = uuid4()
    former, present = (subjects(user, "one", "login", password_hash) for password_hash in ("former", "present"))

    assert former.user == present.user
    assert {former.login, former.pair, former.pair_while_guessed}.isdisjoint(present.all())


def test_a_typed_login_is_not_kept_in_clear():
    made = subjects(uuid4(), "one", "login")
    digests = [subject.digest for subject in made.all()]
    digests.append(login_digest(user_id=uuid4(), supplier_code="one", login="login", digest=KEY.subject_hmac))

    assert {len(digest) for digest in digests} == {32}
    assert not any(b"login" in digest for digest in digests)


def test_a_login_cannot_be_searched_for_without_the_key():
    """INVARIANT: digests of what was typed depend on a secret that is not in the database."""
    tried: dict[str, Any] = {"user_id": uuid4(), "supplier_code": "one", "login": "login"}

    assert login_digest(**tried, digest=KEY.subject_hmac) != login_digest(
        **tried, digest=TokenKey("another secret of tests, long enough").subject_hmac
    )


def test_the_letter_of_an_invitation_is_kept_for_notify_as_long_as_it_may_be_accepted():
    """INVARIANT: a letter is not deleted from the log, while notify is away, before its link has ended."""
    assert CONTRACT_LETTERS.retention_hours is not None
    assert timedelta(hours=CONTRACT_LETTERS.retention_hours) >= ACCEPTED_WITHIN
