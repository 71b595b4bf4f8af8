"""Letters as they are sent, and how long a failed one waits."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default as modern
from uuid import UUID

import pytest
from pydantic import ValidationError

from common.errors import Rejected
from notify.domain import Delivery, Source, pause_after
from notify.settings import Settings
from notify.smtp import check_address, message

DELIVERY = Delivery(
    user_id=None,
    source=Source.ACCOUNT,
    letter_id=UUID("00000000-0000-4000-8000-000000000001"),
    kind="new_device",
    to="anna@halfhour.example",
    language="ru",
    subject="Вход с нового устройства",
    text="Здравствуйте!\n",
    received_at=datetime(2026, 11, 24, 8, 40, tzinfo=UTC),
    expires_at=datetime(2026, 11, 24, 9, 40, tzinfo=UTC),
    attempts=1,
)


def parsed(made: Message) -> EmailMessage:
    return email.message_from_bytes(made.as_bytes(), policy=modern)


def test_every_try_of_a_letter_has_the_same_message_id():
    """INVARIANT: a double of a letter can be recognised by its Message-ID."""
    tries = [message(DELIVERY, sender="Halfhour <no-reply@halfhour.example>") for _ in range(2)]

    assert [one["Message-ID"] for one in tries] == [f"<{DELIVERY.letter_id}@halfhour.example>"] * 2
    assert tries[0].as_bytes() == tries[1].as_bytes()


def test_a_letter_is_marked_as_automatic_and_dated():
    made = message(DELIVERY, sender="Halfhour <no-reply@halfhour.example>")

    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Date"] == "Tue, 24 Nov 2026 08:40:00 +0000"
    assert made["Content-Language"] == "ru"
    assert parsed(made).get_content() == "Здравствуйте!\n"


@pytest.mark.parametrize("length", range(1, 60))
def test_a_subject_of_any_length_arrives_as_it_was_written(length: int):
    subject = " ".join(["слово", "и"] * length)[: length * 3].strip()

    arrived = parsed(message(replace(DELIVERY, subject=subject), sender="no-reply@halfhour.example"))

    assert arrived["Subject"] == subject


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "a b@c.example", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example"]
)
def test_a_malformed_address_is_rejected_without_being_repeated(address: str):
    with pytest.raises(Rejected) as caught:
        check_address(address)

    assert caught.value.code == "invalid_address"
    assert caught.value.detail == "the letter's address is malformed"


def test_a_failed_letter_waits_longer_each_time_up_to_a_minute():
    assert [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 6, 7, 8, 5_000)] == [
        1,
        2,
        4,
        32,
        60,
        60,
        60,
    ]


@pytest.mark.parametrize("change", [{"letters_from": "nobody"}, {"zone": "Mars/Base"}, {"smtp_username": "u"}])
def test_settings_that_no_letter_could_be_made_with_are_refused_at_the_start(change: dict[str, str]):
    with pytest.raises(ValidationError):
        Settings.model_validate({"database_url": "postgresql+asyncpg://u:p@h/d"} | change)
