"""Open cases: visits that no longer fit a roster, each with times that could take their place."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.scheduling import front_desk, rostering
from sarangbang.scheduling.cases import WORDS, asked_at, case_of, open_cases, open_reasons
from sarangbang.scheduling.changes import Proposal
from sarangbang.scheduling.diary import names_of
from sarangbang.scheduling.forms import ReasonForm
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.pages.booking import key_of
from sarangbang.scheduling.queries import proposals
from sarangbang.ui.forms import bind, is_submission

from .booking import REFUSALS, refused_words
from .scope import houses_of, own_appointment, seat_at

AT_ONCE = 10


def _told(why: tuple[str, ...]) -> list[str]:
    return [str(WORDS[code]) for code in why]


def _proposed(visit: Appointment, names: dict[int, str]) -> list[tuple[Proposal, str]]:
    """What could take the visit's place, each with the name of the doctor."""
    return [(proposal, names.get(proposal.time.resource_id, "")) for proposal in proposals(visit)]


@require_safe
@staff_required("clinic.use")
def cases(request: HttpRequest) -> HttpResponse:
    """All open cases, earliest first; ``?who`` narrows to one person or room."""
    houses = houses_of(request)
    who = key_of(request.GET.get("who", ""))
    seat = seat_at(houses, who) if who else None
    reasons = open_reasons(houses)
    found = open_cases(houses, reasons, what=seat.resource if seat else None)
    page = Paginator(found, AT_ONCE).get_page(request.GET.get("page"))
    asked = asked_at([case.pk for case in page])
    names = names_of(houses)
    rows = [
        (visit, _told(reasons[visit.pk]), _proposed(visit, names), asked.get(str(visit.pk)))
        for visit in case_of(houses, [row.pk for row in page])
    ]
    context = {"rows": rows, "page": page, "seat": seat, "cases": len(reasons)}
    return render(request, "scheduling/cases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One case: move the visit to a proposal, ask the guest and leave it open, or keep it with a reason."""
    visit = own_appointment(request, pk)
    houses = houses_of(request)
    why = open_reasons(houses).get(visit.pk, ())
    form = bind(ReasonForm, request)
    if is_submission(request):
        do = request.POST.get("do")
        if do == "keep" and form.is_valid() and why:
            rostering.keep_anyway(visit, why, form.cleaned_data["reason"], actor=actor_of(request.user))
            messages.success(request, _("Kept. The reason stands in the history."))
            return redirect("scheduling:cases")
        if do == "ask" and why:
            rostering.ask_guest(visit, actor=actor_of(request.user))
            messages.success(request, _("The case stays open until it is decided."))
            return redirect("scheduling:cases")
        if do == "move" and _move(request, visit):
            return redirect("scheduling:cases")
        if do != "keep":
            return redirect(reverse("scheduling:case", args=[pk]))
    proposed = _proposed(visit, names_of(houses)) if why else []
    context = {
        "appointment": visit, "why": _told(why), "proposals": proposed, "form": form,
        "asked": asked_at([visit.pk]).get(str(visit.pk)), "keep_form": "keep" if why else None,
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors and request.POST.get("do") == "keep" else 200
    return render(request, "scheduling/case.html", context, status=status)


def _move(request: HttpRequest, visit: Appointment) -> bool:
    """Move to the proposal that was pressed; says what became of it."""
    chosen = _chosen(request, visit)
    if chosen is None:
        messages.error(request, _("This time is no longer proposed. Please choose one of these."))
        return False
    try:
        front_desk.move(visit, chosen.practitioner, chosen.starts_at, actor=actor_of(request.user))
    except REFUSALS as refusal:
        messages.error(request, refused_words(refusal))
        return False
    messages.success(request, _("Moved. The guest is told in their language."))
    return True


def _chosen(request: HttpRequest, visit: Appointment) -> Any:
    try:
        starts_at = dt.datetime.fromisoformat(request.POST.get("starts_at", ""))
    except ValueError:
        return None
    if starts_at.tzinfo is None:
        return None
    seat = seat_at(houses_of(request), key_of(request.POST.get("who", "")))
    if seat.resource.practitioner is None:
        return None
    return front_desk.Visit(visit.offering, seat.resource.practitioner, starts_at)
