"""The stay's own pages: itinerary, calendar, the card to show, change and cancel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sarangbang.directory import queries as directory
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.changes import in_order
from sarangbang.scheduling.ical import Feed
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.queries import cut_off, free_times, rules_for
from sarangbang.scheduling.serving import serve
from sarangbang.stays import actions, pathways, queries
from sarangbang.stays.feed import feed
from sarangbang.stays.models import Stay
from sarangbang.stays.rules import Refused, may_change
from sarangbang.ui.forms import bind, is_submission

from . import odd
from .doors import at_stay
from .forms import TimesForm
from .itinerary import StayPage
from .times import DAY, WEEK, by_day, chosen, midnight

# The card speaks Korean to its reader, whatever the guest's language is.
CARD_IN_KOREAN = {
    "take_me": "이 주소로 가 주세요.",
    "my_name": "이름",
    "call": "말이 통하지 않으면 메디컬투어센터로 전화해 주세요.",
}


@at_stay
def stay(request: HttpRequest, stay: Stay, token: str) -> HttpResponse:
    """Everything that the guest meets, day by day."""
    if request.method == "GET":
        actions.prove_email(stay.guest)
    page = StayPage(stay, token)
    feed_url = request.build_absolute_uri(reverse("portal:calendar", args=[_calendar_token(stay)]))
    context = {
        "page": page,
        "stay": stay,
        "token": token,
        "zone": stay.guest.zone,
        "now": page.now,
        "feed_url": feed_url,
        "webcal_url": "webcal:" + feed_url.partition(":")[2],
        "bottom_nav": page.bottom_nav("stay"),
    }
    return render(request, "portal/stay.html", context)


def _calendar_token(stay: Stay) -> str:
    return links.token_of(actions.calendar_link(stay))


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The stay as a calendar, in the guest's language: for the phone's calendar, or as a file with ``?file``."""

    def write(link: SecureLink) -> Feed | None:
        stay = queries.stay_of(link.subject)
        if stay is None:
            return None
        with translation.override(stay.guest.language):
            return feed(
                StayPage(stay, token).entries,
                name=_("My stay in Seoul"),
                description=_("Everything else is on the page of your stay."),
            )

    purpose = SecureLink.Purpose.CALENDAR
    return serve(request, token, purpose, write, ask_url=reverse("portal:new_link"), filename="stay.ics")


@at_stay
def card(request: HttpRequest, stay: Stay, token: str) -> HttpResponse:
    """What a guest shows to a driver or at a desk: one place, in Korean and in their own language, on one sheet."""
    page = StayPage(stay, token)
    asked = request.GET.get("place", "")
    spots = page.spots
    spot = next((one for one in spots if one.code == asked), spots[0] if spots else None)
    context = {
        "page": page, "stay": stay, "token": token, "spot": spot, "spots": spots, "guest": stay.guest,
        "center": page.center, "phrases": CARD_IN_KOREAN, "bottom_nav": page.bottom_nav("card"),
    }  # fmt: skip
    return render(request, "portal/card.html", context)


def _appointment(stay: Stay, appointment_id: UUID) -> Appointment:
    appointment = queries.appointment_of(stay, appointment_id)
    if appointment is None:
        raise Http404
    return appointment


def _about(stay: Stay, token: str, appointment: Appointment, **more: Any) -> dict[str, Any]:
    return {
        "stay": stay, "token": token, "appointment": appointment, "zone": stay.guest.zone,
        "free_until": cut_off(appointment), "may_change": may_change(appointment, timezone.now()),
        "center": directory.center(), **more,
    }  # fmt: skip


@at_stay
def change(request: HttpRequest, stay: Stay, token: str, appointment: UUID) -> HttpResponse:
    """Another time for an appointment; the present one stays the guest's until the new one is certain."""
    booked = _appointment(stay, appointment)
    refused = ""
    if is_submission(request):
        wanted = chosen(request.POST.get("time", ""))
        if wanted is None or wanted.offering.pk != booked.offering_id:
            refused = _("Please choose one of these times.")
        elif odd.asks(booked.mode, wanted.starts_at, stay.guest.zone, request):
            return odd.ask(
                request, value=request.POST["time"], offering=wanted.offering, starts_at=wanted.starts_at,
                zone=stay.guest.zone, hidden={},
            )  # fmt: skip
        else:
            try:
                actions.reschedule_appointment(
                    stay,
                    booked,
                    wanted.practitioner,
                    wanted.starts_at,
                    actor=f"guest:{stay.guest_id}",
                    accept_odd_hour=odd.FIELD in request.POST,
                )
            except scheduling.Taken:
                refused = _("Somebody else has just taken this time. Yours is still yours.")
            except scheduling.NotBookable as refusal:
                refused = str(refusal.reason)
            except (Refused, scheduling.MoveNotAllowed) as refusal:
                refused = str(refusal) if isinstance(refusal, Refused) else str(Refused.reason)
            else:
                messages.success(request, _("Your appointment has a new time."))
                return redirect("portal:stay", token=token)
        booked = _appointment(stay, appointment)
    context = _about(stay, token, booked, refused=refused, beside=_beside(booked), **_week(request, booked))
    return render(request, "portal/change.html", context, status=409 if refused else 200)


def _week(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """A week of free times of the same offering, from the present day of the appointment on."""
    today = directory.today()
    practitioners = queries.practitioners_of(appointment.offering)
    form = bind(TimesForm, request, method="get", practitioners=practitioners)
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    asked = given.get("arrive") or timezone.localdate(appointment.reservation.starts_at, directory.KOREA)
    horizon = rules_for([appointment.offering])[appointment.offering_id].horizon
    first = min(max(asked, today), max(today, today + horizon - WEEK))
    found = free_times(
        appointment.offering,
        midnight(first),
        midnight(first + WEEK),
        practitioner_id=given.get("practitioner"),
        step=appointment.step,
        ignoring=appointment.reservation_id if appointment.series_id else None,
    )
    found = [
        free
        for free in in_order(appointment, found)
        if (free.starts_at, free.practitioner_id) != (appointment.reservation.starts_at, appointment.practitioner_id)
    ]
    return {
        "form": form,
        "days": by_day(first, found, None),
        "found": bool(found),
        "first": first,
        "last": first + WEEK - DAY,
        "earlier": max(first - WEEK, today) if first > today else None,
        "later": first + WEEK if first + WEEK < today + horizon else None,
        "keep_form": "narrow",
        "keep_get": True,
    }


@at_stay
def cancel(request: HttpRequest, stay: Stay, token: str, appointment: UUID) -> HttpResponse:
    """Asks once more, and cancels."""
    booked = _appointment(stay, appointment)
    refused = ""
    if is_submission(request):
        try:
            actions.cancel_appointment(booked, actor=f"guest:{stay.guest_id}")
        except Refused as refusal:
            refused = str(refusal)
        except scheduling.MoveNotAllowed:
            refused = str(Refused.reason)
        else:
            messages.success(request, _("Your appointment was cancelled."))
            return redirect("portal:stay", token=token)
    context = _about(stay, token, booked, refused=refused, beside=_beside(booked))
    return render(request, "portal/cancel.html", context, status=409 if refused else 200)


def _beside(booked: Appointment) -> list[Appointment]:
    """The visits of the same treatment that are booked and still ahead, with this one; empty for one visit."""
    if booked.series_id is None:
        return []
    ahead = (Reservation.Status.BOOKED, Reservation.Status.ARRIVED)
    return [each for each in queries.visits_with(booked) if each.reservation.status in ahead]


@at_stay
def cancel_all(request: HttpRequest, stay: Stay, token: str, appointment: UUID) -> HttpResponse:
    """Cancel all visits of a treatment that are still ahead, after asking on the page of one of them."""
    booked = _appointment(stay, appointment)
    if not is_submission(request) or booked.series_id is None:
        return redirect("portal:cancel", token=token, appointment=appointment)
    try:
        pathways.cancel_pathway(booked, actor=f"guest:{stay.guest_id}")
    except (Refused, scheduling.MoveNotAllowed) as refusal:
        refused = str(refusal) if isinstance(refusal, Refused) else str(Refused.reason)
        booked = _appointment(stay, appointment)
        context = _about(stay, token, booked, refused=refused, beside=_beside(booked))
        return render(request, "portal/cancel.html", context, status=409)
    messages.success(request, _("All visits of this treatment were cancelled."))
    return redirect("portal:stay", token=token)
