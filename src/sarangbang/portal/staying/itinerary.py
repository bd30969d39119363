"""What the stay page shows, put together: days, promises, what comes next, what may be changed until when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entries import entries_for
from sarangbang.concierge.proposals.agreeing import open_questions
from sarangbang.directory import queries as directory
from sarangbang.directory.models import Place
from sarangbang.people.links import token_of
from sarangbang.scheduling.models import Appointment, Reservation, WaitingEntry, WaitingOffer
from sarangbang.scheduling.queries import cut_offs
from sarangbang.scheduling.waiting import queries as waiting_queries
from sarangbang.stays import queries
from sarangbang.stays.entries import entries_of, name_of, spot_of
from sarangbang.stays.itinerary import Entry, Spot, State, days, next_entry
from sarangbang.stays.models import Flight, Stay
from sarangbang.stays.promises import Said
from sarangbang.stays.rules import may_change
from sarangbang.ui.context import Link

TAGS = {
    State.AGREED: "ok", State.DONE: "ok", State.UNDER_WAY: "ok", State.WAITING: "wait", State.REFUSED: "bad",
    State.MISSED: "bad", State.CANCELLED: "",
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One entry with what was promised about it and what can be done with it. ``visit`` is the appointment of an entry
    that is one, ``appointment`` only while something can be done with it."""

    entry: Entry
    said: list[Said]
    appointment: Appointment | None = None
    visit: Appointment | None = None
    free_until: dt.datetime | None = None
    may_change: bool = False
    ask_interpreter: bool = False

    @property
    def step(self) -> str:
        """Which visit of a treatment it is, when it takes several."""
        return str(self.visit.step.get_kind_display()) if self.visit is not None and self.visit.step is not None else ""

    @property
    def tag(self) -> str:
        return TAGS[self.entry.state]

    @property
    def is_gone(self) -> bool:
        return self.entry.state in (State.CANCELLED, State.REFUSED)

    @property
    def job(self) -> tuple[str, str] | None:
        """Service and id, if this is a car or an interpreter that the guest can still call off."""
        service, _colon, job_id = self.entry.uid.partition(":")
        live = self.entry.state in (State.AGREED, State.WAITING)
        return (service, job_id) if service in ("ride", "interpreting") and live else None


def _named(said: list[Said], appointment: Appointment | None) -> list[Said]:
    """Promises are kept with the institution's Latin name; a reader of Korean sees the Korean one."""
    if appointment is None:
        return said
    latin, name = appointment.institution.name_latin, name_of(appointment.institution)
    return [replace(each, by=name) if each.by == latin else each for each in said]


@dataclass(slots=True)
class DayOfStay:
    date: dt.date
    number: int | None
    lines: list[Line]
    is_today: bool
    is_past: bool


@dataclass(slots=True)
class Ask:
    """Something the guest may want to tell us next."""

    question: str
    action: str
    url: str


@dataclass(slots=True)
class Wait:
    """A wait for a time, what is offered for it now, and the address of its own page."""

    entry: WaitingEntry
    offer: WaitingOffer | None
    url: str


@dataclass
class StayPage:
    """A stay as its guest sees it. Reads everything once, in a constant number of queries."""

    stay: Stay
    token: str
    now: dt.datetime = field(default_factory=timezone.now)

    @cached_property
    def appointments(self) -> list[Appointment]:
        return list(queries.appointments_of(self.stay))

    @cached_property
    def flights(self) -> list[Flight]:
        return list(queries.flights_of(self.stay))

    @cached_property
    def entries(self) -> list[Entry]:
        return entries_of(self.appointments, self.flights) + list(entries_for(self.stay))

    @cached_property
    def _said(self) -> dict[str, list[Said]]:
        return queries.promises_of(self.stay, self.now)

    @cached_property
    def waiting(self) -> list[Wait]:
        """What the guest waits for."""
        found = []
        for entry in queries.waiting_in(self.stay):
            link = waiting_queries.link_to(entry)
            if link is not None:
                url = reverse("portal:waiting", args=[token_of(link)])
                found.append(Wait(entry, waiting_queries.open_offer(entry), url))
        return found

    @cached_property
    def lines(self) -> dict[str, Line]:
        appointments = {f"appointment:{one.pk}": one for one in self.appointments}
        interpreted, until = self._interpreted, cut_offs(self.appointments)
        lines = {}
        for entry in self.entries:
            appointment = appointments.get(entry.uid)
            line = Line(entry, _named(self._said.get(entry.uid, []), appointment), visit=appointment)
            if appointment is not None and entry.state is State.AGREED and entry.starts_at > self.now:
                line.appointment = appointment
                line.free_until = until[appointment.pk]
                line.may_change = may_change(appointment, self.now, until[appointment.pk])
                line.ask_interpreter = self._needs_interpreter and appointment.pk not in interpreted
            lines[entry.uid] = line
        return lines

    @property
    def days(self) -> list[DayOfStay]:
        today = timezone.localdate(self.now, directory.KOREA)
        return [
            DayOfStay(
                day.date,
                day.number,
                [self.lines[entry.uid] for entry in day.entries],
                is_today=day.date == today,
                is_past=day.date < today,
            )
            for day in days(self.entries, arrives_on=self.stay.arrives_on)
        ]

    @property
    def other_promises(self) -> list[Said]:
        """Promises that belong to no line of the itinerary."""
        return [said for subject, group in self._said.items() if subject not in self.lines for said in group]

    @cached_property
    def next(self) -> Line | None:
        entry = next_entry(self.entries, self.now)
        return self.lines[entry.uid] if entry is not None else None

    @property
    def travellers(self) -> int:
        return self.stay.companions + 1

    @cached_property
    def coming(self) -> list[Appointment]:
        """Appointments that are booked and still ahead."""
        booked = Reservation.Status.BOOKED
        return [
            one
            for one in self.appointments
            if one.reservation.status == booked and one.reservation.starts_at > self.now
        ]

    @property
    def asks(self) -> list[Ask]:
        """What we would like to know, most pressing first."""
        asks = []
        if open_questions("guest", [self.stay.guest_id]):
            url = reverse("concierge:agree", args=[self.token])
            asks.append(Ask(_("A change is proposed: do you agree?"), _("Look and answer"), url))
        travels = any(one.mode == Appointment.Mode.ON_SITE for one in self.coming)
        if travels and self._flight("arrival") is None:
            url = reverse("portal:ride", args=[self.token, "arrival"])
            asks.append(Ask(_("When do you land? A car can fetch you."), _("Ask for a car"), url))
        without = [line for line in self.lines.values() if line.ask_interpreter and line.appointment]
        if without and without[0].appointment is not None:
            url = reverse("portal:interpreter", args=[self.token, without[0].appointment.pk])
            asks.append(Ask(_("Shall an interpreter be with you?"), _("Ask for an interpreter"), url))
        if travels and not asks and self._flight("departure") is None:
            url = reverse("portal:ride", args=[self.token, "departure"])
            asks.append(Ask(_("When do you fly home? A car can bring you."), _("Ask for a car back"), url))
        return asks

    @cached_property
    def missed(self) -> list[Line]:
        """Appointments that the flights, as they were told, make impossible."""
        landing, home = self._flight("arrival"), self._flight("departure")
        return [
            self.lines[f"appointment:{one.pk}"]
            for one in self.coming
            if one.mode == Appointment.Mode.ON_SITE
            and (
                (landing is not None and one.reservation.starts_at < landing.scheduled_at)
                or (home is not None and one.reservation.ends_at > home.scheduled_at)
            )
        ]

    @property
    def may_ask(self) -> bool:
        """Cars and interpreters come with an appointment that is still ahead."""
        return bool(self.coming)

    def _flight(self, direction: str) -> Flight | None:
        return next((flight for flight in self.flights if flight.direction == direction), None)

    @property
    def _needs_interpreter(self) -> bool:
        return self.stay.guest.language != "ko"

    @cached_property
    def _interpreted(self) -> set[object]:
        """Appointments for which an interpreter was asked for and not called off."""
        asked = self.stay.interpretings.exclude(status__in=lifecycle.OFF)
        return set(asked.values_list("appointment", flat=True))

    @cached_property
    def center(self) -> Place | None:
        return directory.center()

    @cached_property
    def spots(self) -> list[Spot]:
        """Places of the stay that are still of use, the next one first, each once; the Center last."""
        ahead = sorted((entry for entry in self.entries if not entry.state.is_over), key=lambda entry: entry.starts_at)
        upcoming = [entry for entry in ahead if (entry.ends_at or entry.starts_at) >= self.now] or ahead
        found = [spot for entry in upcoming for spot in (entry.spot, entry.to) if spot is not None]
        found += [spot_of(place) for place in (self.stay.hotel, self.center) if place is not None]
        return list({spot.code: spot for spot in reversed(found)}.values())[::-1]

    def bottom_nav(self, current: str) -> list[Link]:
        """The phone's bottom bar."""
        entries = [
            ("stay", _("My stay"), "calendar-days"),
            ("card", _("Show this card"), "contact"),
            ("stay_privacy", _("My data"), "shield"),
        ]
        return [
            Link(label, reverse(f"portal:{name}", args=[self.token]), icon=icon, current=name == current)
            for name, label, icon in entries
        ]
