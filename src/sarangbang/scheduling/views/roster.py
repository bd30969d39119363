"""Rosters: weekly hours, leave, closures and rooms; what a change produces is shown before it is saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.directory.models import Place
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of, institutions_of
from sarangbang.scheduling import diary, rostering
from sarangbang.scheduling.availability import Hours
from sarangbang.scheduling.forms import (
    ClosureForm,
    EndForm,
    ExceptionForm,
    HoursForm,
    RoomResourceForm,
    typed_of,
)
from sarangbang.scheduling.models import Resource, RosterException
from sarangbang.scheduling.pages.roster import Preview, RosterPage
from sarangbang.scheduling.queries import affected_by
from sarangbang.scheduling.rostering import Unfit
from sarangbang.scheduling.waiting.withdrawing import met_by, withdrawn_sentence
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission

from .scope import houses_of, seat_at

page_methods = require_http_methods(["GET", "HEAD", "POST"])

FIELDS = {"order": "ends", "empty": "ends", "past": "valid_from", "place": "place"}
"""At which field a contradiction is said, where it is one field's."""


def words(unfit: Unfit, places: frozenset[int]) -> str:
    """What contradicts, with the hours that are in the way. Of a place that is not the reader's only the hours are
    told."""
    said = str(unfit.reason)
    if unfit.rule is not None and unfit.day is not None:
        rule, code = unfit.rule, get_language() or "en"
        where = (rule.place.name if code == "ko" else rule.place.name_latin) if rule.place_id in places else ""
        said += " " + _("%(weekday)s, %(hours)s, %(place)s; first on %(day)s.") % {
            "weekday": WEEKDAYS[rule.weekday],
            "hours": f"{locales.clock(rule.starts)}–{locales.clock(rule.ends)}",
            "place": where or _("at another place"),
            "day": locales.day_year(unfit.day, code),
        }
    if unfit.entry is not None:
        code = get_language() or "en"
        said += f" {locales.moment(unfit.entry.starts_at, code)} – {locales.moment(unfit.entry.ends_at, code)}"
    return said


def _say(form: forms.Form, unfit: Unfit, places: frozenset[int] = frozenset()) -> None:
    name = FIELDS.get(unfit.code)
    form.add_error(name if name in form.fields else None, forms.ValidationError(words(unfit, places), code=unfit.code))


def _wants(request: HttpRequest, what: str) -> bool:
    return request.POST.get("do") == what


def _page(request: HttpRequest, resource: int) -> RosterPage:
    houses = houses_of(request)
    return RosterPage(seat_at(houses, resource), houses)


@require_safe
@staff_required("clinic.use")
def rosters(request: HttpRequest) -> HttpResponse:
    """Everybody and everything with a roster, and the closures of the institutions."""
    houses = houses_of(request)
    now = timezone.now()
    context = {
        "houses": houses,
        "rows": diary.rows_of(houses),
        "closures": diary.closures_ahead(houses, now),
    }
    return render(request, "scheduling/rosters.html", context)


@require_safe
@staff_required("clinic.use")
def roster(request: HttpRequest, resource: int) -> HttpResponse:
    """One roster: hours now and later, leave, extra hours, and what was."""
    page = _page(request, resource)
    return render(request, "scheduling/roster.html", {"page": page, "seat": page.seat, "weekdays": WEEKDAYS})


@page_methods
@staff_required("clinic.use")
def add_hours(request: HttpRequest, resource: int) -> HttpResponse:
    """New weekly hours: typed, shown for eight weeks, saved."""
    page = _page(request, resource)
    form = bind(HoursForm, request, houses=page.own_houses, initial={"valid_from": rostering.today()})
    preview = None
    if is_submission(request) and form.is_valid():
        place, wanted = form.cleaned_data["place"], form.wanted()
        try:
            if _wants(request, "save"):
                rostering.add_hours(page.seat.resource, place, wanted, actor=actor_of(request.user))
                return _saved(request, resource)
            rostering.check_hours(page.seat.resource, wanted)
            preview = Preview(page, institutions_of(request.user), place, new=wanted)
        except Unfit as unfit:
            _say(form, unfit, page.seat.places)
    return _hours_page(request, page, form, preview, title=_("New weekly hours"))


@page_methods
@staff_required("clinic.use")
def change_hours(request: HttpRequest, resource: int, rule: int) -> HttpResponse:
    """Other hours from a day on; the old ones end the day before."""
    page = _page(request, resource)
    standing = page.rule(rule)
    if standing is None:
        raise Http404
    houses = [house for house in page.own_houses if house.place_id == standing.place_id]
    form = bind(HoursForm, request, houses=houses, initial=typed_of(standing))
    preview = None
    if is_submission(request) and form.is_valid():
        place, wanted = form.cleaned_data["place"], form.wanted()
        try:
            if _wants(request, "save"):
                changed = Preview(page, institutions_of(request.user), place, wanted, standing, _before(wanted))
                changed.hold_fast()
                rostering.change_hours(standing, place, wanted, actor=actor_of(request.user))
                return _saved(request, resource, hit=bool(changed.outside), offered=len(changed.offered))
            rostering.check_hours(page.seat.resource, wanted, instead_of=standing)
            preview = Preview(page, institutions_of(request.user), place, wanted, standing, _before(wanted))
        except Unfit as unfit:
            _say(form, unfit, page.seat.places)
    return _hours_page(request, page, form, preview, title=_("Other hours from a day on"), rule=standing)


def _before(wanted: Iterable[Hours]) -> dt.date:
    """The last day of the hours that these replace."""
    return min(hours.valid_from for hours in wanted) - dt.timedelta(days=1)


@page_methods
@staff_required("clinic.use")
def end_hours(request: HttpRequest, resource: int, rule: int) -> HttpResponse:
    """The last day of weekly hours."""
    page = _page(request, resource)
    standing = page.rule(rule)
    if standing is None:
        raise Http404
    form = bind(EndForm, request, initial={"last_day": standing.valid_until or rostering.today()})
    preview = None
    if is_submission(request) and form.is_valid():
        last = form.cleaned_data["last_day"]
        changed = Preview(page, institutions_of(request.user), standing.place, gone=standing, until=last)
        try:
            rostering.check_end(standing, last)
            if _wants(request, "save"):
                changed.hold_fast()
                rostering.end_hours(standing, last, actor=actor_of(request.user))
                return _saved(request, resource, hit=bool(changed.outside), offered=len(changed.offered))
            preview = changed
        except Unfit as unfit:
            _say(form, unfit, page.seat.places)
    return _hours_page(request, page, form, preview, title=_("End these hours"), rule=standing)


def _hours_page(request: HttpRequest, page: RosterPage, form: forms.Form, preview: Preview | None, **more: Any) -> Any:
    context = {
        "page": page, "seat": page.seat, "form": form, "preview": preview, "keep_form": "hours", "weekdays": WEEKDAYS,
        **more,
    }  # fmt: skip
    return render(request, "scheduling/hours.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, resource: int, *, hit: bool = False, offered: int = 0) -> HttpResponse:
    _tell(request, hit=hit, offered=offered)
    if hit:
        return redirect(f"{reverse('scheduling:cases')}?who={resource}")
    return redirect("scheduling:roster", resource=resource)


def _tell(request: HttpRequest, *, hit: bool, offered: int) -> None:
    if hit:
        messages.warning(request, _("Saved. These visits no longer fit; please decide about each of them."))
    else:
        messages.success(request, _("Saved."))
    if offered:
        messages.info(request, withdrawn_sentence(offered))


@page_methods
@staff_required("clinic.use")
def add_exception(request: HttpRequest, resource: int) -> HttpResponse:
    """Leave or extra hours; the visits that leave would hit are named before it is saved."""
    page = _page(request, resource)
    first = {"first_day": rostering.today(), "last_day": rostering.today(), "kind": RosterException.Kind.LEAVE}
    form = bind(ExceptionForm, request, houses=page.own_houses, initial=first)
    shown: dict[str, Any] = {}
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        span = (given["kind"], given["starts_at"], given["ends_at"])
        is_leave = given["kind"] == RosterException.Kind.LEAVE
        try:
            if _wants(request, "save"):
                rostering.add_exception(
                    page.seat.resource, *span, place=given["place"], reason=given["reason"],
                    actor=actor_of(request.user),
                )  # fmt: skip
                # Looked at now: what was booked until this moment is hit, and from now on nothing more is.
                hit = _hit(request, page.seat.resource, given) if is_leave else _NOTHING
                return _saved(request, resource, hit=bool(hit["hit"]), offered=len(hit["offered"]))
            rostering.check_exception(page.seat.resource, *span, given["place"])
            hit = _hit(request, page.seat.resource, given) if is_leave else _NOTHING
            shown = {"shown": True, **hit, "given": given, "elsewhere": page.elsewhere}
        except Unfit as unfit:
            _say(form, unfit)
    context = {
        "title": _("Leave or extra hours"), "seat": page.seat, "form": form, "keep_form": "exception",
        "back": reverse("scheduling:roster", args=[resource]), **shown,
    }  # fmt: skip
    return render(request, "scheduling/exception.html", context, status=422 if form.errors else 200)


_NOTHING: dict[str, list[Any]] = {"hit": [], "offered": []}


def _hit(request: HttpRequest, what: Resource | Place, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Booked visits of the reader's institutions still ahead in a span, and what is offered there on the waiting
    list."""
    start, end = max(given["starts_at"], timezone.now()), given["ends_at"]
    houses = institutions_of(request.user)
    found = affected_by(what, start, end).filter(institution__in=houses, reservation__starts_at__gt=timezone.now())
    return {"hit": list(found), "offered": met_by(what, start, end, houses)}


@page_methods
@staff_required("clinic.use")
def take_back_exception(request: HttpRequest, resource: int, exception: int) -> HttpResponse:
    """Take back leave or extra hours that are not over."""
    page = _page(request, resource)
    entry = next((row for row in page.exceptions if row.pk == exception), None)
    if entry is None:
        raise Http404
    hit = _NOTHING
    if entry.kind == RosterException.Kind.EXTRA:
        given = {"starts_at": entry.starts_at, "ends_at": entry.ends_at}
        hit = _hit(request, page.seat.resource, given)
    return _take_back(request, entry, reverse("scheduling:roster", args=[resource]), seat=page.seat, **hit)


def _take_back(request: HttpRequest, entry: Any, back: str, **more: Any) -> HttpResponse:
    if is_submission(request):
        try:
            rostering.take_back(entry, actor=actor_of(request.user))
        except Unfit as unfit:
            messages.error(request, str(unfit.reason))
        else:
            messages.success(request, _("Saved."))
        return redirect(back)
    return render(request, "scheduling/take_back.html", {"entry": entry, "back": back, **more})


@page_methods
@staff_required("clinic.use")
def add_closure(request: HttpRequest) -> HttpResponse:
    """An institution is shut; the visits that it would hit are named before it is saved."""
    houses = houses_of(request)
    first = {"first_day": rostering.today(), "last_day": rostering.today()}
    form = bind(ClosureForm, request, houses=houses, initial=first)
    shown: dict[str, Any] = {}
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        span = (given["place"], given["starts_at"], given["ends_at"])
        try:
            if _wants(request, "save"):
                rostering.add_closure(*span, reason=given["reason"], actor=actor_of(request.user))
                hit = _hit(request, given["place"], given)
                _tell(request, hit=bool(hit["hit"]), offered=len(hit["offered"]))
                return redirect("scheduling:cases" if hit["hit"] else "scheduling:rosters")
            rostering.check_closure(*span)
            shown = {"shown": True, **_hit(request, given["place"], given), "given": given}
        except Unfit as unfit:
            _say(form, unfit)
    context = {
        "title": _("Close the institution"), "form": form, "keep_form": "exception",
        "back": reverse("scheduling:rosters"), **shown,
    }  # fmt: skip
    return render(request, "scheduling/exception.html", context, status=422 if form.errors else 200)


@page_methods
@staff_required("clinic.use")
def take_back_closure(request: HttpRequest, closure: int) -> HttpResponse:
    """Open again."""
    entry = next((row for row in diary.closures_ahead(houses_of(request), timezone.now()) if row.pk == closure), None)
    if entry is None:
        raise Http404
    return _take_back(request, entry, reverse("scheduling:rosters"))


@page_methods
@staff_required("clinic.use")
def add_room(request: HttpRequest) -> HttpResponse:
    """A room, a device or a session."""
    form = bind(RoomResourceForm, request, houses=houses_of(request))
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        made = rostering.add_room(
            given["house"], given["kind"], given["label"], given["seats"], actor=actor_of(request.user)
        )
        messages.success(request, _("Saved."))
        return redirect("scheduling:roster", resource=made.pk)
    context = {"title": _("New room, device or session"), "form": form, "keep_form": "room"}
    return render(request, "scheduling/room.html", context, status=422 if form.errors else 200)
