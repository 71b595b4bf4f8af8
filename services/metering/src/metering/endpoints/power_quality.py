"""HTTP of power quality, outages and the meter's clock."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.responses import Response

from metering.domain import periods, power_quality
from metering.domain.local_days import ONE_DAY, instant, local_day
from metering.domain.planned_outages import PlannedOutage, foreseen
from metering.domain.power_quality import CLOCK_JOURNAL, PHASE_JOURNALS, POWER_JOURNAL
from metering.endpoints.planned_outages import of_consumer
from metering.endpoints.scope import LocalDate, OurResources, SeenPoint, answer, reading
from metering.repository import copies, planned_outages
from metering.repository.points import PointRow
from metering.schemas import power_quality as schemas

router = APIRouter()


@router.get("/points/{point_id}/power-quality", response_model=schemas.PowerQuality)  # noqa: FAST003 -- SeenPoint takes it
async def show_power_quality(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """Voltage by phase and outages over the local days [start, end), at most 366."""
    first, last = _borders(row, start, end)
    async with reading(resources) as connection:
        planned = await planned_outages.of_point(connection, row.id, after=instant(first), before=instant(last))
        limits = None if row.meter_id is None else await copies.limits_of(connection, row.meter_id)
    journals = resources.journals
    as_of = await resources.store.journal_read_at(row.id)
    known_until = min(last, 0.0 if as_of is None else as_of.timestamp())
    entries = await journals.overlapping(row.id, power_quality.voltage_journals(), start_epoch=first, end_epoch=last)
    records = await journals.with_neighbours(
        row.id, [POWER_JOURNAL, *PHASE_JOURNALS], start_epoch=first, end_epoch=last
    )
    phases = power_quality.voltage_by_phase(entries, start_epoch=first, end_epoch=last, known_until=known_until)
    observed = max(0, round(known_until - first))
    passed = round(min(last, resources.clock.now().timestamp()) - first)
    return answer(
        schemas.PowerQuality(
            point_id=row.id,
            time_zone=row.time_zone,
            as_of=as_of,
            start=start,
            end=end,
            observed_seconds=observed,
            observed_share=round(min(1, observed / passed), 6) if passed > 0 else None,
            low_v=power_quality.LOWEST_V,
            high_v=power_quality.HIGHEST_V,
            meter_limits=None if limits is None else _limits(*limits),
            phases=[_phase(each, observed) for each in phases],
            outages_seen=[
                _outage(each, planned, known_until=known_until)
                for each in power_quality.outages(records, start_epoch=first, end_epoch=last)
            ],
            outages_planned=of_consumer(planned),
        )
    )


@router.get("/points/{point_id}/clock-drift", response_model=schemas.ClockDrift)  # noqa: FAST003 -- SeenPoint takes it
async def show_clock_drift(row: SeenPoint, resources: OurResources, start: LocalDate, end: LocalDate) -> Response:
    """Drift at each reading and every setting of the clock over the local days [start, end), at most 366."""
    first, last = _borders(row, start, end)
    drift, readings = await resources.journals.drift(row.id, start_epoch=first, end_epoch=last)
    entries = await resources.journals.overlapping(row.id, [CLOCK_JOURNAL], start_epoch=first, end_epoch=last)
    read_at = await resources.store.journal_read_at(row.id)
    snapshot = (await resources.store.last_snapshots([row.id])).get(row.id)
    reading_at = None if snapshot is None else snapshot.at
    newest = max([each for each in (read_at, reading_at) if each], default=None)
    return answer(
        schemas.ClockDrift(
            point_id=row.id,
            time_zone=row.time_zone,
            as_of=newest,
            last_reading_at=reading_at,
            readings=readings,
            drift=schemas.Drift(times=[at for at, _ in drift], drift_seconds=[seconds for _, seconds in drift]),
            corrections=[
                schemas.ClockCorrection.model_validate(each, from_attributes=True)
                for each in power_quality.corrections(entries)
            ],
        )
    )


def _borders(row: PointRow, start: LocalDate, end: LocalDate) -> tuple[int, int]:
    periods.check_days(start, end)
    return local_day(start, row.time_zone).start_epoch, local_day(end - ONE_DAY, row.time_zone).end_epoch


def _limits(read_at: datetime, voltages_mv: Sequence[int]) -> schemas.MeterLimits:
    below_limit, below_normal, above_normal, above_limit = voltages_mv
    return schemas.MeterLimits(
        read_at=read_at,
        below_limit_mv=below_limit,
        below_normal_mv=below_normal,
        above_normal_mv=above_normal,
        above_limit_mv=above_limit,
    )


def _phase(voltage: power_quality.PhaseVoltage, observed_seconds: int) -> schemas.PhaseVoltage:
    below_limit, below_normal, above_normal, above_limit = voltage.seconds
    outside = voltage.outside_seconds
    return schemas.PhaseVoltage(
        phase=voltage.phase,
        below_limit_seconds=below_limit,
        below_normal_seconds=below_normal,
        above_normal_seconds=above_normal,
        above_limit_seconds=above_limit,
        outside_seconds=outside,
        outside_minutes=-(-outside // power_quality.MINUTE_SECONDS),
        share=round(outside / observed_seconds, 6) if observed_seconds else None,
        entries=voltage.entries,
        open_entries=voltage.open_entries,
    )


def _outage(outage: power_quality.Outage, planned: Sequence[PlannedOutage], *, known_until: float) -> schemas.Outage:
    end = outage.end_epoch
    found = foreseen(outage.start_epoch, known_until if end is None else end, planned)
    return schemas.Outage(
        source="meter",
        phase=outage.phase,
        start=datetime.fromtimestamp(outage.start_epoch, UTC),
        end=None if end is None else datetime.fromtimestamp(end, UTC),
        duration_seconds=None if end is None else round(end - outage.start_epoch),
        planned_id=None if found is None else found.outage_id,
        planned_during=None if found is None else found.during,
    )
