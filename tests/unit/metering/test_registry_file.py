"""The registry file: every fault is named before anything is stored."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from metering.errors import RegistryFileInvalid
from metering.registry_file import read_registry_file

POINT = "0193aaaa-0000-7000-8000-000000000011"
METER = "0193aaaa-0000-7000-8000-000000000021"
OTHER = "0193aaaa-0000-7000-8000-000000000099"


def content() -> dict[str, Any]:
    return {
        "supplier_code": "demo",
        "points": [{"id": POINT, "contract_id": OTHER, "number": "1", "name": "Дача", "time_zone": "Europe/Samara"}],
        "meters": [
            {"id": METER, "serial": "1", "model": "M", "phases": 3, "phase_voltage_v": 230, "max_current_a": 60}
        ],
        "installations": [
            {
                "id": OTHER,
                "point_id": POINT,
                "meter_id": METER,
                "valid_from": "2020-12-01T00:00:00+03:00",
                "clock_zone": "Europe/Moscow",
            }
        ],
        "endpoints": [
            {
                "id": OTHER,
                "protocol": "mercury-tcp",
                "host": "127.0.0.1",
                "port": 15000,
                "meters": [{"meter_id": METER, "driver": "mercury", "address": 40}],
            }
        ],
    }


def written(tmp_path: Path, text: str | dict[str, Any]) -> Path:
    file = tmp_path / "registry.json"
    file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return file


def faults(tmp_path: Path, text: str | dict[str, Any]) -> str:
    with pytest.raises(RegistryFileInvalid) as refused:
        read_registry_file(written(tmp_path, text))
    return str(refused.value)


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path):
    read = read_registry_file(written(tmp_path, content()))

    assert (read.installations[0].ratio, read.endpoints[0].history_days) == (1, 85)


def test_all_faults_are_told_at_once(tmp_path: Path):
    bad = content()
    bad["supplier_code"] = "Bad Code"
    bad["points"][0]["time_zone"] = "Europe/Atlantis"
    bad["meters"][0]["phases"] = 2
    bad["installations"][0]["valid_from"] = "2020-12-01T00:00:00"
    bad["endpoints"][0] |= {"port": 0, "surprise": 1}

    told = faults(tmp_path, bad)

    for place in (
        "supplier_code",
        "points.0.time_zone",
        "meters.0.phases",
        "installations.0.valid_from",
        "endpoints.0.port",
        "endpoints.0.surprise",
    ):
        assert f"\n  {place}: " in told


def test_contradictions_within_the_file_are_told_at_once(tmp_path: Path):
    bad = content()
    bad["points"] *= 2
    bad["installations"][0]["valid_to"] = "2019-01-01T00:00:00Z"
    bad["endpoints"][0] |= {"protocol": "modbus-tcp", "meters": bad["endpoints"][0]["meters"] * 2}

    told = faults(tmp_path, bad)

    assert "points: id" in told
    assert "points: contract and number" in told
    assert "valid_to is not after valid_from" in told
    assert "address 40 comes 2 times" in told
    assert f"meter {METER} comes 2 times" in told
    assert "driver mercury does not speak modbus-tcp" in told


def test_two_endpoints_at_one_address_are_refused_unless_one_is_deleted(tmp_path: Path):
    bad = content()
    twin = bad["endpoints"][0] | {"id": str(uuid4()), "host": bad["endpoints"][0]["host"].upper(), "meters": []}
    bad["endpoints"].append(twin)

    assert "endpoints: address " in faults(tmp_path, bad)
    twin["deleted"] = True
    assert len(read_registry_file(written(tmp_path, bad)).endpoints) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"points": {}}', "\x00"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str):
    assert "was not loaded" in faults(tmp_path, text)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "/", "Europe", "a" * 5_000])
def test_a_zone_that_is_none_is_refused(tmp_path: Path, name: str):
    bad = content()
    bad["points"][0]["time_zone"] = name

    assert "points.0.time_zone" in faults(tmp_path, bad)


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(RegistryFileInvalid, match="No such file"):
        read_registry_file(tmp_path / "none.json")
