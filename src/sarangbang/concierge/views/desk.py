"""The coordinator's pages: the day, one ride, one interpreting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.concierge import actions, queries, wording
from sarangbang.concierge.desk.day import DeskDay, asked_day
from sarangbang.concierge.desk.job_page import JobPage, changed_sentence, crew_for
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.flights.page import FlightPage
from sarangbang.concierge.forms import DespiteForm, LandingForm, MoveForm
from sarangbang.concierge.models import Interpreting, Job
from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of
from sarangbang.scheduling.actions import Taken
from sarangbang.ui.forms import bind, is_submission


@require_safe
@staff_required("desk.use")
def day(request: HttpRequest) -> HttpResponse:
    """One day: what needs a hand, the lines of the day or the list, who lands."""
    now = timezone.now()
    today = now.astimezone(SEOUL).date()
    page = DeskDay(asked_day(request.GET.get("day", ""), today), now)
    show = "list" if request.GET.get("show") == "list" else "board"
    return render(request, "concierge/desk.html", {"page": page, "today": today, "show": show})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def ride(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One ride: facts, history, who fits; and the moves of the desk."""
    return _job(request, get_object_or_404(queries.rides(), pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def interpreting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One interpreting: facts, history, who fits; and the moves of the desk."""
    return _job(request, get_object_or_404(queries.interpretings(), pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def flight(request: HttpRequest, pk: int) -> HttpResponse:
    """One guest's flight: what the feed said of it, and the coordinator's word about its landing."""
    found = get_object_or_404(queries.landing_flights(), pk=pk)
    form = bind(LandingForm, request)
    if is_submission(request) and form.is_valid():
        try:
            moved = actions.answer_flight(found, form.landing, actor=actor_of(request.user))
        except actions.ImpossibleLanding:
            form.add_error("day", _("This is too far from the time that the guest told."))
        else:
            said = _("Saved. Everyone concerned is told.") if moved else _("Saved. Nothing had to move.")
            messages.success(request, said)
            return redirect("concierge:flight", pk=found.pk)
    if request.method == "GET":
        record_access(actor_of(request.user), "Medical Tour Center", found.stay.guest, "flight")
    context = {"page": FlightPage(found), "flight": found, "form": form, "guest": found.stay.guest}
    return render(request, "concierge/flight.html", context, status=422 if form.errors else 200)


def _job(request: HttpRequest, job: Job) -> HttpResponse:
    form = bind(MoveForm, request, initial={"seen": job.sequence})
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        try:
            MOVES[given["do"]](job, given, actor_of(request.user))
        except REFUSALS as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("Saved. Everyone concerned is told."))
        return redirect(f"concierge:{job.service}", pk=job.pk)
    if request.method == "GET":
        record_access(actor_of(request.user), "Medical Tour Center", job.stay.guest, job.service)
    page = JobPage(job, timezone.now())
    context = {"page": page, "job": job, "form": form, "guest": job.stay.guest, "why": DespiteForm()}
    return render(request, "concierge/job.html", context, status=422 if form.errors else 200)


class _Gone(Exception):
    """The car or person that was chosen does not exist."""


def _assign(job: Job, given: dict[str, Any], actor: str) -> None:
    crew = crew_for(job, given["crew"])
    if crew is None:
        raise _Gone
    verb = actions.assign if job.crew is None else actions.reassign
    verb(job, crew, actor=actor, seen=given["seen"], despite=given["despite"])


def _interpreting(job: Job) -> Interpreting:
    """Only interpretings are offered."""
    if not isinstance(job, Interpreting):
        raise actions.MoveNotAllowed(job.status, "offered")
    return job


MOVES: dict[str, Callable[[Job, dict[str, Any], str], object]] = {
    "assign": _assign,
    "unassign": lambda job, given, actor: actions.unassign(
        job, actor=actor, reason=given["reason"], seen=given["seen"]
    ),
    "offer": lambda job, given, actor: actions.offer(_interpreting(job), actor=actor, seen=given["seen"]),
    "stop_offering": lambda job, _given, actor: actions.stop_offering(_interpreting(job), actor=actor),
    "undo": lambda job, given, actor: actions.undo(job, actor=actor, seen=given["seen"]),
    "grant": lambda job, given, actor: actions.grant(job, actor=actor, seen=given["seen"]),
    "decline": lambda job, given, actor: actions.decline(job, actor=actor, reason=given["reason"], seen=given["seen"]),
    "cancel": lambda job, given, actor: actions.cancel(job, actor=actor, reason=given["reason"], seen=given["seen"]),
    "lock": lambda job, _given, actor: actions.lock(job, actor=actor),
    "unlock": lambda job, _given, actor: actions.unlock(job, actor=actor),
    "mark": lambda job, given, actor: actions.mark(
        job, given["status"], actor=actor, reason=given["reason"], seen=given["seen"]
    ),
}
REFUSALS = (
    actions.Changed,
    actions.DoesNotFit,
    actions.MoveNotAllowed,
    actions.NobodyLeft,
    actions.NothingToUndo,
    Taken,
    _Gone,
)


def sentence(refusal: Exception) -> str:
    if isinstance(refusal, actions.Changed):
        return changed_sentence(refusal.step)
    if isinstance(refusal, actions.DoesNotFit) and refusal.fit is not None:
        why = ", ".join(wording.speaks_against(reason) for reason in refusal.fit.against)
        if refusal.fit.needs_reason:
            return _("Not without a reason: %(why)s. It can be given on the page of the job.") % {"why": why}
        return _("This does not fit any more: %(why)s.") % {"why": why}
    if isinstance(refusal, actions.NobodyLeft):
        return _("Nobody who fits is left to ask, or the time is too short to ask.")
    if isinstance(refusal, actions.NothingToUndo):
        return _("There is nothing to take back.")
    if isinstance(refusal, actions.MoveNotAllowed):
        return _("This step is not possible any more. The page shows the present state.")
    return _("This car or person has just been taken. Please choose again.")
