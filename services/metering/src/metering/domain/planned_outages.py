"""Planned outages: which points one concerns, what makes an announcement possible, and what a meter saw of it. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Final
from uuid import UUID

from common.errors import Rejected
from metering.errors import InvalidPeriod

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST: Final = timedelta(days=92)
# Buildings 5/2 and 5-2 are others than building 5.
BETWEEN_WORDS: Final = re.compile(r"[^\w/-]+")


# Without slots: what is worked out once for all points is kept in the instance.
@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which points of the supplier: of the contract, if one is named, and of those numbers or that address, if any."""

    contract_number: str | None
    point_numbers: Sequence[str]
    address: str | None

    def check(self) -> None:
        """Raise Rejected with code `no_scope` unless something narrows the points down."""
        if self.contract_number is None and not self.point_numbers and not self._words:
            raise Rejected("neither a contract nor points nor an address are named", code="no_scope")

    def covers(self, *, contract_number: str | None, point_number: str, address: str | None) -> bool:
        """Say whether a point is meant."""
        if self.contract_number is not None and contract_number != self.contract_number:
            return False
        if not self.point_numbers and self.address is None:
            return True
        if point_number in self._numbers:
            return True
        return bool(self._words and f"{_key(address)} ".startswith(f"{self._words} "))

    @cached_property
    def _words(self) -> str:
        return _key(self.address)

    @cached_property
    def _numbers(self) -> frozenset[str]:
        return frozenset(self.point_numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutage:
    """The newest version of an announcement. `announced_by` is an operator, if it was one.

    `version` rises with whatever changes it. `inbox_version` is the highest that the inbox had, 0 if it never came from
    there. `start_announced_at`: since when it has been announced, without being called off, that it begins then.
    """

    id: UUID
    supplier_code: str
    document_id: str
    version: int
    inbox_version: int
    scope: Scope
    starts_at: datetime
    ends_at: datetime
    reason: str
    cancelled: bool
    time_zone: str | None
    announced_by: UUID | None
    announced_at: datetime
    start_announced_at: datetime

    def says_the_same(self, other: "PlannedOutage") -> bool:
        """Say whether both announce the same of the same points."""
        return _content(self) == _content(other)

    def is_newer_than(self, former: "PlannedOutage") -> bool:
        """Say whether this is to count instead: from staff if it says anything else, from the inbox by its versions.

        Raises Rejected with code `version_differs` if the inbox had this version with another content before; what
        that was is not known any more once staff has changed it.
        """
        if self.announced_by is not None:
            return not self.says_the_same(former)
        is_repeat = self.inbox_version == former.inbox_version
        if is_repeat and former.announced_by is None and not self.says_the_same(former):
            raise Rejected("this version came with another content before", code="version_differs")
        return self.inbox_version > former.inbox_version

    def after(self, former: "PlannedOutage") -> "PlannedOutage":
        """Return it as the version behind the former one."""
        begins_as_said = former.starts_at == self.starts_at and not former.cancelled
        return replace(
            self,
            version=max(self.version, former.version + 1),
            inbox_version=max(self.inbox_version, former.inbox_version),
            start_announced_at=former.start_announced_at if begins_as_said else self.announced_at,
        )


def _content(outage: PlannedOutage) -> tuple[object, ...]:
    scope = outage.scope
    numbers = tuple(scope.point_numbers)
    said = (scope.contract_number, numbers, scope.address, outage.reason, outage.cancelled)
    return (*said, outage.starts_at, outage.ends_at)


class During(str, Enum):
    """How much of a seen outage lies in planned time."""

    WHOLE = "whole"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The planned outage that a seen one falls into."""

    outage_id: UUID
    during: During


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raise InvalidPeriod unless the times could be those of works."""
    if not EARLIEST <= starts_at < ends_at < LATEST:
        raise InvalidPeriod("an outage begins before it ends, in this century")
    if ends_at - starts_at > LONGEST:
        raise InvalidPeriod(f"at most {LONGEST.days} days", code="period_too_long")


def foreseen(start_epoch: float, end_epoch: float, planned: Iterable[PlannedOutage]) -> Foreseen | None:
    """Return the planned outage with which [start, end) has most in common, if it has any.

    Those that were called off, or announced after they had begun, foresaw nothing.
    """
    best: tuple[float, PlannedOutage] | None = None
    for outage in planned:
        if outage.cancelled or outage.start_announced_at > outage.starts_at:
            continue
        common = min(end_epoch, outage.ends_at.timestamp()) - max(start_epoch, outage.starts_at.timestamp())
        if common > 0 and (best is None or common > best[0]):
            best = (common, outage)
    if best is None:
        return None
    return Foreseen(best[1].id, During.WHOLE if best[0] >= end_epoch - start_epoch else During.PART)


def _key(address: str | None) -> str:
    """Return the words of an address alone, in one case: punctuation and spaces are written in many ways."""
    return BETWEEN_WORDS.sub(" ", (address or "").casefold().replace("ё", "е")).strip()
