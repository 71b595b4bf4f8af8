import pytest
from pydantic import ValidationError

from meter_poller.settings import DEFAULT_CREDENTIAL, Settings


def test_the_factory_password_is_there_and_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METER_POLLER_CREDENTIALS", '{"site-a": {"level": 2, "password_hex": "0a0b0c0d0e0f"}}')
    settings = Settings()
    assert settings.credentials[DEFAULT_CREDENTIAL].password == bytes([1] * 6)
    assert settings.credentials["mercury-default-d"].password == b"111111"
    assert settings.credentials["site-a"].level == 2
    assert settings.credentials["site-a"].password.hex() == "0a0b0c0d0e0f"
    assert "0a0b0c" not in repr(settings)
    assert "010101" not in repr(settings)


def test_without_any_setting_the_factory_password_is_known():
    assert Settings().credentials[DEFAULT_CREDENTIAL].level == 1


@pytest.mark.parametrize("password", ["0102", "xx0203040506", "01020304050607"])
def test_a_password_of_another_form_is_refused_without_showing_it(password: str):
    with pytest.raises(ValidationError) as caught:
        Settings(credentials={"a": {"password_hex": password}})
    assert "six bytes in hex" in str(caught.value)
    assert password not in str(caught.value)


def test_the_border_tolerance_is_shorter_than_a_half_hour():
    with pytest.raises(ValidationError):
        Settings(border_tolerance_seconds=1_800)
