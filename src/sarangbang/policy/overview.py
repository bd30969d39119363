"""How many, compared with what, says who, and what did it bring: the answers of one page, from the shelf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from . import periods
from .models import Figure, RippleRun
from .shelf import in_force

HOME, CITY, NATION = "gangnam-gu", "seoul", "korea"
"""The district whose house this is, and what it lies in."""
COUNTS = ("district", "ministry")
"""Whose count goes before others when several give one."""
BREAK = range(2020, 2023)
"""Years of the pandemic: no ordinary years to compare with."""
MOST_GROUPS = 8
MEASURES_SHOWN = ("patients", "department_share", "card_medical", "sales")


@dataclass(frozen=True)
class Compared:
    """The latest count against another: ``times`` as many. ``kind``: before, peak, city, nation."""

    kind: str
    other: Figure
    times: Decimal

    @property
    def percent(self) -> Decimal:
        """Growth over the other in per cent."""
        return 100 * (self.times - 1)

    @property
    def share(self) -> Decimal:
        return 100 * self.times


@dataclass(frozen=True)
class Overview:
    """Everything on the page; empty where no figures are loaded."""

    latest: Figure | None = None
    also: list[Figure] = field(default_factory=list)
    """Other counts of the same thing."""
    years: list[Figure] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    nationalities: list[Figure] = field(default_factory=list)
    departments: list[Figure] = field(default_factory=list)
    targets: list[Figure] = field(default_factory=list)
    spending: list[Figure] = field(default_factory=list)
    sales: Figure | None = None
    run: RippleRun | None = None


def overview(run: RippleRun | None, targets: list[Figure]) -> Overview:
    """Read the shelf once and answer."""
    found = list(
        in_force().filter(measure__in=("patients", "patients_share", "department_share", "card_medical", "sales"))
    )
    years = yearly(found, "patients", HOME)
    if not years:
        return Overview(run=run)
    latest = years[-1]
    return Overview(
        latest=latest,
        also=[figure for figure in found if _same_topic(figure, latest) and figure.value != latest.value],
        years=years,
        compared=list(_compared(latest, years, found)),
        nationalities=_groups(found, "patients", "nationality"),
        departments=_groups(found, "department_share", "department"),
        targets=targets,
        spending=_spending(found),
        sales=next((figure for figure in found if figure.measure == "sales" and figure.geography == HOME), None),
        run=run,
    )


def yearly(figures: Iterable[Figure], measure: str, place: str) -> list[Figure]:
    """One figure for each whole year, the oldest first; the official count where several give one."""
    by_year: dict[int, Figure] = {}
    for figure in sorted(figures, key=_rank, reverse=True):
        year = periods.year_of(figure.period)
        if figure.measure == measure and figure.geography == place and not figure.group and year:
            by_year[year] = figure
    return [by_year[year] for year in sorted(by_year)]


def _rank(figure: Figure) -> int:
    return COUNTS.index(figure.series) if figure.series in COUNTS else len(COUNTS)


def _same_topic(one: Figure, other: Figure) -> bool:
    return one.pk != other.pk and one.record().topic == other.record().topic


def _compared(latest: Figure, years: list[Figure], found: list[Figure]) -> Iterable[Compared]:
    year = int(latest.period)
    before = next((figure for figure in years if int(figure.period) == year - 1), None)
    earlier = [figure for figure in years if int(figure.period) < min(year, BREAK.start)]
    peak = max(earlier, key=lambda figure: figure.value, default=None)
    around = {place: yearly(found, "patients", place) for place in (CITY, NATION)}
    others = [("before", before), ("peak", peak)] + [
        (kind, next((figure for figure in around[place] if figure.period == latest.period), None))
        for kind, place in (("city", CITY), ("nation", NATION))
    ]
    for kind, other in others:
        if other and other.value:
            yield Compared(kind, other, latest.value / other.value)


def _groups(found: list[Figure], measure: str, group: str) -> list[Figure]:
    """Figures of the latest year by one group, the largest first."""
    rows = [f for f in found if f.measure == measure and f.group == group and f.geography == HOME]
    last = max((figure.period for figure in rows), default="")
    latest = [figure for figure in rows if figure.period == last]
    return sorted(latest, key=lambda figure: -figure.value)[:MOST_GROUPS]


def _spending(found: list[Figure]) -> list[Figure]:
    """What several publishers say was spent in the country, for the latest year that more than one speaks of."""
    rows = [
        figure
        for figure in found
        if figure.measure == "card_medical" and figure.geography == NATION and not figure.group
        and periods.year_of(figure.period) and not figure.disputed
    ]  # fmt: skip
    years = sorted({figure.period for figure in rows}, reverse=True)
    for year in years:
        same = [figure for figure in rows if figure.period == year]
        if len(same) > 1:
            return sorted(same, key=lambda figure: figure.value)
    return [figure for figure in rows if figure.period == years[0]] if years else []
