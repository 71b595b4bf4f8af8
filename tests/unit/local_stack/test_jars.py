import hashlib
from pathlib import Path

import pytest

from local_stack import jars
from local_stack.jars import Jar, JarsUnavailable


def test_the_lock_names_the_broker_the_log_binding_and_a_digest_for_each():
    locked = jars.read_lock()

    coordinates = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in locked}
    assert set(jars.ROOTS) <= coordinates
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in locked)
    assert len({(jar.group, jar.artifact) for jar in locked}) == len(locked)


def test_a_jar_that_was_changed_is_fetched_again_and_refused_if_still_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jar = Jar("org.example", "thing", "1.0", hashlib.sha256(b"right").hexdigest())
    path = tmp_path / "maven" / jar.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half a down")
    served = [b"right", b"wrong"]
    monkeypatch.setattr(jars, "_download", lambda _jar, _repository: path.write_bytes(served.pop(0)))

    jars.fetch([jar], tmp_path)
    assert path.read_bytes() == b"right"

    path.write_bytes(b"tampered")
    with pytest.raises(JarsUnavailable, match=r"thing-1\.0\.jar has the SHA-256"):
        jars.fetch([jar], tmp_path)
    assert not path.exists()


def test_a_jar_that_is_there_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    jar = Jar("org.example", "thing", "1.0", hashlib.sha256(b"right").hexdigest())
    path = tmp_path / "maven" / jar.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"right")
    fetched: list[Jar] = []
    monkeypatch.setattr(jars, "_download", lambda one, _repository: fetched.append(one))

    jars.fetch([jar], tmp_path)

    assert fetched == []
