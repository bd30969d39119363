"""The seasonal pattern of monthly counts, and how well it would have told past years. Pure.

Method: ratio to the centred mean. Every month is divided by the mean of the twelve months around it (thirteen, the two
outer ones counting half, so that no season weighs more than another). A calendar month's factor is the median of its
ratios, all twelve scaled to a mean of one: 1.10 is a month with a tenth more than the usual month of its year. The band
goes from the lowest to the highest ratio seen; with one ratio there is none. Months in the break (the pandemic), and
those whose twelve months around reach into it, are left out.

Back-test: for every full ordinary year, the pattern is made from the months before that year alone; it shares out the
year's own total over its months, so that only the pattern is tested and not the level.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Month = tuple[int, int]
"""Year, and 1 to 12."""
LEAST_MONTHS = 24
"""So many months in a row give each calendar month one ratio."""
LEAST_PLAIN = 6


@dataclass(frozen=True, slots=True)
class Season:
    """A calendar month. ``low`` and ``high`` are None while it was seen once."""

    month: int
    factor: float
    low: float | None
    high: float | None
    seen: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What the pattern from the months before said of a month, given its year's total, and what came."""

    year: int
    month: int
    told: float
    low: float | None
    high: float | None
    actual: float

    @property
    def error(self) -> float:
        """As a share of what came; of none, the whole."""
        return self.told / self.actual - 1 if self.actual else 1.0

    @property
    def is_inside(self) -> bool:
        return self.low is not None and self.high is not None and self.low <= self.actual <= self.high


def _shift(month: Month, by: int) -> Month:
    at = month[0] * 12 + month[1] - 1 + by
    return at // 12, at % 12 + 1


def ratios(series: Mapping[Month, float], broken: Sequence[int] = ()) -> dict[Month, float]:
    """Each month by the centred mean of the twelve around it, where all of them are known and ordinary."""
    found = {}
    for month, value in series.items():
        around = [_shift(month, by) for by in range(-6, 7)]
        if any(other not in series or other[0] in broken for other in around):
            continue
        amounts = [series[other] for other in around]
        mean = (sum(amounts[1:-1]) + (amounts[0] + amounts[-1]) / 2) / 12
        if mean > 0:
            found[month] = value / mean
    return found


def pattern(series: Mapping[Month, float], broken: Sequence[int] = ()) -> list[Season]:
    """Twelve factors with a mean of one; empty while a calendar month has no ratio."""
    by_month: dict[int, list[float]] = {}
    for (_year, month), ratio in ratios(series, broken).items():
        by_month.setdefault(month, []).append(ratio)
    if len(by_month) < 12:
        return []
    middles = {month: statistics.median(seen) for month, seen in by_month.items()}
    scale = statistics.fmean(middles.values())
    if not scale:
        return []
    return [
        Season(
            month, middles[month] / scale,
            min(by_month[month]) / scale if len(by_month[month]) > 1 else None,
            max(by_month[month]) / scale if len(by_month[month]) > 1 else None,
            len(by_month[month]),
        )
        for month in range(1, 13)
    ]  # fmt: skip


def back_test(series: Mapping[Month, float], broken: Sequence[int] = ()) -> list[Trial]:
    """The pattern of the months before, against every full ordinary year."""
    trials = []
    for year in sorted({year for year, _month in series} - {*broken}):
        own = [series.get((year, month)) for month in range(1, 13)]
        known = pattern({month: value for month, value in series.items() if month[0] < year}, broken)
        if not known or any(value is None for value in own):
            continue
        usual = sum(value or 0 for value in own) / 12
        for season, value in zip(known, own, strict=True):
            low, high = (None if bound is None else bound * usual for bound in (season.low, season.high))
            trials.append(Trial(year, season.month, season.factor * usual, low, high, value or 0))
    return trials


def mean_error(trials: Sequence[Trial]) -> float | None:
    """Mean of the errors without their sign, as a share."""
    return statistics.fmean(abs(trial.error) for trial in trials) if trials else None


def plain(series: Mapping[Month, float]) -> list[tuple[Month, float, float]]:
    """The last months in a row that are known, twelve at most, each with its count and that divided by their mean: all
    that can be said before there are enough for a pattern, since growth is still in it. Empty below half a year."""
    months = [max(series)] if series else []
    while months and len(months) < 12 and _shift(months[-1], -1) in series:
        months.append(_shift(months[-1], -1))
    usual = statistics.fmean(series[month] for month in months) if months else 0.0
    if len(months) < LEAST_PLAIN or not usual:
        return []
    return [(month, series[month], series[month] / usual) for month in reversed(months)]


def longest_run(series: Mapping[Month, float]) -> int:
    """How many months in a row are known at most."""
    longest = 0
    for month in series:
        if _shift(month, -1) not in series:
            length = 1
            while _shift(month, length) in series:
                length += 1
            longest = max(longest, length)
    return longest
