"""Whole watt-hours of a shape: the largest remainders are rounded up, so that the sum is exact."""

from collections.abc import Sequence
from fractions import Fraction

Number = int | Fraction


def half_up(value: Number) -> int:
    """Return the nearest whole number, a half upwards."""
    return int((2 * Fraction(value) + 1) // 2)


def shared_out(total: int, shape: Sequence[Number]) -> list[int]:
    """Share `total` out by `shape`; the sum is exactly `total`, of equal remainders the earlier is rounded up.

    A shape of nothing but zeros is taken as flat. Raises ValueError for a negative total or part of the shape: there
    is no negative scaling.
    """
    if total < 0 or any(part < 0 for part in shape):
        msg = "neither the total nor a part of the shape may be negative"
        raise ValueError(msg)
    if not shape:
        if total:
            msg = "there is nothing to share out to"
            raise ValueError(msg)
        return []
    weights = list(shape) if any(shape) else [1] * len(shape)
    whole = sum(Fraction(weight) for weight in weights)
    exact = [Fraction(weight) * total / whole for weight in weights]
    floors = [int(part) for part in exact]
    rest = total - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda number: (floors[number] - exact[number], number))
    for number in by_remainder[:rest]:
        floors[number] += 1
    return floors


def rounded(shape: Sequence[Number]) -> list[int]:
    """Return the shape in whole numbers whose sum is the rounded sum."""
    return shared_out(half_up(sum(Fraction(part) for part in shape)), shape) if shape else []
