"""Keys derived from one secret, and passwords in their threads."""

from typing import Any

import pytest

from auth.errors import UnreadableKey
from auth.metrics import PASSWORD_SECONDS
from auth.secret_keys import KeyEncryptionKey, SecretKeys
from auth.settings import Settings
from common.errors import Busy
from common.passwords import Checked, Passwords

SECRET = "a secret of tests that is long enough"
ROOT = b"r" * 32


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "database_url": "postgresql+asyncpg://x:x@localhost/x",
        "key_encryption_key": SECRET,
        "argon2_time_cost": 1,
        "argon2_memory_kib": 64,
    }
    return Settings(**(values | changes))


def test_each_purpose_has_a_key_of_its_own():
    keys = SecretKeys(ROOT)
    token = b"t" * 32
    made = {keys.refresh_hmac(token), keys.device_hmacs(token)[0], keys.successor(token, b"")}
    assert len({*made, keys.subject(token.decode()), keys.bound_hmac(token, purpose="")}) == 5
    assert keys.refresh_hmac(token) == SecretKeys(ROOT).refresh_hmac(token)
    assert keys.refresh_hmac(token) != SecretKeys(ROOT + b"!").refresh_hmac(token)


def test_parts_of_a_subject_do_not_run_together():
    keys = SecretKeys(ROOT)
    assert keys.subject("pair", "a", "bc") != keys.subject("pair", "ab", "c")


def test_what_is_sealed_opens_with_its_secret_and_name_alone():
    keys = SecretKeys(ROOT)
    sealed = keys.seal(b"private", name="one")
    assert keys.unseal(sealed, name="one") == b"private"
    assert sealed != keys.seal(b"private", name="one")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for other, given, name in (
        (keys, sealed, "two"),
        (SecretKeys(ROOT + b"!"), sealed, "one"),
        (keys, changed, "one"),
    ):
        with pytest.raises(UnreadableKey):
            other.unseal(given, name=name)


def test_the_root_secret_opens_with_the_key_that_sealed_it_alone():
    sealed = KeyEncryptionKey(SECRET).seal(ROOT)
    assert KeyEncryptionKey(SECRET).unseal(sealed) == ROOT
    assert KeyEncryptionKey(SECRET + "!").unseal(sealed) is None
    assert KeyEncryptionKey(SECRET).unseal(sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert ROOT not in sealed


def test_former_keys_are_read_as_a_list_and_kept_out_of_faults():
    former = settings(former_key_encryption_keys=["f" * 32, "g" * 40])
    assert former.key_encryption_keys == (SECRET, "f" * 32, "g" * 40)
    with pytest.raises(ValueError, match="former_key_encryption_keys") as caught:
        settings(former_key_encryption_keys=["too short"])
    assert "too short" not in str(caught.value)


def test_a_short_secret_is_refused_without_repeating_it():
    with pytest.raises(ValueError, match="key_encryption_key") as caught:
        settings(key_encryption_key="too short")
    assert "too short" not in str(caught.value)


@pytest.fixture
def passwords() -> Any:
    made = Passwords(settings(argon2_threads=1, argon2_queue=1), seconds=PASSWORD_SECONDS)
    yield made
    made.close()


async def test_a_password_is_checked_as_typed(passwords: Passwords):
    stored = await passwords.hash("Пароль с пробелом ")
    assert stored.startswith("$argon2id$")
    assert await passwords.check("Пароль с пробелом ", stored) == Checked(fits=True)
    for other in ("пароль с пробелом ", "Пароль с пробелом", ""):
        assert not (await passwords.check(other, stored)).fits
    assert not (await passwords.check("anything", None)).fits


def test_whoever_finds_the_queue_full_is_asked_to_wait(passwords: Passwords):
    with passwords.room(), passwords.room(), pytest.raises(Busy), passwords.room():
        pass
    with passwords.room():
        pass
