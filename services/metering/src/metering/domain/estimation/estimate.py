"""The order of the methods: what is estimated for the missing half hours of a point's day, by which method, of what.

A half hour is told by the first that can: E1, E2, E3, E4, E5, E6, E7, E8. The leading channel decides; the others go
with it, each by the best that there is of it. E0, asking the meter's archive, comes before all of this.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec

from metering.domain.estimation.back_test import back_test
from metering.domain.estimation.legal import legal_month
from metering.domain.estimation.like_days import like_days
from metering.domain.estimation.load_profile import ACTIVE_IMPORT, curve_of, known_volume, over_month
from metering.domain.estimation.material import Material
from metering.domain.estimation.power_fail import outage_over
from metering.domain.estimation.registers import Scaled, by_registers
from metering.domain.estimation.rounding import rounded
from metering.domain.estimation.shape import E4, E5, E6, E8, FLAT, runs_of, shape_of
from metering.domain.intervals import CHANNELS, STEP_SECONDS
from metering.domain.local_days import instant
from topics.quality import Flag, Quality

E1: Final = "E1"
E2: Final = "E2"
E3: Final = "E3"
E7: Final = "E7"
QUALITY: Final = {
    E1: Quality.CONTROL,
    E2: Quality.VALID,
    E3: Quality.DERIVED,
    E4: Quality.INTERP,
    E5: Quality.HISTORY,
    E6: Quality.HISTORY,
    E7: Quality.LEGAL,
    E8: Quality.HISTORY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Consecutive half hours [start, end) told by one method; columns in the order of CHANNELS, of the meter's side."""

    start: int
    end: int
    method: str
    flags: int
    columns: tuple[tuple[int | None, ...], ...]
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    back_test: Mapping[str, Any] | None

    @property
    def quality(self) -> Quality:
        return QUALITY[self.method]

    @property
    def digest(self) -> str:
        """Return what tells one estimate of these half hours from another: values, method, inputs and parameters."""
        content = (self.start, self.end, self.method, self.flags, self.columns, self.inputs, self.parameters)
        return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Told:
    """One channel of one half hour."""

    method: str
    value: int
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]


def estimates(material: Material, missing: Sequence[int]) -> list[Estimate]:
    """Return estimates of these half hours of the material's day, in order; what nothing is known of stays a gap."""
    ours = sorted(start for start in set(missing) if material.stands(start))
    by_channel = {channel: _channel(material, ours, channel) for channel in material.channels}
    lead = material.channels[0]
    told = [(start, by_channel[lead][start]) for start in ours if start in by_channel[lead]]
    rows: list[Estimate] = []
    keyed = ((start, each, index) for index, (start, each) in enumerate(told))
    for _, group in groupby(keyed, key=lambda each: _group(*each)):
        run = [start for start, _, _ in group]
        rows.append(_row(material, run, by_channel, lead))
    return rows


def _group(start: int, told: _Told, index: int) -> tuple[int, str, bytes]:
    """Half hours go together that follow on each other and are told of the same by the same."""
    return (
        start - index * STEP_SECONDS,
        told.method,
        msgspec.json.encode((told.inputs, told.parameters), order="sorted"),
    )


def _row(material: Material, run: Sequence[int], by_channel: Mapping[int, Mapping[int, _Told]], lead: int) -> Estimate:
    first = by_channel[lead][run[0]]
    columns = tuple(
        tuple(
            by_channel[number][start].value if number in by_channel and start in by_channel[number] else None
            for start in run
        )
        for number in range(len(CHANNELS))
    )
    others = {
        CHANNELS[number]: sorted({told[start].method for start in run if start in told})
        for number, told in by_channel.items()
        if number != lead
    }
    tested = None
    if first.method not in {E1, E2, E7}:
        shape = str(first.parameters.get("shape", first.method))
        tested = back_test(material, run, lead, shape, scaled=first.method == E3).as_json()
    return Estimate(
        start=run[0],
        end=run[-1] + STEP_SECONDS,
        method=first.method,
        flags=int(Flag.POWER_FAIL) if first.method == E2 else 0,
        columns=columns,
        inputs=first.inputs,
        parameters={**first.parameters, "other_channels": others},
        back_test=tested,
    )


def _channel(material: Material, missing: Sequence[int], channel: int) -> dict[int, _Told]:
    told = _certain(material, missing, channel)
    known = material.energies(channel)
    known.update({start: each.value for start, each in told.items()})
    for stretch in by_registers(material, known, channel):
        for start in missing:
            if start in stretch.values and start not in told:
                told[start] = _derived(stretch, start)
    for run in runs_of([start for start in missing if start not in told]):
        told.update(_estimated(material, run, channel))
    return told


def _certain(material: Material, missing: Sequence[int], channel: int) -> dict[int, _Told]:
    """E1 and E2: what another meter counted, and what could not be."""
    told: dict[int, _Told] = {}
    for start in missing:
        control = material.control.get(start)
        value = None if control is None else control[channel]
        if value is not None:
            told[start] = _Told(E1, value, {"control_point": material.control_point}, {})
            continue
        outage = outage_over(start, material.outages)
        if outage is not None:
            told[start] = _Told(E2, 0, {"entry_id": outage.entry_id}, {})
    return told


def _derived(stretch: Scaled, start: int) -> _Told:
    shape = next(part.method for part in stretch.parts if start in part.starts)
    return _Told(E3, stretch.values[start], stretch.inputs, {"shape": shape})


def _estimated(material: Material, run: Sequence[int], channel: int) -> dict[int, _Told]:
    """E4 to E8 over consecutive half hours."""
    told: dict[int, _Told] = {}
    for part in shape_of(material, run, channel, methods=(E4, E5, E6)):
        if part.method == FLAT:
            told.update(_substituted(material, part.starts, channel))
            continue
        inputs, parameters = _of_what(material, run, part.method)
        values = rounded(part.values)
        told.update(
            {
                start: _Told(part.method, value, inputs, parameters)
                for start, value in zip(part.starts, values, strict=True)
            }
        )
    return told


def _substituted(material: Material, run: Sequence[int], channel: int) -> dict[int, _Told]:
    """E7, else E8."""
    found = _by_law(material, run, channel)
    if found is not None:
        return found
    (part, *_) = shape_of(material, run, channel, methods=(E8,))
    if part.method == FLAT:
        return {}
    inputs = {"days": [day.isoformat() for day in sorted(material.good_days)]}
    return {start: _Told(E8, value, inputs, {}) for start, value in zip(part.starts, rounded(part.values), strict=True)}


def _by_law(material: Material, run: Sequence[int], channel: int) -> dict[int, _Told] | None:
    curve = curve_of(material.point_class, material.day.day)
    if material.law is None or curve is None or channel != ACTIVE_IMPORT:
        return None
    month = legal_month(
        material.law, material.months_wh, last_year_wh=material.last_year_wh, periods=material.legal_periods
    )
    if month is None:
        return None
    energy, basis = month
    values = rounded(over_month(curve, energy, run, material.day.time_zone))
    inputs = {"basis": basis, "month_wh": float(energy)}
    parameters = {"document": material.law.document, "valid_from": material.law.valid_from.isoformat()}
    return {start: _Told(E7, value, inputs, parameters) for start, value in zip(run, values, strict=True)}


def _of_what(material: Material, run: Sequence[int], method: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return inputs and parameters of E4, E5 or E6."""
    if method == E4:
        neighbours = (run[0] - STEP_SECONDS, run[-1] + STEP_SECONDS)
        known = [start for start in neighbours if material.good(start) is not None]
        return {
            "neighbours": [
                {"start": instant(start).isoformat(), "energies": list(material.slots[start].energies)}
                for start in known
            ]
        }, {"straight": len(known) == len(neighbours)}
    if method == E5:
        days = [day.isoformat() for day in like_days(material)]
        return {"days": days}, {
            "day_type": material.type_of(material.day.day).value,
            "calendar": material.calendar,
        }
    volume, curve = known_volume(material), curve_of(material.point_class, material.day.day)
    if volume is None or curve is None:
        return {}, {}
    return {
        "energy_wh": volume.energy_wh,
        "since": instant(volume.start).isoformat(),
        "until": instant(volume.end).isoformat(),
    }, {
        "class": material.point_class.value,
        "curve_valid_from": curve.valid_from.isoformat(),
        "calendar": material.calendar,
    }
