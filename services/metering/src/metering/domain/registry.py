"""Which meter stood at which point when: an immutable picture of the registry, for the hot path.

Everything is effective-dated and half-open: a meter belongs to a point from `from_epoch` on, until `to_epoch`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from common.errors import Rejected

LIMIT_FACTOR = 1.1
FOREVER = 2**62
FOUND_A_METER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A meter at a point from `from_epoch` to `to_epoch` (UTC seconds; FOREVER if it is still there).

    `limit_w` is the highest mean power on the meter's side that is physically possible, with 10 % to spare:
    phases * rated phase voltage * greatest current.
    """

    point_id: UUID
    point_number: str
    contract_id: UUID
    supplier_code: str
    time_zone: str
    meter_id: UUID
    serial: str
    ratio: int
    from_epoch: int
    to_epoch: int
    limit_w: float
    phases: int = 3

    def limit(self, step_seconds: int) -> int:
        """Return the greatest possible energy of an interval, Wh or varh."""
        return int(self.limit_w * step_seconds / 3600)


@dataclass(frozen=True, slots=True)
class Registry:
    """All installations in order of time, by meter and (`places`) by point; and who supplies, as contracts told."""

    installations: Mapping[UUID, tuple[Installed, ...]] = field(default_factory=dict)
    suppliers: Mapping[UUID, str] = field(default_factory=dict)
    contract_numbers: Mapping[UUID, str] = field(default_factory=dict)
    places: Mapping[UUID, tuple[Installed, ...]] = field(default_factory=dict)
    supplier_codes: frozenset[str] = frozenset()
    closing_hours: Mapping[str, tuple[tuple[date, int], ...]] = field(default_factory=dict)
    # Suppliers whose streams are not provisioned yet: what is theirs is stored and waits.
    without_streams: frozenset[str] = frozenset()
    # Answers of `of_meter`, by the text of the id as it came: most telemetry is of meters that were asked for before.
    _found: dict[tuple[UUID | str, str], tuple[Installed, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(
        cls,
        installations: Iterable[Installed],
        suppliers: Mapping[UUID, str],
        contract_numbers: Mapping[UUID, str] | None = None,
        closing_hours: Mapping[str, tuple[tuple[date, int], ...]] | None = None,
    ) -> "Registry":
        by_meter: dict[UUID, list[Installed]] = {}
        by_point: dict[UUID, list[Installed]] = {}
        for installed in sorted(installations, key=lambda each: each.from_epoch):
            by_meter.setdefault(installed.meter_id, []).append(installed)
            by_point.setdefault(installed.point_id, []).append(installed)
        return cls(
            {meter: tuple(each) for meter, each in by_meter.items()},
            suppliers,
            contract_numbers or {},
            {point: tuple(each) for point, each in by_point.items()},
            frozenset(place.supplier_code for each in by_point.values() for place in each),
            closing_hours or {},
        )

    def is_settled(self, place: Installed) -> bool:
        """Say whether contracts names the same supplier as the registry, and its streams are there.

        Until then nobody may be told of the point.
        """
        return (
            self.suppliers.get(place.contract_id, place.supplier_code) == place.supplier_code
            and place.supplier_code not in self.without_streams
        )

    def may_be_told(self, point_id: UUID) -> bool:
        """Say whether a point's supplier, as the registry names it last, may be told of it."""
        places = self.places.get(point_id, ())
        return bool(places) and self.is_settled(places[-1])

    def closing_hour(self, supplier_code: str, day: date, *, default: int) -> int:
        """Return the local hour of the next day at which the supplier has `day` closed; newest first they are kept."""
        hours = self.closing_hours.get(supplier_code, ())
        return next((hour for valid_from, hour in hours if valid_from <= day), default)

    def of_meter(self, meter_id: UUID | str, serial: str) -> tuple[Installed, ...]:
        """Return where the meter has been, in order of time.

        Raises Rejected with code `unknown_meter`, or `wrong_serial` if another meter answered on the wire, or
        `supplier_mismatch` if contracts names another supplier than the registry: then nobody may get the data.
        """
        found = self._found.get((meter_id, serial))
        if found is None:
            found = self._of_meter(_uuid(meter_id), serial)
            if len(self._found) < FOUND_A_METER * len(self.installations):
                self._found[meter_id, serial] = found
        return found

    def _of_meter(self, meter_id: UUID, serial: str) -> tuple[Installed, ...]:
        places = self.installations.get(meter_id, ())
        if not places:
            raise Rejected(f"meter {meter_id} is not in the registry", code="unknown_meter")
        if places[0].serial != serial:
            raise Rejected(f"meter {meter_id} answered as serial {serial}", code="wrong_serial")
        for place in places:
            if self.suppliers.get(place.contract_id, place.supplier_code) != place.supplier_code:
                raise Rejected(
                    f"contract {place.contract_id} is not of supplier {place.supplier_code}", code="supplier_mismatch"
                )
        return places


def _uuid(meter_id: UUID | str) -> UUID:
    if isinstance(meter_id, UUID):
        return meter_id
    try:
        return UUID(meter_id)
    except ValueError as error:
        raise Rejected(f"{meter_id[:40]!r} is no id of a meter", code="invalid_message") from error


def place_at(places: tuple[Installed, ...], epoch: float) -> Installed | None:
    """Return the place that holds at `epoch`, or None before, between and after installations."""
    return next((place for place in places if place.from_epoch <= epoch < place.to_epoch), None)


def physical_limit_w(*, phases: int, phase_voltage_v: int, max_current_a: int) -> float:
    """Return `Installed.limit_w`: 1.1 * phases * U * I."""
    return LIMIT_FACTOR * phases * phase_voltage_v * max_current_a
