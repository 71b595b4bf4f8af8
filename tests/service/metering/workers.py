"""What tests of the workers share: what billing answers, who asks, what the page shows."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.service.metering.days import DAY

from common.errors import Busy
from topics.inbox import DayReceipt, SupplierDocument

if TYPE_CHECKING:
    from tests.service.metering.conftest import Portal

# No two neighbours alike, so that no rule takes them for a value that is stuck.
LOADS = [500, 510] * 23 + [500]
DATES: dict[str, Any] = {"start": DAY.day.isoformat(), "end": (DAY.day + timedelta(days=1)).isoformat()}


class Sent:
    """A publisher that keeps what it is given, but for as many times as the log is away."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.times_away = 0

    async def send(self, _topic: Any, messages: Iterable[Any]) -> None:
        if self.times_away:
            self.times_away -= 1
            raise Busy("the log is away")
        self.messages += messages


def receipt(point_id: UUID, digest: str, *, version: int = 1, **changes: Any) -> SupplierDocument:
    content: dict[str, Any] = {"point_id": point_id, "day": DAY.day, "revision": 1, "digest": digest}
    body = DayReceipt(**content | changes)
    return SupplierDocument(contract_number="1", document_id="day", version=version, body=body)


async def answered(portal: "Portal") -> Any:
    """The days that the consumer sees."""
    answer = await portal.get(f"/points/{portal.place.point_id}/days", **DATES)
    assert answer.status_code == 200
    return answer.json()["items"]


def operator(portal: "Portal", supplier: str = "demo") -> dict[str, str]:
    return portal.tokens.headers(uuid4(), roles=["operator"], supplier=supplier)
