"""The one JSON file that says which meters stand on which wires.

Owns shape and checks only; builds nothing. Unknown fields and values that no real meter has are refused
with the path to them. Settings explained: docs/architecture/simulators.md.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from simulators.curves import CurveKind
from simulators.faults import Fault

Count = Annotated[int, Meta(ge=0)]
FourEnergies = tuple[Count, Count, Count, Count]
Timing = Literal["instant", "9600"]
WireProtocol = Literal["mercury", "modbus-tcp", "modbus-rtu-over-tcp"]
Instant = Annotated[datetime, Meta(tz=True)]
Ratio = Annotated[int, Meta(ge=1, le=65_535)]
_MODELS = {"mercury": "mercury-234", "modbus-tcp": "sdm630", "modbus-rtu-over-tcp": "sdm630"}


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts of the file."""


class CurveConfig(_Strict, frozen=True, kw_only=True):
    """mean_w: yearly mean power of the load. solar_w: peak of a roof that exports, 0 without one."""

    kind: CurveKind
    seed: Count
    mean_w: Annotated[int, Meta(ge=0, le=100_000)]
    solar_w: Annotated[int, Meta(ge=0, le=20_000)] = 0


class StartRegisters(_Strict, frozen=True, kw_only=True):
    """A+, A-, R+, R- by tariff zone on the commissioning day; Wh and varh."""

    t1: FourEnergies = (0, 0, 0, 0)
    t2: FourEnergies = (0, 0, 0, 0)


class OutageConfig(_Strict, frozen=True, kw_only=True):
    """No supply in [off_at, on_at), by the meter's clock."""

    off_at: Instant
    on_at: Instant

    def __post_init__(self) -> None:
        if self.off_at >= self.on_at:
            msg = "an outage ends after it begins"
            raise ValueError(msg)


class EntryConfig(_Strict, frozen=True, kw_only=True):
    """A journal entry beside the seeded ones, by the meter's clock; closed_at None: it stays open for ever.

    In the journals of a supply (03-05, 17-19) it is the break. 01 and 02 come from outages and the clock.
    """

    journal: Annotated[int, Meta(ge=3, le=0x86)]
    opened_at: Instant
    closed_at: Instant | None = None

    def __post_init__(self) -> None:
        if self.closed_at is not None and self.closed_at < self.opened_at:
            msg = "a journal entry closes after it opens"
            raise ValueError(msg)


class FaultConfig(_Strict, frozen=True, kw_only=True):
    """A fault that the meter has from the start."""

    fault: Fault
    requests: Count | None = None
    delay_seconds: Annotated[float, Meta(ge=0)] = 0.0


class _Meter(_Strict, frozen=True, kw_only=True):
    """What every model has. commissioned_on: local date on whose midnight the registers start."""

    curve: CurveConfig
    commissioned_on: date
    clock_zone: str = "Europe/Moscow"
    start: StartRegisters = StartRegisters()
    register_step_seconds: Annotated[int, Meta(ge=1, le=1800)] = 1
    script: Literal["none", "seeded"] = "none"
    outages: tuple[OutageConfig, ...] = ()
    fault: FaultConfig | None = None

    def __post_init__(self) -> None:
        try:
            zone = ZoneInfo(self.clock_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"clock_zone {self.clock_zone!r} is not an IANA zone"
            raise ValueError(msg) from error
        offset = datetime.combine(self.commissioned_on, datetime.min.time(), zone).utcoffset()
        if offset is None or offset % timedelta(minutes=30):
            msg = f"clock_zone {self.clock_zone!r} is not a whole number of half hours from UTC"
            raise ValueError(msg)


class MercuryConfig(_Meter, frozen=True, kw_only=True, tag_field="model", tag="mercury-234"):
    """Mercury 234 ART(M). drift_seconds: its clock minus true time; daily_correction_seconds: lost by the
    clock each day and given back in the afternoon. channel_open_seconds: by the meter's own time.
    """

    serial: Annotated[str, Meta(pattern=r"^\d{8}$")]
    address: Annotated[int, Meta(ge=1, le=240)]
    tariffs: Literal[1, 2] = 2
    directions: Literal[1, 2] = 2
    drift_seconds: Annotated[int, Meta(ge=-86_400, le=86_400)] = 0
    daily_correction_seconds: Annotated[int, Meta(ge=0, le=240)] = 0
    ratio_voltage: Ratio = 1
    ratio_current: Ratio = 1
    impulses_per_kwh: Literal[250, 500, 1000, 1250, 5000, 25_000] = 1000
    memory_bytes: Literal[65_536, 131_072] = 131_072
    profile_addressing: Literal["record", "byte"] = "record"
    midnight_label: Literal["next-date", "previous-date"] = "next-date"
    password_level_1: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")] = "010101010101"
    password_level_2: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")] = "020202020202"
    channel_open_seconds: Annotated[int, Meta(ge=1)] = 240
    entries: tuple[EntryConfig, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.profile_addressing == "byte" and self.memory_bytes != 65_536:
            msg = "byte addressing reaches 65536 bytes of profile memory only"
            raise ValueError(msg)


class EastronConfig(_Meter, frozen=True, kw_only=True, tag_field="model", tag="sdm630"):
    """Eastron SDM630: registers without tariff zones, no clock, no memory."""

    serial: Annotated[str, Meta(pattern=r"^\d{1,9}$")]
    address: Annotated[int, Meta(ge=1, le=247)]


MeterConfig = MercuryConfig | EastronConfig


class WireConfig(_Strict, frozen=True, kw_only=True):
    """One listening TCP port with the meters behind it. port 0: any free one."""

    name: Annotated[str, Meta(min_length=1)]
    protocol: WireProtocol
    meters: tuple[MeterConfig, ...]
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    timing: Timing = "instant"

    def __post_init__(self) -> None:
        _refuse_repeats("address", (meter.address for meter in self.meters))
        for meter in self.meters:
            model = str(meter.__struct_config__.tag)
            if model != _MODELS[self.protocol]:
                msg = f"wire {self.name!r}: a {model} does not speak {self.protocol}"
                raise ValueError(msg)


class ControlConfig(_Strict, frozen=True, kw_only=True):
    """Where faults can be switched from another process."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0


class FleetConfig(_Strict, frozen=True, kw_only=True):
    """The whole file. control: None leaves the control port closed."""

    wires: tuple[WireConfig, ...]
    control: ControlConfig | None = None

    def __post_init__(self) -> None:
        _refuse_repeats("wire name", (wire.name for wire in self.wires))
        _refuse_repeats("serial", (meter.serial for wire in self.wires for meter in wire.meters))


def read_config(path: Path) -> FleetConfig:
    """Read and check a file. Raises msgspec.ValidationError that names the wrong place, or OSError."""
    return msgspec.json.decode(path.read_bytes(), type=FleetConfig)


def dump(config: FleetConfig) -> bytes:
    """Return the file's bytes, indented; `read_config` reads the same configuration back."""
    return msgspec.json.format(msgspec.json.encode(config), indent=2)


def _refuse_repeats(what: str, values: Iterable[str | int]) -> None:
    repeated = sorted(str(value) for value, count in Counter(values).items() if count > 1)
    if repeated:
        msg = f"{what} used more than once: {', '.join(repeated)}"
        raise ValueError(msg)
