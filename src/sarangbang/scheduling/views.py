"""A clinic's calendar: the day or week, one appointment, what became of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sarangbang.people.access import staff_required
from sarangbang.people.actions import record_access
from sarangbang.people.queries import actor_of, institutions_of

from . import actions, lifecycle
from .calendar import SEOUL, Week, columns, day_of, week_of
from .models import Reservation
from .queries import appointments_at, appointments_of

MARKS = (
    Reservation.Status.ARRIVED,
    Reservation.Status.FULFILLED,
    Reservation.Status.NOSHOW_GUEST,
    Reservation.Status.NOSHOW_HOST,
    Reservation.Status.BOOKED,
)


@require_GET
@staff_required("clinic.use")
def calendar(request: HttpRequest) -> HttpResponse:
    """Appointments by day, a week at a time or one day."""
    day = day_of(request.GET.get("day", ""))
    span = request.GET.get("span", "week")
    week = week_of(day) if span != "day" else Week(day, 1)
    appointments = appointments_at(institutions_of(request.user), week.starts_at, week.ends_at)
    context = {
        "week": week,
        "span": "day" if span == "day" else "week",
        "day": day,
        "today": timezone.localdate(timezone=SEOUL),
        "columns": columns(week, appointments, timezone.now()),
        "institutions": institutions_of(request.user),
    }
    return render(request, "scheduling/calendar.html", context)


@require_GET
@staff_required("clinic.use")
def appointment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One appointment with what the clinic needs to know; reading it is logged for the guest."""
    found = get_object_or_404(appointments_of(institutions_of(request.user)), pk=pk)
    if found.guest is not None:  # always, by the query; the type checker cannot see it
        record_access(actor_of(request.user), found.institution.name_latin, found.guest, "appointment")
    allowed = lifecycle.MOVES[found.reservation.status]
    context = {
        "appointment": found,
        "day": timezone.localdate(found.reservation.starts_at, SEOUL),
        "marks": [mark for mark in MARKS if mark.value in allowed],
        "steps": found.reservation.steps.all(),
    }
    return render(request, "scheduling/appointment.html", context)


@require_POST
@staff_required("clinic.use")
def mark(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what became of an appointment."""
    found = get_object_or_404(appointments_of(institutions_of(request.user)), pk=pk)
    status = request.POST.get("status", "")
    try:
        actions.mark(found, status, actor=actor_of(request.user))
    except actions.MoveNotAllowed:
        messages.error(request, _("This step is not possible any more. The page shows the present state."))
    else:
        messages.success(request, _("Saved."))
    return redirect("scheduling:appointment", pk=found.pk)
