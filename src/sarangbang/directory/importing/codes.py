"""Codes of the national list, from ``data/``: kinds of institution (종별코드) and departments (진료과목코드)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from sarangbang.directory.models import Institution

from .cells import Cell, key
from .columns import plain
from .problems import CellProblem

DATA = Path(__file__).parent.parent / "data"
ENDINGS = ("", "병원")  # the service says 상급종합, the file 상급종합병원


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def kinds() -> dict[str, str]:
    """Our kinds of institution by national code, by Korean name and by our own word."""
    table = {value: value for value in Institution.Kind.values}
    for row in _rows("hira_kinds"):
        table[row["code"]] = table[plain(row["name"])] = row["kind"]
    return table


@cache
def departments() -> dict[str, str]:
    """Our departments (slug, empty when we keep none) by national code and by Korean name."""
    table = {}
    for row in _rows("hira_departments"):
        table[row["code"]] = table[plain(row["name"])] = row["department"]
    return table


def two_digits(value: Cell) -> str | None:
    """A code of two digits; a spreadsheet may have eaten the zero before it."""
    line = key(value, 200)
    if not line:
        return None
    if not (line.isascii() and line.isdigit() and len(line) <= 2):
        raise CellProblem("is not a code of two digits")
    return line.zfill(2)


def kind(value: Cell) -> str | None:
    """Our kind of institution for a national code, a Korean name or our own word."""
    line = key(value, 200)
    if not line:
        return None
    words = [line.zfill(2), *(plain(line) + ending for ending in ENDINGS), line.casefold().replace(" ", "_")]
    for word in words:
        if word in kinds():
            return kinds()[word]
    raise CellProblem(f"is not a kind of institution: {line[:40]}")
