"""The registry file of one supplier: its shape, and every fault of it found before anything is stored.

Described for operators in docs/guides/operator/registry-file.md.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from common.http.text import Line
from metering.domain.estimation.legal import ConsumerKind
from metering.errors import RegistryFileInvalid


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        msg = f"{name!r} is no IANA time zone"
        raise ValueError(msg) from error
    return name


Text = Annotated[Line, Field(max_length=300)]
Zone = Annotated[str, AfterValidator(_zone)]
Protocol = Literal["mercury-tcp", "modbus-tcp", "modbus-rtu-tcp"]
Driver = Literal["mercury", "eastron_sdm630"]
DRIVERS_OF_PROTOCOL: dict[str, frozenset[str]] = {
    "mercury-tcp": frozenset({"mercury"}),
    "modbus-tcp": frozenset({"eastron_sdm630"}),
    "modbus-rtu-tcp": frozenset({"eastron_sdm630"}),
}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PointEntry(_Entry):
    id: UUID
    contract_id: UUID
    number: Text
    name: Text
    resource: Literal["electricity"] = "electricity"
    address: Text | None = None
    time_zone: Zone
    installation_place: Text | None = None
    tariff: Text | None = None
    power_limit_w: int | None = Field(default=None, gt=0, lt=2**31)


class MeterEntry(_Entry):
    id: UUID
    serial: Text
    model: Text
    type_approval_number: Text | None = None
    accuracy_class: Text | None = None
    rated_voltage: Text | None = None
    rated_current: Text | None = None
    phases: Literal[1, 3]
    phase_voltage_v: int = Field(gt=0, le=1_000)
    max_current_a: int = Field(gt=0, le=10_000)
    impulses_per_kwh: int | None = Field(default=None, gt=0, lt=2**31)
    last_verified_on: date | None = None
    next_verification_on: date | None = None


class InstallationEntry(_Entry):
    id: UUID
    point_id: UUID
    meter_id: UUID
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None
    ratio: int = Field(default=1, gt=0, lt=2**31)
    clock_zone: Zone
    commissioned_on: date | None = None
    last_inspected_on: date | None = None


class WireEntry(_Entry):
    meter_id: UUID
    driver: Driver
    address: int = Field(ge=0, le=255)
    credential: Text | None = None


class EndpointEntry(_Entry):
    id: UUID
    protocol: Protocol
    host: Text
    port: int = Field(gt=0, le=65_535)
    meters: list[WireEntry]
    profile_every_seconds: int = Field(default=1_800, ge=60)
    journals_every_seconds: int = Field(default=3_600, ge=60)
    history_days: int = Field(default=85, ge=0, le=365)
    deleted: bool = False


class ClosingHourEntry(_Entry):
    valid_from: date
    hour: int = Field(ge=0, le=23)


class ControlEntry(_Entry):
    """The meter of one point checks that of another."""

    id: UUID
    point_id: UUID
    control_point_id: UUID
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


class SubstitutionEntry(_Entry):
    """What the law puts in the place of readings, for one kind of consumer, from `valid_from` to `valid_to`."""

    consumer_kind: ConsumerKind
    valid_from: date
    valid_to: date | None = None
    months_full: int = Field(default=6, gt=0, le=12)
    months_least: int = Field(default=3, gt=0, le=12)
    periods_at_most: int | None = Field(default=None, gt=0, le=120)
    norm_wh_per_month: int | None = Field(default=None, ge=0, lt=2**53)
    document: Text


class RegistryFile(_Entry):
    """Points, meters, installations and endpoints of one supplier. What is not named stays as it is."""

    supplier_code: str = Field(pattern=r"^[a-z][a-z0-9]{1,15}$")
    closing_hours: list[ClosingHourEntry] = []
    points: list[PointEntry] = []
    meters: list[MeterEntry] = []
    installations: list[InstallationEntry] = []
    endpoints: list[EndpointEntry] = []
    controls: list[ControlEntry] = []
    substitutions: list[SubstitutionEntry] = []


def read_registry_file(path: Path) -> RegistryFile:
    """Read and check a file. Raises RegistryFileInvalid with all faults at once."""
    try:
        content = RegistryFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RegistryFileInvalid(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors())
        raise RegistryFileInvalid(_listed(path, lines)) from error
    faults = list(_faults(content))
    if faults:
        raise RegistryFileInvalid(_listed(path, faults))
    return content


def _listed(path: Path, faults: Iterable[str]) -> str:
    return "\n  ".join([f"{path} was not loaded:", *faults])


def _faults(content: RegistryFile) -> Iterator[str]:
    for kind in ("points", "meters", "installations", "endpoints"):
        yield from _doubles(f"{kind}: id", [entry.id for entry in getattr(content, kind)])
    yield from _doubles("closing_hours: valid_from", [entry.valid_from for entry in content.closing_hours])
    yield from _doubles("points: contract and number", [(each.contract_id, each.number) for each in content.points])
    yield from _doubles("meters: model and serial", [(meter.model, meter.serial) for meter in content.meters])
    alive = [endpoint for endpoint in content.endpoints if not endpoint.deleted]
    # One wire has one master: two endpoints at one address would poll over each other.
    yield from _doubles("endpoints: address", [f"{one.host.lower()}:{one.port}" for one in alive])
    wires = [wire for endpoint in content.endpoints for wire in endpoint.meters]
    yield from _doubles("endpoints: meter", [wire.meter_id for wire in wires])
    yield from _faults_of_estimation(content)
    for installation in content.installations:
        if installation.valid_to is not None and installation.valid_to <= installation.valid_from:
            yield f"installation {installation.id}: valid_to is not after valid_from"
    for endpoint in content.endpoints:
        yield from _doubles(f"endpoint {endpoint.id}: address", [wire.address for wire in endpoint.meters])
        for wire in endpoint.meters:
            if wire.driver not in DRIVERS_OF_PROTOCOL[endpoint.protocol]:
                yield f"endpoint {endpoint.id}: driver {wire.driver} does not speak {endpoint.protocol}"


def _faults_of_estimation(content: RegistryFile) -> Iterator[str]:
    yield from _doubles("controls: id", [control.id for control in content.controls])
    for control in content.controls:
        if control.point_id == control.control_point_id:
            yield f"control {control.id}: a point does not check itself"
        if control.valid_to is not None and control.valid_to <= control.valid_from:
            yield f"control {control.id}: valid_to is not after valid_from"
    yield from _doubles(
        "substitutions", [(rule.consumer_kind.value, rule.valid_from) for rule in content.substitutions]
    )
    for rule in content.substitutions:
        if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
            yield f"substitution of {rule.valid_from}: valid_to is not after valid_from"


def _doubles(what: str, values: Iterable[Hashable]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what} {value} comes {count} times"
