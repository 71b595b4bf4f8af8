"""The daily ledger as a supplier receives it, and its digest, which both sides compute and compare.

The canonical form stands with an example in docs/guides/billing/README.md; it changes only with a new version.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message
from topics.poller import Sha256, Utc
from topics.quality import Quality

DigestForm = Literal["halfhour-day-2", "halfhour-day-1"]
# The newest first, in which every new revision is told. What was told in a former one stays told in that.
FORMS: Final[tuple[DigestForm, ...]] = ("halfhour-day-2", "halfhour-day-1")
WITHOUT_REGISTERS: Final = "halfhour-day-1"
MAX_DAY_SLOTS = 50

DayState = Literal["complete", "incomplete"]
Verdict = Literal["agrees", "differs", "no_registers"]
Cause = Literal[
    "missing_slots",
    "register_off_border",
    "clock_set",
    "ratio_version",
    "exchange",
    "reset",
    "profile_rounding",
    "wrong_channel",
    "unexplained",
]
Reason = Literal["closed", "late", "changed"]
# Why a revision differs from the one before, the first that holds; open: a reader keeps what it does not know as text.
# late: half hours came; withdrawn: some went; edited: by a person; billed: what a closed bill used is REVENUE now;
# estimate_replaced: the actual came; estimated: a gap was filled; registers: half hours are the same, what the
# registers say of them is not; measured: other values or qualities.
Change = Annotated[str, Meta(pattern="^[a-z][a-z_]*$", max_length=40)]
Channel = Literal["a_plus", "a_minus", "r_plus", "r_minus"]
Column = Annotated[list[int | None], Meta(min_length=1, max_length=MAX_DAY_SLOTS)]


class DaySum(Message, frozen=True, kw_only=True):
    """One channel's day, times the ratio: Wh (a_plus, a_minus) or varh.

    `sum_wh` adds the half hours that there are, and is null if there is none. The register difference is null
    without a reading near both borders of the day; the residual is register difference minus sum. `delta_wh` is
    this sum minus that of the previous revision, `previous_wh`; null where one of them is.
    """

    channel: Channel
    sum_wh: int | None
    register_difference_wh: int | None
    residual_wh: int | None
    tolerance_wh: int | None
    delta_wh: int | None
    previous_wh: int | None = None


class FormerRegisters(Message, frozen=True, kw_only=True):
    """What the previous revision said of the registers, by channel in the order of `sums`.

    `register_delta_wh` is the new difference minus the former one; null where one of them is.
    """

    register_difference_wh: list[int | None]
    residual_wh: list[int | None]
    tolerance_wh: list[int | None]
    register_delta_wh: list[int | None]
    verdict: Verdict
    cause: Cause | None


class SupplierDay(Message, frozen=True, kw_only=True):
    """One local day of one metering point: every half hour in columns, sums against registers, revision, digest.

    Slot i covers [start + i*step, start + (i+1)*step); a day has 46, 48 or 50. A slot with quality GAP is missing
    and null in every column. Energies are of the meter's side; multiply by `ratios[i]` once. For each
    (point, day) the higher revision counts and replaces the whole day; an equal one is a repeat.

    `lands_in_period` is the first day of the period to whose bill this revision belongs: the day's own month, unless
    that was cut off at or before `closed_at`; then `corrects_period` is the day's own, and the differences belong to
    the first later period that was not cut off yet. `change` says why a correction differs, `former_registers` what
    the revision before it said of the registers; both are null in a first revision.

    `digest_form` names the form of `digest`; null in messages that are older than the name, where it is one of the two.
    """

    point_id: UUID
    point_number: str
    contract_id: UUID
    contract_number: str | None
    day: date
    time_zone: str
    revision: Annotated[int, Meta(gt=0)]
    state: DayState
    reason: Reason
    digest: Sha256
    previous_digest: Sha256 | None
    closed_at: Utc
    start: Utc
    step_seconds: int
    a_plus_wh: Column
    a_minus_wh: Column
    r_plus_varh: Column
    r_minus_varh: Column
    quality: list[Quality]
    flags: list[int]
    versions: list[int]
    ratios: list[int | None]
    slots_expected: int
    slots_received: int
    slots_valid: int
    slots_estimated: int
    slots_missing: int
    sums: list[DaySum]
    verdict: Verdict
    cause: Cause | None
    lands_in_period: date | None = None
    corrects_period: date | None = None
    change: Change | None = None
    former_registers: FormerRegisters | None = None
    digest_form: DigestForm | None = None


def day_digest(day: SupplierDay, form: DigestForm = FORMS[0]) -> str:
    """Return the SHA-256 over the canonical form of a day, in hexadecimal.

    It depends on point, day, half hours, energies, quality, flags, ratios, and (but for `halfhour-day-1`) on what the
    registers say: difference, residual, tolerance, verdict, cause. Not on versions, revision, or what follows from
    these (sums, counts, state).
    """
    return sha256("".join(f"{line}\n" for line in _lines(day, form)).encode()).hexdigest()


def form_of(day: SupplierDay, digest: str) -> DigestForm | None:
    """Return the form in which a day has this digest; None if it is the digest of another day."""
    return next((form for form in FORMS if day_digest(day, form) == digest), None)


def _lines(day: SupplierDay, form: DigestForm) -> Iterator[str]:
    yield f"{form}|{day.point_id}|{day.day.isoformat()}"
    start = int(day.start.timestamp())
    numbers = (day.a_plus_wh, day.a_minus_wh, day.r_plus_varh, day.r_minus_varh)
    # By column: a day is written out at every look at it, and this is most of its time.
    columns = [["" if cell is None else str(cell) for cell in column] for column in (*numbers, day.flags, day.ratios)]
    columns.insert(len(numbers), [quality.value for quality in day.quality])
    columns.insert(0, [str(start + index * day.step_seconds) for index in range(len(day.quality))])
    yield from map("|".join, zip(*columns, strict=True))
    if form == WITHOUT_REGISTERS:
        return
    for each in day.sums:
        yield _line(each.channel, each.register_difference_wh, each.residual_wh, each.tolerance_wh)
    yield _line(day.verdict, day.cause)


def _line(*cells: int | str | None) -> str:
    return "|".join("" if cell is None else str(cell) for cell in cells)
