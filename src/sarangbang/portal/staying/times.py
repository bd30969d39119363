"""Taking a time: the free times of one week, and the press on one of them."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.portal.finding import zones
from sarangbang.portal.finding.forms import MyZoneForm
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import hold_again, is_held
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.pathways import takes_several_visits
from sarangbang.scheduling.queries import FreeTime, free_times, rules_for
from sarangbang.stays import queries as stays
from sarangbang.ui.forms import bind
from sarangbang.ui.views import secret

from . import odd
from .doors import hold_token, not_too_often, page_methods
from .forms import TimesForm

WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)
NONCE = re.compile(r"[0-9a-f]{32}")
ODD = "odd_hour"
"""Key of the session: for which clock the guest has said that an hour of the night is meant, by the held time."""
GUEST = "guest:new"
"""Who holds a time before anybody knows their name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One free time as a button. ``value`` is what the button sends."""

    starts_at: dt.datetime
    value: str
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class DayOfTimes:
    date: dt.date
    choices: list[Choice]


def value_of(free: FreeTime) -> str:
    """What a button sends: offering, practitioner, start in seconds since 1970."""
    return f"{free.offering_id}.{free.practitioner_id}.{int(free.starts_at.timestamp())}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a pressed button said."""

    offering: Offering
    practitioner: Practitioner
    starts_at: dt.datetime


def chosen(value: str, *, procedure_id: int | None = None) -> Chosen | None:
    """The time behind a button, if it names an offering (of this procedure) and somebody who takes it."""
    match = re.fullmatch(r"(\d{1,9})\.([0-9a-f-]{36})\.(\d{9,11})", value)
    if match is None:
        return None
    try:
        practitioner_id = uuid.UUID(match[2])
    except ValueError:
        return None
    offering = stays.offering_at(int(match[1]))
    if offering is None or (procedure_id is not None and offering.procedure_id != procedure_id):
        return None
    practitioner = next((one for one in stays.practitioners_of(offering) if one.pk == practitioner_id), None)
    if practitioner is None:
        return None
    return Chosen(offering, practitioner, dt.datetime.fromtimestamp(int(match[3]), tz=dt.UTC))


def midnight(day: dt.date) -> dt.datetime:
    """The first instant of a Korean calendar day."""
    return dt.datetime.combine(day, dt.time.min, tzinfo=directory.KOREA)


def by_day(first: dt.date, found: list[FreeTime], wanted: dt.datetime | None) -> list[DayOfTimes]:
    """Seven Korean days with their free times; times of several practitioners at the same minute count once."""
    days: dict[dt.date, dict[dt.datetime, Choice]] = {first + n * DAY: {} for n in range(7)}
    for free in found:
        slots = days.get(timezone.localtime(free.starts_at, directory.KOREA).date())
        if slots is not None:
            slots.setdefault(free.starts_at, Choice(free.starts_at, value_of(free), free.starts_at == wanted))
    return [DayOfTimes(day, [slots[start] for start in sorted(slots)]) for day, slots in days.items()]


def _offering(pk: int) -> Offering:
    offering = stays.offering_at(pk)
    if offering is None:
        raise Http404
    return offering


@require_safe
def times(request: HttpRequest, offering: int) -> HttpResponse:
    """Free times of an offering, a week at a time, in Korean time and the guest's own. A treatment that takes several
    visits has a page of its own."""
    shown = _offering(offering)
    if takes_several_visits(shown) and shown.is_active and directory.is_receiving(shown.institution_id):
        query = request.GET.urlencode()
        return redirect(f"{reverse('portal:visits', args=[offering])}{'?' if query else ''}{query}")
    return _page(request, shown)


def _page(
    request: HttpRequest, offering: Offering, *, refused: str = "", around: dt.datetime | None = None
) -> HttpResponse:
    """The times page; after a refusal with its reason, on the week of the time that was wanted."""
    receiving = directory.is_receiving(offering.institution.pk)
    if not receiving or not offering.is_active:
        closed: dict[str, Any] = {"institution": offering.institution, "center": directory.center()}
        if receiving:
            closed |= {"offering": offering, "reason": scheduling.NotBookable("not_offered").reason}
        return render(request, "portal/not_receiving.html", closed, status=410)
    practitioners = stays.practitioners_of(offering)
    modes = odd.modes_of(offering)
    form = bind(TimesForm, request, method="get", practitioners=practitioners, modes=modes)
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    wanted = around or _at(request)
    horizon = rules_for([offering])[offering.pk].horizon
    first = _first_day(given.get("arrive"), wanted, horizon)
    doctor = given.get("practitioner") or None
    found = free_times(offering, midnight(first), midnight(first + WEEK), practitioner_id=doctor)
    zone = zones.zone_of(request)
    today = directory.today()
    context: dict[str, Any] = {
        "offering": offering,
        "form": form,
        "days": by_day(first, found, wanted),
        "wanted": wanted,
        "found": bool(found),
        "first": first,
        "last": first + WEEK - DAY,
        "earlier": max(first - WEEK, today) if first > today else None,
        "later": first + WEEK if first + WEEK < today + horizon else None,
        "next_free": None if found else _next_free(offering, first, doctor, horizon),
        "refused": refused,
        "nonce": uuid.uuid4().hex,
        "moving": _moving(request),
        "mode": odd.mode_in(request.POST.get("mode") or given.get("mode") or "", modes),
        "zone": zone,
        "zone_form": MyZoneForm(initial={"zone": zone}, auto_id="my_%s"),
        "here": request.get_full_path(),
        "keep_form": "narrow",
        "keep_get": True,
    }
    return secret(render(request, "portal/times.html", context, status=409 if refused else 200))


def _at(request: HttpRequest) -> dt.datetime | None:
    """The time that a row of the search showed, if the address names one."""
    try:
        moment = parse_datetime(request.GET.get("at", "")[:40])
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None:
        return None
    return moment if abs(moment.year - directory.today().year) <= 1 else None


def _first_day(asked: dt.date | None, around: dt.datetime | None, horizon: dt.timedelta) -> dt.date:
    """The first of the seven days: what was asked for, within what can be booked."""
    today = directory.today()
    latest = max(today, today + horizon - WEEK)
    if asked is not None:
        return min(max(asked, today), latest)
    if around is not None:
        return min(max(timezone.localtime(around, directory.KOREA).date(), today), latest)
    return today


def _next_free(
    offering: Offering, after: dt.date, practitioner: uuid.UUID | None, horizon: dt.timedelta
) -> FreeTime | None:
    """The first free time after a week without one, or else the first of all."""
    end = timezone.now() + horizon
    for start in (midnight(after), timezone.now()):
        found = free_times(offering, start, end, limit=1, practitioner_id=practitioner)
        if found:
            return found[0]
    return None


def _moving(request: HttpRequest) -> str:
    """The token of a held time that is to be changed for another."""
    token = request.GET.get("hold", "") or request.POST.get("hold", "")
    return token if held_behind(token) is not None else ""


def held_behind(token: str) -> Appointment | None:
    """The appointment behind the token of a held time, while nobody has booked it."""
    try:
        link = links.open_link(token, SecureLink.Purpose.HOLD)
    except links.LinkProblem:
        return None
    appointment = stays.held_appointment(link.subject)
    return appointment if appointment is not None and appointment.guest_id is None else None


@page_methods
@not_too_often("hold")
def hold(request: HttpRequest, offering: int) -> HttpResponse:
    """Keep the chosen time for ten minutes, and on to the form. If somebody was faster: the times that are left.

    Links on that answer (other weeks, other languages) lead here by GET, and on to the times.
    """
    if request.method != "POST":
        query = request.GET.urlencode()
        return redirect(f"{reverse('portal:times', args=[offering])}{'?' if query else ''}{query}")
    wanted = chosen(request.POST.get("time", ""))
    if wanted is None or wanted.offering.pk != offering:
        return _page(request, _offering(offering), refused=_("Please choose one of these times."))
    if takes_several_visits(wanted.offering):  # an old page: the visits are taken together now
        return redirect("portal:visits", offering=offering)
    mode = odd.mode_in(request.POST.get("mode", ""), odd.modes_of(wanted.offering))
    zone = zones.zone_of(request)
    if odd.asks(mode, wanted.starts_at, zone, request):
        hidden = {name: request.POST.get(name, "") for name in ("nonce", "hold", "mode")}
        question = odd.ask(
            request, value=request.POST["time"], offering=wanted.offering, starts_at=wanted.starts_at, zone=zone,
            hidden=hidden,
        )  # fmt: skip
        return secret(question)
    try:
        appointment = _hold(request, wanted, mode)
    except scheduling.Taken:
        reason = _("Somebody else has just taken this time. These are free:")
    except scheduling.NotBookable as refusal:
        reason = str(refusal.reason)
    except scheduling.MoveNotAllowed:
        reason = _("This time was booked meanwhile. You can take another one.")
    else:
        token = hold_token(appointment)
        if odd.FIELD in request.POST:
            request.session[ODD] = {token: zone}
        return redirect("portal:details", token=token)
    return _page(request, wanted.offering, refused=reason, around=wanted.starts_at)


def _hold(request: HttpRequest, wanted: Chosen, mode: str) -> Appointment:
    """A page's button holds once, however often it is pressed; a hold that has ended is renewed."""
    moving = held_behind(request.POST.get("hold", ""))
    if moving is None:
        moving = _hold_once(wanted, request.POST.get("nonce", ""), mode)
        if moving.guest_id is not None or is_held(moving.reservation):
            return moving
    return hold_again(moving, wanted.offering, wanted.practitioner, wanted.starts_at, actor=GUEST, mode=mode)


def _hold_once(wanted: Chosen, nonce: str, mode: str) -> Appointment:
    """``nonce`` is of one shown page; with it the second of two quick presses finds what the first one made."""
    seconds = int(wanted.starts_at.timestamp())
    key = f"page:{nonce}:{wanted.practitioner.pk}:{seconds}" if NONCE.fullmatch(nonce) else None
    what = (wanted.offering, wanted.practitioner, wanted.starts_at)
    try:
        return scheduling.hold(*what, actor=GUEST, idempotency_key=key, mode=mode)
    except scheduling.Taken:
        if key is None:
            raise
        return scheduling.hold(*what, actor=GUEST, idempotency_key=key, mode=mode)
