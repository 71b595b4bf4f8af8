from pathlib import Path

import pytest
from pydantic import ValidationError

from local_stack.settings import LocalSettings


def test_the_offset_shifts_every_port():
    plain, shifted = LocalSettings().ports, LocalSettings(port_offset=1000).ports

    assert plain["gateway"] == 8080
    assert {name: port + 1000 for name, port in plain.items()} == shifted


def test_one_port_can_be_set_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOCAL_KAFKA_PORT", "19092")

    settings = LocalSettings()

    assert settings.kafka_bootstrap_servers == "127.0.0.1:19092"
    assert settings.ports["gateway"] == 8080


def test_services_to_leave_out_come_as_a_list_with_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOCAL_EXCLUDE", "metering, web")

    assert LocalSettings().exclude == ("metering", "web")


def test_an_unknown_service_cannot_be_left_out():
    with pytest.raises(ValidationError, match="unknown: invoices; can be left out: auth"):
        LocalSettings(exclude=("invoices",))


def test_half_a_clock_is_refused():
    with pytest.raises(ValidationError, match="go together"):
        LocalSettings.model_validate({"clock_start_at": "2026-01-01T00:00:00+00:00"})


def test_the_clock_reaches_processes_whole():
    instant = "2026-01-01T00:00:00+00:00"
    settings = LocalSettings.model_validate({"clock_speed": 600, "clock_anchor_at": instant, "clock_start_at": instant})

    assert settings.clock_environment == {
        "CLOCK_SPEED": "600.0",
        "CLOCK_ANCHOR_AT": instant,
        "CLOCK_START_AT": instant,
    }


def test_folders_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    assert LocalSettings(dir=Path("data")).dir == tmp_path / "data"
