"""Half hours of points for whoever shows them: one query for all who wait at the same time.

Knows no calendar and no ledger. The rows are those of the newest versions, as `telemetry.NEWEST` chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import numpy as np

from metering.coalescing import Coalescer
from metering.domain.intervals import Ints
from metering.domain.profile import Channel, Halves
from metering.store.engine import Engine
from metering.store.telemetry import COLUMN_OF_CHANNEL, NEWEST, NEWEST_START

QUERIES_AT_ONCE: Final = 2
POINTS_A_QUERY: Final = 64
# A start of a half hour beyond now is refused on arrival (V07), so there is nothing to be asked for.
FUTURE_SECONDS: Final = 300

VALUES: Final = (
    "SELECT indexOf({{points:Array(UUID)}}, point_id) AS number, start, {columns}, ratio, quality, flags"  # noqa: S608 -- names from this module
    " FROM intervals WHERE point_id IN {{points:Array(UUID)}}"
    " AND start >= toDateTime({{start:UInt32}}, 'UTC') AND start < toDateTime({{end:UInt32}}, 'UTC'){known}"
    f" ORDER BY point_id, start, {NEWEST} LIMIT 1 BY point_id, start"
)
KNOWN_BY: Final = " AND stored_at <= toDateTime({as_of:UInt32}, 'UTC')"
NEWEST_AFTER: Final = (
    "SELECT indexOf({points:Array(UUID)}, point_id) AS number, max(start) AS newest FROM intervals"
    " WHERE point_id IN {points:Array(UUID)} AND start >= toDateTime({end:UInt32}, 'UTC') GROUP BY point_id"
)


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for of a point: channels in [start, end), and whether anything may be stored behind it.

    `as_of_epoch`: of what was stored by then alone; None: of all.
    """

    channels: tuple[Channel, ...]
    start_epoch: int
    end_epoch: int
    reaches_now: bool
    as_of_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The half hours of a point in a window, by channel, with their flags, and the start of the point's newest one."""

    halves: tuple[Halves, ...]
    flags: Ints
    newest_epoch: int | None


class ProfileReads:
    """Reads of half hours. Every method raises StoreAway for a fault that passes with time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared: Coalescer[Window, UUID, Found] = Coalescer(
            "half_hours", self._ask, at_once=QUERIES_AT_ONCE, keys_a_query=POINTS_A_QUERY
        )

    async def window(
        self,
        point_id: UUID,
        channels: Sequence[Channel],
        *,
        start_epoch: int,
        end_epoch: int,
        now_epoch: float,
        as_of_epoch: int | None = None,
    ) -> Found:
        """Return the half hours of a point that begin in [start, end), as they were known at `as_of_epoch`."""
        reaches_now = end_epoch > now_epoch + FUTURE_SECONDS
        window = Window(tuple(channels), start_epoch, end_epoch, reaches_now, as_of_epoch)
        return await self._shared.ask(window, point_id)

    async def _ask(self, window: Window, points: Sequence[UUID]) -> Mapping[UUID, Found]:
        return await self._engine.read(lambda client: _read(client, window, points))


def _read(client: Any, window: Window, points: Sequence[UUID]) -> dict[UUID, Found]:
    """Ask for the newest first: what comes between the two is shown before it is promised, not the other way round."""
    parameters = {
        "points": [str(point) for point in points],
        "start": window.start_epoch,
        "end": window.end_epoch,
        **({} if window.as_of_epoch is None else {"as_of": window.as_of_epoch}),
    }
    newest: dict[int, int] = {}
    if not window.reaches_now:
        after = client.query_arrow(NEWEST_AFTER, parameters=parameters).to_pydict()
        newest = dict(zip(after["number"], after["newest"], strict=True))
    names = [COLUMN_OF_CHANNEL[channel] for channel in window.channels]
    known = "" if window.as_of_epoch is None else KNOWN_BY
    table = client.query_arrow(VALUES.format(columns=", ".join(names), known=known), parameters=parameters)
    found = {}
    for place, (first, last) in _rows_of(_column(table, "number"), len(points)).items():
        part = table.slice(first, last - first)
        starts = _column(part, "start")
        epoch = newest.get(place) or (int(starts[-1]) if starts.size else _newest_of(client, points[place - 1]))
        found[points[place - 1]] = Found(_halves(part, starts, names), _column(part, "flags"), epoch)
    return found


def _rows_of(numbers: Ints, count: int) -> dict[int, tuple[int, int]]:
    """Return for each place of 1 … count where its rows begin and end; they stand together, in the engine's order."""
    borders = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)] if len(numbers) else [0]
    there = {int(numbers[first]): (first, last) for first, last in pairwise(borders)}
    return {place: there.get(place, (0, 0)) for place in range(1, count + 1)}


def _newest_of(client: Any, point: UUID) -> int | None:
    rows = client.query_arrow(NEWEST_START, parameters={"point_id": str(point)})["start"].to_pylist()
    return int(rows[0]) if rows else None


def _halves(part: Any, starts: Ints, names: Sequence[str]) -> tuple[Halves, ...]:
    ratios, quality = _column(part, "ratio"), _column(part, "quality")
    found = []
    for name in names:
        column = part[name].combine_chunks()
        values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        known = column.is_valid().to_numpy(zero_copy_only=False)
        found.append(Halves(starts=starts, values=values, ratios=ratios, known=known, quality=quality))
    return tuple(found)


def _column(table: Any, name: str) -> Ints:
    numbers: Ints = table[name].to_numpy().astype(np.int64)
    return numbers
