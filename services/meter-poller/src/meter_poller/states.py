"""Link states of the meters of one endpoint: what changed, and the message that says it.

A fault is logged when it changes and when it is over, never at each poll.
"""

from datetime import datetime
from uuid import UUID

from common.logging import get_logger
from meter_poller.errors import ReadingFailed
from meter_poller.metrics import METERS
from topics.poller import LinkState, MeterLink

log = get_logger(__name__)

OK = "ok"
FAILING = "failing"
INTERNAL = "internal"


class LinkStates:
    """What was last seen of each meter. `close` takes the meters out of the gauge."""

    def __init__(self, endpoint_id: UUID) -> None:
        self._endpoint_id = endpoint_id
        self._meters: dict[UUID, MeterLink] = {}
        self._changed_at: datetime | None = None

    def is_failing(self, meter_id: UUID) -> bool:
        known = self._meters.get(meter_id)
        return known is not None and known.state == FAILING

    def succeeded(self, meter_id: UUID, *, at: datetime, drift_seconds: float | None) -> None:
        """The meter was read. `drift_seconds` None leaves the drift as it was."""
        former = self._meters.get(meter_id)
        if drift_seconds is None and former is not None:
            drift_seconds = former.drift_seconds
        changed = former is None or former.state != OK
        if changed and former is not None:
            log.info("meter.recovered", endpoint_id=str(self._endpoint_id), meter_id=str(meter_id))
        self._set(
            MeterLink(
                meter_id=meter_id,
                state=OK,
                changed_at=at if changed or former is None else former.changed_at,
                last_success_at=at,
                error_code=None,
                drift_seconds=drift_seconds,
            ),
            changed=changed,
            at=at,
        )

    def failed(self, meter_id: UUID, reason: ReadingFailed, *, at: datetime) -> None:
        """The meter was not read."""
        former = self._meters.get(meter_id)
        changed = former is None or former.error_code != reason.code
        if changed:
            log.warning(
                "meter.failed",
                endpoint_id=str(self._endpoint_id),
                meter_id=str(meter_id),
                code=reason.code,
                detail=reason.detail,
            )
        self._set(
            MeterLink(
                meter_id=meter_id,
                state=FAILING,
                changed_at=at if changed or former is None else former.changed_at,
                last_success_at=None if former is None else former.last_success_at,
                error_code=reason.code,
                drift_seconds=None if former is None else former.drift_seconds,
            ),
            changed=changed,
            at=at,
        )

    def take_change(self) -> LinkState | None:
        """Return the endpoint's state if it changed since the last call."""
        if self._changed_at is None:
            return None
        changed_at, self._changed_at = self._changed_at, None
        return LinkState(endpoint_id=self._endpoint_id, changed_at=changed_at, meters=list(self._meters.values()))

    def close(self) -> None:
        """Forget the meters; the wire is not ours any more."""
        for link in self._meters.values():
            METERS.labels(state=link.state).dec()
        self._meters.clear()

    def _set(self, link: MeterLink, *, changed: bool, at: datetime) -> None:
        former = self._meters.get(link.meter_id)
        if former is not None:
            METERS.labels(state=former.state).dec()
        METERS.labels(state=link.state).inc()
        self._meters[link.meter_id] = link
        if changed:
            self._changed_at = at
