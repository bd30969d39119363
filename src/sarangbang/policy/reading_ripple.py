"""Files of the ripple effect: final demand, published multipliers, and square tables."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from sarangbang.directory.importing import cells
from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.importing.problems import CellProblem, RowError, UnusableFile

from . import written
from .reading import Table, column, read, twice
from .reading_figures import unit_of
from .ripple import (
    MEASURES,
    Array,
    BadTable,
    Economy,
    Sector,
    imports_per_unit,
    insist_productive,
    technical_coefficients,
)

SHIPPED = files("sarangbang.policy").joinpath("data/multipliers_seoul_2020.csv")
DEMAND = Layout(
    "demand",
    (
        column("bok_code_83", "code", "sector", "부문코드", required=True),
        column("final_demand_bn_krw", "final_demand", required=True),
        column("unit", "단위"),
    ),
)
COLUMNS = dict(
    zip(
        MEASURES,
        ("prod_in_seoul", "prod_rest_of_korea", "va_in_seoul", "va_rest_of_korea", "jobs_in_seoul_per_bn",
         "jobs_rest_of_korea_per_bn"),
        strict=True,
    )
)  # fmt: skip
MULTIPLIERS = Layout(
    "multipliers",
    (
        column("bok_code_83", "code", required=True),
        column("sector_ko"),
        column("sector_en"),
        *(column(name, required=True) for name in COLUMNS.values()),
        column("unit", "단위"),
        column("source"),
    ),
)
SQUARE = Layout("square table", (column("code", "sector", "부문", required=True),))
MOST_BN = 1_000_000_000
"""No demand may be larger, in billion won: a million times Korea's card spending on medicine."""
MOST_SECTORS = 2000
EXTRA = ("output", "value_added", "jobs", "imports", "final_demand")
"""Columns of a square table that are no sectors."""
ROUNDING = 1e-3
"""So far, as a share, may numbers that were rounded in print miss the sum that they must make."""
BILLIONS = re.compile(r"(?:10|십)억|\bbn\b|\bbillions?\b", re.IGNORECASE)
OTHER_SCALES = re.compile(
    r"%|[천만억조]\s*원|\b(?:mn|tn|usd|thousand|million|trillion|dollar|percent|per cent)s?\b|\b[mk]\s*(?:krw|won)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MultiplierTable:
    name: str
    sha256: str
    source: str
    sectors: dict[str, Sector]


def multipliers_of(path: Path | None = None) -> MultiplierTable:
    """The table of a file, or the one that comes with the platform. Raises ``UnusableFile`` and ``Refused``."""
    if path is None:
        with as_file(SHIPPED) as shipped:
            return multipliers_of(shipped)
    table = read(path, (MULTIPLIERS,))
    sectors = [(row, sector) for row in table.rows if (sector := _sector(row))]
    for row, before in twice([row for row, _one in sectors], [one.code for _row, one in sectors]):
        row.wrong("bok_code_83", f"stands in row {before} already")
    table.insist()
    source = table.rows[0].read("source", lambda cell: cells.text(cell, 600)) or ""
    found = {sector.code: sector for _row, sector in sectors}
    return MultiplierTable(path.name, _hash(found), source, found)


def _hash(sectors: dict[str, Sector]) -> str:
    """Of what is computed with, so that the same numbers in another file are the same table."""
    lines = [
        f"{code} " + " ".join(repr(sector.per_unit[measure]) for measure in MEASURES)
        for code, sector in sorted(sectors.items())
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sector(row: Row) -> Sector | None:
    code = row.read("bok_code_83", _code, required=True)
    rates = {measure: row.read(title, _rate, required=True) for measure, title in COLUMNS.items()}
    row.read("unit", _rates_unit)
    names = [row.read(name, lambda cell: cells.text(cell, 200)) or "" for name in ("sector_ko", "sector_en")]
    if row.errors or code is None:
        return None
    return Sector(code, names[0], names[1], {measure: rate for measure, rate in rates.items() if rate is not None})


def _code(cell: Any) -> str | None:
    """A sector's code. A spreadsheet that ate the zero of 08 is understood."""
    line = cells.key(cell, 40)
    return line.zfill(2) if line and re.fullmatch(r"\d", line, re.ASCII) else line


def _plain_code(cell: Any) -> str | None:
    return cells.key(cell, 80)


def _rate(cell: Any) -> float | None:
    found = written.positive(cell)
    return None if found is None else float(found)


def _rates_unit(cell: Any) -> str | None:
    """The words are free, as publishers write them; another scale than won and billions of won is refused."""
    line = cells.text(cell, 200)
    if line and OTHER_SCALES.search(BILLIONS.sub("", line)):
        raise CellProblem("is another unit than won per won and persons per billion won")
    return line


def _demand_unit(cell: Any) -> str | None:
    if (found := unit_of(cell)) not in (None, "krw_bn"):
        raise CellProblem("is another unit than billion won (bn KRW)")
    return found


def _amount(cell: Any) -> float | None:
    found = written.positive(cell)
    if found is not None and found > MOST_BN:
        raise CellProblem(f"is more than {MOST_BN:,} billion won")
    return None if found is None else float(found)


def demand_of(path: Path, codes: Sequence[str]) -> dict[str, float]:
    """Final demand by sector, billion won at basic prices. Raises ``UnusableFile`` and ``Refused``."""
    table = read(path, (DEMAND,))
    known, found = set(codes), []
    # A table whose own codes have one digit keeps them; in any other a lost zero is put back.
    code_of = _code if known.isdisjoint("123456789") else _plain_code
    for row in table.rows:
        code = row.read("bok_code_83", code_of, required=True)
        amount = row.read("final_demand_bn_krw", _amount, required=True)
        row.read("unit", _demand_unit)
        if code is not None and code not in known:
            row.wrong("bok_code_83", f"{code[:40]} is no sector of the table ({_some(codes)})")
        found.append((row, code, amount))
    for row, before in twice([row for row, _c, _a in found], [code for _r, code, _a in found]):
        row.wrong("bok_code_83", f"stands in row {before} already")
    table.insist()
    return {code: amount for _row, code, amount in found if code is not None and amount is not None}


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:40]) + (", …" if len(codes) > 40 else "")


def economy_of(path: Path) -> Economy:
    """A square table: the first column holds the codes, and there is one column for each of them.

    With a column ``output`` the cells are flows and are divided by it, as are value_added and jobs; without it they are
    coefficients. A column ``final_demand`` is only compared: with the flows of its row it must make the output. Raises
    ``UnusableFile`` and ``Refused``.
    """
    table = read(path, (SQUARE,))
    codes = [row.read("code", lambda cell: cells.key(cell, 80), required=True) or "" for row in table.rows]
    for row, before in twice(table.rows, codes):
        row.wrong("code", f"stands in row {before} already")
    for row, code in zip(table.rows, codes, strict=True):
        if code not in EXTRA and written.is_total(code):
            row.wrong("code", "is a total and no sector, and would count twice; leave it out")
    table.insist()
    at = _columns(table, codes)
    grid = np.array([[_cell(row, at[code], code) for code in codes] for row in table.rows])
    extra = {name: np.array([_cell(row, at[name], name) for row in table.rows]) for name in EXTRA if name in at}
    table.insist()
    output, sold = extra.pop("output", None), extra.pop("final_demand", None)
    if output is not None and sold is not None:
        _insist_sums(table, grid.sum(axis=1) + sold, output)
    try:
        if output is not None:
            grid = technical_coefficients(grid, output)
            extra = {
                name: np.divide(flow, output, where=output > 0, out=np.zeros_like(flow)) for name, flow in extra.items()
            }
        insist_productive(grid)
        if "value_added" in extra:
            imports_per_unit(grid, extra["value_added"], rounding=ROUNDING)
    except BadTable as problem:
        raise UnusableFile(f"{str(problem).capitalize()}.") from None
    return Economy(tuple(codes), grid, extra)


def _insist_sums(table: Table, made: Array, told: Array) -> None:
    """What is sold to sectors and to final demand is what is made. Raises ``Refused``."""
    for row, sum_of, output in zip(table.rows, made, told, strict=True):
        if not math.isclose(sum_of, output, rel_tol=ROUNDING, abs_tol=ROUNDING):
            row.wrong("output", f"is {output:,.6g}, but the flows and the final demand make {sum_of:,.6g}")
    table.insist()


def _columns(table: Table, codes: Sequence[str]) -> dict[str, int]:
    """Where each sector's column stands. Raises ``UnusableFile`` when the table is not square."""
    if len(codes) > MOST_SECTORS:
        raise UnusableFile(f"The table has more than {MOST_SECTORS} sectors.")
    at = {cells.raw_text(title): place for place, title in enumerate(table.header) if title}
    lacking = [code for code in codes if code not in at]
    strange = [title for title in list(at)[1:] if title not in codes and title not in EXTRA]
    if lacking or strange:
        missing = f"no column for {_some(lacking)}" if lacking else f"no row for {_some(strange)}"
        raise UnusableFile(f"The table is not square: {missing}.")
    return at


def _cell(row: Row, at: int, name: str) -> float:
    try:
        found = written.positive(row.cells[at] if at < len(row.cells) else None)
    except CellProblem as problem:
        row.errors.append(RowError(row.number, name, str(problem)))
        return math.nan
    if found is None:
        row.errors.append(RowError(row.number, name, "is empty"))
        return math.nan
    return float(found)
