"""From a held time to a booked one: details, then code or link. When it cannot be booked any more: ``gone``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.directory import queries as directory
from sarangbang.people import codes, links
from sarangbang.people.models import Consent, SecureLink
from sarangbang.portal.finding import zones
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import is_held
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.odd_hours import OddHour
from sarangbang.stays import actions, proof, queries
from sarangbang.stays.models import Intake, Stay
from sarangbang.stays.rules import NEEDED_CONSENTS, Overlaps
from sarangbang.ui.fields import printable
from sarangbang.ui.forms import bind, is_submission
from sarangbang.ui.views import secret, too_many

from . import odd
from .doors import TROUBLES, at_hold, hold_token, limited, not_too_often, page_methods, remembered, shut, to_stay
from .forms import AddForm, CodeForm, DetailsForm, consent_field, typed_before
from .times import GUEST, ODD
from .visits import DAYS

GONE = (scheduling.Taken, scheduling.NotBookable, scheduling.HoldExpired)
TYPED = "typed"
"""Key of the session: what was typed on the details page before the guest went to look for another time."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the pages of a held time show of it."""

    appointment: Appointment
    until: dt.datetime | None
    visits: Sequence[Appointment]

    @property
    def epoch(self) -> int:
        """The end in seconds since 1970, for the countdown without JavaScript."""
        return int(self.until.timestamp()) if self.until else 0


def held(appointment: Appointment) -> Held:
    """A hold that has run out has no end to show; of several visits the one that runs out first counts."""
    visits = queries.visits_with(appointment)
    ends = [each.reservation.hold_expires_at if is_held(each.reservation) else None for each in visits]
    running = [end for end in ends if end is not None]
    return Held(appointment, min(running) if len(running) == len(visits) else None, visits)


def context_of(appointment: Appointment, token: str, zone: str, **more: Any) -> dict[str, Any]:
    """What every page of a held time shows."""
    return {"held": held(appointment), "token": token, "zone": zone, "now": timezone.now(), **more}


def already(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """The time is booked: to the stay, if this browser is the guest's; otherwise its link is in the guest's mailbox."""
    known = remembered(request)
    stay = queries.stay_with(appointment)
    if known is not None and stay is not None and known[0].pk == stay.pk:
        return redirect("portal:stay", token=known[1])
    return shut(request, "used")


def gone(refusal: Exception, token: str) -> HttpResponse:
    """To the page that says why it cannot be booked, and what can be done."""
    limit = isinstance(refusal, scheduling.NotBookable) and refusal.code == "too_many"
    return redirect("portal:limit" if limit else "portal:taken", token=token)


# Details


@at_hold
def details(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """Who comes, while the time is held."""
    if appointment.guest_id is not None:
        return already(request, appointment)
    known = remembered(request)
    if known is not None and "other" not in request.GET and queries.is_open(known[0], timezone.now()):
        return _add(request, appointment, token, *known)
    if "_another" in request.POST:
        request.session[TYPED] = {token: _typed(request)}
        return redirect(f"{reverse('portal:times', args=[appointment.offering_id])}?hold={token}")
    form = bind(
        DetailsForm,
        request,
        visit=appointment,
        days=[
            timezone.localdate(each.reservation.starts_at, directory.KOREA) for each in queries.visits_with(appointment)
        ],
        initial=_initial(request, appointment, token),
    )
    if is_submission(request) and form.is_valid():
        try:
            intake = actions.save_intake(appointment, form.intake())
        except scheduling.MoveNotAllowed:
            return already(request, appointment)
        except OddHour:  # the time was changed in another window meanwhile
            return redirect("portal:details", token=token)
        if limited(request, "code"):  # what was typed is kept by now
            return too_many(request)
        return _continue(request, appointment, token, intake)
    zone = str(form["zone"].value() or zones.zone_of(request))
    context = context_of(appointment, token, zone, form=form, keep_form="details")
    return render(request, "portal/details.html", context)


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The guest's own words and ticks, unchecked; a consent is given when the form is sent, not before."""
    words = {name: printable(request.POST.get(name, "")[:300]) for name in DetailsForm.base_fields}
    return words | {name: True for name in map(consent_field, Consent.Purpose) if request.POST.get(name)}


def _initial(request: HttpRequest, appointment: Appointment, token: str) -> dict[str, Any]:
    kept: dict[str, Any] | None = request.session.get(TYPED, {}).get(token)
    if kept:
        return kept
    intake = queries.intake_of(appointment)
    if intake is not None:
        return typed_before(intake)
    zone = zones.zone_of(request)
    said = request.session.get(ODD, {}).get(token)
    asked = request.session.get(DAYS, {}).get(token, {})
    known = {"language": get_language(), "zone": zone, "companions": 0, odd.FIELD: bool(said) and said == zone}
    return known | {name: parse_date(day) for name, day in asked.items()}


def _continue(request: HttpRequest, appointment: Appointment, token: str, intake: Intake) -> HttpResponse:
    """Hold the time while the message travels, send the code, and on to the page that asks for it."""
    request.session.pop(TYPED, None)
    try:
        actions.ensure_held(appointment, actor=GUEST)
        scheduling.extend_hold(appointment)
    except GONE as refusal:
        return gone(refusal, token)
    except scheduling.MoveNotAllowed:
        return already(request, appointment)
    if intake.email_proven_at is not None:
        return book(request, appointment, token)
    try:
        proof.ask(intake, anew=False)
    except codes.TooManyCodes as problem:
        messages.error(request, str(problem))
    return redirect("portal:code", token=token)


def _add(request: HttpRequest, appointment: Appointment, token: str, stay: Stay, stay_token: str) -> HttpResponse:
    """Somebody whose stay is open adds a time to it without typing anything again."""
    missing = [purpose for purpose in NEEDED_CONSENTS if purpose not in queries.consents_in_force(stay)]
    said = request.session.get(ODD, {}).get(token) == stay.guest.zone
    zone = stay.guest.zone
    form = bind(AddForm, request, missing=missing, visit=appointment, zone=zone, initial={odd.FIELD: said})
    if is_submission(request) and form.is_valid():
        try:
            actions.ensure_held(appointment, actor=f"guest:{stay.guest_id}")
            actions.add_appointment(
                stay,
                appointment,
                actor=f"guest:{stay.guest_id}",
                consents=form.consents(),
                accept_odd_hour=bool(form.cleaned_data.get(odd.FIELD)),
            )
        except GONE:
            return redirect("portal:taken", token=token)
        except scheduling.MoveNotAllowed:
            return already(request, appointment)
        except Overlaps as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("portal:stay", token=stay_token)
    context = context_of(appointment, token, stay.guest.zone, stay=stay, form=form, keep_form="add")
    return render(request, "portal/add.html", context)


# Proof


@at_hold
def code(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """The page that asks for the code. The same code sent twice, even at once, books once and leads to the stay."""
    intake = queries.intake_of(appointment)
    person = intake or appointment.guest
    if person is None:
        return redirect("portal:details", token=token)
    if intake is None and not is_submission(request):
        return already(request, appointment)
    form = bind(CodeForm, request)
    if is_submission(request):
        if limited(request, "code_try"):
            return too_many(request)
        if form.is_valid():
            try:
                proof.prove_by_code(appointment, person.email, form.cleaned_data["code"])
            except codes.CodeProblem as problem:
                form.add_error("code", str(problem))
            else:
                return book(request, appointment, token)
    address = format_html('<bdi dir="ltr">{}</bdi>', person.email)
    context = context_of(appointment, token, person.zone, form=form, intake=intake, address=address, keep_form="code")
    return render(request, "portal/code.html", context)


@not_too_often("code")
@at_hold
def send_again(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """One more code to the same address; who comes here by a link goes on to the page that asks for it."""
    if request.method != "POST":
        return redirect("portal:code", token=token)
    intake = queries.intake_of(appointment)
    if intake is not None:
        try:
            proof.ask(intake)
        except codes.TooManyCodes as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("We have sent a new code. The one before it is no longer valid."))
    return redirect("portal:code", token=token)


def book(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """The address is proven: book, holding the time again if its ten minutes are over."""
    try:
        stay = actions.book_proven(appointment)
    except GONE as refusal:
        return gone(refusal, token)
    except scheduling.MoveNotAllowed:
        return already(request, appointment)
    request.session.pop(TYPED, None)
    return to_stay(request, stay, actions.link_to(stay))


@page_methods
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the message. Opening it does nothing, because mail scanners open links; its button books."""
    try:
        link = links.open_link(token, SecureLink.Purpose.CONFIRM)
    except links.LinkProblem as problem:
        return secret(shut(request, TROUBLES[type(problem)]))
    appointment = queries.held_appointment(proof.appointment_id_of(link.subject))
    if appointment is None:
        return secret(shut(request, "expired"))
    intake = queries.intake_of(appointment)
    person = intake or appointment.guest
    if person is None or link.subject != proof.subject_of(appointment.pk, person.email):
        return secret(shut(request, "revoked"))
    if is_submission(request):
        proof.prove_by_link(appointment, person.email, link)
        return secret(book(request, appointment, hold_token(appointment)))
    context = context_of(appointment, token, person.zone, booked=intake is None)
    return secret(render(request, "portal/confirm.html", context))
