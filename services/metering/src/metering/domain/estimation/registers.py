"""E3: registers on both sides say how much went through; the shape is estimated and scaled so that the sum is exact.

Per zone where the meter counts by zones and its zones agree with the total. There is no negative scaling: registers
that went back, or half hours that come to more than they, tell nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from metering.domain.estimation.material import Material
from metering.domain.estimation.rounding import half_up, shared_out
from metering.domain.estimation.shape import E4, E5, E6, E8, Part, runs_of, shape_of
from metering.domain.intervals import STEP_SECONDS
from metering.domain.local_days import instant
from metering.domain.profile import Channel
from metering.domain.reconciliation import OFF_BORDER_SECONDS, advance
from metering.domain.registers import StoredSnapshot

TOTAL: Final = "sum"
# Further apart two readings say too little of one day between them.
FURTHEST_SECONDS: Final = 35 * 86_400


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the registers of a channel showed at a border of half hours, by zone; read at `read_at`."""

    border: int
    values: Mapping[str, int]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Scaled:
    """The missing half hours between two anchors, whose energies add up to what the registers went on by."""

    values: Mapping[int, int]
    parts: Sequence[Part]
    inputs: Mapping[str, Any]


def by_registers(material: Material, known: Mapping[int, int], channel: int) -> list[Scaled]:
    """Return each stretch between neighbouring readings in which half hours are missing and the total is known.

    `known`: the channel's energies by start. The stretches lie beside each other, in order of time.
    """
    found = anchors(material, known, channel)
    stretches = (_scaled(material, known, channel, before, after) for before, after in pairwise(found))
    return [each for each in stretches if each is not None]


def anchors(material: Material, known: Mapping[int, int], channel: int) -> list[Anchor]:
    """Return the readings as of the borders of half hours; one off the border counts back what is known since."""
    nearest: dict[int, tuple[float, str, Anchor]] = {}
    for snapshot in material.snapshots:
        anchor = _anchor(material, snapshot, known, channel)
        if anchor is not None:
            off = snapshot.at.timestamp() - anchor.border
            former = nearest.get(anchor.border)
            if former is None or (off, snapshot.frames_sha256) < former[:2]:
                nearest[anchor.border] = (off, snapshot.frames_sha256, anchor)
    return [nearest[border][2] for border in sorted(nearest)]


def _anchor(material: Material, snapshot: StoredSnapshot, known: Mapping[int, int], channel: int) -> Anchor | None:
    at = snapshot.at.timestamp()
    border = int(at // STEP_SECONDS) * STEP_SECONDS
    off = at - border
    if snapshot.meter_id != material.place.meter_id or not material.stands(border):
        return None
    if border not in known and off > OFF_BORDER_SECONDS:
        return None
    name = tuple(Channel)[channel].value
    cells = zip(snapshot.zones, snapshot.channels, snapshot.values_wh, strict=True)
    values = {zone: value for zone, each, value in cells if each == name}
    if TOTAL not in values:
        return None
    gone = half_up(Fraction(known.get(border, 0) * int(off * 1_000), STEP_SECONDS * 1_000))
    values[TOTAL] -= gone
    zone = material.zone_of(border)
    if zone is not None:
        values[zone] = values.get(zone, 0) - gone
    return Anchor(border, values, snapshot.at)


def _scaled(
    material: Material,
    known: Mapping[int, int],
    channel: int,
    before: Anchor,
    after: Anchor,
) -> Scaled | None:
    starts = range(before.border, after.border, STEP_SECONDS)
    missing = [start for start in starts if start not in known]
    if not missing or len(starts) * STEP_SECONDS > FURTHEST_SECONDS or not all(map(material.stands, missing)):
        return None
    parts = [part for run in runs_of(missing) for part in shape_of(material, run, channel, methods=(E4, E5, E6, E8))]
    shape = {start: value for part in parts for start, value in zip(part.starts, part.values, strict=True)}
    limit = material.limit() * len(starts)
    total = advance(before.values[TOTAL], after.values[TOTAL], limit_wh=limit)
    whole = _rest(total, [known[start] for start in starts if start in known])
    if whole is None:
        return None
    zones = _by_zone(material, known, before, after, starts, missing)
    groups = (
        zones if zones is not None and sum(rest for rest, _ in zones.values()) == whole else {TOTAL: (whole, missing)}
    )
    values: dict[int, int] = {}
    for rest, ours in groups.values():
        values.update(zip(ours, shared_out(rest, [shape[start] for start in ours]), strict=True))
    if any(value > material.limit() for value in values.values()):
        return None
    return Scaled(values, parts, _inputs(before, after, total, whole, groups))


def _rest(total: int, known: Sequence[int]) -> int | None:
    """Return what is left for the missing half hours; rounding may leave a little less than nothing, which is none."""
    if total < 0:
        return None
    rest = total - sum(known)
    tolerance = 1 + len(known) // 2
    return max(0, rest) if rest >= -tolerance else None


def _by_zone(
    material: Material,
    known: Mapping[int, int],
    before: Anchor,
    after: Anchor,
    starts: range,
    missing: Sequence[int],
) -> dict[str, tuple[int, list[int]]] | None:
    """Return by zone what is left of it and its missing half hours; None if the zones do not tell."""
    zone_at = {start: material.zone_of(start) for start in starts}
    zones = {zone for zone in zone_at.values() if zone is not None} | material.zones_used
    if None in zone_at.values():
        return None
    found: dict[str, tuple[int, list[int]]] = {}
    for zone in sorted(zones):
        if zone not in before.values or zone not in after.values:
            return None
        difference = after.values[zone] - before.values[zone]
        rest = _rest(difference, [known[start] for start in starts if start in known and zone_at[start] == zone])
        ours = [start for start in missing if zone_at[start] == zone]
        if rest is None or (rest > 0 and not ours):
            return None
        found[zone] = (rest, ours)
    return found


def _inputs(
    before: Anchor, after: Anchor, total: int, whole: int, groups: Mapping[str, tuple[int, Sequence[int]]]
) -> dict[str, Any]:
    return {
        "registers": [
            {
                "border": instant(each.border).isoformat(),
                "read_at": each.read_at.isoformat(),
                "values_wh": dict(sorted(each.values.items())),
            }
            for each in (before, after)
        ],
        "difference_wh": total,
        "missing_wh": whole,
        "by_zone_wh": {zone: rest for zone, (rest, _) in sorted(groups.items()) if zone != TOTAL},
    }
