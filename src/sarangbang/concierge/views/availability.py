"""An interpreter's own time behind their signed link: weekly hours, leave, extra hours, and the hours they worked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sarangbang.concierge import actions, months, queries
from sarangbang.concierge.crew.availability_page import AvailabilityPage, Touched, touched_by_leave
from sarangbang.concierge.crew.forms import AwayForm, WeeklyForm, typed_of
from sarangbang.concierge.ledger import queries as ledger_queries
from sarangbang.concierge.ledger.hours import Month
from sarangbang.concierge.models import Driver, Interpreter, Interpreting
from sarangbang.directory.models import Place
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import rostering
from sarangbang.scheduling.models import RosterException
from sarangbang.scheduling.waiting.withdrawing import withdrawn_sentence
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission

from .crew import at_crew

FIELDS = {"order": "ends", "empty": "ends", "past": "valid_from"}
"""At which field of weekly hours a contradiction is said, where it is one field's."""


def _page(person: Driver | Interpreter, token: str) -> AvailabilityPage:
    if not isinstance(person, Interpreter):
        raise Http404
    return AvailabilityPage(person, token, timezone.now())


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,12}", text) else 0


def _hours(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """Weekly hours, leave and extra hours, the next two weeks; ends hours and takes leave back."""
    page = _page(person, token)
    if request.method == "POST":
        _end(request, page)
        return redirect("concierge:interpreter_hours", token=token)
    return render(request, "concierge/hours.html", {"page": page, "person": person, "weekdays": WEEKDAYS})


def _end(request: HttpRequest, page: AvailabilityPage) -> None:
    rule, entry = page.rule(_number(request.POST.get("rule", ""))), page.entry(_number(request.POST.get("entry", "")))
    try:
        if rule is not None:
            rostering.end_hours(rule, rostering.today() - dt.timedelta(days=1), actor=page.person.actor)
        elif entry is not None:
            rostering.take_back(entry, actor=page.person.actor)
    except rostering.Unfit as unfit:
        messages.error(request, str(unfit.reason))
    else:
        messages.success(request, _("Saved."))


def _weekly(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """New weekly hours; with ``rule`` in the address other hours in their stead from a day on."""
    page = _page(person, token)
    standing = page.rule(_number(request.GET.get("rule", "")))
    first = typed_of(standing) if standing else {"valid_from": rostering.today()}
    form = bind(WeeklyForm, request, initial=first)
    if is_submission(request) and form.is_valid():
        try:
            if standing is None:
                rostering.add_hours(page.person.resource, page.place, form.wanted(), actor=person.actor)
            else:
                rostering.change_hours(standing, standing.place, form.wanted(), actor=person.actor)
        except rostering.Unfit as unfit:
            form.add_error(FIELDS.get(unfit.code), str(unfit.reason))
        else:
            messages.success(request, _("Saved."))
            return redirect("concierge:interpreter_hours", token=token)
    title = _("Change my weekly hours") if standing else _("Add weekly hours")
    return _form(request, token, form, title)


def _away(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """Leave or extra hours. What leave would touch is shown before it is saved; accepted jobs in it are given back."""
    page = _page(person, token)
    day = _day(request.GET.get("day", ""), page.today)
    form = bind(AwayForm, request, initial={"kind": RosterException.Kind.LEAVE, "first_day": day, "last_day": day})
    touched = None
    if is_submission(request) and form.is_valid():
        try:
            touched = _enter(request, link, page.person, form.cleaned_data, page.place)
        except rostering.Unfit as unfit:
            form.add_error(None, str(unfit.reason))
        else:
            if touched is None:
                return redirect("concierge:interpreter_hours", token=token)
    return _form(request, token, form, _("Leave or extra hours"), touched=touched)


def _enter(
    request: HttpRequest, link: SecureLink, person: Interpreter, given: dict[str, Any], place: Place
) -> Touched | None:
    """Save it and say so. Where leave would touch what was not seen yet, this is what comes back, and nothing is
    saved."""
    span, reason = (given["starts_at"], given["ends_at"]), given["reason"]
    if given["kind"] == RosterException.Kind.EXTRA:
        rostering.add_exception(person.resource, given["kind"], *span, place=place, reason=reason, actor=person.actor)
        messages.success(request, _("Saved."))
        return None
    rostering.check_exception(person.resource, given["kind"], *span, None)
    touched = touched_by_leave(person, *span)
    back = {UUID(pk) for pk in request.POST.get("giving_back", "").split() if queries.is_uuid(pk)}
    is_seen = touched.keys <= set(request.POST.get("seen", "").split())
    if not is_seen or not {job.pk for job in touched.jobs} <= back:
        return touched
    try:
        actions.take_leave(link, person, *span, reason=reason, giving_back=back)
    except actions.StillAssigned:  # meanwhile
        return touched_by_leave(person, *span)
    # Looked at now: what was accepted until this moment is hit, and from now on nothing more is.
    _tell(request, touched.jobs, touched_by_leave(person, *span))
    return None


def _tell(request: HttpRequest, given_back: list[Interpreting], touched: Touched) -> None:
    """That leave is saved, and what it touched."""
    messages.success(request, _("Saved."))
    if given_back:
        messages.info(request, _("Jobs that you gave back: %(times)s") % {"times": _times(given_back)})
    if touched.offers:
        times = _times(visit for offer in touched.offers for visit in offer.visits)
        messages.info(request, f"{withdrawn_sentence(len(touched.offers))} {times}")
    if touched.visits:
        said = _("Booked visits for which your time is kept, and which their institutions decide about: %(times)s")
        messages.info(request, said % {"times": _times(touched.visits)})


def _times(things: Iterable[Any]) -> str:
    code = get_language() or "en"
    return " · ".join(locales.moment(each.starts_at, code) for each in things)


def _day(text: str, today: dt.date) -> dt.date:
    try:
        return max(dt.date.fromisoformat(text), today)
    except ValueError:
        return today


def _form(request: HttpRequest, token: str, form: Any, title: str, **more: Any) -> HttpResponse:
    context = {"token": token, "form": form, "title": title, **more}
    status = 422 if form.errors else 409 if more.get("touched") else 200
    return render(request, "concierge/hours_form.html", context, status=status)


def _month(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """The hours that this interpreter worked in a month, reckoned from their taps."""
    if not isinstance(person, Interpreter):
        raise Http404
    now = timezone.now()
    this = timezone.localdate(now, rostering.SEOUL).replace(day=1)
    month = Month(person, min(months.asked_for(request.GET.get("month", ""), this), this))
    issued = ledger_queries.statements_of(person).filter(month=month.first)
    context = {"month": month, "this": this, "person": person, "token": token, "issued": issued.first()}
    return render(request, "concierge/month.html", context)


_methods = require_http_methods(["GET", "HEAD", "POST"])
hours = _methods(at_crew("interpreter")(_hours))
weekly = _methods(at_crew("interpreter")(_weekly))
away = _methods(at_crew("interpreter")(_away))
month = require_http_methods(["GET", "HEAD"])(at_crew("interpreter")(_month))
