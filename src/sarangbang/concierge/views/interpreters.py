"""Interpreters at the desk: their month, and what was agreed on with them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.concierge import actions, months
from sarangbang.concierge.forms import MonthHoursForm
from sarangbang.concierge.interpreters.page import InterpreterPage, InterpretersPage, interpreters
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.ui.forms import bind, is_submission


def _month(request: HttpRequest) -> dt.date:
    return months.asked_for(request.GET.get("month", ""), months.month_of(timezone.now()))


@require_safe
@staff_required("desk.use")
def everybody(request: HttpRequest) -> HttpResponse:
    """All interpreters with their hours of a month."""
    page = InterpretersPage(_month(request))
    return render(request, "concierge/interpreters.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def one(request: HttpRequest, who: UUID) -> HttpResponse:
    """One interpreter: hours of the month, the form of what was agreed on, jobs."""
    person = get_object_or_404(interpreters(), pk=who)
    month = _month(request)
    now = {"agreed": person.agreed_hours, "most": person.most_hours}
    form = bind(MonthHoursForm, request, initial=now | {f"was_{name}": hours for name, hours in now.items()})
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        try:
            actions.agree_hours(
                person,
                (given["agreed"], given["most"]),
                seen=(given["was_agreed"], given["was_most"]),
                actor=actor_of(request.user),
            )
        except actions.HoursChanged as changed:
            person = changed.person
            form.seen(person.agreed_hours, person.most_hours)
            form.add_error(None, _("Somebody entered other hours meanwhile. They stand on this page now."))
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('concierge:interpreter_desk', args=[person.pk])}?month={month:%Y-%m}")
    context = {"page": InterpreterPage(month, person), "form": form}
    return render(
        request, "concierge/interpreter_desk.html", context, status=422 if form.is_bound and form.errors else 200
    )
