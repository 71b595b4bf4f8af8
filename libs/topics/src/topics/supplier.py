"""The streams of one supplier: what its billing system builds on. Change them only with a new version."""

import re
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from common.kafka.topic import Message, Topic
from topics.poller import MAX_SLOTS, Utc
from topics.quality import Quality
from topics.supplier_days import SupplierDay

SUPPLIER_CODE = re.compile(r"[a-z][a-z0-9]{1,15}")


class SupplierIntervals(Message, frozen=True, kw_only=True):
    """Consecutive half hours of one metering point as stored, in columns of equal length.

    Slot i covers [start + i*step, start + (i+1)*step). Energies are of the meter's side; multiply by `ratio`
    once. A slot with quality GAP carries nothing. For each (point, slot) the value with the higher
    `versions[i]` counts; an equal version is a repeat, so reading the stream again is harmless.
    """

    point_id: UUID
    point_number: str
    contract_id: UUID
    meter_serial: str
    ratio: int
    start: Utc
    step_seconds: int
    a_plus_wh: Annotated[list[int | None], Meta(min_length=1, max_length=MAX_SLOTS)]
    a_minus_wh: list[int | None]
    r_plus_varh: list[int | None]
    r_minus_varh: list[int | None]
    quality: list[Quality]
    flags: list[int]
    versions: list[int]
    stored_at: Utc


def checked_code(code: str) -> str:
    """Return the code. Raises ValueError for one that would break names or rights."""
    if not SUPPLIER_CODE.fullmatch(code):
        msg = f"a supplier's code is 2 to 16 of a-z and 0-9, beginning with a letter; got {code!r}"
        raise ValueError(msg)
    return code


def supplier_intervals(code: str) -> Topic[SupplierIntervals]:
    """Return the topic of stored half hours of the supplier with this code."""
    return Topic(
        name=f"supplier-{checked_code(code)}-intervals-v1",
        message=SupplierIntervals,
        key=lambda message: str(message.point_id),
        owner="metering",
        readers=(f"supplier-{code}",),
        description="Each stored block of half hours, minutes after the half hour, with quality and version.",
        retention_hours=90 * 24,
        dead_lettered=False,
    )


def supplier_days(code: str) -> Topic[SupplierDay]:
    """Return the topic of the daily ledger of the supplier with this code."""
    return Topic(
        name=f"supplier-{checked_code(code)}-days-v1",
        message=SupplierDay,
        key=lambda message: str(message.point_id),
        owner="metering",
        readers=(f"supplier-{code}",),
        description="The daily ledger: each closed day of a point, and again with the next revision on any change.",
        retention_hours=90 * 24,
        dead_lettered=False,
    )
