"""Statements: the coordinator closes a month and corrects; an institution sees its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.concierge import actions, months
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.forms import CorrectionForm
from sarangbang.concierge.ledger import queries as ledger_queries
from sarangbang.concierge.ledger.statement_page import StatementPage, line_of, whom
from sarangbang.concierge.models import Interpreter, Statement
from sarangbang.people.access import staff_required
from sarangbang.people.models import SecureLink
from sarangbang.people.queries import actor_of, institutions_of
from sarangbang.ui.forms import bind, is_submission

from .crew import at_crew


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def statements(request: HttpRequest) -> HttpResponse:
    """A month: what was issued, what is still open, and the button that closes it."""
    today = timezone.now().astimezone(SEOUL).date()
    month = months.asked_for(request.POST.get("month", request.GET.get("month", "")), today.replace(day=1))
    if is_submission(request):
        try:
            issued = actions.issue_month(month, actor=actor_of(request.user))
        except actions.MonthNotOver:
            messages.error(request, _("A month can be closed when it is over."))
        else:
            text = _("The month is closed: %(count)s statements.") if issued else _("There is nothing to state.")
            messages.success(request, text % {"count": len(issued)} if issued else text)
        return redirect(f"{request.path}?month={month:%Y-%m}")
    context = {
        "month": month,
        "before": months.before(month),
        "after": months.after(month),
        "is_over": today >= months.after(month),
        "issued": [(each, whom(each)) for each in ledger_queries.statements(month).order_by("number")],
        "still_open": ledger_queries.still_open(month),
    }
    return render(request, "concierge/statements.html", context)


@require_safe
@staff_required("desk.use")
def statement(request: HttpRequest, statement: UUID) -> HttpResponse:
    """One statement with its lines."""
    found = get_object_or_404(ledger_queries.statements(), pk=statement)
    return _shown(request, found, "desk")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def correct(request: HttpRequest, entry: int) -> HttpResponse:
    """Set an amount by hand, with the reason; the old one stays in its place with a counter-entry."""
    found = get_object_or_404(
        ledger_queries.entries_for().select_related(
            "ride__origin", "ride__destination", "interpreting__place", "institution", "statement"
        ),
        pk=entry,
    )
    form = bind(CorrectionForm, request, initial={"amount": found.amount})
    if is_submission(request) and form.is_valid():
        try:
            actions.correct(found, **form.cleaned_data, actor=actor_of(request.user))
        except actions.AlreadyCorrected:
            form.add_error(None, _("This entry was corrected meanwhile. The later entry can be corrected."))
        else:
            messages.success(request, _("Corrected. The difference stands in the next statement."))
            return redirect(f"{_list_address()}?month={found.happened_on:%Y-%m}")
    status = 422 if form.is_bound and form.errors else 200
    context = {"entry": found, "line": line_of(found), "form": form}
    return render(request, "concierge/correct.html", context, status=status)


def _list_address() -> str:
    return redirect("concierge:statements").url


@require_safe
@staff_required("clinic.use")
def own_statements(request: HttpRequest) -> HttpResponse:
    """An institution's own statements."""
    found = ledger_queries.statements_for(institutions_of(request.user))
    return render(request, "concierge/own_statements.html", {"issued": [(each, whom(each)) for each in found]})


@require_safe
@staff_required("clinic.use")
def own_statement(request: HttpRequest, statement: UUID) -> HttpResponse:
    """One of an institution's own statements."""
    found = get_object_or_404(ledger_queries.statements_for(institutions_of(request.user)), pk=statement)
    return _shown(request, found, "clinic")


@require_safe
@at_crew(SecureLink.Purpose.INTERPRETER)
def interpreter(
    request: HttpRequest, _link: SecureLink, person: Interpreter, token: str, statement: UUID
) -> HttpResponse:
    """One of an interpreter's own statements of hours, as a file: ``?as=csv``, else PDF."""
    page = StatementPage(get_object_or_404(ledger_queries.statements_of(person), pk=statement))
    return _as_file(page, "csv" if request.GET.get("as") == "csv" else "pdf")


def _shown(request: HttpRequest, found: Statement, audience: str) -> HttpResponse:
    """As a page, or with ``?as=pdf`` and ``?as=csv`` as a file."""
    page = StatementPage(found)
    wanted = request.GET.get("as", "")
    if wanted in ("pdf", "csv"):
        return _as_file(page, wanted)
    return render(request, "concierge/statement.html", {"page": page, "audience": audience})


def _as_file(page: StatementPage, kind: str) -> HttpResponse:
    number = page.statement.number
    if kind == "pdf":
        return _file(page.pdf(), "application/pdf", f"{number}.pdf")
    return _file(page.csv().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{number}.csv")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
