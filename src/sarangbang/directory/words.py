"""The words by which procedures are known, and the words of a sentence that name none: read from ``data/``."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .folding import THAI, Word, words_of

DATA = Path(__file__).parent / "data"
LANGUAGES = ("ko", "en", "zh-hans", "ja", "ru", "mn", "es", "vi", "th", "ar")

NAME, SYNONYM, VARIANT, ROMANISED, DEPARTMENT = "name", "synonym", "variant", "romanised", "department"


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase for a procedure. ``kind`` says how it is known."""

    slug: str
    language: str
    text: str
    kind: str = SYNONYM


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _stop_words() -> dict[str, set[str]]:
    """Words of a sentence that name no procedure ("how much does it cost"), folded, with their accents."""
    known: dict[str, set[str]] = defaultdict(set)
    for row in _rows("stop_words.csv"):
        for each in row["words"].split():
            for word in words_of(each):
                known[word.text].add(word.marked)
    return dict(known)


def is_stop_word(word: Word) -> bool:
    """có (have) says nothing, cơ (muscle) does."""
    marked = _stop_words().get(word.text)
    return marked is not None and (word.marked == word.text or word.marked in marked)


@cache
def stop_words_inside(script: str) -> tuple[str, ...]:
    """The stop words of a script without spaces that are long enough to be seen inside a run of letters."""
    shortest = {THAI: 3}.get(script, 2)
    return tuple(word for word in _stop_words() if len(word) >= shortest and words_of(word)[0].script == script)


@cache
def load_terms() -> tuple[Term, ...]:
    """All words for procedures: names, synonyms and their main departments' names."""
    departments = {row["slug"]: row for row in _rows("departments.csv")}
    procedures = _rows("procedures.csv")
    columns = [(language, language.replace("-", "_")) for language in LANGUAGES]
    names = [Term(row["slug"], language, row[column], NAME) for row in procedures for language, column in columns]
    synonyms = [Term(row["slug"], row["language"], row["term"]) for row in _rows("procedure_terms.csv")]
    rooms = [
        Term(row["slug"], language, departments[row["departments"].split("|")[0]][column], DEPARTMENT)
        for row in procedures
        for language, column in columns
    ]
    return tuple(names + synonyms + rooms)
