"""How fresh the data are at each step of their way, by supplier: recorded where the step happens, shown as one path.

Instants are those of the telemetry's clock, so a stack whose days pass faster measures in its own seconds.
Steps and what to ask of them: docs/guides/sre/README.md. Labels are suppliers and steps, never a point.
"""

import threading
from enum import Enum
from functools import partial

import numpy as np
import numpy.typing as npt

from common.clock import Clock
from metering.metrics import FRESHNESS_AGE_SECONDS, FRESHNESS_SECONDS


class Step(str, Enum):
    """Where data have come to, in order; each is measured from the step before, or from the time in brackets."""

    READ = "read"  # read from the meter (end of the half hour)
    LOGGED = "logged"  # in the log (read)
    STORED = "stored"  # readable in the store (read)
    TOLD = "told"  # acknowledged on the supplier's stream (stored)
    SERVED = "served"  # in an answer about the present (end of the newest half hour)
    CLOSED = "closed"  # first revision of the day written (end of the day)
    RECEIPTED = "receipted"  # confirmed by billing (revision closed)


_newest: dict[tuple[Step, str], tuple[float, Clock]] = {}
_lock = threading.Lock()


def reached(step: Step, supplier_code: str, *, data_epoch: float, seconds: float, clock: Clock) -> None:
    """Record that data up to `data_epoch` have come to a step, which took `seconds`. Any thread may do so."""
    reached_by_many(step, supplier_code, data_epoch=data_epoch, seconds=np.array([seconds]), clock=clock)


def reached_by_many(
    step: Step, supplier_code: str, *, data_epoch: float, seconds: npt.NDArray[np.generic], clock: Clock
) -> None:
    """Record several that came together, the newest of them up to `data_epoch`; `seconds` has one for each."""
    FRESHNESS_SECONDS.labels(step=step.value, supplier=supplier_code).observe_many(np.maximum(seconds, 0))
    key = step, supplier_code
    with _lock:
        known = _newest.get(key)
        _newest[key] = (data_epoch if known is None else max(data_epoch, known[0]), clock)
    if known is None:
        FRESHNESS_AGE_SECONDS.labels(step=step.value, supplier=supplier_code).set_function(partial(_age, key))


def _age(key: tuple[Step, str]) -> float:
    data_epoch, clock = _newest[key]
    return max(0.0, clock.now().timestamp() - data_epoch)
