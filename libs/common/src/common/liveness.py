"""Whether what runs for ever still moves: each loop of the process has a pulse, and `livez` asks for all of them.

A consumer may stand still for ever after a broker's restart without any error (aiokafka #1154); only a restart of the
process helps then. Whoever waits for another part that is away keeps its pulse: a restart would not help.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

STUCK_AFTER_SECONDS = 60.0


class Pulse:
    """The pulse of one loop. `beat` after each round, an empty or a failed one too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.beat()

    def beat(self) -> None:
        self._beat_at = time.monotonic()

    def still_seconds(self) -> float:
        """How long ago the last round was completed."""
        return time.monotonic() - self._beat_at


class Liveness:
    """The pulses of one process."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []

    @contextmanager
    def pulse(self, name: str) -> Iterator[Pulse]:
        """Give a loop its pulse for as long as it runs."""
        pulse = Pulse(name)
        self._pulses.append(pulse)
        try:
            yield pulse
        finally:
            self._pulses.remove(pulse)

    def stuck(self) -> list[str]:
        """Return the names of loops that have not completed a round for a minute."""
        return sorted(pulse.name for pulse in self._pulses if pulse.still_seconds() > STUCK_AFTER_SECONDS)


LIVENESS = Liveness()
