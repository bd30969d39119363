"""Korean public holidays with their substitutes, from the ``holidays`` package (관공서의 공휴일에 관한 규정), and their
names in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

import holidays
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Lazy] = {
    "New Year's Day": _("New Year's Day"),
    "The day preceding Korean New Year": _("The day before Seollal"),
    "Korean New Year": _("Seollal (Lunar New Year)"),
    "The second day of Korean New Year": _("The day after Seollal"),
    "Independence Movement Day": _("Independence Movement Day"),
    "Labor Day": _("Labour Day"),
    "Children's Day": _("Children's Day"),
    "Buddha's Birthday": _("Buddha's Birthday"),
    "Memorial Day": _("Memorial Day"),
    "Constitution Day": _("Constitution Day"),
    "Liberation Day": _("Liberation Day"),
    "Armed Forces Day": _("Armed Forces Day"),
    "The day preceding Chuseok": _("The day before Chuseok"),
    "Chuseok": _("Chuseok (harvest festival)"),
    "The second day of Chuseok": _("The day after Chuseok"),
    "National Foundation Day": _("National Foundation Day"),
    "Hangul Day": _("Hangul Day"),
    "Christmas Day": _("Christmas Day"),
    "Presidential Election Day": _("Presidential election day"),
    "National Assembly Election Day": _("National Assembly election day"),
    "Local Election Day": _("Local election day"),
    "Temporary Public Holiday": _("Temporary public holiday"),
}
"""By the English name that the package gives."""
SUBSTITUTE = "Alternative holiday for "
DECLARED: dict[str, Lazy] = {
    "임시공휴일": _("Temporary public holiday"),
    "대통령선거일": _("Presidential election day"),
    "국회의원선거일": _("National Assembly election day"),
    "지방선거일": _("Local election day"),
    "국군의 날": _("Armed Forces Day"),
}
"""By the usual name in the gazette, without spaces at its ends."""


@lru_cache(maxsize=64)
def _of_year(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("KR", years=year))


def is_holiday(day: dt.date) -> bool:
    """Whether this Korean calendar day is a public holiday."""
    return day in _of_year(day.year)


def with_declared(declared: Collection[dt.date]) -> Callable[[dt.date], bool]:
    """Like ``is_holiday``, with the days that the government declared besides (임시공휴일)."""
    return (lambda day: day in declared or is_holiday(day)) if declared else is_holiday


def named_with(declared: Mapping[dt.date, str]) -> Callable[[dt.date], str]:
    """Gives the name of a public holiday in the reader's language, "" for other days; ``declared`` are the names of
    days that the government declared besides, as they were entered."""

    def name(day: dt.date) -> str:
        if day in declared:
            return _declared(declared[day])
        return "; ".join(_name(each) for each in _names(day.year)[day].split("; ")) if is_holiday(day) else ""

    return name


@lru_cache(maxsize=64)
def _names(year: int) -> dict[dt.date, str]:
    return dict(holidays.country_holidays("KR", years=year, language="en_US"))


def _name(known: str) -> str:
    if known.startswith(SUBSTITUTE):
        return gettext("Substitute holiday: %(name)s") % {"name": _name(known.removeprefix(SUBSTITUTE))}
    return str(NAMES.get(known, known))


def _declared(entered: str) -> str:
    usual = DECLARED.get(entered.strip())
    if usual is not None or get_language() == "ko":
        return str(usual or entered)
    return f"{gettext('Temporary public holiday')} ({entered})"
