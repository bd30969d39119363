"""The waiting list as its guest sees it: joining, the page behind the link, an offer, leaving."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Offering
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.portal.finding import zones
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, WaitingEntry
from sarangbang.scheduling.pathways import steps_of
from sarangbang.scheduling.waiting import answers, joining, rounds
from sarangbang.scheduling.waiting import queries as waiting_queries
from sarangbang.stays import queries
from sarangbang.stays import waiting as actions
from sarangbang.stays.actions import link_to
from sarangbang.stays.models import Stay
from sarangbang.stays.rules import NEEDED_CONSENTS, Refused, may_change
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission
from sarangbang.ui.views import secret, too_many

from .doors import TROUBLES, at_stay, limited, page_methods, remembered, shut, to_stay
from .times import NONCE, Choice
from .visits import proposals_of
from .waiting_forms import KnownWaitForm, WaitForm

USUALLY = dt.timedelta(days=13)
"""How long after the first day people wait, unless they say otherwise."""

OVER = (answers.OfferOver, scheduling.NotBookable, scheduling.HoldExpired, scheduling.MoveNotAllowed)
"""Why an offer cannot be accepted, whatever anybody did meanwhile."""


# Joining


@page_methods
def join(request: HttpRequest, offering: int) -> HttpResponse:
    """Nothing fits: wait for a time of this offering. Somebody whose stay this browser knows types nothing again."""
    wanted = queries.offering_at(offering)
    if wanted is None:
        raise Http404
    known = remembered(request)
    if known is not None and "other" not in request.GET:
        return secret(_known(request, *known, wanted))
    form = bind(
        WaitForm,
        request,
        practitioners=queries.practitioners_of(wanted),
        initial={**_first_wish(request, wanted), "language": get_language(), "zone": zones.zone_of(request)},
    )
    if not (is_submission(request) and form.is_valid()):
        return secret(_page(request, wanted, form))
    if limited(request, "waiting"):
        return secret(too_many(request))

    def wait() -> WaitingEntry:
        return actions.wait_as_new(wanted, form.person(), form.wish(), request_id=_request_id(request))

    entry = _joined(form, wait)
    if entry is None:
        return secret(_page(request, wanted, form))
    address = format_html('<bdi dir="ltr">{}</bdi>', form.cleaned_data["email"])
    return secret(render(request, "portal/wait_sent.html", {"address": address}))


@at_stay
def earlier(request: HttpRequest, stay: Stay, token: str, appointment: uuid.UUID) -> HttpResponse:
    """Tell the guest of a booking when an earlier time gets free."""
    booked = queries.appointment_of(stay, appointment)
    if booked is None:
        raise Http404
    if not may_change(booked, timezone.now()):
        return redirect("portal:change", token=token, appointment=appointment)
    return _known(request, stay, token, booked.offering, booked)


def _known(
    request: HttpRequest, stay: Stay, token: str, offering: Offering, booked: Appointment | None = None
) -> HttpResponse:
    initial = _first_wish(request, offering)
    if booked is not None:
        last = timezone.localdate(booked.reservation.starts_at, directory.KOREA)
        initial = {"first_day": max(directory.today(), stay.arrives_on or last), "last_day": last}
        initial["first_day"] = min(initial["first_day"], last)
    form = bind(
        KnownWaitForm,
        request,
        practitioners=queries.practitioners_of(offering),
        one=booked is not None,
        missing=[purpose for purpose in NEEDED_CONSENTS if purpose not in queries.consents_in_force(stay)],
        initial={"party": 1, "part_of_day": WaitingEntry.PartOfDay.ANY, **initial},
    )
    if is_submission(request) and form.is_valid():
        if limited(request, "waiting"):
            return too_many(request)

        def wait() -> WaitingEntry:
            wish = {**form.wish(), "appointment": booked}
            return actions.wait_as_known(
                stay, offering, wish, request_id=_request_id(request), consents=form.consents()
            )

        entry = _joined(form, wait)
        if entry is not None:
            messages.success(request, _("You are on the waiting list."))
            return redirect("portal:waiting", token=_token(entry))
    return _page(request, offering, form, stay=stay, token=token, appointment=booked, zone=stay.guest.zone)


def _joined(form: WaitForm | KnownWaitForm, wait: Callable[[], WaitingEntry]) -> WaitingEntry | None:
    """The entry; or None, and the form says why not."""
    try:
        return wait()
    except joining.AlreadyWaiting as known:
        return known.entry
    except joining.FreeNow as free:
        form.free_now = free  # type: ignore[union-attr]
    except (joining.CannotWait, scheduling.NotBookable) as refusal:
        form.add_error(None, str(getattr(refusal, "reason", refusal)))
    return None


def _page(request: HttpRequest, offering: Offering, form: WaitForm | KnownWaitForm, **more: Any) -> HttpResponse:
    if not (directory.is_receiving(offering.institution_id) and offering.is_active):
        closed = {"institution": offering.institution, "center": directory.center()}
        return render(request, "portal/not_receiving.html", closed, status=410)
    found = getattr(form, "free_now", joining.FreeNow())
    free = [
        Choice(time.starts_at, f"{offering.pk}.{time.practitioner_id}.{int(time.starts_at.timestamp())}")
        for time in found.times
    ]
    context = {
        "offering": offering,
        "form": form,
        "free": free,
        "proposals": proposals_of(found.series, [offering]),
        "steps": steps_of(offering),
        "nonce": request.POST.get("nonce", "") or uuid.uuid4().hex,
        "zone": zones.zone_of(request),
        "keep_form": "wait",
        **more,
    }
    return render(request, "portal/wait.html", context, status=409 if found.times or found.series else 200)


def _first_wish(request: HttpRequest, offering: Offering) -> dict[str, Any]:
    """The days, the part of the day and the language that the page of free times showed, or from today on."""
    today = directory.today()
    first = max(_day_in(request, "arrive") or today, today)
    shortest = dt.timedelta(days=sum(step.days_after_low for step in steps_of(offering)))
    last = _day_in(request, "leave")
    part, spoken = request.GET.get("part", ""), request.GET.get("language", "")
    return {
        "first_day": first,
        "last_day": last if last is not None and last >= first else first + shortest + USUALLY,
        "party": 1,
        "spoken": spoken if spoken in locales.BY_CODE else "",
        "part_of_day": part if part in WaitingEntry.PartOfDay.values else WaitingEntry.PartOfDay.ANY,
    }


def _day_in(request: HttpRequest, name: str) -> dt.date | None:
    try:
        asked = parse_date(request.GET.get(name, "")[:10])
    except ValueError:
        return None
    return asked if asked is not None and asked.year <= directory.today().year + 2 else None


def _request_id(request: HttpRequest) -> uuid.UUID:
    """One shown page makes one entry, however often its button is pressed."""
    nonce = request.POST.get("nonce", "")
    return uuid.UUID(nonce) if NONCE.fullmatch(nonce) else uuid.uuid4()


def _token(entry: WaitingEntry) -> str:
    link = waiting_queries.link_to(entry)
    return links.token_of(link) if link is not None else ""


# Behind the link


def at_waiting(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page of one who waits: gives the view the entry."""

    @page_methods
    @wraps(view)
    def entered(request: HttpRequest, token: str) -> HttpResponse:
        try:
            link = links.open_link(token, SecureLink.Purpose.WAITING)
        except links.LinkProblem as problem:
            return secret(shut(request, TROUBLES[type(problem)]))
        entry = waiting_queries.entry_of(link.subject)
        if entry is None:
            return secret(shut(request, "expired"))
        return secret(view(request, entry, token))

    return entered


@at_waiting
def waiting(request: HttpRequest, entry: WaitingEntry, token: str) -> HttpResponse:
    """What somebody waits for, what is offered, and the answer to it. Opening it does nothing."""
    refused = ""
    if is_submission(request):
        answer = _answer(request, entry, token)
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
        entry = waiting_queries.entry_of(entry.pk) or entry
    offer = waiting_queries.open_offer(entry)
    context = {
        "entry": entry,
        "token": token,
        "refused": refused,
        "offer": offer,
        "steps": steps_of(entry.offering) if entry.appointment_id is None else [],
        "offered": waiting_queries.by_visit(offer) if offer else [],
        "interpreted": waiting_queries.keeps_interpreter(offer) if offer and entry.language else False,
        "last_offer": next(iter(entry.offers.all()), None),
        "proven": entry.guest.email_proven_at is not None,
        "moves": waiting_queries.replaced_by(entry),
        "zone": entry.guest.zone,
        "center": directory.center(),
    }
    return render(request, "portal/waiting.html", context, status=409 if refused else 200)


def _answer(request: HttpRequest, entry: WaitingEntry, token: str) -> HttpResponse | str:
    """Where to go on, or why not."""
    if "confirm" in request.POST:
        actions.confirm_waiting(entry)
        messages.success(request, _("You are on the waiting list."))
        return redirect("portal:waiting", token=token)
    offer = waiting_queries.offer_of(entry, request.POST.get("offer", ""))
    if offer is None:
        return _("This offer is over. You wait on, in your place.")
    if "decline" in request.POST:
        answers.decline(offer, actor=f"guest:{entry.guest_id}")
        messages.success(request, _("Thank you for telling us. You wait on, in your place."))
        return redirect("portal:waiting", token=token)
    try:
        actions.accept(offer)
    except scheduling.Taken:
        return _("Somebody else has just taken this time. You wait on, in your place.")
    except OVER:
        rounds.withdraw(entry.offering_id)  # so that the page does not offer it once more
        return _("We are sorry: this time is no longer free for you. You wait on, in your place.")
    except Refused as refusal:
        return str(refusal)
    stay = queries.stay_of_offer(offer)
    if stay is None:
        return redirect("portal:waiting", token=token)
    messages.success(request, _("The time is yours."))
    offer.refresh_from_db()
    if waiting_queries.keeps_interpreter(offer):  # nobody may be sent yet
        messages.info(
            request,
            _(
                "An interpreter is kept for you. Please ask for the interpreter on this page: only then may they learn "
                "your name and the place."
            ),
        )
    return to_stay(request, stay, link_to(stay))


@at_waiting
def stop(request: HttpRequest, entry: WaitingEntry, token: str) -> HttpResponse:
    """Leave the waiting list with one press."""
    if is_submission(request):
        joining.leave(entry, actor=f"guest:{entry.guest_id}")
        return redirect("portal:waiting", token=token)
    return render(request, "portal/waiting_stop.html", {"entry": entry, "token": token, "zone": entry.guest.zone})
