"""The configuration file: round trip, refusals that name the place, and the ready-made samples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.simulators.meters import moscow

from common.clock import FixedClock
from simulators.config import MercuryConfig, dump, read_config
from simulators.fleet import Fleet
from simulators.sample import many_config, sample_config


def changed(tmp_path: Path, change: Callable[[Any], None]) -> Path:
    content = msgspec.json.decode(dump(sample_config()))
    change(content)
    path = tmp_path / "simulators.json"
    path.write_bytes(msgspec.json.encode(content))
    return path


def mercury(content: Any) -> dict[str, Any]:
    meter: dict[str, Any] = content["wires"][0]["meters"][0]
    return meter


def test_a_configuration_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "simulators.json"
    path.write_bytes(dump(sample_config(first_port=15_000, control_port=0)))
    assert read_config(path) == sample_config(first_port=15_000, control_port=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: mercury(c).update(colour="red"), r"unknown field `colour`.*wires\[0\].meters\[0\]"),
        (lambda c: mercury(c).update(serial="4188884"), r"regex.*wires\[0\].meters\[0\].serial"),
        (lambda c: mercury(c).update(address=241), r"<= 240"),
        (lambda c: mercury(c).update(clock_zone="Mars/Olympus"), r"not an IANA zone"),
        (lambda c: mercury(c).update(clock_zone="Asia/Kathmandu"), r"half hours from UTC"),
        (lambda c: mercury(c).update(profile_addressing="byte"), r"65536 bytes"),
        (lambda c: mercury(c).update(model="mercury-200"), r"Invalid value 'mercury-200'"),
        (lambda c: c["wires"][0].update(protocol="modbus-tcp"), r"does not speak modbus-tcp"),
        (lambda c: c["wires"][0]["meters"].append(mercury(c) | {"serial": "00000001"}), r"address used more than once"),
        (lambda c: c["wires"].append(c["wires"][0]), r"wire name used more than once: mercury-gateway"),
        (lambda c: c["wires"].append(c["wires"][0] | {"name": "x"}), r"serial used more than once: 41888840"),
        (
            lambda c: mercury(c).update(outages=[{"off_at": "2026-01-02T00:00:00Z", "on_at": "2026-01-01T00:00:00Z"}]),
            r"ends after it begins",
        ),
        (
            lambda c: mercury(c).update(entries=[{"journal": 1, "opened_at": "2026-01-02T00:00:00Z"}]),
            r">= 3.*entries\[0\].journal",
        ),
        (
            lambda c: mercury(c).update(entries=[{"journal": 32, "opened_at": "2026-01-02T00:00:00"}]),
            r"timezone.*entries\[0\].opened_at",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_with_the_reason(
    tmp_path: Path, change: Callable[[Any], None], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        read_config(changed(tmp_path, change))


def test_many_meters_share_wires_as_asked() -> None:
    config = many_config(100, meters_a_wire=8, eastron_share=20, first_port=20_000)
    meters = [meter for wire in config.wires for meter in wire.meters]
    assert len(meters) == len({meter.serial for meter in meters}) == 100
    assert sum(isinstance(meter, MercuryConfig) for meter in meters) == 80
    assert [wire.port for wire in config.wires] == list(range(20_000, 20_000 + 10 + 20))
    assert {wire.protocol for wire in config.wires} == {"mercury", "modbus-tcp", "modbus-rtu-over-tcp"}
    assert len({meter.curve.kind for meter in meters}) == 4


def test_the_sample_eastrons_stay_where_float32_is_exact_for_two_years() -> None:
    fleet = Fleet(sample_config(), FixedClock(moscow(2028, 6, 1)))
    for serial in ("23100017", "23100018"):
        assert fleet.truth(serial).registers(moscow(2028, 6, 1)).total.a_plus_wh < 16_384_000
