"""What everybody may see of operations: the quarters that were published, with the rule beside each table."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from sarangbang.policy import shelf
from sarangbang.ui import locales

from .publishing import ALL, ALONE, FOUND, NOT_FOUND, OTHERS, every_quarter
from .views import QUESTIONS

TABLES = {
    "guests": (
        _("Guests served, by nationality"),
        _("Guests with at least one appointment in the quarter that the institution marked as treated. Each counts "
          "once."),
    ),
    "visits": (
        _("Visits, by nationality and department"),
        _("Appointments that took place. Somebody who came twice counts twice."),
    ),
    "users": (
        _("Users of the platform, by language"),
        _("Guests for whom an appointment was booked on this platform in the quarter. Each counts once."),
    ),
    "interpreters": (
        _("Interpreters, by language"),
        _("Appointments in the quarter for which an interpreter was asked and not cancelled, and whether one was "
          "found."),
    ),
    "pick-ups": (
        _("Pick-ups at the airport, by terminal"),
        _("Guests who were fetched and whose driver tapped when they had met."),
    ),
}  # fmt: skip
WITH_OTHERS = ("guests", "visits")
COLUMN_WORDS = {ALL: _("Number"), FOUND: _("Found"), NOT_FOUND: _("Not found"), OTHERS: _("Others"), "": _("Total")}


@require_GET
def published_operations(request: HttpRequest) -> HttpResponse:
    """One published quarter; the latest, unless another is asked for."""
    quarters = list(every_quarter())
    asked = request.GET.get("period")
    quarter = next((each for each in quarters if asked in (None, each.period)), None)
    if asked and quarter is None:
        raise Http404
    context: dict[str, Any] = {"base": "ui/base.html", "quarters": quarters, "quarter": quarter}
    if quarter is not None:
        departments = shelf.department_names()
        context |= {
            "alone": ALONE * quarter.threshold,
            "tables": [_table(each, departments) for each in quarter.tables["tables"]],
            "minutes": [(each["terminal"].upper(), each) for each in quarter.tables["minutes"]],
            "marks": [(QUESTIONS[each["question"]], each) for each in quarter.tables["marks"]],
        }
    return render(request, "policy/operations_public.html", context)


def _table(table: dict[str, Any], departments: dict[str, str]) -> dict[str, Any]:
    """A table for the template. The total of a single column would say the same again and is left out."""
    code, columns = table["code"], table["columns"]
    name, definition = TABLES[code]
    last = {OTHERS: 1, "": 2}
    shown = [0] if columns[0] == ALL else list(range(len(columns)))
    words = [str(COLUMN_WORDS.get(column) or departments.get(column, column)) for column in columns]
    if code == "visits":
        shown.sort(key=lambda at: (last.get(columns[at], 0), words[at]))
    rows = [
        (_row_word(code, value), last.get(value, 0), [counts[at] for at in shown]) for value, counts in table["rows"]
    ]
    return {
        "code": code,
        "name": name,
        "definition": definition,
        "columns": [words[at] for at in shown],
        "rows": sorted(rows, key=lambda row: (row[1], row[0])),
        "hidden": sum(1 for row in rows for count in row[2] if count is None),
        "joins": code in WITH_OTHERS,
    }


def _row_word(code: str, value: str) -> str:
    language = get_language() or "en"
    if value in ("", OTHERS):
        return str(COLUMN_WORDS[value])
    if code in ("guests", "visits"):
        return locales.country(value, language)
    return value.upper() if code == "pick-ups" else locales.language_name(value, language)
