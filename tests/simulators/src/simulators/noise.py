"""Numbers that look random and are a pure function of their keys, the same on every machine and Python.

A splitmix64 step for each key. Not for secrets, and not for anything that is not simulated.
"""

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(*keys: int) -> int:
    """Return 64 well spread bits that depend on every key and on their order."""
    state = _GOLDEN
    for key in keys:
        z = ((state ^ (key & _MASK)) + _GOLDEN) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        state = z ^ (z >> 31)
    return state


def pick(bound: int, *keys: int) -> int:
    """Return a number in [0, bound)."""
    return mix(*keys) % bound


def around(spread: int, *keys: int) -> int:
    """Return a number in [-spread, spread]."""
    return mix(*keys) % (2 * spread + 1) - spread
