"""Endings that do not change what a word names: cases, numbers and particles.

Not a grammar: two words count as forms of one when they share a beginning and what follows is an ordinary ending of
their script (``data/endings.csv``). Words are folded (``folding``): й stands as и, ө as о, ү as у.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from .folding import ARABIC, CYRILLIC, HANGUL, LATIN

ENDINGS_FILE = Path(__file__).parent / "data" / "endings.csv"

SHORTEST_STEM = {LATIN: 4, CYRILLIC: 3, ARABIC: 3}
"""Letters that two forms share at least; below, see ``_is_short_pair``."""
SHORTEST_WORD = 3
PLURAL = "s"
VOWELS = frozenset("аяыиуюеоэ")


@cache
def endings_of(script: str) -> frozenset[str]:
    """The endings of a script in all its languages; empty for scripts whose words do not change."""
    with ENDINGS_FILE.open(encoding="utf-8", newline="") as file:
        rows = [row["endings"] for row in csv.DictReader(file) if row["script"] == script]
    return frozenset(ending for row in rows for ending in row.split())


def is_inflection(word: str, other: str, script: str) -> bool:
    """Whether two folded words are forms of one word: катаракты and катаракта, knees and knee."""
    if script not in SHORTEST_STEM or min(len(word), len(other)) < SHORTEST_WORD:
        return False
    known = endings_of(script)
    # The longest shared beginning may already hold letters of the ending (носа, нос), so shorter stems are tried too.
    for stem in range(_shared(word, other), 1, -1):
        if stem < SHORTEST_STEM[script] and not _is_short_pair(word, other, stem, script):
            return False
        if all(not ending or ending in known for ending in (word[stem:], other[stem:])):
            return True
    return False


def _shared(word: str, other: str) -> int:
    """Letters at the beginning that are the same in both."""
    for at, (one, two) in enumerate(zip(word, other, strict=False)):
        if one != two:
            return at
    return min(len(word), len(other))


def _is_short_pair(word: str, other: str, stem: int, script: str) -> bool:
    """Three letters: the whole shorter word (нос, носа; in Latin letters only with the plural's: eye, eyes), or one
    vowel for another (ухо, уха)."""
    if stem == SHORTEST_WORD:
        whole = min(len(word), len(other)) == SHORTEST_WORD
        return whole and (script != LATIN or {word[stem:], other[stem:]} <= {"", PLURAL})
    vowels = word[stem:] + other[stem:]
    return stem == SHORTEST_WORD - 1 and len(word) == len(other) == SHORTEST_WORD and set(vowels) <= VOWELS


def without_particles(word: str) -> tuple[str, ...]:
    """A Korean word as typed and without the particle at its end: 코를 is also 코."""
    return (word, *(word[:-at] for at in range(1, len(word)) if word[-at:] in endings_of(HANGUL)))
