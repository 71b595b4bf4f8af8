"""Two meters whose days pass in half a minute, with everything that a stack needs to know of them.

The Eastron has no memory, so its registers move in steps of `REGISTER_STEP_SECONDS` of its own time: a reading
within that step after a border shows exactly the border's register, however fast the days pass.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

CLOCK_SPEED = 2_880.0
CLOCK_START_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
REGISTER_STEP_SECONDS = 1_200

MERCURY_SERIAL = "41888840"
EASTRON_SERIAL = "21073655"
CONTRACT_ID = UUID("0193aaaa-0000-7000-8000-000000000001")
MERCURY_POINT_ID = UUID("0193aaaa-0000-7000-8000-000000000011")
EASTRON_POINT_ID = UUID("0193aaaa-0000-7000-8000-000000000012")
MERCURY_METER_ID = UUID("0193aaaa-0000-7000-8000-000000000021")
EASTRON_METER_ID = UUID("0193aaaa-0000-7000-8000-000000000022")
FIRST_WIRE_PORT = 15_000


def simulators() -> dict[str, Any]:
    """Return the simulators' file."""
    mercury = {
        "model": "mercury-234",
        "serial": MERCURY_SERIAL,
        "address": 40,
        "commissioned_on": "2026-01-01",
        "clock_zone": "Europe/Moscow",
        "curve": {"kind": "household", "seed": 7, "mean_w": 2_400, "solar_w": 1_500},
        "script": "seeded",
        # The channel is open for 240 s of the meter's own time: a twelfth of a real second here.
        "channel_open_seconds": 86_400,
    }
    eastron = {
        "model": "sdm630",
        "serial": EASTRON_SERIAL,
        "address": 1,
        "commissioned_on": "2026-01-01",
        "clock_zone": "Europe/Moscow",
        "register_step_seconds": REGISTER_STEP_SECONDS,
        "curve": {"kind": "shop", "seed": 11, "mean_w": 1_100},
    }
    return {
        "wires": [
            {"name": "basement", "protocol": "mercury", "port": FIRST_WIRE_PORT, "meters": [mercury]},
            {"name": "shop", "protocol": "modbus-tcp", "port": FIRST_WIRE_PORT + 1, "meters": [eastron]},
        ]
    }


def metering() -> dict[str, Any]:
    """Return the registry file of metering."""

    def point(point_id: UUID, number: str, name: str) -> dict[str, Any]:
        ids = {"id": str(point_id), "contract_id": str(CONTRACT_ID)}
        return ids | {"number": number, "name": name, "time_zone": "Europe/Samara"}

    def meter(meter_id: UUID, serial: str, model: str) -> dict[str, Any]:
        limits = {"phases": 3, "phase_voltage_v": 230, "max_current_a": 60}
        return {"id": str(meter_id), "serial": serial, "model": model} | limits

    def installation(number: int, point_id: UUID, meter_id: UUID) -> dict[str, Any]:
        return {
            "id": f"0193aaaa-0000-7000-8000-00000000003{number}",
            "point_id": str(point_id),
            "meter_id": str(meter_id),
            "valid_from": "2026-01-01T00:00:00+03:00",
            "clock_zone": "Europe/Moscow",
        }

    def endpoint(number: int, protocol: str, port: int, wire: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"0193aaaa-0000-7000-8000-00000000004{number}",
            "protocol": protocol,
            "host": "127.0.0.1",
            "port": port,
            "meters": [wire],
            "history_days": 1,
        }

    mercury = {"meter_id": str(MERCURY_METER_ID), "driver": "mercury", "address": 40}
    eastron = {"meter_id": str(EASTRON_METER_ID), "driver": "eastron_sdm630", "address": 1}
    return {
        "supplier_code": "demo",
        "points": [
            point(MERCURY_POINT_ID, "1", "НСТ Автомобилист"),
            point(EASTRON_POINT_ID, "2", "Магазин"),
        ],
        "meters": [
            meter(MERCURY_METER_ID, MERCURY_SERIAL, "Меркурий 234 ART(M)"),
            meter(EASTRON_METER_ID, EASTRON_SERIAL, "Eastron SDM630"),
        ],
        "installations": [
            installation(1, MERCURY_POINT_ID, MERCURY_METER_ID),
            installation(2, EASTRON_POINT_ID, EASTRON_METER_ID),
        ],
        "endpoints": [
            endpoint(1, "mercury-tcp", FIRST_WIRE_PORT, mercury),
            endpoint(2, "modbus-tcp", FIRST_WIRE_PORT + 1, eastron),
        ],
    }


def write_demo(folder: Path, *, deploy_demo: Path) -> Path:
    """Write a demo folder: people, supplier and contract of the deployed demo, these two meters. Return it."""
    folder.mkdir(parents=True)
    for name in ("auth", "story", "contracts"):
        content = json.loads((deploy_demo / f"{name}.json").read_text(encoding="utf-8"))
        if name == "contracts":
            content["contracts"][0]["id"] = str(CONTRACT_ID)
        if name == "story":
            content |= {"history_days": 0, "billing": []}
        _write(folder / f"{name}.json", content)
    _write(folder / "simulators.json", simulators())
    _write(folder / "metering.json", metering())
    return folder


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
