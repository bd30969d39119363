"""The desk enters what a guest asks for by telephone, e-mail, messenger or in person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.concierge import actions
from sarangbang.concierge.asking.forms import FindForm, InterpreterRequestForm, RideRequestForm
from sarangbang.concierge.asking.page import AskingPage, found_stays, open_stays
from sarangbang.concierge.models import Job, Ride, ServiceStatus
from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of
from sarangbang.stays.flights import save_flight
from sarangbang.stays.models import Flight
from sarangbang.stays.rules import DatesOutOfOrder
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission

from .desk import sentence

REFUSALS = (actions.NotGranted, actions.Changed, actions.MoveNotAllowed)


@require_safe
@staff_required("desk.use")
def find(request: HttpRequest) -> HttpResponse:
    """Whose stay is it?"""
    form = bind(FindForm, request, method="get")
    asked = form.is_bound and form.is_valid()
    given = form.cleaned_data if asked else {}
    found = found_stays(timezone.now(), given.get("q", ""), given.get("on")) if asked else []
    context = {"form": form, "found": found, "asked": bool(given.get("q") or given.get("on"))}
    return render(request, "concierge/board_find.html", context, status=422 if form.errors else 200)


def _opened(request: HttpRequest, key: UUID) -> AskingPage:
    """The stay, with a line in the guest's access log."""
    stay = get_object_or_404(open_stays(timezone.now()), pk=key)
    if request.method == "GET":
        record_access(actor_of(request.user), "Medical Tour Center", stay.guest, "stay")
    return AskingPage(stay, timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def ride(request: HttpRequest, whose: UUID) -> HttpResponse:
    """A car for this guest."""
    page = _opened(request, whose)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Ride.Kind else Ride.Kind.PICK_UP
    form = bind(
        RideRequestForm, request, kind=kind, airports=page.airports, places=page.places, ask_consent=page.ask_consent,
        initial=page.begin_ride(kind),
    )  # fmt: skip
    if is_submission(request) and form.is_valid():
        try:
            job = _ask_for_ride(page, kind, form.cleaned_data, actor_of(request.user))
        except DatesOutOfOrder as problem:
            form.add_error("day", str(problem))
        except REFUSALS as refusal:
            form.add_error(None, _refused(refusal))
        else:
            return _asked(request, job)
    context = {"page": page, "form": form, "kind": kind, "kinds": Ride.Kind.choices}
    return render(request, "concierge/board_ask.html", context, status=422 if form.errors else 200)


def _ask_for_ride(page: AskingPage, kind: str, given: dict[str, Any], actor: str) -> Ride:
    """A flight that was told is kept also when no car can be had."""
    flight, starts_at, ends_at = None, given["moment"], given.get("ends_at")
    if kind in FLIES:
        told = {"number": given["number"], "place": given["airport"], "scheduled_at": given["moment"]}
        flight, starts_at = save_flight(page.stay, direction=FLIES[kind], actor=actor, **told), None
    return actions.request_ride(
        page.stay,
        kind,
        actor=actor,
        source=given["source"],
        party=given["party"],
        luggage=given["luggage"],
        wheelchairs=given["wheelchairs"],
        child_seats=given["child_seats"],
        alone=given["alone"],
        flight=flight,
        origin=given.get("origin"),
        destination=given.get("destination"),
        starts_at=starts_at,
        ends_at=ends_at,
        consents=given.get("consent", False),
    )


FLIES: dict[str, str] = {
    Ride.Kind.PICK_UP: Flight.Direction.ARRIVAL,
    Ride.Kind.SENDING: Flight.Direction.DEPARTURE,
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def interpreting(request: HttpRequest, whose: UUID) -> HttpResponse:
    """An interpreter for this guest."""
    page = _opened(request, whose)
    form = bind(
        InterpreterRequestForm, request, appointments=page.appointments, ask_consent=page.ask_consent,
        initial=page.begin_interpreting(),
    )  # fmt: skip
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        visit = page.visit(given["appointment"])
        try:
            if visit is None:
                raise actions.Changed(None)
            job = actions.request_interpreting(
                page.stay, visit, actor=actor_of(request.user), source=given["source"], language=given["language"],
                wish=given["wish"], mode=given["mode"], consents=given.get("consent", False),
            )  # fmt: skip
        except REFUSALS as refusal:
            form.add_error(None, _refused(refusal))
        else:
            return _asked(request, job)
    context = {"page": page, "form": form}
    return render(request, "concierge/board_ask.html", context, status=422 if form.errors else 200)


def _refused(refusal: Exception) -> str:
    return str(refusal) if isinstance(refusal, actions.NotGranted) else sentence(refusal)


def _asked(request: HttpRequest, job: Job) -> HttpResponse:
    """Say what the guest gets, and go on to the job."""
    if job.status == ServiceStatus.WAITING and job.answer_by is not None:
        until = locales.moment(job.answer_by, request.LANGUAGE_CODE)
        messages.warning(
            request, _("Entered. The rules leave it to you: the guest gets an answer by %(time)s.") % {"time": until}
        )
    else:
        messages.success(request, _("Entered and granted. The guest is told."))
    return redirect(f"concierge:{job.service}", pk=job.pk)
