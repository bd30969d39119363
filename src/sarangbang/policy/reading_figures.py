"""Figures and relations from files. A wrong row is named with its number and the reason; then nothing is used."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from sarangbang.directory.importing import cells
from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.importing.problems import CellProblem, UnusableFile

from . import periods, written
from .checking import KINDS, SIGNS, BadRelation, Relation, check_relation
from .intervals import QUALIFIERS
from .reading import Table, column, read, twice
from .records import Record
from .vocabulary import GROUPS, MEASURES, PLACES, UNIT_ALIASES, UNITS, Status, Sureness
from .vocabulary import unit as unit_named

FIGURES = Layout(
    "figures",
    (
        column("code", "id", required=True),
        column("value", required=True),
        column("unit", required=True),
        column("measure"),
        column("definition", "what"),
        column("period", "year"),
        column("geography"),
        column("group"),
        column("category"),
        column("series"),
        column("status", "status_in_text"),
        column("sureness"),
        column("source", "attributed_source"),
        column("published"),
        column("quote", "exact_quote"),
        column("note"),
        column("qualifier"),
        column("rounded_to"),
        column("disputed"),
        column("reason"),
        column("revision"),
    ),
)
RELATIONS = Layout(
    "relations",
    (
        column("code", "id", required=True),
        column("kind", "type", required=True),
        column("result", "total", "whole", required=True),
        column("terms", "parts", required=True),
        column("factor"),
        column("sign"),
        column("says", "note"),
    ),
)
NOT_GIVEN = "not given"
"""What stands in exports instead of a day of publication that the source does not give."""
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,119}", re.ASCII)
WORD = re.compile(r"[a-z0-9][a-z0-9_+-]{0,59}", re.ASCII)
NO_NUMBERS = {"date", "years", "year", "-"}
"""Units of rows that state no amount; such rows are left out, and counted."""
STATUSES = {"statistic": "official", "official statistic": "official", "fact": "claim", "plan": "target",
            "derived in text": "estimate", "assumption": "estimate", "forecast": "estimate"}  # fmt: skip
NOT_SUMMED = {"patients_growth"}
"""Measures that may be below zero."""


class FigureRows:
    """Makes records of the rows of a table of figures.

    ``open_words``: measures, places and periods may be anything, as in the figures of another text that are only
    checked. Otherwise words must be known, so that a slip of the pen is not a new place.
    """

    def __init__(self, *, open_words: bool) -> None:
        self.open_words = open_words
        self.left_out = 0

    def records(self, table: Table) -> list[Record]:
        found = [(row, self.record(row)) for row in table.rows]
        rows = [(row, record) for row, record in found if record]
        keys = [(record.code, record.revision) for _row, record in rows]
        for row, before in twice([row for row, _record in rows], keys):
            row.wrong("code", f"stands in row {before} already; a later revision says so in the column revision")
        table.insist()
        return [record for _row, record in rows]

    def record(self, row: Row) -> Record | None:
        """The record of a row; None when it is wrong or states no amount."""
        if row.errors:
            return None
        written_unit = row.read("unit", lambda cell: cells.text(cell, 80)) or ""
        if self.open_words and written_unit.casefold() in NO_NUMBERS:
            self.left_out += 1
            return None
        code = row.read("code", _matching(CODE, "is no code (letters, digits, dots, dashes)"), required=True)
        unit = row.read("unit", _any_unit if self.open_words else unit_of, required=True)
        value = row.read("value", written.said, required=True)
        step = row.read("rounded_to", written.positive)
        measure = row.read("measure", word_of) or ""
        group = row.read("group", _one_of(GROUPS)) or ""
        parse = written.country if group == "nationality" else word_of
        category = row.read("category", parse, required=bool(group)) or ""
        definition = row.read("definition", lambda cell: cells.text(cell, 400)) or ""
        if unit and measure in MEASURES and MEASURES[measure].unit != unit:
            row.wrong("unit", f"is {unit}, but {measure} is counted in {MEASURES[measure].unit}")
        if not self.open_words and measure not in MEASURES and not definition:
            row.wrong("measure", f"is none of {', '.join(MEASURES)}, and no definition says what is counted")
        if value and value[0] < 0 and (measure or unit not in {"percent", "times"}) and measure not in NOT_SUMMED:
            row.wrong("value", "is negative")
        if value and measure.endswith("_share") and value[0] > 100:
            row.wrong("value", "is a share of more than 100 %")
        qualifier, rest = row.read("qualifier", _one_of(QUALIFIERS)), self._rest(row)
        if row.errors or value is None or code is None or unit is None:
            return None
        return Record(
            code=code, value=value[0], unit=unit, rounded_to=step or value[2], qualifier=qualifier or value[1],
            measure=measure, group=group, category=category, definition=definition, row=row.number,
            **rest,
        )  # fmt: skip

    def _rest(self, row: Row) -> dict[str, Any]:
        status = row.read("status", lambda cell: cells.text(cell, 200)) or "claim"
        said = STATUSES.get(status.casefold(), status.casefold())
        contradicted = self.open_words and ("contradict" in said or "disputed" in said)
        if said not in Status.values and not contradicted:
            row.wrong("status", f"is none of {', '.join(Status.values)}")
        return {
            "period": row.read("period", self._period, required=not self.open_words) or "",
            "geography": row.read("geography", self._place, required=not self.open_words) or "",
            "series": row.read("series", word_of) or "",
            "status": "claim" if contradicted else said,
            "sureness": row.read("sureness", _one_of(Sureness.values)) or "verified",
            "source": row.read("source", lambda cell: cells.text(cell, 600), required=not self.open_words) or "",
            "published": row.read("published", _day),
            "quote": row.read("quote", lambda cell: prose(cell, 400)) or "",
            "note": row.read("note", lambda cell: prose(cell, 600)) or "",
            "reason": row.read("reason", lambda cell: cells.text(cell, 300)) or "",
            "disputed": bool(row.read("disputed", cells.yes)) or contradicted,
            "revision": row.read("revision", lambda cell: cells.whole(cell, 1, 9999)) or 0,
        }

    def _place(self, cell: Any) -> str | None:
        line = cells.text(cell, 60)
        if line is None or line in PLACES or self.open_words:
            return line
        raise CellProblem(f"is no place that is known ({', '.join(PLACES)})")

    def _period(self, cell: Any) -> str | None:
        line = re.sub(r"\.0$", "", cells.text(cell, 80) or "")
        if not line:
            return None
        try:
            return periods.parse(line)
        except periods.BadPeriod as problem:
            if not self.open_words:
                raise CellProblem(str(problem)) from None
        year = re.search(r"(?:19|20|21)\d\d", line)
        return year[0] if year else None


def _matching(pattern: re.Pattern[str], problem: str) -> Callable[[Any], str | None]:
    def parse(cell: Any) -> str | None:
        line = cells.key(cell, 200)
        if line is not None and not pattern.fullmatch(line):
            raise CellProblem(problem)
        return line

    return parse


def prose(cell: Any, longest: int) -> str | None:
    """Text that may begin with an equals sign and a space, as notes do that say what equals what."""
    return cells.text(cell.lstrip("= ") if isinstance(cell, str) and cell.startswith("= ") else cell, longest)


def _day(cell: Any) -> dt.date | None:
    """A day; none where the source gives none, as this room's own exports say it."""
    return None if cells.text(cell, 80) == NOT_GIVEN else cells.day(cell)


def word_of(cell: Any) -> str | None:
    return _matching(WORD, "is no word of the vocabulary (small letters, digits, dashes)")(cell)


def _one_of(words: Any) -> Callable[[Any], str | None]:
    def parse(cell: Any) -> str | None:
        line = cells.text(cell, 80)
        if line is not None and line not in words:
            raise CellProblem(f"is none of {', '.join(words)}")
        return line

    return parse


def unit_of(cell: Any) -> str | None:
    line = re.sub(r"\s*\(.*\)", "", cells.text(cell, 80) or "").strip()
    if not line:
        return None
    found = line if line in UNITS else UNIT_ALIASES.get(line.casefold())
    if found is None:
        raise CellProblem(f"is no unit that is known ({', '.join(UNITS)})")
    return found


def _any_unit(cell: Any) -> str | None:
    """A known unit under its code, any other as it is written."""
    line = re.sub(r"\s*\(.*\)", "", cells.text(cell, 80) or "").strip()
    return line if line in UNITS else UNIT_ALIASES.get(line.casefold(), line.casefold()) or None


def figures_of(path: Path) -> tuple[list[Record], int]:
    """Figures of a file that are only checked, and how many rows stated no amount. Raises ``UnusableFile`` and
    ``Refused``."""
    rows = FigureRows(open_words=True)
    records = rows.records(read(path, (FIGURES,)))
    if not records:
        raise UnusableFile("No row states an amount.")
    return records, rows.left_out


def relations_of(path: Path, units: dict[str, str]) -> list[Relation]:
    """Relations of a file. ``units``: unit by code of the figures they are about. Raises ``UnusableFile`` and
    ``Refused``."""
    table = read(path, (RELATIONS,))
    found = []
    for row in table.rows:
        relation = _relation(row)
        if relation is None:
            continue
        try:
            check_relation(relation, {code: unit_named(name) for code, name in units.items()})
        except BadRelation as problem:
            row.wrong("terms", str(problem))
        found.append((row, relation))
    for row, before in twice([row for row, _one in found], [one.code for _row, one in found]):
        row.wrong("code", f"stands in row {before} already")
    table.insist()
    return [relation for _row, relation in found]


def _relation(row: Row) -> Relation | None:
    code = row.read("code", lambda cell: cells.text(cell, 120), required=True)
    kind = row.read("kind", _one_of(KINDS), required=True)
    result = row.read("result", lambda cell: cells.key(cell, 130), required=True)
    terms = row.read("terms", lambda cell: re.split(r"[\s;|]+", cells.text(cell, 4000) or "") or None, required=True)
    factor = row.read("factor", written.number)
    sign = row.read("sign", _one_of(SIGNS)) or "<="
    says = row.read("says", lambda cell: cells.text(cell, 600)) or ""
    if row.errors or not (code and kind and result and terms):
        return None
    kept = tuple(term for term in terms if term)
    return Relation(code, kind, result, kept, Decimal(1) if factor is None else factor, sign, says)
