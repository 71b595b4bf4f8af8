"""A simulated month of many points: what their meters say, with gaps, clock sets, an exchange, repeats and late parts.

Everything is drawn from one seed; nothing here knows how the ledger works.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from metering.registry_file import RegistryFile
from topics.poller import IntervalBlock, Register, RegisterSnapshot
from topics.quality import Flag, Quality

FIRST: Final = date(2026, 3, 1)
# The first and the last: each further zone is read, closed and replayed by itself.
ZONES: Final = ("Europe/Kaliningrad", "Asia/Vladivostok")
HALF_HOUR: Final = timedelta(minutes=30)
SHA256: Final = "cd" * 32
EXCHANGED: Final = 7  # the point whose meter is exchanged at noon of the 15th
EXCHANGE_DAY: Final = 15


def _id(family: int, kind: int, number: int) -> UUID:
    return UUID(int=(0x0196 << 112) | (family << 80) | (kind << 64) | number)


@dataclass(frozen=True)
class Point:
    """One point, its meters, and when the second took over from the first."""

    number: int
    zone: str
    ratio: int
    family: int = 0

    @property
    def id(self) -> UUID:
        return _id(self.family, 1, self.number)

    def meter_id(self, which: int = 0) -> UUID:
        return _id(self.family, 2 + which, self.number)

    @property
    def contract_id(self) -> UUID:
        return _id(self.family, 5, self.number)

    @property
    def exchanged_at(self) -> datetime | None:
        if self.number != EXCHANGED:
            return None
        return midnight(FIRST + timedelta(days=EXCHANGE_DAY - 1), self.zone) + timedelta(hours=12)


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class Month:
    """The meters of `size` points. `held_back` comes late. Another `family` has the same meters under other ids."""

    size: int
    family: int = 0
    seed: int = 20260301
    points: Sequence[Point] = field(init=False)
    held_back: list[IntervalBlock] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 -- a simulation
        self.points = [
            Point(number, ZONES[number % len(ZONES)], 30 if number % 50 == 1 else 1, self.family)
            for number in range(self.size)
        ]
        self._registers = {point.meter_id(which): 1_000_000 for point in self.points for which in (0, 1)}

    def registry_file(self) -> RegistryFile:
        return RegistryFile.model_validate(
            {
                "supplier_code": "demo",
                "points": [self._point(point) for point in self.points],
                "meters": [self._meter(point, which) for point in self.points for which in _meters(point)],
                "installations": [
                    self._installation(point, which) for point in self.points for which in _meters(point)
                ],
            }
        )

    def day(self, day: date) -> Iterator[IntervalBlock | RegisterSnapshot]:
        """What the meters say of one day, shuffled, a part of it twice; gaps are missing, late blocks held back."""
        said = [message for point in self.points for message in self._of(point, day)]
        said += self._random.sample(said, len(said) // 20)
        self._random.shuffle(said)
        yield from said

    def corrected(self, point: Point, day: date, *, extra_wh: int, polled_at: datetime) -> IntervalBlock:
        """The first half hour of a day, read again later with another value."""
        start = midnight(day, point.zone)
        return self._block(point, 0, start, [700 + extra_wh], [0], polled_at=polled_at)

    def _of(self, point: Point, day: date) -> Iterator[IntervalBlock | RegisterSnapshot]:
        start, end = midnight(day, point.zone), midnight(day + timedelta(days=1), point.zone)
        exchange = point.exchanged_at
        borders = [start, exchange, end] if exchange is not None and start < exchange < end else [start, end]
        which = 1 if exchange is not None and start >= exchange else 0
        for begin, finish in pairwise(borders):
            count = (finish - begin) // HALF_HOUR
            values: list[int | None] = [self._random.randrange(200, 2_000) for _ in range(count)]
            self._registers[point.meter_id(which)] += sum(value or 0 for value in values)
            flags = [0] * count
            self._spoil(values, flags)
            yield from self._said(point, which, begin, finish, values, flags)
            which += 1

    def _said(
        self, point: Point, which: int, begin: datetime, finish: datetime, values: Sequence[int | None], flags: Any
    ) -> Iterator[IntervalBlock | RegisterSnapshot]:
        block = self._block(point, which, begin, values, flags, polled_at=finish)
        if self._random.random() < 0.01:
            self.held_back.append(block)
        else:
            yield block
        if self._random.random() < 0.9:
            # The last reading of a meter that is taken away is of a minute before.
            taken_away = finish == point.exchanged_at
            yield self._snapshot(point, which, finish - timedelta(minutes=1) if taken_away else finish)

    def _spoil(self, values: list[int | None], flags: list[int]) -> None:
        """Gaps in a twentieth of the days, a clock set in a fiftieth."""
        if self._random.random() < 0.05:
            first = self._random.randrange(len(values) - 3)
            values[first : first + 3] = [None] * 3
        if self._random.random() < 0.02:
            flags[self._random.randrange(len(flags))] = Flag.CLOCK_SET | Flag.INCOMPLETE

    def _block(
        self,
        point: Point,
        which: int,
        start: datetime,
        values: Sequence[int | None],
        flags: Sequence[int],
        *,
        polled_at: datetime,
    ) -> IntervalBlock:
        return IntervalBlock(
            endpoint_id=_id(point.family, 6, point.number),
            meter_id=point.meter_id(which),
            serial=f"{which}-{point.number}-{point.family}",
            start=start,
            step_seconds=1_800,
            a_plus_wh=list(values),
            a_minus_wh=[None if value is None else 0 for value in values],
            r_plus_varh=[None if value is None else value // 4 for value in values],
            r_minus_varh=[None] * len(values),
            quality=[Quality.GAP if value is None else Quality.RAW for value in values],
            flags=[0 if value is None else flag for value, flag in zip(values, flags, strict=True)],
            polled_at=polled_at,
            frames_sha256=SHA256,
        )

    def _snapshot(self, point: Point, which: int, at: datetime) -> RegisterSnapshot:
        meter_id = point.meter_id(which)
        return RegisterSnapshot(
            endpoint_id=_id(point.family, 6, point.number),
            meter_id=meter_id,
            serial=f"{which}-{point.number}-{point.family}",
            at=at,
            meter_time=None,
            drift_seconds=None,
            registers=[Register(zone="sum", channel="a_plus", value_wh=self._registers[meter_id])],
            frames_sha256=SHA256,
        )

    def _point(self, point: Point) -> dict[str, Any]:
        ids = {"id": point.id, "contract_id": point.contract_id}
        return ids | {
            "number": f"month {point.family} {point.number}",
            "name": f"{point.number}",
            "time_zone": point.zone,
        }

    def _meter(self, point: Point, which: int) -> dict[str, Any]:
        limits = {"phases": 3, "phase_voltage_v": 230, "max_current_a": 60}
        return {
            "id": point.meter_id(which),
            "serial": f"{which}-{point.number}-{point.family}",
            "model": "Меркурий 234",
        } | limits

    def _installation(self, point: Point, which: int) -> dict[str, Any]:
        exchange = point.exchanged_at
        begun = midnight(FIRST, point.zone) if which == 0 or exchange is None else exchange
        return {
            "id": _id(point.family, 8 + which, point.number),
            "point_id": point.id,
            "meter_id": point.meter_id(which),
            "valid_from": begun,
            "valid_to": exchange if which == 0 else None,
            "ratio": point.ratio,
            "clock_zone": point.zone,
        }


def _meters(point: Point) -> range:
    return range(1 if point.exchanged_at is None else 2)
