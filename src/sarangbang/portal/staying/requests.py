"""What a guest asks for on the stay page: a car to or from the airport, a car in between, an interpreter.

The concierge's rules answer at once: granted, waiting (until when), or not possible (why, and whom to ask).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.concierge import actions as concierge
from sarangbang.concierge import queries as concierge_queries
from sarangbang.concierge.models import Interpreting, Ride, ServiceStatus
from sarangbang.directory import queries as directory
from sarangbang.directory.models import Place
from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import actions, queries
from sarangbang.stays.flights import save_flight
from sarangbang.stays.models import Flight, Stay
from sarangbang.stays.rules import DatesOutOfOrder
from sarangbang.ui import locales
from sarangbang.ui.forms import bind, is_submission

from .doors import at_stay, limited, not_too_often
from .request_forms import MOST_RIDE, FlightRideForm, InterpreterForm, TransferForm

REFUSALS = (concierge.NotGranted, concierge.Changed, concierge.MoveNotAllowed)


def _sentence(refusal: Exception) -> str:
    if isinstance(refusal, concierge.NotGranted):
        return str(refusal)
    return _("Somebody changed this at the same moment. Please look at your page again.")


def _asked_too_often(request: HttpRequest) -> str:
    """Said beside the form, so that nothing typed is lost."""
    often = is_submission(request) and limited(request, "request")
    return _("This was tried too often in a short time.") if often else ""


def _granted(request: HttpRequest, job: Any, stay: Stay) -> None:
    """Say at once what the guest gets, or until when an answer comes."""
    if job.status == ServiceStatus.WAITING and job.answer_by is not None:
        until = locales.moment(job.answer_by, request.LANGUAGE_CODE, stay.guest.zone)
        messages.warning(request, _("We have your wish. You get an answer by %(time)s.") % {"time": until})
    else:
        messages.success(request, _("Yes: you get it. Your page shows when and where."))


def _asks_consent(stay: Stay) -> bool:
    return Consent.Purpose.CONCIERGE not in queries.consents_in_force(stay)


def _visits(stay: Stay) -> list[Appointment]:
    """Appointments that are still ahead."""
    now = timezone.now()
    booked = queries.appointments_of(stay).filter(reservation__status=Reservation.Status.BOOKED)
    return [one for one in booked if one.reservation.starts_at > now]


def _places(stay: Stay, visits: Sequence[Appointment]) -> list[Place]:
    """The guest's institutions first, then hotels, stations and the Center."""
    found = [one.place for one in visits] + list(directory.landmarks())
    return list({place.code: place for place in found}.values())


def _party(stay: Stay) -> int:
    """Everybody, as far as one request carries them."""
    return min(stay.companions + 1, MOST_RIDE)


def _context(stay: Stay, token: str, **more: Any) -> dict[str, Any]:
    return {"stay": stay, "token": token, "zone": stay.guest.zone, "center": directory.center(), **more}


@at_stay
def ride(request: HttpRequest, stay: Stay, token: str, direction: str) -> HttpResponse:
    """The guest's flight, and the car from or to it."""
    if direction not in Flight.Direction:
        raise Http404
    visits = _visits(stay)
    flight = queries.flight_of(stay, direction)
    form = bind(
        FlightRideForm,
        request,
        direction=direction,
        airports=list(directory.airports()),
        places=_places(stay, visits),
        ask_consent=_asks_consent(stay),
        initial=_known_flight(stay, flight, visits, direction),
    )
    refused = _asked_too_often(request)
    if is_submission(request) and not refused and form.is_valid():
        try:
            job = _ask_for_ride(stay, direction, form.cleaned_data)
        except DatesOutOfOrder as problem:
            form.add_error("day", str(problem))
        except REFUSALS as refusal:
            refused = _sentence(refusal)
        else:
            _granted(request, job, stay)
            return redirect("portal:stay", token=token)
    context = _context(
        stay, token, form=form, direction=direction, refused=refused, has_visit=bool(visits), keep_form="ride"
    )
    return render(request, "portal/ride.html", context)


def _known_flight(stay: Stay, flight: Flight | None, visits: Sequence[Appointment], direction: str) -> dict[str, Any]:
    """What is known already: the flight, the last ride, the hotel, how many travel."""
    kind = Ride.Kind.PICK_UP if direction == Flight.Direction.ARRIVAL else Ride.Kind.SENDING
    ride = stay.rides.select_related("origin", "destination").filter(kind=kind).order_by("-created_at").first()
    known: dict[str, Any] = {"party": _party(stay), "luggage": _party(stay), "wheelchairs": 0, "child_seats": 0}
    if stay.hotel is not None:
        known["place"] = stay.hotel.code
    if flight is not None:
        local = timezone.localtime(flight.scheduled_at, directory.KOREA)
        known |= {"number": flight.number, "airport": flight.place.code, "day": local.date(), "clock": local.time()}
    elif direction == Flight.Direction.ARRIVAL and stay.arrives_on is not None:
        known["day"] = stay.arrives_on
    elif direction == Flight.Direction.DEPARTURE and stay.leaves_on is not None:
        known["day"] = stay.leaves_on
    if ride is not None:
        known |= {"party": ride.party, "luggage": ride.luggage, "wheelchairs": ride.wheelchairs}
        known |= {"child_seats": ride.child_seats, "alone": ride.alone}
        known["place"] = ride.destination.code if kind == Ride.Kind.PICK_UP else ride.origin.code
    return known


def _ask_for_ride(stay: Stay, direction: str, given: dict[str, Any]) -> Ride:
    """The flight is kept also when no car can be had."""
    actor = f"guest:{stay.guest_id}"
    arriving = direction == Flight.Direction.ARRIVAL
    flight = save_flight(
        stay,
        direction=direction,
        number=given["number"],
        place=given["airport"],
        scheduled_at=given["scheduled_at"],
        actor=actor,
    )
    if given["place"].kind == Place.Kind.HOTEL:
        actions.save_hotel(stay, given["place"], actor=actor)
    return concierge.request_ride(
        stay,
        Ride.Kind.PICK_UP if arriving else Ride.Kind.SENDING,
        actor=actor,
        party=given["party"],
        luggage=given["luggage"],
        wheelchairs=given["wheelchairs"],
        child_seats=given["child_seats"],
        alone=given["alone"],
        flight=flight,
        origin=None if arriving else given["place"],
        destination=given["place"] if arriving else None,
        consents=given.get("consent", False),
    )


@at_stay
def transfer(request: HttpRequest, stay: Stay, token: str) -> HttpResponse:
    """A car between hotel and clinic."""
    visits = _visits(stay)
    known: dict[str, Any] = {"party": _party(stay), "luggage": 0, "wheelchairs": 0, "child_seats": 0}
    if stay.hotel is not None:
        known["origin"] = stay.hotel.code
    if visits:
        known["destination"] = visits[0].place.code
        known["day"] = timezone.localdate(visits[0].reservation.starts_at, directory.KOREA)
    form = bind(TransferForm, request, places=_places(stay, visits), ask_consent=_asks_consent(stay), initial=known)
    refused = _asked_too_often(request)
    if is_submission(request) and not refused and form.is_valid():
        given = form.cleaned_data
        try:
            job = concierge.request_ride(
                stay,
                Ride.Kind.PROGRAMME if given["returns"] else Ride.Kind.TRANSFER,
                actor=f"guest:{stay.guest_id}",
                party=given["party"],
                luggage=given["luggage"],
                wheelchairs=given["wheelchairs"],
                child_seats=given["child_seats"],
                alone=given["alone"],
                origin=given["origin"],
                destination=given["destination"],
                starts_at=given["starts_at"],
                ends_at=given["ends_at"],
                consents=given.get("consent", False),
            )
        except REFUSALS as refusal:
            refused = _sentence(refusal)
        else:
            _granted(request, job, stay)
            return redirect("portal:stay", token=token)
    context = _context(
        stay, token, form=form, direction="transfer", refused=refused, has_visit=bool(visits), keep_form="ride"
    )
    return render(request, "portal/ride.html", context)


@at_stay
def interpreter(request: HttpRequest, stay: Stay, token: str, appointment: UUID) -> HttpResponse:
    """Somebody who speaks the guest's language, at one appointment."""
    booked = queries.appointment_of(stay, appointment)
    if booked is None:
        raise Http404
    spoken = stay.guest.language if stay.guest.language != "ko" else "en"
    known = {str(one.pk): one for one in concierge_queries.known_interpreters(stay)}
    names = [(key, one.name if request.LANGUAGE_CODE == "ko" else one.name_latin) for key, one in known.items()]
    form = bind(
        InterpreterForm,
        request,
        ask_consent=_asks_consent(stay),
        known=names,
        initial={"language": spoken, "wish": "", "mode": "on_site"},
    )
    refused = _asked_too_often(request)
    if is_submission(request) and not refused and form.is_valid():
        given = form.cleaned_data
        try:
            job = concierge.request_interpreting(
                stay,
                booked,
                actor=f"guest:{stay.guest_id}",
                language=given["language"],
                wish=given["wish"],
                mode=given["mode"] or Interpreting.Mode.ON_SITE,
                prefers=known.get(given.get("prefers", "")),
                consents=given.get("consent", False),
            )
        except REFUSALS as refusal:
            refused = _sentence(refusal)
        else:
            _granted(request, job, stay)
            return redirect("portal:stay", token=token)
    context = _context(stay, token, form=form, appointment=booked, refused=refused, keep_form="interpreter")
    return render(request, "portal/interpreter.html", context)


@not_too_often("request")
@at_stay
def call_off(request: HttpRequest, stay: Stay, token: str, service: str, job: UUID) -> HttpResponse:
    """The guest no longer wants a car or an interpreter."""
    if request.method != "POST":
        return redirect("portal:stay", token=token)
    ride = stay.rides.filter(pk=job).first() if service == "ride" else None
    interpreting = stay.interpretings.filter(pk=job).first() if service == "interpreting" else None
    try:
        if ride is not None:
            concierge.cancel(ride, actor=f"guest:{stay.guest_id}")
        elif interpreting is not None:
            concierge.cancel(interpreting, actor=f"guest:{stay.guest_id}")
        else:
            raise Http404
    except REFUSALS as refusal:
        messages.error(request, _sentence(refusal))
    else:
        messages.success(request, _("We have called it off."))
    return redirect("portal:stay", token=token)
