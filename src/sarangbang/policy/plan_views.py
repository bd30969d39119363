"""The plan: targets and their versions, the pace they ask for, what came, and what may come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sarangbang.people.access import staff_required

from . import forecasting, presenting, shelf
from .charts import Chart, plan_chart
from .figure_views import TARGET
from .overview import BREAK, HOME, yearly

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
