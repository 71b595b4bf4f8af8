"""Voltages, currents and powers at an instant, made so that they fit the energy of the running half hour.

Integers in the finest unit that either meter shows. A pure function of seed, slot and minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isqrt

from simulators.curves import SLOT_SECONDS, Energy
from simulators.noise import around

_KEY = 8_201
_NOMINAL_CENTIVOLT = 23_000
_PHASE_SHARES = (360, 330, 310)
_PER_HOUR = 3600 // SLOT_SECONDS


@dataclass(frozen=True, slots=True)
class Phase:
    """Signed powers: negative gives into the grid."""

    centivolt: int
    milliampere: int
    p_centiwatt: int
    q_centivar: int

    @property
    def s_centivoltampere(self) -> int:
        return isqrt(self.p_centiwatt**2 + self.q_centivar**2)

    @property
    def cos_phi_thousandths(self) -> int:
        return cos_phi_thousandths(self.p_centiwatt, self.q_centivar)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All three phases and the grid's frequency at one instant."""

    phases: tuple[Phase, Phase, Phase]
    centihertz: int

    @property
    def p_centiwatt(self) -> int:
        return sum(phase.p_centiwatt for phase in self.phases)

    @property
    def q_centivar(self) -> int:
        return sum(phase.q_centivar for phase in self.phases)

    @property
    def s_centivoltampere(self) -> int:
        return isqrt(self.p_centiwatt**2 + self.q_centivar**2)

    @property
    def cos_phi_thousandths(self) -> int:
        return cos_phi_thousandths(self.p_centiwatt, self.q_centivar)


def cos_phi_thousandths(p: int, q: int) -> int:
    """Return the magnitude of cos phi; 1000 without any load."""
    apparent = isqrt(p * p + q * q)
    return abs(p) * 1000 // apparent if apparent else 1000


def snapshot(seed: int, at: datetime, slot_energy: Energy, *, dead_phases: Sequence[int] = ()) -> Snapshot:
    """Return the instant's values. slot_energy: of the running half hour. dead_phases: 0, 1, 2 without U."""
    minute = int(at.timestamp()) // 60
    phases = tuple(
        Phase(0, 0, 0, 0) if index in dead_phases else _phase(seed, minute, index, slot_energy) for index in range(3)
    )
    return Snapshot((phases[0], phases[1], phases[2]), 5_000 + around(4, seed, _KEY, minute, 9))


def _phase(seed: int, minute: int, index: int, energy: Energy) -> Phase:
    share = _PHASE_SHARES[index] * (1000 + around(50, seed, _KEY, minute, index))
    p = (energy.a_plus_wh - energy.a_minus_wh) * _PER_HOUR * 100 * share // 1_000_000
    q = (energy.r_plus_varh - energy.r_minus_varh) * _PER_HOUR * 100 * share // 1_000_000
    centivolt = _NOMINAL_CENTIVOLT + around(450, seed, _KEY, minute, index, 1)
    milliampere = isqrt(p * p + q * q) * 1000 // centivolt
    return Phase(centivolt, milliampere, p, q)
