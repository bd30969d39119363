"""Pages of the figures: for citizens under /figures/, and the same for the officer with the staff's frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from sarangbang.people.access import staff_required

from . import presenting, shelf
from .charts import Chart, bars_across, bars_by_year
from .checking import CONTRADICTS, DISPUTED, HOLDS, IMPLIED, OFF, UNKNOWN, Report, total
from .forms import FiguresForm
from .importing import shipped_relations
from .models import Figure
from .overview import Overview, overview
from .presenting import Checked, Shown
from .queries import SEOUL, Selection
from .queries import total as total_served
from .records import fact_of, report_of

PER_PAGE = 60
TARGET = "target.gangnam-gu"
SHELVES = ((CONTRADICTS, "bad"), (OFF, "wait"), (DISPUTED, "wait"), (IMPLIED, ""), (HOLDS, "ok"), (UNKNOWN, ""))
"""Verdicts in the order of the page, and the colour of their tag."""


def _verdicts() -> dict[str, str]:
    return {
        HOLDS: _("holds"),
        OFF: _("off"),
        CONTRADICTS: _("contradicts"),
        DISPUTED: _("disputed"),
        IMPLIED: _("follows"),
        UNKNOWN: _("cannot be told"),
    }


def _shower() -> Callable[[Figure], Shown]:
    departments = shelf.department_names()
    return lambda figure: presenting.shown(figure, departments)


def _report(figures: list[Figure]) -> Report:
    records = [figure.record() for figure in figures]
    return report_of(records, shipped_relations(records))


# How many, compared with what, says who, what did it bring


def _overview() -> Overview:
    return overview(shelf.first_run(), shelf.revisions(TARGET))


def _overview_page(request: HttpRequest, base: str, **more: Any) -> HttpResponse:
    found, show = _overview(), _shower()
    figures = shelf.every_figure()
    named, report = shelf.by_name(figures), _report(figures)
    listed, left_out = total([fact_of(figure.record()) for figure in found.nationalities], report.disputed)
    context: dict[str, Any] = {
        **more,
        "base": base,
        "found": found,
        "latest": show(found.latest) if found.latest else None,
        "also": [show(figure) for figure in found.also],
        "years": [show(figure) for figure in reversed(found.years)],
        "compared": [(one, show(one.other)) for one in found.compared],
        "nationalities": [show(figure) for figure in found.nationalities],
        "departments": [show(figure) for figure in found.departments],
        "targets": [show(figure) for figure in found.targets],
        "spending": [show(figure) for figure in found.spending],
        "sales": show(found.sales) if found.sales else None,
        "run": found.run,
        "counts": {verdict: len(report.of(verdict)) for verdict, _colour in SHELVES},
        "checks": len(report.findings),
        "listed": presenting.number(listed),
        "left_out": [show(named[code]) for code in left_out],
        "most": max((figure.value for figure in found.nationalities), default=0),
    }
    return render(request, "policy/overview.html", context)


@require_GET
def public_overview(request: HttpRequest) -> HttpResponse:
    """The answers for a citizen."""
    return _overview_page(request, "ui/base.html")


@require_GET
@staff_required("policy.use")
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """The answers for the officer; printed, they fit two pages."""
    year = timezone.localdate(timezone=SEOUL).year
    served = {"year": year, "guests": total_served(Selection(year=year))}
    return _overview_page(request, "ui/staff.html", served=served)


# Checks


def _checks_page(request: HttpRequest, base: str) -> HttpResponse:
    figures, show = shelf.every_figure(), _shower()
    named, report, words = shelf.by_name(figures), _report(figures), _verdicts()
    groups = [
        (verdict, words[verdict], colour, [presenting.checked(one, named, show) for one in report.of(verdict)])
        for verdict, colour in SHELVES
    ]
    context = {
        "base": base,
        "groups": [group for group in groups if group[3]],
        "side_by_side": [
            ([show(named[code]) for code in one.codes], one.same_definition)
            for one in sorted(report.disagreements, key=lambda one: not one.same_definition)
        ],
        "figures": sum(1 for name in named if "@" not in name),
        "checks": len(report.findings),
    }
    return render(request, "policy/checks.html", context)


@require_GET
def public_checks(request: HttpRequest) -> HttpResponse:
    return _checks_page(request, "ui/base.html")


@require_GET
@staff_required("policy.use")
def checks(request: HttpRequest) -> HttpResponseBase:
    return _checks_page(request, "ui/staff.html")


# The shelf, and one figure


@require_GET
def all_figures(request: HttpRequest) -> HttpResponse:
    """The figures in force, narrowed down."""
    form, show = FiguresForm(request.GET), _shower()
    page = None
    if form.is_valid():
        asked = form.cleaned_data
        found = shelf.chosen(measure=asked["measure"], place=asked["place"], year=asked["year"])
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [show(figure) for figure in page.object_list] if page else []
    return render(request, "policy/figures.html", {"form": form, "page": page, "rows": rows})


@require_GET
def figure(request: HttpRequest, code: str) -> HttpResponse:
    """One figure: definition, source, quote, revisions, rivals, and the relations in which it takes part."""
    figures, show = shelf.every_figure(), _shower()
    revisions = [one for one in figures if one.code == code]
    if not revisions:
        raise Http404
    named, report = shelf.by_name(figures), _report(figures)
    current = revisions[-1]
    topic = current.record().topic
    rivals = [
        one for name, one in named.items() if "@" not in name and one.code != code and one.record().topic == topic
    ]
    context = {
        "shown": show(current),
        "revisions": [show(one) for one in reversed(revisions)],
        "rivals": [show(one) for one in rivals],
        "relations": [
            (one.finding.verdict, _verdicts()[one.finding.verdict], dict(SHELVES)[one.finding.verdict], one)
            for one in _about(code, report, named, show)
        ],
    }
    return render(request, "policy/figure.html", context)


def _about(code: str, report: Report, named: dict[str, Figure], show: Callable[[Figure], Shown]) -> list[Checked]:
    found = [one for one in report.findings if code in {name.partition("@")[0] for name in one.relation.names}]
    return [presenting.checked(one, named, show) for one in found]


# Charts


def _years_chart() -> Chart | None:
    found = _overview()
    if len(found.years) < 2:
        return None
    rows = [(figure.period, float(figure.value)) for figure in found.years]
    marks = [
        (_("Target %(number)s") % {"number": presenting.number(one.value)}, float(one.value)) for one in found.targets
    ]
    first, last = found.years[0], found.years[-1]
    said = _("From %(first)s in %(from)s to %(last)s in %(to)s.") % {
        "first": presenting.number(first.value),
        "from": first.period,
        "last": presenting.number(last.value),
        "to": last.period,
    }
    return Chart(_("Foreign patients in Gangnam by year"), said, bars_by_year(rows, y=_("persons"), marks=marks))


def _nationalities_chart() -> Chart | None:
    show, found = _shower(), _overview()
    if not found.nationalities:
        return None
    rows = [(show(figure).category, float(figure.value)) for figure in found.nationalities]
    said = ", ".join(f"{name} {presenting.number(value)}" for name, value in rows)
    title = _("Foreign patients in Gangnam by nationality, %(year)s") % {"year": found.nationalities[0].period}
    return Chart(title, said, bars_across(rows, x=_("persons")))


CHARTS: dict[str, Callable[[], Chart | None]] = {"years": _years_chart, "nationalities": _nationalities_chart}


@require_GET
def chart(request: HttpRequest, name: str) -> HttpResponse:
    """A chart as an SVG of its own, to be shown here or elsewhere."""
    make = CHARTS.get(name)
    made = make() if make else None
    if made is None:
        raise Http404
    return HttpResponse(made.svg(), content_type="image/svg+xml; charset=utf-8")


@require_GET
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # its stub knows views without arguments only
def embed(request: HttpRequest, name: str) -> HttpResponse:
    """A chart with its source, to be put into a page of anybody: the only page that others may frame."""
    make = CHARTS.get(name)
    made = make() if make else None
    if made is None:
        raise Http404
    overview_url = request.build_absolute_uri(reverse("figures:overview"))
    return render(request, "policy/embed.html", {"made": made, "name": name, "overview": overview_url})
