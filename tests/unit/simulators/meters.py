"""Builders of single meters and of exchanged frames for the tests of the simulators."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastcrc import crc16

from common.clock import FixedClock
from simulators.config import CurveConfig, EastronConfig, MercuryConfig
from simulators.curves import CurveKind
from simulators.eastron import EastronMeter
from simulators.faults import Fault
from simulators.framing import serial_answer, serial_request
from simulators.mercury.meter import MercuryMeter

MOSCOW = ZoneInfo("Europe/Moscow")
FLAT = CurveConfig(kind=CurveKind.FLAT, seed=5, mean_w=1000)
HOUSEHOLD = CurveConfig(kind=CurveKind.HOUSEHOLD, seed=5, mean_w=600, solar_w=900)
OPEN_LEVEL_1 = bytes.fromhex("01 01 010101010101")
OPEN_LEVEL_2 = bytes.fromhex("01 02 020202020202")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def moscow(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=MOSCOW).astimezone(UTC)


def mercury_config(**changes: Any) -> MercuryConfig:
    defaults: dict[str, Any] = {
        "serial": "41888840",
        "address": 40,
        "curve": HOUSEHOLD,
        "commissioned_on": date(2026, 1, 1),
    }
    return MercuryConfig(**(defaults | changes))


def mercury(at: datetime, **changes: Any) -> tuple[MercuryMeter, FixedClock]:
    clock = FixedClock(at)
    return MercuryMeter(mercury_config(**changes), clock), clock


def opened_mercury(at: datetime, **changes: Any) -> tuple[MercuryMeter, FixedClock]:
    """Return a meter whose channel is open at level 1 for longer than any test."""
    meter, clock = mercury(at, **({"channel_open_seconds": 10**9} | changes))
    assert meter.answer(OPEN_LEVEL_1, to_any=False) == b"\x00"
    return meter, clock


def eastron(at: datetime, **changes: Any) -> tuple[EastronMeter, FixedClock]:
    defaults: dict[str, Any] = {
        "serial": "23100017",
        "address": 1,
        "curve": HOUSEHOLD,
        "commissioned_on": date(2026, 1, 1),
    }
    clock = FixedClock(at)
    return EastronMeter(EastronConfig(**(defaults | changes)), clock), clock


def ask(meter: MercuryMeter | EastronMeter, request: str | bytes) -> bytes:
    """Return the data of an answer that must come."""
    body = bytes.fromhex(request) if isinstance(request, str) else request
    answer = meter.answer(body, to_any=False)
    assert answer is not None
    return answer


def exchange(meter: MercuryMeter, frame: str) -> str:
    """Return the whole answer frame to a whole request frame, as upper-case hex with spaces."""
    request = serial_request(bytes.fromhex(frame))
    assert request is not None, "the request's own CRC is wrong"
    body = meter.answer(request.body, to_any=request.address == meter.any_address)
    assert body is not None, "silence"
    return serial_answer(request.address, body, Fault.NONE).hex(" ").upper()


def sealed(body: bytes) -> bytes:
    """Return bytes with their CRC appended, low byte first."""
    return body + crc16.modbus(body).to_bytes(2, "little")
