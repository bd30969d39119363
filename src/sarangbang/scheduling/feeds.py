"""The calendars that a clinic, its people and its rooms can subscribe to.

What stands in them is neutral: time, place, with whom and in which language; neither the guest's name nor why they
come, because subscribed calendars lie on servers and phones of others. The address of the page, which asks for signing
in, leads to the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.directory.models import Institution, Place
from sarangbang.people import links
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink
from sarangbang.ui import locales

from .diary import Seat, name_of, seats_of
from .ical import Event, Feed, Status, write
from .models import Appointment, Reservation, ReservationStep
from .queries import ON_CALENDAR

BACK = dt.timedelta(days=60)
AHEAD = dt.timedelta(days=400)
UID_DOMAIN = "clinic.sarangbang"
CLINIC, ROSTER = SecureLink.Purpose.CLINIC_CALENDAR, SecureLink.Purpose.ROSTER_CALENDAR

PageOf = Callable[[UUID], str]
"""The address of an appointment's page."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Something that can be subscribed to: an institution, or one seat of it. ``link`` is the open link, if any."""

    institution: Institution
    seat: Seat | None
    link: SecureLink | None = None

    @property
    def purpose(self) -> str:
        return ROSTER if self.seat else CLINIC

    @property
    def subject(self) -> str:
        return f"{self.seat.resource.pk}:{self.institution.pk}" if self.seat else str(self.institution.pk)

    @property
    def name(self) -> str:
        return self.seat.name if self.seat else name_of(self.institution)

    @property
    def key(self) -> str:
        """Names the channel on its page."""
        return f"{self.seat.resource.pk}@{self.institution.slug}" if self.seat else self.institution.slug


def channels_of(institutions: Iterable[Institution]) -> list[Channel]:
    """What somebody of these institutions can subscribe to, with the links that are open. Four queries."""
    houses = list(institutions)
    seats = seats_of(houses)
    found = [Channel(house, None) for house in houses]
    found += [Channel(house, seat) for house in houses for seat in seats if house.place_id in seat.places]
    good = SecureLink.objects.filter(
        purpose__in=(CLINIC, ROSTER), subject__in=[each.subject for each in found], revoked_at__isnull=True
    )
    newest = {(link.purpose, link.subject): link for link in good.order_by("created_at")}
    return [Channel(each.institution, each.seat, newest.get((each.purpose, each.subject))) for each in found]


@transaction.atomic
def open_channel(channel: Channel, *, actor: str) -> SecureLink:
    """A new address; the old one opens nothing any more."""
    links.revoke(channel.purpose, channel.subject)
    link = links.issue(channel.purpose, channel.subject)
    audit(actor, "open_calendar", channel.institution, subject=channel.subject)
    return link


@transaction.atomic
def close_channel(channel: Channel, *, actor: str) -> None:
    """The address opens nothing any more."""
    if links.revoke(channel.purpose, channel.subject):
        audit(actor, "close_calendar", channel.institution, subject=channel.subject)


def channel_behind(link: SecureLink) -> Channel | None:
    """What a link leads to; None when it is no longer there."""
    resource, _colon, institution = link.subject.rpartition(":")
    house = Institution.objects.select_related("place").filter(pk=institution).first()
    if house is None:
        return None
    if link.purpose == CLINIC:
        return Channel(house, None, link)
    seat = next((seat for seat in seats_of([house]) if str(seat.resource.pk) == resource), None)
    return Channel(house, seat, link) if seat else None


def feed_of(channel: Channel, page_of: PageOf) -> Feed:
    """The channel as a calendar, in the language in force."""
    events = [_event(visit, channel, page_of) for visit in _visits(channel)]
    events += [_gone(time) for time in _former(channel, {event.uid for event in events})]
    return write(events, channel.name)


def _visits(channel: Channel) -> QuerySet[Appointment]:
    now = timezone.now()
    found = Appointment.objects.filter(
        institution=channel.institution, guest__isnull=False, reservation__status__in=ON_CALENDAR,
        reservation__starts_at__gte=now - BACK, reservation__starts_at__lt=now + AHEAD,
    )  # fmt: skip
    if channel.seat is not None and channel.seat.is_person:
        found = found.filter(practitioner=channel.seat.resource.practitioner_id)
    elif channel.seat is not None:
        found = found.filter(reservation__allocations__resource=channel.seat.resource)
    steps = Prefetch("reservation__steps", queryset=ReservationStep.objects.order_by("at"))
    return found.select_related("reservation", "guest", "practitioner", "place").prefetch_related(steps).distinct()


def _former(channel: Channel, shown: set[str]) -> list[Reservation]:
    """Times that an appointment had with this person or room before it moved to another one."""
    if channel.seat is None:
        return []
    now = timezone.now()
    found = (
        Reservation.objects.filter(
            former_of__institution=channel.institution, allocations__resource=channel.seat.resource,
            starts_at__gte=now - BACK, starts_at__lt=now + AHEAD,
        )
        .select_related("former_of__reservation", "former_of__place")
        .prefetch_related(Prefetch("former_of__reservation__steps", queryset=ReservationStep.objects.order_by("at")))
        .order_by("created_at", "pk")
    )  # fmt: skip
    last = {reservation.former_of_id: reservation for reservation in found}
    return [time for pk, time in last.items() if _uid(pk) not in shown]


def _uid(pk: UUID | None) -> str:
    return f"appointment-{pk}@{UID_DOMAIN}"


def _changed_at(reservation: Reservation) -> dt.datetime:
    return max([step.at for step in reservation.steps.all()] or [reservation.created_at])


def _where(place: Place) -> str:
    return place.address if get_language() == "ko" and place.address else place.address_latin or place.address


def _event(visit: Appointment, channel: Channel, page_of: PageOf) -> Event:
    reservation, guest = visit.reservation, visit.guest
    spoken = locales.language_name(guest.language, get_language() or "en") if guest else ""
    who = "" if channel.seat is not None and channel.seat.is_person else name_of(visit.practitioner)
    return Event(
        uid=_uid(visit.pk),
        starts_at=reservation.starts_at,
        ends_at=reservation.ends_at,
        summary=" · ".join(part for part in (_("Appointment"), who, spoken) if part),
        changed_at=_changed_at(reservation),
        sequence=visit.sequence,
        status=Status.CANCELLED if reservation.status == Reservation.Status.CANCELLED else Status.CONFIRMED,
        zone=visit.place.zone,
        location=_where(visit.place),
        position=(visit.place.latitude, visit.place.longitude),
        url=page_of(visit.pk),
    )


def _gone(time: Reservation) -> Event:
    """An appointment that is somebody else's now."""
    visit = time.former_of
    assert visit is not None  # noqa: S101 (by the query)
    return Event(
        uid=_uid(visit.pk),
        starts_at=time.starts_at,
        ends_at=time.ends_at,
        summary=_("Appointment"),
        changed_at=_changed_at(visit.reservation),
        sequence=visit.sequence,
        status=Status.CANCELLED,
        zone=visit.place.zone,
    )
