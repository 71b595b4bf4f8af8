import stat
from pathlib import Path

import pytest

from local_stack.passwords import Secrets, SecretsMissing, open_secrets


def _open(path: Path, *, users: tuple[str, ...] = ("auth",), data_exists: bool = False) -> Secrets:
    return open_secrets(path, users=users, databases=("auth",), suppliers=("demo",), data_exists=data_exists)


def test_passwords_are_kept_and_only_their_owner_may_read_them(tmp_path: Path):
    path = tmp_path / "secrets.json"

    first, second = _open(path), _open(path, data_exists=True)

    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(tmp_path: Path):
    path = tmp_path / "secrets.json"
    first = _open(path)

    second = _open(path, users=("auth", "notify"))

    assert second.kafka["auth"] == first.kafka["auth"]
    assert second.kafka["notify"] not in first.kafka.values()


def test_passwords_are_not_made_anew_for_data_that_is_there(tmp_path: Path):
    with pytest.raises(SecretsMissing, match="restore it, or forget the data"):
        _open(tmp_path / "secrets.json", data_exists=True)
