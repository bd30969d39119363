"""Invented people and houses. Common names of each script, put together by chance; nobody in particular."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

from .drawing import dice
from .tables import Reading, readings, rows_of

FAMILY_FIRST = {"ko": "", "ja": " ", "zh": "", "zh-hant": "", "mn": " ", "vi": " "}
"""Scripts that write the family name (in Mongolian the father's) first, and what stands between."""


@cache
def _bank(group: str, part: str, sex: str) -> tuple[Reading, ...]:
    for row in rows_of("names"):
        if row["group"] == group and row["part"] == part and row["sex"] in ("", sex):
            return tuple(readings(row["names"]))
    raise LookupError(f"no {part} names for {group} {sex}")


def person(group: str, sex: str, rng: random.Random) -> Reading:
    """A name as written and in Latin letters, in the order of its language."""
    family = rng.choice(_bank(group, "family", sex))
    given = rng.choice(_bank(group, "given", sex))
    if group not in FAMILY_FIRST:
        return f"{given[0]} {family[0]}", f"{given[1]} {family[1]}"
    if group == "mn":
        return f"{family[0]} {given[0]}", f"{family[1]} {given[1]}"
    return f"{family[0]}{FAMILY_FIRST[group]}{given[0]}", f"{family[1]} {given[1]}"


def house_names(seed: int) -> Iterator[Reading]:
    """Invented names for houses, each once: two Korean words that nobody put together before us."""
    words = {row["part"]: readings(row["words"]) for row in rows_of("words")}
    pairs = [
        (f"{first[0]}{second[0]}", f"{first[1]} {second[1]}") for first in words["first"] for second in words["second"]
    ]
    dice(seed, "house names").shuffle(pairs)
    yield from pairs
