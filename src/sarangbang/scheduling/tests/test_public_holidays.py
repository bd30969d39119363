"""Every name that the calendar of Korean holidays knows can be said in the reader's language."""

from __future__ import annotations

import datetime as dt

import holidays
import pytest
from django.utils import translation

from sarangbang.scheduling.public_holidays import NAMES, SUBSTITUTE, is_holiday, named_with


def test_every_name_of_forty_years_is_known() -> None:
    known = holidays.country_holidays("KR", years=range(2015, 2056), language="en_US").values()
    names = {name.removeprefix(SUBSTITUTE) for joined in known for name in joined.split("; ")}
    assert names <= set(NAMES)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (dt.date(2026, 2, 17), "Seollal (Lunar New Year)"),
        (dt.date(2026, 3, 2), "Substitute holiday: Independence Movement Day"),
        (dt.date(2025, 5, 5), "Buddha's Birthday; Children's Day"),
        (dt.date(2026, 11, 30), "Temporary public holiday"),
        (dt.date(2026, 11, 27), "Temporary public holiday (지역 행사)"),
        (dt.date(2026, 11, 26), ""),
    ],
)
def test_a_day_has_its_name(day: dt.date, name: str) -> None:
    declared = {dt.date(2026, 11, 30): "임시공휴일", dt.date(2026, 11, 27): "지역 행사"}
    said = named_with(declared)(day)
    assert sorted(said.split("; ")) == sorted(name.split("; "))
    assert bool(said) == (is_holiday(day) or day in declared)
    with translation.override("ko"):
        assert named_with(declared)(dt.date(2026, 11, 27)) == "지역 행사"
