"""The ripple effect of final demand: production, value added and jobs, at home and in the rest of the country.

Pure: numbers in, numbers out. Two ways lead there. ``MultiplierTable`` holds effects per unit of final demand that a
statistical office has published. ``Economy`` starts from any square table of inputs and inverts it.

Production counts the same won at every stage of the chain, value added counts it once. The two are never added:
no function here returns their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

MEASURES = (
    "production_seoul",
    "production_rest",
    "value_added_seoul",
    "value_added_rest",
    "jobs_seoul",
    "jobs_rest",
)
"""Billion won for the first four, persons (full-time equivalents) for jobs. "Rest" is the rest of Korea."""
JOBS = ("jobs_seoul", "jobs_rest")
VALUE_ADDED = ("value_added_seoul", "value_added_rest")


class BadTable(ValueError):
    """A table with which nothing can be computed; the text says why."""


# Published multipliers


@dataclass(frozen=True, slots=True)
class Sector:
    """``per_unit``: effects by measure of one billion won of final demand for this sector's products in Seoul."""

    code: str
    name_ko: str
    name_en: str
    per_unit: Mapping[str, float]

    @property
    def imported(self) -> float:
        """The part of one won of final demand that becomes nobody's income in Korea: what is not value added here."""
        return 1 - sum(self.per_unit[measure] for measure in VALUE_ADDED)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the final demand for one sector sets in motion. ``amounts`` by measure."""

    code: str
    name_ko: str
    name_en: str
    final_demand: float
    amounts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects by sector, in the order of the demand, and all together."""

    sectors: tuple[Effect, ...]
    job_factor: float

    @property
    def final_demand(self) -> float:
        return sum(sector.final_demand for sector in self.sectors)

    @property
    def total(self) -> dict[str, float]:
        return {measure: sum(sector.amounts[measure] for sector in self.sectors) for measure in MEASURES}


def effects(sectors: Mapping[str, Sector], demand: Mapping[str, float], *, job_factor: float = 1.0) -> Effects:
    """Effects of final demand (billion won, basic prices, by sector code).

    ``job_factor`` corrects job coefficients that are older than the demand: 0.9 when a billion won keeps a tenth fewer
    people busy now. 1 leaves them as published. Raises ``KeyError`` for a sector that the table does not have.
    """
    rows = []
    for code, amount in demand.items():
        sector = sectors[code]
        amounts = {
            measure: amount * sector.per_unit[measure] * (job_factor if measure in JOBS else 1.0)
            for measure in MEASURES
        }
        rows.append(Effect(code, sector.name_ko, sector.name_en, amount, amounts))
    return Effects(tuple(rows), job_factor)


# Any square table


def technical_coefficients(flows: ArrayLike, output: ArrayLike) -> Array:
    """What each sector buys of each other for one unit of its own output: flows divided by the buyer's output.

    A sector without output buys nothing. Raises ``BadTable``.
    """
    z, x = np.asarray(flows, dtype=float), np.asarray(output, dtype=float)
    _insist_square(z)
    if x.shape != (len(z),):
        raise BadTable(f"there are {len(z)} sectors and {x.size} outputs")
    if not np.isfinite(x).all() or (x < 0).any():
        raise BadTable("an output is negative or no number")
    if ((x == 0) & (z.sum(axis=0) > 0)).any():
        raise BadTable("a sector without output buys from others")
    return np.divide(z, x, out=np.zeros_like(z), where=x > 0)


def _insist_square(table: Array) -> None:
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.size:
        raise BadTable(f"the table is not square: {' by '.join(map(str, table.shape))}")
    if not np.isfinite(table).all():
        raise BadTable("a cell is no number")
    if (table < 0).any():
        raise BadTable("a cell is negative")


def insist_productive(coefficients: Array) -> None:
    """Raises ``BadTable`` unless every final demand can be met: the largest eigenvalue must be below one."""
    _insist_square(coefficients)
    if coefficients.sum(axis=0).max() < 1:
        return
    largest = float(np.abs(np.linalg.eigvals(coefficients)).max())
    if largest >= 1:
        raise BadTable(f"the sectors use up more than they make (largest eigenvalue {largest:.4f}, must be below 1)")


def leontief_inverse(coefficients: ArrayLike) -> Array:
    """L = (I - A)^-1: output of the row's sector for one unit of final demand for the column's. Raises ``BadTable``."""
    a = np.asarray(coefficients, dtype=float)
    insist_productive(a)
    inverse: Array = np.linalg.solve(np.eye(len(a)) - a, np.eye(len(a)))
    return inverse


def induced_output(coefficients: ArrayLike, demand: ArrayLike) -> Array:
    """x = L f without making L: output of every sector for the final demand. Raises ``BadTable``."""
    a, f = np.asarray(coefficients, dtype=float), np.asarray(demand, dtype=float)
    insist_productive(a)
    if f.shape[:1] != (len(a),):
        raise BadTable(f"there are {len(a)} sectors and {f.size} demands")
    if not np.isfinite(f).all():
        raise BadTable("a demand is no number")
    output: Array = np.linalg.solve(np.eye(len(a)) - a, f)
    return output


def output_multipliers(coefficients: ArrayLike) -> Array:
    """Output of all sectors together for one unit of final demand for each: column sums of the inverse."""
    sums: Array = leontief_inverse(coefficients).sum(axis=0)
    return sums


def imports_per_unit(coefficients: ArrayLike, value_added: ArrayLike, *, rounding: float = 1e-9) -> Array:
    """The part of a unit of output that is neither bought from a sector at home nor value added: imported inputs.

    Column sum + value added + imports = 1. Raises ``BadTable`` when a column is more than one by more than
    ``rounding``.
    """
    a, va = np.asarray(coefficients, dtype=float), np.asarray(value_added, dtype=float)
    rest: Array = 1 - a.sum(axis=0) - va
    if (rest < -rounding).any():
        raise BadTable("inputs and value added of a sector are more than its output")
    return np.maximum(rest, 0.0)


@dataclass(frozen=True, slots=True)
class Economy:
    """A square table: codes, technical coefficients, and what one unit of output brings (value added, jobs, …).

    The codes of a table of several regions name the region before a slash: ``seoul/77``.
    """

    codes: tuple[str, ...]
    coefficients: Array
    per_output: Mapping[str, Array]

    def output(self, demand: Mapping[str, float]) -> Array:
        """Output of every sector for the final demand. Raises ``KeyError`` for an unknown sector, ``BadTable``."""
        vector = np.zeros(len(self.codes))
        place = {code: at for at, code in enumerate(self.codes)}
        for code, amount in demand.items():
            vector[place[code]] += amount
        return induced_output(self.coefficients, vector)

    def effects(self, demand: Mapping[str, float]) -> dict[str, Array]:
        """Production and everything that output brings, by sector in the order of the codes."""
        output = self.output(demand)
        return {"production": output, **{name: output * rate for name, rate in self.per_output.items()}}

    def by_region(self, amounts: Sequence[float] | Array) -> dict[str, float]:
        """Amounts of the sectors added up by region; empty when codes name no region."""
        sums: dict[str, float] = {}
        for code, amount in zip(self.codes, amounts, strict=True):
            region, slash, _sector = code.partition("/")
            if slash:
                sums[region] = sums.get(region, 0.0) + float(amount)
        return sums
