"""What drivers and interpreters may want to say or show, in the ten languages. Pure: reads ``data/phrases.csv``.

Columns: ``key``, ``service`` ("ride", "interpreting" or "both"), then one column per language code.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PHRASES_FILE = Path(__file__).parents[1] / "data" / "phrases.csv"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence: as the guest reads it, and as the crew does."""

    key: str
    guest: str
    crew: str


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with PHRASES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def said_in(guest_language: str, crew_language: str, service: str) -> list[Phrase]:
    """The phrases for a service, in the guest's language (English if the house does not speak it) and the crew's."""
    return [
        Phrase(row["key"], row.get(guest_language) or row["en"], row.get(crew_language) or row["ko"])
        for row in _rows()
        if row["service"] in (service, "both")
    ]
