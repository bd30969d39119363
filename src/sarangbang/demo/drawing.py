"""Chance that repeats: the same seed draws the same things, whatever else was drawn before."""

from __future__ import annotations

import random
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


def dice(seed: int, *parts: object) -> random.Random:
    """A source of chance of its own for one part of the district."""
    return random.Random(":".join(map(str, (seed, *parts))))


def draw_id(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


class Weighted(Generic[Thing]):
    """Draws things as often as their weights say."""

    def __init__(self, pairs: Iterable[tuple[Thing, float]]) -> None:
        pairs = [(thing, weight) for thing, weight in pairs if weight > 0]
        if not pairs:
            raise ValueError("nothing to draw from")
        self.things: Sequence[Thing] = [thing for thing, _ in pairs]
        self.sums = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: random.Random) -> Thing:
        return self.things[min(bisect_right(self.sums, rng.random() * self.sums[-1]), len(self.things) - 1)]


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts of a total in proportion to the weights (largest remainders), which add up to it."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_rest = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in by_rest[: total - sum(parts)]:
        parts[at] += 1
    return parts
