"""One appointment: what became of it, another time, cancelling."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of, institutions_of
from sarangbang.scheduling import actions, lifecycle
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.diary import history_of
from sarangbang.scheduling.forms import ReasonForm
from sarangbang.scheduling.models import Reservation
from sarangbang.ui.forms import bind, is_submission

from .scope import own_appointment

MARKS = (
    Reservation.Status.ARRIVED,
    Reservation.Status.FULFILLED,
    Reservation.Status.NOSHOW_GUEST,
    Reservation.Status.NOSHOW_HOST,
    Reservation.Status.BOOKED,
)


@require_safe
@staff_required("clinic.use")
def appointment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One appointment with what the clinic needs to know; reading it is logged for the guest."""
    found = own_appointment(request, pk)
    if found.guest is not None:  # always, by the query; the type checker cannot see it
        record_access(actor_of(request.user), found.institution.name_latin, found.guest, "appointment")
    allowed = lifecycle.MOVES[found.reservation.status]
    context = {
        "appointment": found,
        "day": timezone.localdate(found.reservation.starts_at, SEOUL),
        "marks": [mark for mark in MARKS if mark.value in allowed],
        "may_move": Reservation.Status.RESCHEDULED in allowed,
        "may_cancel": Reservation.Status.CANCELLED in allowed,
        "is_case": found.pk in open_reasons(institutions_of(request.user)),
        "steps": history_of(found),
        "overrides": found.reservation.overrides.all(),
    }
    return render(request, "scheduling/appointment.html", context)


@require_POST
@staff_required("clinic.use")
def mark(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what became of an appointment."""
    found = own_appointment(request, pk)
    status = request.POST.get("status", "")
    try:
        actions.mark(found, status, actor=actor_of(request.user))
    except actions.MoveNotAllowed:
        messages.error(request, _("This step is not possible any more. The page shows the present state."))
    else:
        messages.success(request, _("Saved."))
    return redirect("scheduling:appointment", pk=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks for the reason, and cancels; the guest is told in their language."""
    found = own_appointment(request, pk)
    form = bind(ReasonForm, request)
    if is_submission(request) and form.is_valid():
        try:
            actions.cancel(found, actor=actor_of(request.user), reason=form.cleaned_data["reason"])
        except actions.MoveNotAllowed:
            messages.error(request, _("This step is not possible any more. The page shows the present state."))
        else:
            messages.success(request, _("Cancelled. The guest is told in their language."))
        return redirect("scheduling:appointment", pk=found.pk)
    context = {"appointment": found, "form": form, "keep_form": "cancel"}
    return render(request, "scheduling/cancel.html", context, status=422 if form.errors else 200)
