"""Answers about local days of a point: not modified, kept, or made anew. What may be kept: `metering.read_cache`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from common.accesses import note
from common.http.auth import CurrentReader
from metering import read_cache
from metering.domain.consumption import Grid, ended_slots, grid_of, sums_by_period
from metering.domain.local_days import ONE_DAY, LocalDay, local_day
from metering.domain.periods import Period, days
from metering.domain.profile import Channel, end_of
from metering.endpoints.scope import OurResources, looked_at, reading
from metering.errors import UnknownPoint
from metering.repository.day_states import DayState, SeenPoint, closed, digest_of
from metering.resources import Resources

IfNoneMatch = Annotated[str | None, Header(max_length=2_000, description="Entity tags of answers that the client has.")]
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client has this answer already."}}
# Clients may keep an answer and must ask whether it still holds; nothing between may keep it.
KEPT_BY_CLIENT: Final = "private, no-cache"


@dataclass(frozen=True, slots=True)
class DaysRead:
    """Local days [first_on, end_on) of a point that the caller may see, at one moment."""

    resources: Resources
    point: SeenPoint
    first_on: date
    end_on: date
    now_epoch: float
    states: Sequence[DayState]

    @property
    def start_epoch(self) -> int:
        return local_day(self.first_on, self.point.time_zone).start_epoch

    @property
    def end_epoch(self) -> int:
        return local_day(self.end_on - ONE_DAY, self.point.time_zone).end_epoch

    @property
    def closed(self) -> bool:
        """Whether each of the days has ended and has a revision, and nothing is to be done about any of them."""
        return self.end_epoch <= self.now_epoch and closed(self.states, days=(self.end_on - self.first_on).days)

    def local_days(self) -> list[LocalDay]:
        return [local_day(day, self.point.time_zone) for day in days(self.first_on, self.end_on)]

    def revisions(self) -> dict[date, int]:
        """Return the newest revision of each day that has one."""
        return {each.day: each.revision for each in self.states if each.revision}

    def newest_between(self, first_on: date, end_on: date) -> int | None:
        """Return the highest revision of the days in [first_on, end_on)."""
        return max((each.revision for each in self.states if first_on <= each.day < end_on), default=0) or None

    async def grid(self, *channels: Channel) -> tuple[Grid, datetime | None]:
        """Return the half hours of the days, and until when they are as they are (`as_of` of the answers)."""
        found = await self.resources.profiles.window(
            self.point.id, channels, start_epoch=self.start_epoch, end_epoch=self.end_epoch, now_epoch=self.now_epoch
        )
        grid = grid_of(found.halves, channels, start_epoch=self.start_epoch, end_epoch=self.end_epoch)
        return grid, self.as_of(found.newest_epoch)

    def as_of(self, newest_epoch: int | None) -> datetime | None:
        """Return the end of the newest half hour; of closed days, which tell of nothing later, their end."""
        return datetime.fromtimestamp(self.end_epoch, UTC) if self.closed else end_of(newest_epoch)


@dataclass(frozen=True, slots=True)
class Made:
    """An answer. `lasts`: of closed days it stays as it is while their state does."""

    body: BaseModel
    lasts: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller who asks about days of a point."""

    point_id: UUID
    caller: CurrentReader
    resources: Resources
    request: Request

    async def point(self, first_on: date, end_on: date) -> SeenPoint:
        """Return the point with its days in [first_on, end_on). Raises UnknownPoint if the caller may not see it."""
        found = await self.resources.seen_points.find(self.point_id, self.caller, first_on=first_on, end_on=end_on)
        if found is None:
            raise UnknownPoint("there is no such point")
        looked = looked_at(found, self.caller, self.request)
        if looked is not None:
            async with reading(self.resources) as connection:
                await note(connection, [found.contract_id], looked)
        return found

    async def days(self, first_on: date, end_on: date) -> DaysRead:
        """Look at the state of the days before their half hours are asked for: what comes between changes it."""
        return self.narrow(await self.point(first_on, end_on), first_on, end_on)

    def narrow(self, point: SeenPoint, first_on: date, end_on: date) -> DaysRead:
        now_epoch = self.resources.clock.now().timestamp()
        return DaysRead(self.resources, point, first_on, end_on, now_epoch, point.within(first_on, end_on))


async def _reader(point_id: UUID, caller: CurrentReader, resources: OurResources, request: Request) -> Reader:
    return Reader(point_id, caller, resources, request)


def slots_of(read: DaysRead, grid: Grid) -> dict[str, Any]:
    """Return the fields of `SlotsOfPeriod` for the grid's first channel over the days."""
    whole = [Period(read.first_on, read.start_epoch, read.end_epoch)]
    (ended,) = ended_slots(whole, now_epoch=read.now_epoch)
    sums, *_ = sums_by_period(grid, whole, now_epoch=read.now_epoch)
    return {
        "quality": sums.quality[0],
        "slots_ended": ended,
        "slots_valid": sums.valid[0],
        "slots_estimated": sums.estimated[0],
        "slots_questioned": sums.questioned[0],
        "slots_missing": sums.missing[0],
    }


ThisReader = Annotated[Reader, Depends(_reader)]


async def answer_once(
    read: DaysRead,
    what: tuple[object, ...],
    if_none_match: str | None,
    make: Callable[[], Awaitable[BaseModel | Made]],
) -> Response:
    """Answer by tag. `what` names the question; of closed days the same answer is made once."""
    tag = _tag(read, what) if read.closed else None
    if tag is not None and read_cache.matches(if_none_match, tag):
        return _answer(b"", tag, if_none_match)
    cache = read.resources.read_cache
    kept = None if tag is None else cache.get(tag)
    if kept is not None and tag is not None:
        return _answer(kept, tag, None)
    made = await make()
    if not isinstance(made, Made):
        made = Made(made)
    body = made.body.model_dump_json().encode()
    if tag is None or not made.lasts:
        return _answer(body, read_cache.tag_of_bytes(body), if_none_match)
    cache.keep(tag, body)
    return _answer(body, tag, None)


def _tag(read: DaysRead, what: tuple[object, ...]) -> str:
    point = read.point
    return read_cache.tag_of((what, point.id, point.time_zone, read.first_on, read.end_on, digest_of(read.states)))


def _answer(body: bytes, tag: str, if_none_match: str | None) -> Response:
    headers = {"ETag": tag, "Cache-Control": KEPT_BY_CLIENT}
    if read_cache.matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
