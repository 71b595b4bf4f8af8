"""The rules of auth that need no database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain import (
    KeyTimes,
    address_block,
    describe_device,
    new_token,
    published_keys,
    signing_key,
    token_of,
    token_text,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=10)
MOMENTS = st.integers(min_value=0, max_value=10_000).map(lambda minutes: NOON + timedelta(minutes=minutes))
KEYS = st.lists(MOMENTS, min_size=1, max_size=6, unique=True).map(
    lambda moments: [KeyTimes(str(number), moment) for number, moment in enumerate(moments)]
)


@given(KEYS, MOMENTS, st.integers(min_value=0, max_value=600))
def test_whatever_was_signed_can_be_checked_until_it_expires(keys: list[KeyTimes], now: datetime, age: int):
    """INVARIANT: a key that may have signed a token that still lives is in the public set."""
    issued_at = now - timedelta(seconds=age)
    if all(key.signs_from > issued_at for key in keys):
        return
    assert signing_key(keys, issued_at) in published_keys(keys, now, token_lifetime=LIFETIME)


@given(KEYS, MOMENTS)
def test_old_keys_leave_the_public_set(keys: list[KeyTimes], now: datetime):
    for key in published_keys(keys, now, token_lifetime=LIFETIME):
        later = [one.signs_from for one in keys if one.signs_from > key.signs_from]
        assert not later or min(later) > now - LIFETIME - timedelta(minutes=2)


def test_a_key_that_has_not_begun_does_not_sign():
    keys = [KeyTimes("old", NOON), KeyTimes("next", NOON + timedelta(minutes=10))]
    assert signing_key(keys, NOON + timedelta(minutes=9)).key_id == "old"
    assert signing_key(keys, NOON + timedelta(minutes=10)).key_id == "next"
    with pytest.raises(ValueError, match="no signing key"):
        signing_key(keys, NOON - timedelta(seconds=1))


def test_without_keys_there_is_nothing_to_publish():
    assert published_keys([], NOON, token_lifetime=LIFETIME) == []


def test_a_token_survives_its_way_through_a_cookie():
    token = new_token()
    assert token_of(token_text(token)) == token


@given(st.text(max_size=60))
def test_no_text_of_a_cookie_makes_it_fail(text: str):
    token = token_of(text)
    assert token is None or len(token) == 32


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_addresses_are_counted_by_customer(address: str, block: str):
    assert address_block(address) == block


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Chrome/140.0 YaBrowser/25.8 Safari/537.36",
            "Yandex Browser, macOS",
        ),
        (
            "Mozilla/5.0 (Linux; arm_64; Android 15; SM-S921B) Chrome/138.0 YaBrowser/25.8 Mobile Safari/537.36",
            "Yandex Browser, Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140.0 Mobile Safari/604.1", "Chrome, iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) FxiOS/140.0 Mobile Safari/604.1", "Firefox, iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18.0 Safari/605.1.15", "Safari, macOS"),
        ("Mozilla/5.0 (Linux; Android 10) Chrome/140.0 Mobile Safari/537.36 EdgA/140.0", "Edge, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 OPR/124.0", "Opera, Linux"),
        ("curl/8.14.1", "curl"),
        ("python-httpx/0.28.1", "Python"),
        ("Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1", "Windows"),
        ("evil curl/8", "?"),
        ("visit evil.example now", "?"),
        ("", "?"),
    ],
)
def test_a_device_is_told_in_our_own_words(user_agent: str, device: str):
    assert describe_device(user_agent) == device
