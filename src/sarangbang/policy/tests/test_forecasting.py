"""The forecast: what it does with plain series, and how it would have done."""

from __future__ import annotations

import math

import pytest

from sarangbang.policy.forecasting import back_test, forecast, mean_error, pace, steps, yearly_change_to_miss
from sarangbang.policy.importing import shipped_records
from sarangbang.policy.overview import BREAK

STEADY = {year: 1000 * 1.1 ** (year - 2000) for year in range(2000, 2010)}


def test_steady_growth_goes_on_and_its_band_is_narrow() -> None:
    one, two = forecast(STEADY, 2)
    assert math.isclose(one.value, STEADY[2009] * 1.1)
    assert math.isclose(two.value, STEADY[2009] * 1.21)
    assert math.isclose(one.low, one.high)
    assert mean_error(back_test(STEADY, 2)) == pytest.approx(0)


def test_the_break_is_no_ordinary_growth() -> None:
    broken = {**STEADY, 2005: 10.0, 2006: 10.0}
    assert {round(step.growth, 9) for step in steps(broken, range(2005, 2007))} == {round(math.log(1.1), 9)}
    assert all(not (trial.origin < 2005 <= trial.forecast.year) for trial in back_test(broken, 3, range(2005, 2007)))
    assert forecast({**STEADY, 2010: 5.0}, 1, (2010,)) == []


def test_a_missing_year_is_one_step_spread_evenly() -> None:
    (step,) = steps({2010: 100.0, 2012: 121.0})
    assert step.growth == pytest.approx(math.log(1.1))


def test_too_little_is_no_forecast() -> None:
    assert forecast({2020: 1.0, 2021: 2.0}, 3) == []
    assert forecast({}, 3) == []
    assert forecast({2000 + n: 0.0 for n in range(9)}, 1) == []
    assert mean_error([]) is None


@pytest.mark.parametrize(("place", "least_inside"), [("korea", 5), ("gangnam-gu", 6)])
def test_the_years_2010_to_2024_made_again(place: str, least_inside: int) -> None:
    """It does badly where growth turned (2017) and after the pandemic; the page says how badly."""
    series = {
        int(record.period): float(record.value)
        for record in shipped_records()
        if record.code.startswith(f"patients.{place}.") and record.period.isdigit() and not record.group
        and record.series in {"ministry", "district"}
    }  # fmt: skip
    trials = back_test(series, 2, BREAK)
    assert len(trials) >= 8
    assert sum(trial.is_inside for trial in trials) >= least_inside
    assert mean_error(trials) < 0.3
    assert all(2010 <= trial.origin < trial.forecast.year <= 2024 for trial in trials)


def test_the_pace_and_what_would_miss_it() -> None:
    assert pace((2021, 23734.0), (2026, 150000.0))[2026] == 150000
    assert pace((2021, 23734.0), (2026, 150000.0))[2023] == pytest.approx(23734 + 126266 * 2 / 5)
    assert yearly_change_to_miss((2024, 400.0), (2026, 100.0)) == pytest.approx(-0.5)
    assert yearly_change_to_miss((2026, 400.0), (2026, 100.0)) is None
