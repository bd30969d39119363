"""The clinic's yearly report of foreign patients: what is there, what is missing, and completing it. Only the reader's
own institutions; reading a patient's disease is logged, and the patient can see it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from sarangbang.directory.models import Institution
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of, institutions_of
from sarangbang.policy.operations.windows import SEOUL
from sarangbang.ui.forms import bind, is_submission

from . import reading_back
from .actions import ChangedMeanwhile, Incomplete, complete, hand_in, note_reading
from .forms import FileForm, RowForm
from .models import Part, ReportDetail
from .report_files import FILES, YearlyReport, file_of, yearly_report
from .rows import COMPLETED, ReportRow, departments
from .visits import detail_of, visits_of
from .words import MISSING, missing_words

PER_PAGE = 50
DUE_MONTHS = (1, 2)
"""In January and February the year before is due."""
READ = "yearly report"


def year_due() -> int:
    today = timezone.localdate(timezone=SEOUL)
    return today.year - 1 if today.month in DUE_MONTHS else today.year


def due_day(year: int) -> dt.date:
    """The last day of February after the year (Act, art. 11)."""
    return dt.date(year + 1, 3, 1) - dt.timedelta(days=1)


def _own(request: HttpRequest, slug: str) -> Institution:
    return get_object_or_404(institutions_of(request.user), slug=slug)


def checked_year(year: int) -> int:
    """404 for a year of which there can be no report."""
    if not 2000 <= year <= timezone.localdate(timezone=SEOUL).year:
        raise Http404
    return year


def _address(institution: Institution, year: int) -> str:
    return reverse("reports:year", args=[institution.slug, year])


@require_GET
@staff_required("clinic.use")
def start(request: HttpRequest) -> HttpResponseBase:
    """The report that is due, of the reader's first institution."""
    first = institutions_of(request.user).order_by("name_latin").first()
    if first is None:
        raise Http404
    return year(request, first.slug, year_due())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def year(request: HttpRequest, slug: str, year: int) -> HttpResponseBase:
    """The report of a year. POST takes a working file back, says that nobody was admitted, or hands the report in."""
    institution = _own(request, slug)
    report = yearly_report(institution, checked_year(year))
    form = FileForm()
    if is_submission(request):
        answer = _post(request, report)
        if not isinstance(answer, FileForm):
            return answer
        form = answer
    wants_all = request.GET.get("show") == "all"
    page = Paginator(report.rows if wants_all else report.missing, PER_PAGE).get_page(request.GET.get("page"))
    known = departments()
    last = timezone.localdate(timezone=SEOUL).year
    context: dict[str, Any] = {
        "institution": institution,
        "institutions": list(institutions_of(request.user).order_by("name_latin")),
        "address": _address(institution, year),
        "year": year,
        "years": range(max(2000, last - 3), last + 1),
        "report": report,
        "form": form,
        "page": page,
        "rows": [
            (row, known[row.department_id].name, Part(row.part).label, missing_words(row.missing)) for row in page
        ],
        "wants_all": wants_all,
        "fields": [(MISSING[name], many) for name, many in report.missing_by_field().items()],
        "not_admitted": len(_not_admitted(report)),
        "due": due_day(year),
    }
    return render(request, "policy/report_year.html", context, status=422 if form.errors else 200)


def _not_admitted(report: YearlyReport) -> list[ReportRow]:
    return [row for row in report.rows if "inpatient_days" in row.missing]


def _post(request: HttpRequest, report: YearlyReport) -> HttpResponseBase | FileForm:
    """Where to go on, or the form with what is wrong."""
    actor, back = actor_of(request.user), _address(report.institution, report.year)
    deed = request.POST.get("deed", "")
    try:
        if deed == "not_admitted":
            told: dict[ReportRow, dict[str, Any]] = {row: {"inpatient_days": 0} for row in _not_admitted(report)}
            _say_changed(request, complete(report.institution, report.year, told, actor=actor))
        elif deed == "hand_in":
            hand_in(report.institution, report.year, report.rows, actor=actor)
            messages.success(request, gettext("Handed in. The district office can read the report now."))
        else:
            return _take_back(request, report, actor, back)
    except Incomplete:
        messages.error(
            request, gettext("Something is missing. The report can be handed in when every row is complete.")
        )
    except ChangedMeanwhile:
        messages.error(request, gettext("Somebody else changed this at the same moment. Please look and try again."))
    return HttpResponseRedirect(back)


def _take_back(request: HttpRequest, report: YearlyReport, actor: str, back: str) -> HttpResponseBase | FileForm:
    form = bind(FileForm, request)
    if form.is_valid():
        told = form.taken(lambda path: reading_back.report_told(path, report.rows))
        if told is not None:
            _say_changed(request, complete(report.institution, report.year, told, actor=actor))
            return HttpResponseRedirect(back)
    return form


def _say_changed(request: HttpRequest, many: int) -> None:
    said = ngettext("%(count)s row was completed.", "%(count)s rows were completed.", many) % {"count": many}
    messages.success(request, said)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def row(request: HttpRequest, slug: str, year: int, reference: str) -> HttpResponseBase:
    """One row, completed by hand. Opening it is logged for the patient."""
    institution = _own(request, slug)
    report = yearly_report(institution, checked_year(year))
    found = next((each for each in report.rows if each.reference == reference), None)
    if found is None:
        raise Http404
    actor, detail = actor_of(request.user), detail_of(institution, year, found)
    note_reading([found.guest], institution, year, what=READ, actor=actor, name=institution.name_latin)
    form = bind(RowForm, request, row=found, initial=_initial(detail))
    if is_submission(request) and form.is_valid():
        try:
            _say_changed(request, complete(institution, year, {found: form.told()}, actor=actor))
        except ChangedMeanwhile:
            messages.error(
                request, gettext("Somebody else changed this at the same moment. Please look and try again.")
            )
        return HttpResponseRedirect(_next(report, found))
    context = {
        "institution": institution,
        "year": year,
        "row": found,
        "department": departments()[found.department_id].name,
        "part": Part(found.part).label,
        "missing": missing_words(found.missing),
        "visits": visits_of(institution, year, found),
        "form": form,
        "back": _address(institution, year),
        "keep_form": "row",
    }
    return render(request, "policy/report_row.html", context, status=422 if form.errors else 200)


def _initial(detail: ReportDetail | None) -> dict[str, Any]:
    return {name: getattr(detail, name) for name in COMPLETED} if detail else {}


def _next(report: YearlyReport, done: ReportRow) -> str:
    """The next row in which something is missing, or the report when there is none."""
    after = report.rows[report.rows.index(done) + 1 :]
    following = next((row for row in after if row.missing), None)
    if following is None:
        return _address(report.institution, report.year)
    return reverse("reports:row", args=[report.institution.slug, report.year, following.reference])


@require_GET
@staff_required("clinic.use")
def file(request: HttpRequest, slug: str, year: int, file: str) -> HttpResponseBase:
    """The report or its working file, with the diseases: each of these patients sees that it was made."""
    institution = _own(request, slug)
    if file not in FILES:
        raise Http404
    report = yearly_report(institution, checked_year(year))
    guests = [row.guest for row in report.rows if row.main_disease]
    note_reading(guests, institution, year, what=READ, actor=actor_of(request.user), name=institution.name_latin)
    return file_of(report, file, with_diseases=True)
