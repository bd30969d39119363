"""From operations: what really happened in a month or a year, and the list behind each number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from sarangbang.concierge.models import Ride
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.policy.files import csv_answer
from sarangbang.ui import locales

from . import publishing, summing
from .actions import AlreadyPublished, NoRuleInForce, publish
from .forms import ANOTHER, WindowForm
from .measures import GUESTS, INTERPRETINGS, MEASURES, RIDES, SURVEYS, VISITS, Measure, minutes_to_car, promised_minutes
from .windows import SEOUL, Window, quarters_over

PER_PAGE = 100
QUARTERS = 4
CARDS = ("guests", "users", "center", "center-walk-ins")
REFUSED = (("interpreters-asked", "interpreters-refused"), ("cars-asked", "cars-refused"))
QUESTIONS = {
    "reception": _("Being received"),
    "car": _("The car"),
    "interpreter": _("The interpreter"),
    "overall": _("The whole"),
}


def _code() -> str:
    return get_language() or "en"


def _query(window: Window, **more: Any) -> str:
    said = {"year": window.year, "month": window.month, **more}
    return urlencode({name: value for name, value in said.items() if value is not None})


def _link(measure: str, window: Window, value: str | None = None) -> str:
    return f"{reverse('policy:operations_list', args=[measure])}?{_query(window, of=value)}"


def language_word(code: str) -> str:
    """The name of a language; walk-ins may speak another than the ten."""
    return gettext("another language") if code == ANOTHER else locales.language_name(code, _code())


def group_word(measure: Measure, value: str) -> str:
    """A group in the reader's language."""
    if measure.group == "nationality":
        return locales.country(value, _code())
    if measure.group == "language":
        return language_word(value)
    if measure.group == "kind":
        return str(dict(Ride.Kind.choices).get(value, value))
    return value.upper()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def operations(request: HttpRequest) -> HttpResponseBase:
    """The figures of a month or a year. POST publishes a quarter that is over, without its small counts."""
    refusal = ""
    if request.method == "POST":
        refusal = _publish(request)
        if not refusal:
            return HttpResponseRedirect(reverse("figures:operations"))
    now = timezone.now()
    form = WindowForm(request.GET, now=now, language_code=_code())
    quarters = [(window, publishing.published(window.period)) for window in quarters_over(now, QUARTERS)]
    context: dict[str, Any] = {"form": form, "base": "ui/staff.html", "quarters": quarters, "refusal": refusal}
    if form.is_valid():
        context |= _figures(form.window())
    return render(request, "policy/operations.html", context, status=409 if refusal else 200)


def _publish(request: HttpRequest) -> str:
    """Why the quarter cannot be published; nothing when it was."""
    asked = request.POST.get("period", "")
    window = next((each for each in quarters_over(timezone.now(), QUARTERS) if each.period == asked), None)
    if window is None:
        return gettext("Only a quarter that is over can be published.")
    try:
        publish(window, actor=actor_of(request.user))
    except AlreadyPublished:
        return gettext("This quarter was published before. It stays as it is.")
    except NoRuleInForce:
        return gettext("No rule says which counts are small. Nothing can be published.")
    return ""


def _figures(window: Window) -> dict[str, Any]:
    interpreting = summing.rates("interpreters-asked", "interpreters-found", window)
    every, terminals = summing.minutes_by_terminal(window)
    return {
        "window": window,
        "counted_at": window.now,
        "query": _query(window),
        "cards": [(MEASURES[code], MEASURES[code].count(window), _link(code, window)) for code in CARDS],
        "fill": _rates(interpreting, "interpreters-asked", "interpreters-found", window),
        "fill_whole": _rate(summing.whole(interpreting), "interpreters-asked", "interpreters-found", window, None),
        "minutes": every,
        "promised": promised_minutes(window.starts_at),
        "terminals": [(part, part.value.upper(), _link("exit-to-car", window, part.value)) for part in terminals],
        "measured": MEASURES["exit-to-car"],
        "measured_link": _link("exit-to-car", window),
        "unmeasured": MEASURES["exit-to-car-unknown"].count(window),
        "unmeasured_link": _link("exit-to-car-unknown", window),
        "refused": [
            (MEASURES[refused], [*_rates(summing.rates(asked, refused, window), asked, refused, window)],
             _rate(summing.whole(summing.rates(asked, refused, window)), asked, refused, window, None))
            for asked, refused in REFUSED
        ],
        "marks": [(QUESTIONS[each.question], each) for each in summing.marks(window)],
        "surveys": MEASURES["surveys"].count(window),
        "surveys_link": _link("surveys", window),
        "definitions": list(MEASURES.values()),
    }  # fmt: skip


def _rates(parts: Iterable[summing.Rate], asked: str, found: str, window: Window) -> list[dict[str, Any]]:
    return [_rate(part, asked, found, window, part.value) for part in parts]


def _rate(rate: summing.Rate, asked: str, found: str, window: Window, value: str | None) -> dict[str, Any]:
    return {
        "rate": rate,
        "label": group_word(MEASURES[asked], rate.value) if value is not None else "",
        "asked": _link(asked, window, value),
        "found": _link(found, window, value),
    }


# The lists


def _id(row: Any) -> str:
    return str(row.pk)[:8]


def _moment(value: Any) -> str:
    return value.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") if value else ""


COLUMNS: dict[str, tuple[tuple[Any, Callable[[Any], Any]], ...]] = {
    GUESTS: (
        (_("Guest"), _id),
        (_("Nationality"), lambda row: locales.country(row.nationality, _code())),
        (_("Language"), lambda row: locales.language_name(row.language, _code())),
        (_("First treated"), lambda row: first.isoformat() if (first := getattr(row, "first_treated", None)) else ""),
    ),
    RIDES: (
        (_("Ride"), _id),
        (_("Begins"), lambda row: _moment(row.starts_at)),
        (_("Kind"), lambda row: row.get_kind_display()),
        (_("Status"), lambda row: row.get_status_display()),
    ),
    INTERPRETINGS: (
        (_("Interpreting"), _id),
        (_("Begins"), lambda row: _moment(row.starts_at)),
        (_("Language"), lambda row: locales.language_name(row.language, _code())),
        (_("Status"), lambda row: row.get_status_display()),
    ),
    VISITS: (
        (_("Came"), lambda row: _moment(row.came_at)),
        (_("Language"), lambda row: language_word(row.language)),
        (_("What about"), lambda row: row.get_about_display()),
    ),
    SURVEYS: (
        (_("Answered"), lambda row: _moment(row.answered_at)),
        (_("Language"), lambda row: locales.language_name(row.language, _code())),
        *((word, lambda row, name=name: getattr(row, name)) for name, word in QUESTIONS.items()),
    ),
}
MINUTES = (
    (_("Terminal"), lambda row: row.terminal.upper()),
    (_("Landed"), lambda row: _moment(row.landed_at)),
    (_("Met"), lambda row: _moment(row.met_at)),
    (_("Minutes"), lambda row: minutes_to_car(row.terminal, row.landed_at, row.met_at)),
)


@require_GET
@staff_required("policy.use")
def listed(request: HttpRequest, measure: str) -> HttpResponseBase:
    """The rows behind a number, without names; as CSV with ``format=csv``."""
    found = MEASURES.get(measure)
    if found is None:
        raise Http404
    form = WindowForm(request.GET, now=timezone.now(), language_code=_code())
    wants_file = request.GET.get("format") == "csv"
    if not form.is_valid():
        context = {"form": form, "measure": found}
        return render(request, "policy/operations_list.html", context, status=400 if wants_file else 200)
    window, value = form.window(), request.GET.get("of") or None
    if value is not None and value not in found.by_group(window):
        value_rows = found.rows(window).none()
    else:
        value_rows = found.listed(window, value)
    columns = COLUMNS[found.kind] + (MINUTES if measure == "exit-to-car" else ())
    if wants_file:
        name = "-".join(filter(None, (measure, window.period.replace("/", "_"), value)))
        rows = (tuple(cell(row) for _title, cell in columns) for row in value_rows.iterator(chunk_size=2000))
        return csv_answer(name, tuple(str(title) for title, _cell in columns), rows)
    page = Paginator(value_rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "measure": found,
        "total": page.paginator.count,
        "of": value,
        "of_word": group_word(found, value) if value else "",
        "page": page,
        "titles": [title for title, _cell in columns],
        "rows": [[cell(row) for _title, cell in columns] for row in page],
        "query": _query(window, of=value),
        "back": f"{reverse('policy:operations')}?{_query(window)}",
    }
    return render(request, "policy/operations_list.html", context)
