"""The plan: targets and their versions, the pace they ask for, what came, and what may come."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sarangbang.people.access import staff_required

from . import forecasting, missing, presenting, seasons, shelf
from .charts import Chart, plan_chart
from .figure_views import TARGET
from .operations.forms import month_name
from .overview import BREAK, HOME, yearly
from .queries import by_month

AHEAD = 2
PLAN_FROM = 2021
"""The plan starts from the count of this year."""


@dataclass(frozen=True)
class Plan:
    """Numbers by year. ``targets``: the figures, the first version first."""

    actual: dict[int, float] = field(default_factory=dict)
    pace: dict[int, float] = field(default_factory=dict)
    forecast: list[forecasting.Forecast] = field(default_factory=list)
    trials: list[forecasting.Trial] = field(default_factory=list)
    targets: list[Any] = field(default_factory=list)
    to_miss: float | None = None

    @property
    def is_above(self) -> bool:
        """Whether the last count is at the target or above it."""
        return bool(self.actual) and self.goal is not None and self.actual[max(self.actual)] >= self.goal

    @property
    def goal(self) -> float | None:
        return float(self.targets[-1].value) if self.targets else None


def _plan() -> Plan:
    figures = yearly(shelf.chosen(measure="patients", place=HOME, year=None), "patients", HOME)
    actual = {int(figure.period): float(figure.value) for figure in figures}
    targets = shelf.revisions(TARGET)
    if not actual:
        return Plan(targets=targets)
    goals = [(int(one.period), float(one.value)) for one in targets if one.period.isdigit()]
    start = (PLAN_FROM, actual[PLAN_FROM]) if PLAN_FROM in actual else None
    last = max(actual)
    return Plan(
        actual=actual,
        pace=forecasting.pace(start, goals[0]) if start and goals else {},
        forecast=forecasting.forecast(actual, AHEAD, BREAK),
        trials=forecasting.back_test(actual, AHEAD, BREAK),
        targets=targets,
        to_miss=forecasting.yearly_change_to_miss((last, actual[last]), goals[-1]) if goals else None,
    )


PARTS = {"nationality": "patients_share", "department": "department_share"}
"""By what the target may be missed in part, and the measure that has the shares."""


def _parts(group: str, found: Plan, departments: dict[str, str]) -> dict[str, Any]:
    """The parts of the last year that is known, and what each would have to do for the target to be missed."""
    by_year: dict[int, dict[str, float]] = {}
    for figure in shelf.chosen(measure=PARTS[group], place=HOME, year=None):
        if figure.group == group and figure.period.isdigit() and not figure.disputed:
            by_year.setdefault(int(figure.period), {})[figure.category] = float(figure.value) / 100
    parts, count, goal = missing.shares(by_year), found.actual[max(found.actual)], found.goal or 0.0
    return {
        "group": group,
        "year": parts[0].year if parts else None,
        "rows": [
            {"name": presenting.category(group, one.code, departments), "alone": missing.alone(one, count, goal)}
            for one in parts
        ],
        "together": missing.together(parts, count, goal),
        "others": 1 - sum(one.share for one in parts),
    }


def _seasons() -> dict[str, Any]:
    """The seasonal pattern: of published monthly counts where there are enough, else of guests served here."""
    published = {
        (int(figure.period[:4]), int(figure.period[5:])): float(figure.value)
        for figure in shelf.chosen(measure="patients", place=HOME, year=None)
        if re.fullmatch(r"\d{4}-\d{2}", figure.period) and not figure.group and not figure.disputed
    }
    enough = seasons.longest_run(published) >= seasons.LEAST_MONTHS
    series = published if enough else {month: float(many) for month, many in by_month(timezone.localdate()).items()}
    trials = seasons.back_test(series, BREAK)
    error = seasons.mean_error(trials)
    code = get_language() or "en"
    return {
        "plain": [
            {
                "period": f"{month[0]}-{month[1]:02}",
                "year": month[0],
                "month": month[1],
                "count": count,
                "factor": factor,
            }
            for month, count, factor in seasons.plain(series)
        ],
        "is_published": enough,
        "published": len(published),
        "months": seasons.longest_run(series),
        "least": seasons.LEAST_MONTHS,
        "rows": [(month_name(one.month, code), one) for one in seasons.pattern(series, BREAK)],
        "error": None if error is None else 100 * error,
        "trials": len(trials),
        "inside": sum(trial.is_inside for trial in trials),
    }


@require_GET
@staff_required("policy.use")
def plan(request: HttpRequest) -> HttpResponseBase:
    found = _plan()
    departments = shelf.department_names()
    ahead = {one.year: one for one in found.forecast}
    years = sorted({*found.actual, *found.pace, *ahead}, reverse=True)
    error = forecasting.mean_error(found.trials)
    context = {
        "base": "ui/staff.html",
        "found": found,
        "targets": [presenting.shown(figure, departments) for figure in found.targets],
        "rows": [
            {
                "year": year,
                "actual": found.actual.get(year),
                "pace": found.pace.get(year),
                "ahead": ahead.get(year),
                "is_broken": year in BREAK,
            }
            for year in years
        ],
        "last": max(found.actual, default=None),
        "goal": found.targets[-1] if found.targets else None,
        "below": missing.last_below(found.actual, found.goal) if found.goal and found.is_above else None,
        "low": found.forecast[-1] if found.forecast else None,
        "parts": [_parts(name, found, departments) for name in PARTS] if found.is_above else [],
        "seasons": _seasons(),
        "fall": None if found.to_miss is None else -100 * found.to_miss,
        "error": None if error is None else 100 * error,
        "inside": sum(trial.is_inside for trial in found.trials),
    }
    return render(request, "policy/plan.html", context)


@require_GET
@staff_required("policy.use")
def chart(request: HttpRequest) -> HttpResponseBase:
    """The plan as a picture; an empty one while nothing is known."""
    found = _plan()
    title = _("Plan, count and forecast of foreign patients in Gangnam")
    names = {"actual": _("Counted"), "pace": _("Pace of the plan"), "forecast": _("Forecast")}
    spec = plan_chart(
        actual=sorted(found.actual.items()),
        pace=sorted(found.pace.items()),
        ahead=[(one.year, one.value, one.low, one.high) for one in found.forecast],
        names=names,
        y=_("persons"),
    )
    made = Chart(title, _("The numbers stand in the table beside it."), spec)
    return HttpResponse(made.svg(), content_type="image/svg+xml; charset=utf-8")
