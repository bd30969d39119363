"""A partner institution asks for a car or an interpreter for its own guest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sarangbang.concierge import actions, wording
from sarangbang.concierge.asking.institution_page import (
    DIRECTIONS,
    SOURCE,
    InstitutionInterpreterForm,
    InstitutionPage,
    InstitutionRideForm,
    page_for,
)
from sarangbang.concierge.models import Job, Ride, ServiceStatus
from sarangbang.directory.queries import center
from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of
from sarangbang.scheduling.views.scope import own_appointment
from sarangbang.stays.flights import save_flight
from sarangbang.stays.rules import DatesOutOfOrder
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission

from .desk import sentence

REFUSALS = (actions.NotGranted, actions.Changed, actions.MoveNotAllowed)


def _opened(request: HttpRequest, appointment: UUID) -> InstitutionPage:
    """The reader's own appointment with its stay; reading it is logged for the guest. 404 for any other."""
    page = page_for(own_appointment(request, appointment), timezone.now())
    if page is None:
        raise Http404
    if request.method == "GET":
        record_access(actor_of(request.user), page.appointment.institution.name_latin, page.stay.guest, "appointment")
    return page


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def car(request: HttpRequest, appointment: UUID) -> HttpResponse:
    """A car for this guest."""
    page = _opened(request, appointment)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Ride.Kind else Ride.Kind.PICK_UP
    form = bind(
        InstitutionRideForm, request, kind=kind, airports=page.airports, places=page.places,
        ask_consent=page.ask_consent, knows_flight=page.flight_for(kind) is not None, initial=page.begin_ride(kind),
    )  # fmt: skip
    may_ask = page.may_ride and not page.is_arranged(kind)
    if may_ask and is_submission(request) and form.is_valid():
        try:
            job = _ask_for_ride(page, kind, form.cleaned_data, actor_of(request.user))
        except DatesOutOfOrder as problem:
            form.add_error("day" if "day" in form.fields else None, str(problem))
        except REFUSALS as refusal:
            form.add_error(None, _refused(refusal))
        else:
            return _asked(request, page, job)
    knows = page.flight_for(kind) is not None
    return _page(request, page, form, may_ask=may_ask, kind=kind, kinds=Ride.Kind.choices, knows=knows)


def _ask_for_ride(page: InstitutionPage, kind: str, given: dict[str, Any], actor: str) -> Ride:
    """A flight that was told is kept also when no car can be had."""
    flight, starts_at = page.flight_for(kind), given.get("moment")
    if kind in DIRECTIONS and flight is None:
        told = {"number": given["number"], "place": given["airport"], "scheduled_at": given["moment"]}
        flight = save_flight(page.stay, direction=DIRECTIONS[kind], actor=actor, **told)
    return actions.request_ride(
        page.stay,
        kind,
        actor=actor,
        source=SOURCE,
        institution=page.appointment.institution,
        party=given["party"],
        luggage=given["luggage"],
        wheelchairs=given["wheelchairs"],
        child_seats=given["child_seats"],
        alone=given["alone"],
        flight=flight,
        origin=given.get("origin"),
        destination=given.get("destination"),
        starts_at=None if flight is not None else starts_at,
        consents=given.get("consent", False),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def interpreter(request: HttpRequest, appointment: UUID) -> HttpResponse:
    """An interpreter at this appointment."""
    page = _opened(request, appointment)
    form = bind(
        InstitutionInterpreterForm, request, ask_consent=page.ask_consent,
        initial=page.begin_interpreting(),
    )  # fmt: skip
    may_ask = page.is_ahead and not page.is_arranged()
    if may_ask and is_submission(request) and form.is_valid():
        given = form.cleaned_data
        try:
            job = actions.request_interpreting(
                page.stay, page.appointment, actor=actor_of(request.user), source=SOURCE,
                institution=page.appointment.institution, language=given["language"], wish=given["wish"],
                mode=given["mode"], consents=given.get("consent", False),
            )  # fmt: skip
        except REFUSALS as refusal:
            form.add_error(None, _refused(refusal))
        else:
            return _asked(request, page, job)
    return _page(request, page, form, may_ask=may_ask)


def _refused(refusal: Exception) -> str:
    """Why it is not possible, and that the Center can be asked."""
    if not isinstance(refusal, actions.NotGranted):
        return sentence(refusal)
    office = center()
    phone = f" {office.phone}" if office is not None and office.phone else ""
    return f"{wording.REFUSALS[refusal.decision.reason]} {_('Please ask the Medical Tour Center.')}{phone}"


def _asked(request: HttpRequest, page: InstitutionPage, job: Job) -> HttpResponse:
    if job.status == ServiceStatus.WAITING and job.answer_by is not None:
        until = {"time": locales.moment(job.answer_by, request.LANGUAGE_CODE)}
        messages.warning(request, _("Asked. A coordinator decides; the guest gets an answer by %(time)s.") % until)
    else:
        messages.success(request, _("Asked and granted. The guest is told in their language."))
    return redirect(request.get_full_path())


def _page(request: HttpRequest, page: InstitutionPage, form: Any, **more: Any) -> HttpResponse:
    context = {
        "page": page, "appointment": page.appointment, "form": form, "arranged": page.is_arranged(more.get("kind", "")),
        **more,
    }  # fmt: skip
    return render(request, "concierge/institution.html", context, status=422 if form.errors else 200)
