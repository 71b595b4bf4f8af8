"""V18 and V19: half hours against the meter's own journal, and against the end of the contract."""

from collections.abc import Iterator, Sequence

from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import Mark, Span
from metering.domain.profile import Channel
from metering.domain.reconciliation import StoredSlot
from metering.domain.validation.context import DayContext
from metering.domain.validation.verdicts import Rule, Severity, Verdict

A_PLUS = 0


def check_energy_while_off(context: DayContext) -> Iterator[Verdict]:
    """Yield V18 where there is energy in half hours that the meter was without power from end to end."""
    if not context.outages:
        return
    off = [
        start
        for start, slot in context.measured.items()
        if slot.energies[A_PLUS] and any(span.covers(start, start + STEP_SECONDS) for span in context.outages)
    ]
    yield from _energy(context, off, part="meter_off", detail="half hours while the meter was off")


def check_energy_after_contract(context: DayContext) -> Iterator[Verdict]:
    """Yield V18 where there is energy in half hours that begin after the contract was closed."""
    if context.contract_closed_at is None:
        return
    closed = context.contract_closed_at.timestamp()
    after = [start for start, slot in context.measured.items() if slot.energies[A_PLUS] and start >= closed]
    yield from _energy(context, after, part="contract_closed", detail="half hours after the end of the contract")


def _energy(context: DayContext, slots: Sequence[int], *, part: str, detail: str) -> Iterator[Verdict]:
    if slots:
        yield Verdict(
            rule=Rule.V18,
            severity=Severity.QUESTION,
            start_epoch=context.day.start_epoch,
            value=sum(_energy_wh(context.measured[start]) for start in slots),
            limit=0,
            part=f"{Channel.A_PLUS.value}.{part}",
            detail=f"{len(slots)} {detail}",
            slots=tuple(slots),
        )


def _energy_wh(slot: StoredSlot) -> int:
    return (slot.energies[A_PLUS] or 0) * slot.ratio


def check_marks(context: DayContext) -> Iterator[Verdict]:
    """Yield V19 for each kind of mark with the number of half hours that its entries overlap."""
    for mark in Mark:
        spans = [span for span in context.spans if span.mark is mark]
        if not spans:
            continue
        overlapped = sum(_is_overlapped(start, spans) for start in context.expected)
        if overlapped:
            yield Verdict(
                rule=Rule.V19,
                severity=Severity.NOTE,
                start_epoch=context.day.start_epoch,
                value=overlapped,
                limit=0,
                part=mark.value,
                detail=", ".join(sorted({span.journal for span in spans if _touches(context, span)})),
            )


def _is_overlapped(start: int, spans: Sequence[Span]) -> bool:
    return any(span.overlaps(start, start + STEP_SECONDS) for span in spans)


def _touches(context: DayContext, span: Span) -> bool:
    return span.overlaps(context.day.start_epoch, context.day.end_epoch)
