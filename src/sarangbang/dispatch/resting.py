"""Which of a crew's breaks a rest is: a plan says when they rest, not which break that was."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .model import Car


def which(car: Car, rests: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """For each rest of a tour (begin, minutes) the number of the break of ``car`` whose hours and length it keeps best,
    each break once; rests beyond the number of breaks are left out."""

    def off(order: Sequence[int]) -> float:
        pairs = zip(rests, (car.breaks[number] for number in order), strict=False)
        return sum(
            max(0.0, rest.earliest - begin, begin - rest.latest) + abs(rest.minutes - minutes)
            for (begin, minutes), rest in pairs
        )

    count = len(car.breaks)
    return min(itertools.permutations(range(count), min(count, len(rests))), key=off)
