"""E2: while the meter was without power nothing was used. The half hour is zero, valid and flagged."""

from collections.abc import Sequence

from metering.domain.intervals import STEP_SECONDS
from metering.domain.journal_spans import Span


def outage_over(start: int, outages: Sequence[Span]) -> Span | None:
    """Return the outage that covers all of the half hour from `start`; one that still lasts proves nothing yet."""
    return next(
        (span for span in outages if span.end_epoch is not None and span.covers(start, start + STEP_SECONDS)),
        None,
    )
