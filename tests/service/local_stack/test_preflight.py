import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from tests.ports import isolated_settings

from local_stack import postgres, preflight
from local_stack.preflight import faults
from local_stack.settings import LocalSettings
from local_stack.single import AlreadyRunning, only_one


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    return isolated_settings(tmp_path, exclude=("web",), cache_dir=tmp_path / "cache")


def test_a_machine_in_order_has_no_fault(settings: LocalSettings):
    assert faults(settings, {}) == []


def test_a_port_in_use_is_told_with_its_holder_and_its_setting(settings: LocalSettings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.ports["kafka"]))
        taken.listen()

        found = faults(settings, {})

    port = settings.ports["kafka"]
    assert len(found) == 1
    assert f"port {port} is in use by " in found[0]
    assert f"(process {os.getpid()})" in found[0]
    assert found[0].endswith("end that program, or set LOCAL_KAFKA_PORT or LOCAL_PORT_OFFSET")


def test_two_settings_with_one_port_are_told(settings: LocalSettings):
    found = faults(settings.model_copy(update={"web_port": settings.auth_port}), {})

    assert any("LOCAL_AUTH_PORT and LOCAL_WEB_PORT are the same port" in fault for fault in found)


def test_all_faults_are_told_at_once(settings: LocalSettings, monkeypatch: pytest.MonkeyPatch):
    full = shutil.disk_usage("/")._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**20))
    monkeypatch.setattr(postgres, "runs_here", lambda: False)
    monkeypatch.setattr(preflight, "WEB_CLIENT", settings.dir / "nowhere")

    found = "\n".join(faults(settings.model_copy(update={"exclude": ()}), {}))

    assert "only 0.0 GB are free" in found
    assert "of memory are available" in found
    assert "PostgreSQL cannot be run" in found
    assert "the web client is not built" in found


def test_lost_passwords_are_told_before_the_data_are_touched(settings: LocalSettings):
    (settings.dir / "postgres").mkdir()

    assert "secrets.json is missing, but data made with its passwords is there" in faults(settings, {})[0]


def test_a_second_stack_on_the_same_folder_is_refused_with_the_way_out(settings: LocalSettings):
    with (
        only_one(settings.paths),
        pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*LOCAL_DIR and LOCAL_PORT_OFFSET"),
        only_one(settings.paths),
    ):
        pass


def test_a_folder_is_free_again_after_its_stack(settings: LocalSettings):
    for _ in range(2):
        with only_one(settings.paths):
            pass
