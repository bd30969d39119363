"""A plain forecast of yearly counts, and how well it would have done. Pure.

Method: a year grows by the median of the growth of all ordinary years before it, in logarithms. The band is as wide as
four of five of the misses that this method would have made before, so many years ahead; and never narrower than the
spread of past growth (its standard deviation times 1.28, widening with the square root of the years, plus the
uncertainty of the median itself). A step is ordinary when neither of its ends lies in the break (the pandemic). Years
that are missing count as one step, spread evenly over its years.

It knows nothing but the past numbers: no visas, no flights, no law. That is why it is shown with its past errors.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Z80 = 1.2816
LEAST_STEPS = 4
"""Growth rates that must be known before anything is forecast."""
LEAST_MISSES = 3
"""So many past misses say more than the spread of growth."""


@dataclass(frozen=True, slots=True)
class Step:
    """Growth from one known year to the next, per year, in logarithms."""

    start: int
    end: int
    growth: float


@dataclass(frozen=True, slots=True)
class Forecast:
    year: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What would have been forecast for ``year`` from the numbers up to ``origin``, and what came."""

    origin: int
    forecast: Forecast
    actual: float

    @property
    def error(self) -> float:
        """Of the forecast, as a share of what came."""
        return self.forecast.value / self.actual - 1

    @property
    def is_inside(self) -> bool:
        return self.forecast.low <= self.actual <= self.forecast.high


def steps(series: Mapping[int, float], broken: Sequence[int] = ()) -> list[Step]:
    """Ordinary growth, step by step. Counts that are not above zero are left out."""
    years = sorted(year for year, value in series.items() if value > 0 and year not in broken)
    found = []
    for start, end in pairwise(years):
        if not any(start < year < end for year in broken):
            found.append(Step(start, end, math.log(series[end] / series[start]) / (end - start)))
    return found


def _centre(series: Mapping[int, float], ahead: int, broken: Sequence[int]) -> float | None:
    """Logarithm of the forecast for so many years after the last; None while too little is known."""
    last = max(series, default=0)
    rates = [step.growth for step in steps(series, broken)]
    if len(rates) < LEAST_STEPS or last in broken or series[last] <= 0:
        return None
    return math.log(series[last]) + statistics.median(rates) * ahead


def _misses(series: Mapping[int, float], ahead: int, broken: Sequence[int]) -> list[float]:
    """By how much earlier forecasts missed, as differences of logarithms without sign; not across the break."""
    found = []
    for origin in series:
        year = origin + ahead
        crossed = any(origin < each <= year for each in broken)
        centre = _centre({each: value for each, value in series.items() if each <= origin}, ahead, broken)
        if centre is not None and not crossed and series.get(year, 0) > 0:
            found.append(abs(math.log(series[year]) - centre))
    return sorted(found)


def forecast(series: Mapping[int, float], ahead: int, broken: Sequence[int] = ()) -> list[Forecast]:
    """The years after the last that is known; empty while too little is known, or when the last lies in the break."""
    found = []
    for years in range(1, ahead + 1):
        centre = _centre(series, years, broken)
        if centre is None:
            return []
        rates = [step.growth for step in steps(series, broken)]
        # 1.25 is what a median loses against a mean when growth is spread normally.
        half = Z80 * statistics.stdev(rates) * math.sqrt(years + 1.25**2 * years**2 / len(rates))
        misses = _misses(series, years, broken)
        if len(misses) >= LEAST_MISSES:
            half = max(half, misses[min(len(misses), math.ceil(0.8 * (len(misses) + 1))) - 1])
        low, middle, high = (math.exp(centre + shift) for shift in (-half, 0, half))
        found.append(Forecast(max(series) + years, middle, low, high))
    return found


def back_test(series: Mapping[int, float], ahead: int, broken: Sequence[int] = ()) -> list[Trial]:
    """The forecast made again from every earlier year, up to ``ahead`` years, against what came in ordinary years.

    A forecast made before the break for a year after it is not counted: nobody claims to have foreseen it.
    """
    trials = []
    for origin in sorted(series):
        known = {year: value for year, value in series.items() if year <= origin}
        for one in forecast(known, ahead, broken):
            crossed = any(origin < year <= one.year for year in broken)
            if one.year in series and not crossed:
                trials.append(Trial(origin, one, series[one.year]))
    return trials


def mean_error(trials: Sequence[Trial]) -> float | None:
    """Mean of the errors without their sign, as a share."""
    return statistics.fmean(abs(trial.error) for trial in trials) if trials else None


def pace(start: tuple[int, float], goal: tuple[int, float]) -> dict[int, float]:
    """Where a plan must stand in each year, in even steps from its start to its goal."""
    (first, low), (last, high) = start, goal
    if last <= first:
        return {first: low}
    return {year: low + (high - low) * (year - first) / (last - first) for year in range(first, last + 1)}


def yearly_change_to_miss(now: tuple[int, float], goal: tuple[int, float]) -> float | None:
    """The growth a year, as a share, below which the goal would be missed; None when its year has come."""
    (year, value), (last, wanted) = now, goal
    if last <= year or value <= 0 or wanted <= 0:
        return None
    return math.exp(math.log(wanted / value) / (last - year)) - 1
