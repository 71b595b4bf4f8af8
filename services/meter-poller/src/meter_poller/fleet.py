"""The wires of this process: one task each, started, restarted and stopped.

A task that fails by a fault of ours is started anew after a pause; the other wires do not notice.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.logging import get_logger
from meter_poller.metrics import WIRE_FAILURES, WIRES
from meter_poller.publish import Cursors
from topics.metering import Endpoint

log = get_logger(__name__)

RESTART_SECONDS = (1.0, 5.0, 15.0, 60.0)

Poll = Callable[[Endpoint, Cursors], Coroutine[Any, Any, None]]
"""Polls one wire until it is cancelled."""


@dataclass(frozen=True, slots=True)
class _Wire:
    endpoint: Endpoint
    cursors: Cursors
    task: "asyncio.Task[None] | None"
    """None for an endpoint that is deleted: its version and cursors are kept, an older version must not revive it."""


class Fleet:
    """The running wires by endpoint. Every stop returns only after the task has ended."""

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._wires: dict[UUID, _Wire] = {}

    @property
    def endpoint_ids(self) -> frozenset[UUID]:
        return frozenset(i for i, wire in self._wires.items() if wire.task is not None)

    async def show(self, endpoint: Endpoint, known: Cursors | None = None) -> None:
        """Take a version of an endpoint: start, restart or end its wire. Older or equal ones change nothing."""
        running = self._wires.get(endpoint.endpoint_id)
        if running is not None and endpoint.version <= running.endpoint.version:
            return
        await self.stop([endpoint.endpoint_id])
        cursors = running.cursors if running is not None else known or Cursors(endpoint.endpoint_id)
        if endpoint.deleted:
            self._wires[endpoint.endpoint_id] = _Wire(endpoint, cursors, None)
            return
        task = asyncio.create_task(self._keep_running(endpoint, cursors), name=f"wire {endpoint.endpoint_id}")
        self._wires[endpoint.endpoint_id] = _Wire(endpoint, cursors, task)
        WIRES.inc()
        log.info("wire.started", endpoint_id=str(endpoint.endpoint_id), version=endpoint.version)

    async def stop(self, endpoint_ids: Collection[UUID]) -> None:
        """Stop these wires, wait for their tasks and forget the endpoints. Unknown ones are ignored."""
        known = {i: wire for i in endpoint_ids if (wire := self._wires.pop(i, None)) is not None}
        stopping = {i: wire.task for i, wire in known.items() if wire.task is not None}
        for task in stopping.values():
            task.cancel()
        await asyncio.gather(*stopping.values(), return_exceptions=True)
        for endpoint_id in stopping:
            WIRES.dec()
            log.info("wire.stopped", endpoint_id=str(endpoint_id))

    async def close(self) -> None:
        await self.stop(tuple(self._wires))

    async def _keep_running(self, endpoint: Endpoint, cursors: Cursors) -> None:
        failures = 0
        while True:
            try:
                await self._poll(endpoint, cursors)
            except Exception:  # whatever failed: counted, logged and begun again, so that the other wires go on
                pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
                failures += 1
                WIRE_FAILURES.inc()
                log.exception("wire.failed", endpoint_id=str(endpoint.endpoint_id), pause_seconds=pause)
                await asyncio.sleep(pause)
