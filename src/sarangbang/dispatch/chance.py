"""Chance that is the same everywhere for the same seed."""

from __future__ import annotations

import numpy as np

from .compiling import inner


@inner
def draw(dice):
    """The next number from 0 to below 1 (xorshift64*, Vigna 2016)."""
    word = dice[0]
    word ^= word >> np.uint64(12)
    word ^= word << np.uint64(25)
    word ^= word >> np.uint64(27)
    dice[0] = word
    return np.float64((word * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@inner
def below(dice, count):
    """A whole number from 0 to below ``count``."""
    return int(draw(dice) * count)
