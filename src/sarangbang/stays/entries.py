"""The stay's own lines of the itinerary: appointments and flights, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Place
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.odd_hours import REMOTE

from .itinerary import Entry, Spot, State
from .models import Flight

Status = Reservation.Status

STATES: dict[str, tuple[State, Lazy | str]] = {
    Status.BOOKED: (State.AGREED, _("Confirmed")),
    Status.ARRIVED: (State.UNDER_WAY, _("You have arrived")),
    Status.FULFILLED: (State.DONE, _("Done")),
    Status.NOSHOW_GUEST: (State.MISSED, _("You did not come")),
    Status.NOSHOW_HOST: (State.MISSED, _("The institution could not keep this time")),
    Status.CANCELLED: (State.CANCELLED, _("Cancelled")),
}


def spot_of(place: Place, *, name: str = "", name_latin: str = "") -> Spot:
    """A place as the itinerary knows it."""
    return Spot(
        code=place.code,
        name=name or place.name,
        name_latin=name_latin or place.name_latin,
        address=place.address,
        address_latin=place.address_latin,
        latitude=place.latitude,
        longitude=place.longitude,
        phone=place.phone,
    )


def name_of(thing: Place | Institution) -> str:
    """The name a reader of the page's language can read."""
    return thing.name if get_language() == "ko" else thing.name_latin


def entry_of_appointment(appointment: Appointment) -> Entry:
    """An appointment; the institution is named, the calendar's summary is neutral."""
    reservation = appointment.reservation
    state, status = STATES.get(reservation.status, (State.CANCELLED, _("Cancelled")))
    changed = [step.at for step in reservation.steps.all()] or [reservation.created_at]
    doctor = appointment.practitioner
    remote = appointment.mode in REMOTE
    return Entry(
        uid=f"appointment:{appointment.pk}",
        kind="appointment",
        starts_at=reservation.starts_at,
        ends_at=reservation.ends_at,
        title=name_of(appointment.institution),
        summary=gettext("Appointment"),
        changed_at=max(changed),
        lines=(
            appointment.offering.procedure.name,
            doctor.name if get_language() == "ko" else doctor.name_latin,
            *((str(appointment.get_mode_display()),) if remote else ()),
        ),
        status=str(status),
        state=state,
        sequence=appointment.sequence,
        spot=None
        if remote
        else spot_of(
            appointment.place,
            name=appointment.institution.name,
            name_latin=appointment.institution.name_latin,
        ),
    )


def entry_of_flight(flight: Flight) -> Entry:
    """Landing or take-off, as the guest told it."""
    words = {"number": flight.number, "place": name_of(flight.place)}
    if flight.direction == Flight.Direction.ARRIVAL:
        title, summary = gettext("You land: %(place)s") % words, gettext("Landing, flight %(number)s") % words
    else:
        title, summary = gettext("You fly home: %(place)s") % words, gettext("Take-off, flight %(number)s") % words
    return Entry(
        uid=f"flight:{flight.pk}",
        kind="flight",
        starts_at=flight.goes_at,
        ends_at=None,
        title=title,
        summary=summary,
        changed_at=flight.changed_at,
        lines=(gettext("Flight %(number)s") % words,),
        status=gettext("As the airport says") if flight.expected_at else gettext("As you told us"),
        sequence=flight.sequence,
        spot=spot_of(flight.place),
    )


def entries_of(appointments: Iterable[Appointment], flights: Iterable[Flight]) -> list[Entry]:
    """Appointments and flights as entries; the concierge adds cars and interpreters (``concierge.entries``)."""
    return [entry_of_appointment(one) for one in appointments] + [entry_of_flight(one) for one in flights]
