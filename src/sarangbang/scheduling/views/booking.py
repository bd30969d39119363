"""The front desk books for a guest, and moves what is booked."""

from __future__ import annotations

import uuid
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of, institutions_of
from sarangbang.scheduling import actions, front_desk
from sarangbang.scheduling.actions.asking_again import made_with
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.forms import BookForm, NewGuestForm, SureForm
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.pages.booking import BookingPage, TimePage
from sarangbang.ui.forms import bind, is_submission

from .scope import own_appointment


def _override(form: SureForm, actor: str) -> actions.Overriding | None:
    return actions.Overriding(actor, form.cleaned_data["reason"]) if form.conflicts else None


def refused_words(refusal: Exception) -> str:
    """Why the time could not be taken, in words."""
    if isinstance(refusal, front_desk.GuestBusy):
        return _("The guest has another appointment at this time.")
    if isinstance(refusal, actions.Taken):
        return _("Somebody else has just taken this time. Please choose another one.")
    if isinstance(refusal, actions.NotBookable):
        return " ".join(conflict.reason for conflict in refusal.conflicts)
    return _("This step is not possible any more. The page shows the present state.")


REFUSALS = (front_desk.GuestBusy, actions.Taken, actions.NotBookable, actions.MoveNotAllowed, actions.KeyReused)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def book(request: HttpRequest) -> HttpResponse:
    """Choose procedure, person and time, find the guest or write down a new one, and book."""
    page = BookingPage(institutions_of(request.user), request.GET, timezone.now())
    refused, form = "", None
    made = made_with(_key(request)) if is_submission(request) else None
    if made is not None:  # sent twice: the answer to the first
        return redirect("scheduling:appointment", pk=made.pk)
    if page.visit is not None and page.may_go_on and (page.guest or page.is_new):
        kind: type[BookForm] = NewGuestForm if page.is_new else BookForm
        form = bind(kind, request, conflicts=page.codes, initial={"key": uuid.uuid4(), "seen": page.codes})
        if is_submission(request) and form.is_valid():
            try:
                made = _book(request, page, page.visit, form)
            except REFUSALS as refusal:
                refused = refused_words(refusal)
            else:
                messages.success(request, _("Booked. The guest is told in their language."))
                return redirect("scheduling:appointment", pk=made.pk)
    elif is_submission(request):
        refused = _("This could not be booked. Please choose procedure, person, time and guest.")
    context = {"page": page, "form": form, "refused": refused, "keep_form": "book" if form else None}
    return render(request, "scheduling/book.html", context, status=_status(refused, form))


def _book(request: HttpRequest, page: BookingPage, visit: front_desk.Visit, form: BookForm) -> Appointment:
    actor = actor_of(request.user)
    if page.guest is not None:
        record_access(actor, visit.offering.institution.name_latin, page.guest, "appointment")
    guest = page.guest or (form.told() if isinstance(form, NewGuestForm) else {})
    wanted = replace(visit, mode=form.cleaned_data["mode"])
    return front_desk.book(wanted, guest, actor=actor, key=_key(request), override=_override(form, actor))


def _key(request: HttpRequest) -> str:
    """The idempotency key of a form, of this account alone."""
    return f"{actor_of(request.user)}:{request.POST.get('key', '')[:40]}"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another time for an appointment; the old one is kept until the new one is certain."""
    found = own_appointment(request, pk)
    asked = request.GET.copy()
    resource = found.practitioner.resource if hasattr(found.practitioner, "resource") else None
    if "who" not in asked and resource is not None:
        asked["who"] = str(resource.pk)
    if "day" not in asked:
        asked["day"] = found.reservation.starts_at.astimezone(SEOUL).date().isoformat()
    page = TimePage(institutions_of(request.user), asked, timezone.now(), found)
    refused, form = "", None
    if page.visit is not None and page.may_go_on:
        form = bind(SureForm, request, conflicts=page.codes, initial={"key": uuid.uuid4(), "seen": page.codes})
        if is_submission(request) and form.is_valid():
            actor = actor_of(request.user)
            try:
                front_desk.move(
                    found, page.visit.practitioner, page.visit.starts_at, actor=actor,
                    reason=form.cleaned_data["reason"], override=_override(form, actor),
                )  # fmt: skip
            except REFUSALS as refusal:
                refused = refused_words(refusal)
            else:
                messages.success(request, _("Moved. The guest is told in their language."))
                return redirect("scheduling:appointment", pk=found.pk)
    elif is_submission(request):
        refused = _("Please choose one of these times.")
    context = {
        "page": page, "appointment": own_appointment(request, pk), "form": form, "refused": refused,
        "keep_form": "move" if form else None,
    }  # fmt: skip
    return render(request, "scheduling/move.html", context, status=_status(refused, form))


def _status(refused: str, form: SureForm | None) -> int:
    if refused:
        return 409
    return 422 if form is not None and form.errors else 200
