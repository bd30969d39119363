"""The officer's pages of reports: three counts beside each other, and the yearly report of each institution.

The officer sees how many rows a report has and what is missing in them. The diseases of single patients stand in no
page; the files have them from the moment at which the institution handed the report in, as the law has it handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from sarangbang.directory.models import Institution
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.policy import shelf
from sarangbang.policy.files import csv_answer
from sarangbang.policy.operations.forms import year_field
from sarangbang.policy.operations.windows import SEOUL
from sarangbang.ui.forms import RoomForm, bind, is_submission

from . import reconciling, sheets
from .actions import ChangedMeanwhile, Taken, complete_stays, note_reading, take_one, take_reports
from .clinic_views import READ, checked_year, due_day, year_due
from .forms import FileForm, OneReportForm, ReportsForm
from .models import Part
from .reading_back import stays_told
from .report_files import CSV, FILES, XLSX, attached, file_of, yearly_report
from .rows import departments, stay_rows, unattached
from .states import institution_by_slug, institution_names_of, reports_state
from .words import MISSING, missing_words

PER_PAGE = 50
OFFICE = "District office"
"""As guests see who read their record."""

WORDS = {
    reconciling.AGREES: (_("agrees"), "ok"),
    reconciling.PLATFORM_MORE: (_("more here than reported: ask the institution"), "bad"),
    reconciling.REPORTED_MORE: (_("more reported: others came without this platform"), ""),
    reconciling.NOT_HERE: (_("reported, and nobody came over this platform"), ""),
    reconciling.NOT_REPORTED: (_("not reported"), "wait"),
    reconciling.PUBLISHED_MORE: (_("more published than reported: reports are missing"), "wait"),
    reconciling.PUBLISHED_LESS: (_("more reported than published: ask who counted"), "bad"),
    reconciling.NOT_PUBLISHED: (_("not published"), ""),
}


class YearForm(RoomForm):
    """A year; ``usual`` when nothing is said."""

    all_optional = True
    year = year_field(required=False)

    def __init__(self, data: Any, *, usual: int) -> None:
        said = data.copy()
        if not said.get("year"):
            said["year"] = str(usual)
        super().__init__(said)

    def clean_year(self) -> int:
        """A year that has begun."""
        year: int = self.cleaned_data["year"]
        if year > _this_year():
            raise ValidationError(
                gettext("This %(reason)s.")
                % {"reason": gettext("is no year from 2000 to %(latest)s") % {"latest": _this_year()}}
            )
        return year


def name_of(institution: Institution) -> str:
    return institution.name if get_language() == "ko" else institution.name_latin


def _this_year() -> int:
    return timezone.localdate(timezone=SEOUL).year


# Three counts


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def reconciliation(request: HttpRequest) -> HttpResponseBase:
    """Platform, reports and published numbers of a year; POST takes a file of reports, or one that is typed."""
    forms: dict[str, RoomForm] = {"file": ReportsForm(), "one": OneReportForm()}
    if is_submission(request):
        kind = "one" if request.POST.get("deed") == "one" else "file"
        form = bind(OneReportForm if kind == "one" else ReportsForm, request)
        if form.is_valid() and (taken := _take(form, actor_of(request.user))) is not None:
            messages.success(request, _taken_words(taken))
            return HttpResponseRedirect(request.get_full_path())
        forms[kind] = form
    years = reconciling.years_reported()
    form = YearForm(request.GET, usual=next(iter(years), _this_year() - 1))
    context: dict[str, Any] = {"base": "ui/staff.html", "form": form, "forms": forms, "years": years}
    wants_file = request.GET.get("format") == "csv"
    if not form.is_valid():
        return render(request, "policy/reconciliation.html", context, status=400 if wants_file else 200)
    year = form.cleaned_data["year"]
    names = shelf.department_names()
    found = reconciling.reconcile(year, timezone.now(), lambda slug: names.get(slug, slug), name_of)
    if wants_file:
        return _as_csv(found)
    state = request.GET.get("state") or ""
    lines = [line for line in found.institutions if state in ("", line.state)]
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    counts = {each: sum(1 for line in found.institutions if line.state == each) for each in reconciling.STATES}
    context |= {
        "found": found,
        "page": page,
        "state": state,
        "institutions": [_shown(line) for line in page],
        "departments": [_shown(line) for line in found.departments],
        "district": _shown(found.district),
        "states": [(each, *WORDS[each], many) for each, many in counts.items() if many],
    }
    status = 422 if any(each.errors for each in forms.values()) else 200
    return render(request, "policy/reconciliation.html", context, status=status)


def _take(form: RoomForm, actor: str) -> Taken | None:
    """What was taken; None when it was refused, and then the form says why."""
    try:
        if isinstance(form, ReportsForm):
            said = form.cleaned_data
            take: Callable[[Path], Taken] = lambda path: take_reports(  # noqa: E731
                path, source=said["source"], reason=said["reason"], actor=actor
            )
            taken: Taken | None = form.taken(take)
            return taken
        said = form.cleaned_data
        return take_one(
            {name: said[name] for name in ("institution", "year", "patients")}, source=said["told_by"],
            reason=said["why"], actor=actor,
        )  # fmt: skip
    except ChangedMeanwhile:
        form.add_error(None, gettext("Somebody else changed this at the same moment. Please look and try again."))
    except ValidationError as refusal:
        for name, reasons in refusal.message_dict.items():
            form.add_error(name if name in form.fields else None, reasons)
    return None


def _taken_words(taken: Taken) -> str:
    return gettext("Reports: %(created)s new, %(revised)s corrected, %(unchanged)s as before.") % {
        "created": taken.created, "revised": taken.revised, "unchanged": taken.unchanged,
    }  # fmt: skip


def _shown(line: reconciling.Line) -> dict[str, Any]:
    words, colour = WORDS[line.state]
    words_published, colour_published = WORDS[line.state_published]
    return {
        "line": line,
        "words": words,
        "colour": colour,
        "words_published": words_published,
        "colour_published": colour_published,
    }


def _as_csv(found: reconciling.Reconciled) -> HttpResponseBase:
    header = (_("Counted by"), _("Code"), _("Name"), _("Platform"), _("Reported"), _("Published"),
              _("Reported less platform"), _("Published less reported"), _("Platform and report"),
              _("Report and publication"))  # fmt: skip
    groups = (
        (gettext("District"), [found.district]),
        (gettext("Department"), found.departments),
        (gettext("Institution"), found.institutions),
    )

    def cells(group: str, line: reconciling.Line) -> tuple[object, ...]:
        numbers = (line.platform, line.reported, line.published, line.gap, line.gap_published)
        return (
            group, line.code, line.name, *("" if number is None else number for number in numbers),
            str(WORDS[line.state][0]), str(WORDS[line.state_published][0]),
        )  # fmt: skip

    rows = [cells(group, line) for group, lines in groups for line in lines]
    return csv_answer(f"reconciliation-{found.year}", [str(title) for title in header], rows)


# Yearly reports


@require_GET
@staff_required("policy.use")
def reports(request: HttpRequest) -> HttpResponseBase:
    """Every institution with guests of this platform in a year, and whether its report was handed in."""
    form = YearForm(request.GET, usual=year_due())
    context: dict[str, Any] = {"base": "ui/staff.html", "form": form}
    if form.is_valid():
        year = form.cleaned_data["year"]
        lines = reports_state(year, timezone.now())
        page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
        context |= {
            "year": year,
            "page": page,
            "rows": [(line, name_of(line.institution)) for line in page],
            "handed_in": sum(1 for line in lines if line.handed_at),
            "total": len(lines),
            "due": due_day(year),
        }
    return render(request, "policy/reports.html", context)


def _institution(slug: str) -> Institution:
    found = institution_by_slug(slug)
    if found is None:
        raise Http404
    return found


@require_GET
@staff_required("policy.use")
def report(request: HttpRequest, slug: str, year: int) -> HttpResponseBase:
    """One institution's report: how many rows, what is missing in which; no disease."""
    found = yearly_report(_institution(slug), checked_year(year))
    page = Paginator(found.missing, PER_PAGE).get_page(request.GET.get("page"))
    known = departments()
    context = {
        "base": "ui/staff.html",
        "report": found,
        "name": name_of(found.institution),
        "page": page,
        "rows": [
            (row, known[row.department_id].name, Part(row.part).label, missing_words(row.missing)) for row in page
        ],
        "fields": [(MISSING[name], many) for name, many in found.missing_by_field().items()],
        "due": due_day(year),
    }
    return render(request, "policy/report_of.html", context)


@require_GET
@staff_required("policy.use")
def report_file(request: HttpRequest, slug: str, year: int, file: str) -> HttpResponseBase:
    """The report as a file. With the diseases only as it was handed in, and then each patient sees who read it."""
    if file not in FILES or file.startswith("work"):
        raise Http404
    found = yearly_report(_institution(slug), checked_year(year))
    guests = [row.guest for row in found.rows if row.main_disease] if found.is_handed_in else []
    note_reading(guests, found.institution, year, what=READ, actor=actor_of(request.user), name=OFFICE)
    return file_of(found, file, with_diseases=found.is_handed_in)


# Facilitators


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def facilitators(request: HttpRequest, year: int) -> HttpResponseBase:
    """The facilitators' form of the guests whom this platform brought; POST takes its working file back."""
    rows = stay_rows(checked_year(year), timezone.now())
    form = FileForm()
    if is_submission(request):
        form = bind(FileForm, request)
        if form.is_valid():
            told = form.taken(lambda path: stays_told(path, rows))
            if told is not None:
                many = _complete_stays(request, year, told)
                messages.success(request, gettext("Completed rows: %(count)s") % {"count": many})
                return HttpResponseRedirect(reverse("policy:facilitators", args=[year]))
    missing = [row for row in rows if row.missing]
    page = Paginator(missing, PER_PAGE).get_page(request.GET.get("page"))
    known, houses = departments(), institution_names_of(get_language())
    by_field: dict[str, int] = {}
    for row in missing:
        for name in row.missing:
            by_field[name] = by_field.get(name, 0) + 1
    context = {
        "base": "ui/staff.html",
        "year": year,
        "form": form,
        "total": len(rows),
        "missing": len(missing),
        "unattached": unattached(year, timezone.now()),
        "page": page,
        "rows": [
            (row, houses.get(row.institution_id, ""), known[row.department_id].name, missing_words(row.missing))
            for row in page
        ],
        "fields": [(MISSING[name], many) for name, many in sorted(by_field.items(), key=lambda pair: -pair[1])],
        "due": due_day(year),
    }
    return render(request, "policy/facilitators.html", context, status=422 if form.errors else 200)


def _complete_stays(request: HttpRequest, year: int, told: dict[Any, dict[str, Any]]) -> int:
    try:
        return complete_stays(year, told, actor=actor_of(request.user))
    except ChangedMeanwhile:
        messages.error(request, gettext("Somebody else changed this at the same moment. Please look and try again."))
        return 0


STAY_FILES = {"form.xlsx": sheets.FACILITATOR, "form.csv": sheets.FACILITATOR, "work.xlsx": sheets.WORKING_STAY,
              "work.csv": sheets.WORKING_STAY}  # fmt: skip


@require_GET
@staff_required("policy.use")
def facilitators_file(request: HttpRequest, year: int, file: str) -> HttpResponse:
    """The facilitators' form as a file; it has no diseases."""
    if file not in STAY_FILES:
        raise Http404
    rows = stay_rows(checked_year(year), timezone.now())
    coded = file.startswith("work")
    writer = sheets.Writer(departments(), institution_names_of("ko"), coded=coded)
    made = [(gettext("Facilitators"), writer.table(rows, STAY_FILES[file]))]
    name = f"facilitators-{year}-{file}"
    if file.endswith("xlsx"):
        return attached(sheets.xlsx(made), XLSX, name)
    return attached(sheets.csv_text(made[0][1]), CSV, name)
