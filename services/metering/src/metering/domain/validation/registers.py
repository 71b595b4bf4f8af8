"""V14, V15 and V16: the registers against themselves, against the half hours, and against their zones."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from metering.domain.intervals import STEP_SECONDS
from metering.domain.profile import Channel
from metering.domain.reconciliation import advance, borders_of, reconcile
from metering.domain.registers import StoredSnapshot
from metering.domain.registry import place_at
from metering.domain.schedules import valid_on
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Rule, Severity, Verdict
from metering.domain.zones import ZoneVerdict
from metering.domain.zones import check_zones as check_day_zones
from topics.supplier_days import Cause

SUM: Final = "sum"
# These explain a difference by what the ledger tells anyway: the half hours themselves are not in doubt.
EXPLAINED: Final[frozenset[Cause | None]] = frozenset({"missing_slots", "register_off_border", "profile_rounding"})


def registers_of(snapshot: StoredSnapshot) -> dict[tuple[str, str], int]:
    """Return the values by (zone, channel)."""
    return dict(zip(zip(snapshot.zones, snapshot.channels, strict=True), snapshot.values_wh, strict=True))


def check_registers_back(context: DayContext) -> Iterator[Verdict]:
    """Yield V14 for readings within the day that are below the one before of the same meter.

    A drum that ran over, and an exchange of the meter, are none.
    """
    by_meter: dict[str, list[StoredSnapshot]] = {}
    for each in context.snapshots:
        by_meter.setdefault(str(each.meter_id), []).append(each)
    for readings in by_meter.values():
        for former, later in pairwise(readings):
            if context.day.start_epoch < later.at.timestamp() <= context.day.end_epoch:
                yield from _back(context, former, later)


def _back(context: DayContext, former: StoredSnapshot, later: StoredSnapshot) -> Iterator[Verdict]:
    before, after = registers_of(former), registers_of(later)
    if all(value >= before.get(key, 0) for key, value in after.items()):
        return
    at = later.at.timestamp()
    place = place_at(context.places, at) or context.places[-1]
    steps = int((at - former.at.timestamp()) // STEP_SECONDS) + 1
    for channel in Channel:
        steps_back = {
            zone: advance(before[zone, name], value, limit_wh=steps * place.limit(STEP_SECONDS))
            for (zone, name), value in after.items()
            if name == channel.value and (zone, name) in before
        }
        zone = min(steps_back, key=lambda each: (steps_back[each], each), default=None)
        if zone is not None and steps_back[zone] < 0:
            yield Verdict(
                rule=Rule.V14,
                severity=Severity.QUESTION,
                start_epoch=int(at),
                value=steps_back[zone],
                limit=0,
                channel=channel,
                detail=f"register {zone}: {before[zone, channel.value]} Wh, then {after[zone, channel.value]} Wh",
            )


def check_balance(context: DayContext) -> Iterator[Verdict]:
    """Yield V15 for each channel whose half hours and registers differ by more than the tolerance."""
    missing = sum(start not in context.judged for start in context.expected)
    limit_wh = max(place.limit(STEP_SECONDS) for place in context.places)
    found = reconcile(context.day, context.judged, context.snapshots, limit_wh=limit_wh, missing=missing)
    for balance in found.balances:
        if balance.differs:
            explained = found.cause in EXPLAINED
            yield Verdict(
                rule=Rule.V15,
                severity=Severity.NOTE if explained else Severity.QUESTION,
                start_epoch=context.day.start_epoch,
                value=balance.residual_wh or 0,
                limit=balance.tolerance_wh or 0,
                channel=balance.channel,
                detail=found.cause or "",
                slots=() if explained else tuple(context.measured),
            )


def check_zones(context: DayContext) -> Iterator[Verdict]:
    """Yield V16 where zones do not add up to the total, or are not what the schedule makes of the half hours."""
    borders = borders_of(context.day, context.snapshots)
    if borders is None or borders.first.meter_id != borders.last.meter_id:
        return
    yield from _zones_of_total(context, borders.last)
    yield from _zones_by_schedule(context)


def _zones_of_total(context: DayContext, reading: StoredSnapshot) -> Iterator[Verdict]:
    values = registers_of(reading)
    for channel in Channel:
        zones = [value for (zone, name), value in values.items() if name == channel.value and zone != SUM]
        total = values.get((SUM, channel.value))
        if total is None or not zones:
            continue
        limit = context.limits["V16.step_wh"] * len(zones)
        if abs(sum(zones) - total) > limit:
            yield _question(context, channel, "total", sum(zones) - total, limit, "zones minus total")


def _zones_by_schedule(context: DayContext) -> Iterator[Verdict]:
    """Only where the total agrees: otherwise the zones cannot. How zones are checked: `domain.zones`."""
    limit_wh = max(place.limit(STEP_SECONDS) for place in context.places)
    schedules = valid_on(context.schedules, context.day.day)
    check = check_day_zones(
        context.day, context.judged, context.snapshots, schedules, tariff=context.tariff, limit_wh=limit_wh
    )
    if check.verdict is not ZoneVerdict.DIFFERS or not context.is_whole:
        return
    if any(verdict.channel is Channel.A_PLUS for verdict in check_balance(context)):
        return
    share_wh = sum(zone.profile_wh for zone in check.zones) * context.limits["V16.percent"] / 100
    worst = max(check.zones, key=lambda zone: abs(zone.register_wh - zone.profile_wh))
    off, limit = worst.register_wh - worst.profile_wh, max(share_wh, worst.tolerance_wh)
    if abs(off) > limit:
        cause = "" if check.cause is None else f", {check.cause.value}"
        yield _question(context, Channel.A_PLUS, "schedule", off, limit, f"{worst.zone} minus its half hours{cause}")


def _question(
    context: DayContext, channel: Channel, part: str, value: float, limit: float, detail: str, slots: Sequence[int] = ()
) -> Verdict:
    return Verdict(
        rule=Rule.V16,
        severity=Severity.QUESTION,
        start_epoch=context.day.start_epoch,
        value=value,
        limit=limit,
        part=f"{channel.value}.{part}",
        detail=detail,
        slots=slots,
    )
