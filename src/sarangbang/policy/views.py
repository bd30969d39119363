"""How many guests were served: by year, nationality, department and language; the list; the CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sarangbang.people.access import staff_required
from sarangbang.ui import locales

from .files import csv_answer
from .forms import SelectionForm
from .queries import DIMENSIONS, Group, Selection, by, guests, total

PER_PAGE = 100


@require_GET
@staff_required("policy.use")
def served(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The count, with one table per dimension; ``format=csv`` gives the same tables."""
    form = SelectionForm(request.GET, language_code=get_language() or "en")
    if not form.is_valid():
        return _refused(request, "policy/served.html", form)
    selection, counted_at = form.selection(), timezone.now()
    all_guests = total(selection)
    tables = [_table(request, name, selection, form) for name in DIMENSIONS]
    if request.GET.get("format") == "csv":
        rows = [
            (_("All"), "", "", all_guests),
            *((table["label"], row["label"], row["value"], row["guests"]) for table in tables for row in table["rows"]),
        ]
        return _csv("guests-served", selection, (_("Counted by"), _("Group"), _("Code"), _("Guests")), rows)
    context = {
        "form": form,
        "tables": tables,
        "total": all_guests,
        "query": _query(selection),
        "counted_at": counted_at,
    }
    return render(request, "policy/served.html", context)


@require_GET
@staff_required("policy.use")
def guest_list(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The guests behind a number, without names."""
    code = get_language() or "en"
    form = SelectionForm(request.GET, language_code=code)
    if not form.is_valid():
        return _refused(request, "policy/guests.html", form)
    selection = form.selection()
    found = guests(selection)
    if request.GET.get("format") == "csv":
        header = (
            _("Guest"),
            _("First treated"),
            _("Nationality"),
            _("Language"),
            _("Year of birth"),
            _("Sex"),
        )
        rows = (
            (
                str(guest.pk)[:8],
                guest.first_treated.isoformat(),
                locales.country(guest.nationality, code),
                locales.language_name(guest.language, code),
                guest.birth_year,
                guest.get_sex_display(),
            )
            for guest in found.iterator(chunk_size=2000)
        )
        return _csv("guests", selection, header, rows)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "total": page.paginator.count, "query": _query(selection)}
    return render(request, "policy/guests.html", context)


def _refused(request: HttpRequest, template: str, form: SelectionForm) -> HttpResponse:
    """The question with what is wrong about it, and no figure, which would be the answer to another one."""
    wants_file = request.GET.get("format") == "csv"
    return render(request, template, {"form": form}, status=400 if wants_file else 200)


def _table(request: HttpRequest, name: str, selection: Selection, form: SelectionForm) -> dict[str, Any]:
    groups = by(name, selection)
    most = max((group.guests for group in groups), default=0)
    return {
        "name": name,
        "label": form.fields[name].label,
        "most": most,
        "rows": [
            {
                "value": group.value,
                "label": _label(name, group, form),
                "guests": group.guests,
                "query": _query(selection, **{name: group.value}),
            }
            for group in groups
        ],
    }


def _label(name: str, group: Group, form: SelectionForm) -> str:
    code = get_language() or "en"
    if name == "nationality":
        return locales.country(str(group.value), code)
    if name == "language":
        return locales.language_name(str(group.value), code)
    if name == "department":
        return form.department_names.get(str(group.value), str(group.value))
    return str(group.value)


def _query(selection: Selection, **more: int | str) -> str:
    return urlencode({**selection.narrowed(), **more})


def _csv(
    name: str, selection: Selection, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> StreamingHttpResponse:
    """The rows as a file whose name says what was chosen."""
    return csv_answer("-".join([name, *map(str, selection.narrowed().values())]), header, rows)
