"""The seasonal pattern, and what would have to happen to miss the target."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.policy.missing import Part, alone, last_below, shares, together
from sarangbang.policy.seasons import back_test, longest_run, mean_error, pattern, plain, ratios

SHAPE = (0.8, 0.9, 1.0, 1.1, 1.2, 1.0, 0.9, 0.9, 1.0, 1.1, 1.1, 1.0)


def made(years: range, growth: float = 0.0) -> dict[tuple[int, int], float]:
    """Months of that shape around a level that grows evenly."""
    return {
        (year, month + 1): 1000 * (1 + growth * (at * 12 + month)) * SHAPE[month]
        for at, year in enumerate(years)
        for month in range(12)
    }


def test_a_pattern_is_found_again_whatever_the_growth() -> None:
    for growth in (0.0, 0.002):
        found = pattern(made(range(2013, 2018), growth))
        assert [one.factor for one in found] == pytest.approx(SHAPE, rel=0.01)
        assert {one.seen for one in found} == {4}
    assert all(one.low is not None and one.low <= one.factor <= one.high for one in found)


def test_too_few_months_or_a_gap_show_no_pattern() -> None:
    two_years = made(range(2023, 2025))
    assert [one.seen for one in pattern(two_years)] == [1] * 12
    assert pattern(two_years)[0].low is None
    for month in ((2023, 1), (2024, 1), (2024, 12)):
        assert pattern({key: value for key, value in two_years.items() if key != month}) == []
    assert pattern({}) == []
    assert pattern(dict.fromkeys(two_years, 0.0)) == []
    assert longest_run(two_years) == 24
    assert longest_run({(2023, 12): 1, (2024, 1): 1, (2024, 3): 1}) == 2


def test_the_pandemic_and_what_reaches_into_it_is_left_out() -> None:
    series = made(range(2017, 2026))
    series.update({(year, month): 1.0 for year in range(2020, 2023) for month in range(1, 13)})
    assert {year for year, _month in ratios(series, range(2020, 2023))} == {2017, 2018, 2019, 2023, 2024, 2025}
    assert [one.factor for one in pattern(series, range(2020, 2023))] == pytest.approx(SHAPE)


def test_the_back_test_knows_only_what_came_before() -> None:
    series = made(range(2013, 2018))
    series[2017, 1] = 5000.0
    trials = back_test(series)
    assert {trial.year for trial in trials} == {2015, 2016, 2017}
    first = next(trial for trial in trials if (trial.year, trial.month) == (2017, 1))
    assert first.told == pytest.approx(0.8 * sum(series[2017, month] for month in range(1, 13)) / 12)
    assert not first.is_inside
    assert mean_error([trial for trial in trials if trial.year == 2016]) == pytest.approx(0)
    assert back_test(made(range(2013, 2015))) == []
    assert mean_error([]) is None


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1e6), min_size=24, max_size=60))
def test_factors_have_a_mean_of_one(values: list[float]) -> None:
    series = {(2013 + at // 12, at % 12 + 1): value for at, value in enumerate(values)}
    found = pattern(series)
    if found:
        assert sum(one.factor for one in found) == pytest.approx(12)
        assert all(one.low is None or one.low - 1e-9 <= one.factor <= one.high + 1e-9 for one in found)
    back_test(series)


def test_a_part_misses_the_target_alone_only_when_it_is_large_enough() -> None:
    japan, rest = Part("JP", 0.4, 2023), Part("US", 0.2, 2023)
    assert alone(japan, 100_000, 70_000).fall == pytest.approx(0.75)
    assert alone(rest, 100_000, 70_000).fall is None
    assert alone(rest, 100_000, 70_000).left == pytest.approx(80_000)
    assert alone(rest, 60_000, 70_000).fall == 0
    assert together([rest, japan], 100_000, 50_000) == (2, pytest.approx(50_000 / 60_000))
    assert together([rest], 100_000, 50_000) is None
    (first, second) = shares({2019: {"CN": 0.4, "JP": 0.1}, 2023: {"JP": 0.38, "CN": 0.17}})
    assert (first.code, first.before, second.before) == ("JP", (2019, 0.1), (2019, 0.4))
    assert shares({}) == []
    assert last_below({2019: 131_808, 2022: 59_896, 2024: 377_043}, 200_000) == 2022


def test_few_months_are_shown_as_they_are() -> None:
    series = {(2025, month): 10.0 * month for month in range(3, 13)}
    shown = plain(series)
    assert [month for month, _count, _factor in shown] == sorted(series)
    assert sum(factor for _month, _count, factor in shown) == pytest.approx(len(series))
    long = plain({(year, month): 1.0 for year in (2024, 2025) for month in range(1, 13)})
    assert [one[0] for one in long] == [(2025, month) for month in range(1, 13)]
    assert plain({(2025, month): 5.0 for month in range(1, 6)}) == plain({}) == []
    assert plain({(2025, month): 0.0 for month in range(1, 9)}) == []
