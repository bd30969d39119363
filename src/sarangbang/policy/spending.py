"""From what guests spend to final demand at basic prices. Pure.

A receipt is not yet demand for a sector's product. Value-added tax goes to the treasury and is taken out. Of what is
spent in shops only the margin is the shop's product; the goods themselves were made elsewhere, often abroad, and are
left out, which is written down as such. Every step is kept, so that a reader can follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .ripple import Effects, Sector, effects

VAT = 0.10
"""Korean value-added tax, a tenth on top of the price."""
MOST_BN = 1_000_000
"""No line may be larger: a thousand times what guests spend in the whole country."""


@dataclass(frozen=True, slots=True)
class Category:
    """Where guests spend. ``sector``: the code whose product it is. ``margin``: (low, usual, high) of retail sales,
    None where the whole price is the product. ``taxed``: (low, usual, high) share on which value-added tax lies."""

    code: str
    sector: str
    taxed: tuple[float, float, float]
    margin: tuple[float, float, float] | None = None


CATEGORIES = (
    # Dermatology and plastic surgery were 67 per cent of medical card spending in 2024; treatment that heals is free
    # of tax, and not all of the two is cosmetic: between none and all of these 67 per cent.
    Category("medical", "77", (0.0, 0.5, 0.67)),
    Category("lodging", "58", (1.0, 1.0, 1.0)),
    Category("food", "58", (1.0, 1.0, 1.0)),
    Category("shopping", "52", (1.0, 1.0, 1.0), (0.2, 0.3, 0.4)),
    Category("duty_free", "52", (0.0, 0.0, 0.0), (0.2, 0.3, 0.4)),
    Category("beauty", "82", (1.0, 1.0, 1.0)),
    Category("transport", "53", (0.0, 0.5, 1.0)),
    Category("culture", "79", (0.5, 1.0, 1.0)),
)
BY_CODE = {category.code: category for category in CATEGORIES}


@dataclass(frozen=True, slots=True)
class Line:
    """What was spent in one category, billion won at the till, and the assumptions for it."""

    category: str
    spent: float
    taxed: float
    margin: float = 1.0

    @property
    def tax(self) -> float:
        return self.spent * self.taxed * VAT / (1 + VAT)

    @property
    def goods(self) -> float:
        """The value of goods sold, which is no product of the shop."""
        return (self.spent - self.tax) * (1 - self.margin)

    @property
    def demand(self) -> float:
        return (self.spent - self.tax) * self.margin


@dataclass(frozen=True, slots=True)
class Scenario:
    """``share``: the part of the spending that is laid at this district's door. ``lines`` with usual assumptions."""

    lines: tuple[Line, ...]
    share: float = 1.0
    job_factor: float = 1.0
    job_factor_low: float = 1.0

    def demand(self) -> dict[str, float]:
        """Final demand by sector, billion won."""
        sums: dict[str, float] = {}
        for line in self.lines:
            if line.spent:
                sector = BY_CODE[line.category].sector
                sums[sector] = sums.get(sector, 0.0) + line.demand * self.share
        return sums

    def at(self, edge: int) -> Scenario:
        """The scenario with every assumption at its careful (0) or generous (2) end: more tax and less margin, or the
        opposite. The amounts that were spent, and the share, stay."""
        lines = tuple(_at(line, edge) for line in self.lines)
        factor = min(self.job_factor, self.job_factor_low) if edge == 0 else max(self.job_factor, self.job_factor_low)
        return replace(self, lines=lines, job_factor=factor, job_factor_low=factor)


def _at(line: Line, edge: int) -> Line:
    """An assumption that was changed from the usual moves the range along with it: the range never excludes it."""
    category = BY_CODE[line.category]
    worse = edge == 0
    taxed = max(line.taxed, category.taxed[2]) if worse else min(line.taxed, category.taxed[0])
    margin = line.margin
    if category.margin:
        margin = min(margin, category.margin[0]) if worse else max(margin, category.margin[2])
    return replace(line, taxed=taxed, margin=margin)


def line_of(category: str, spent: float, *, taxed: float | None = None, margin: float | None = None) -> Line:
    """A line with the usual assumptions where none are given."""
    known = BY_CODE[category]
    usual = known.margin[1] if known.margin else 1.0
    return Line(category, spent, known.taxed[1] if taxed is None else taxed, usual if margin is None else margin)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Effects with the usual assumptions, and at both ends of them."""

    usual: Effects
    careful: Effects
    generous: Effects


def outcome(sectors: Mapping[str, Sector], scenario: Scenario) -> Outcome:
    """Effects of a scenario. Raises ``KeyError`` when the table lacks one of its sectors."""

    def of(one: Scenario) -> Effects:
        return effects(sectors, one.demand(), job_factor=one.job_factor)

    return Outcome(of(scenario), of(scenario.at(0)), of(scenario.at(2)))


def left_out(lines: Iterable[Line], share: float = 1.0) -> dict[str, float]:
    """What was spent and is no final demand, billion won: tax, and the value of goods."""
    rows = list(lines)
    return {"tax": share * sum(line.tax for line in rows), "goods": share * sum(line.goods for line in rows)}
