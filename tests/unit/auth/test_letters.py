"""Letters outlive their links in the log, and not the other way round."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from auth.service.letters import NEWS_LIFETIME
from auth.settings import Settings
from topics import LETTERS

GIVEN = {"database_url": "postgresql+asyncpg://nobody@localhost/nowhere", "key_encryption_key": "k" * 32}


def kept() -> timedelta:
    assert LETTERS.retention_hours is not None
    return timedelta(hours=LETTERS.retention_hours)


def test_a_letter_is_kept_for_notify_as_long_as_it_is_of_use():
    """INVARIANT: a letter is not deleted from the log, while notify is away, before its link has ended."""
    settings = Settings.model_validate(GIVEN)
    lives = (settings.confirmation_link, settings.recovery_link, settings.sms_code, NEWS_LIFETIME)

    assert max(lives) <= kept()


def test_no_setting_lets_a_link_outlive_its_letter():
    hours = int(kept() / timedelta(hours=1))
    longest = Settings.model_validate(GIVEN | {"confirmation_link_hours": hours, "recovery_link_minutes": 1440})

    assert max(longest.confirmation_link, longest.recovery_link) <= kept()
    with pytest.raises(ValidationError):
        Settings.model_validate(GIVEN | {"confirmation_link_hours": hours + 1})
