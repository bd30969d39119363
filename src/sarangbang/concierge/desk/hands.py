"""What a coordinator reads of a job: what it is, what is missing or wrong, until when, and where to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle, wording
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import FlightReport, Ride, ServiceStatus
from sarangbang.directory.travel import Point
from sarangbang.stays.models import Promise
from sarangbang.ui import locales

from . import lateness


@dataclass
class DeskJob:
    """One ride or interpreting of the day, as the desk shows it. ``trouble`` are sentences: why it will be late."""

    service: str
    row: Mapping[str, Any]
    trouble: list[str] = field(default_factory=list)
    place: str = ""

    @property
    def pk(self) -> UUID:
        return self.row["pk"]

    @property
    def starts_at(self) -> dt.datetime:
        return self.row["starts_at"]

    @property
    def ends_at(self) -> dt.datetime:
        return self.row["ends_at"]

    @property
    def status(self) -> str:
        return self.row["status"]

    @property
    def said(self) -> str:
        return str(ServiceStatus(self.status).label)

    @property
    def guest(self) -> str:
        """The name as the guest writes it."""
        return self.row["guest_name"]

    @property
    def latin(self) -> str:
        """The name in Latin letters; empty when it is written so anyway."""
        return _other(self.row["guest_latin"], self.guest)

    @cached_property
    def url(self) -> str:
        return reverse(f"concierge:{self.service}", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in lifecycle.UNASSIGNED

    @property
    def css(self) -> str:
        """Solid: agreed. Hatched: asked. Red edge: late. Grey: done."""
        if self.trouble:
            return "late"
        if self.is_open:
            return "asked"
        return "done" if self.status == ServiceStatus.FINISHED else ""

    def _read(self, name: str) -> str:
        """A name that the reader can read: Hangul on a Korean page, Latin elsewhere."""
        return self.row[f"{name}_name"] if get_language() == "ko" else self.row[f"{name}_latin"]

    @property
    def where(self) -> str:
        """Short: where to."""
        return self._read("to")

    @property
    def what(self) -> str:
        """The job in a few words."""
        if self.service == "interpreting":
            name = locales.language_name(self.row["language"], _code())
            return _("Interpreter: %(language)s") % {"language": name}
        if self.row["flight_number"]:
            words = {"kind": Ride.Kind(self.row["kind"]).label, "flight": self.row["flight_number"]}
            return _("%(kind)s, flight %(flight)s") % words
        return str(Ride.Kind(self.row["kind"]).label)

    @property
    def size(self) -> list[str]:
        """What decides which car is large enough, in words."""
        if self.service != "ride":
            return []
        said = [_("Travellers: %(number)s") % {"number": locales.number(self.row["party"], _code())}]
        if self.row["wheelchairs"]:
            said.append(_("Wheelchairs: %(number)s") % {"number": locales.number(self.row["wheelchairs"], _code())})
        return said

    @property
    def crew(self) -> str:
        """Car or interpreter; empty while nobody is assigned."""
        if self.row["crew"] is None:
            return ""
        return self._read("crew")

    def planned(self) -> fitting.Job:
        row = self.row
        return fitting.Job(
            key=str(self.pk),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            origin=Point(row["from_lat"], row["from_lon"]),
            destination=Point(row["to_lat"], row["to_lon"]),
            leaves_at=row["leaves_at"] or self.starts_at,
        )


TROUBLE: dict[str, Lazy | str] = {
    lateness.LANDED: gettext_lazy("The flight has landed; the driver has not said that they are on the way."),
    lateness.NOT_BEGUN: gettext_lazy("It should have begun; the crew has not reported."),
    lateness.NOT_MET: gettext_lazy("On the way, but not met in time."),
    lateness.NO_VISIT: gettext_lazy("No appointment is left in this stay: is it still wanted?"),
    lateness.CONFLICT: gettext_lazy("The job before ends at %(time)s, %(way)s away: both cannot be kept."),
}


def trouble(code: str, *, ends_at: dt.datetime | None = None, minutes: int = 0) -> str:
    """What is wrong about a job, as a sentence; a conflict names when the job before ends and how far away."""
    if ends_at is None:
        return str(TROUBLE[code])
    return str(TROUBLE[code]) % {"time": locales.clock(ends_at), "way": locales.duration(minutes, _code())}


MISSED, OVERDUE, LATE, AHEAD = range(4)
"""How pressing something is: a guest will miss an appointment; its time has passed; it is late or will be; the rest."""


@dataclass(slots=True)
class Hand:
    """Something that needs a hand: until when, what, for whom, why, and where to mend it."""

    at: dt.datetime
    title: str
    guest: str
    latin: str
    said: str
    url: str
    action: str
    rank: int

    @property
    def is_late(self) -> bool:
        return self.rank < AHEAD

    @property
    def order(self) -> tuple[int, dt.datetime, str]:
        """The most pressing first, then by the time until which something must happen."""
        return self.rank, self.at, self.url


@dataclass(frozen=True, slots=True)
class Group:
    """What needs the same kind of hand."""

    key: str
    title: str
    hands: list[Hand]


def open_hand(job: DeskJob, now: dt.datetime, given_back: str | None, offered: str = "") -> Hand:
    """A job that nobody has yet. ``given_back`` is what a crew said that cannot come, None if none said so;
    ``offered`` says who is being asked."""
    said = [job.where, *job.size]
    answer_by = job.row["answer_by"] if job.status == ServiceStatus.WAITING else None
    until = open_until(job.status, job.starts_at, answer_by)
    if until != job.starts_at:
        said.insert(0, locales.clock(job.starts_at))
    if given_back is not None:
        said.append(wording.cannot_come(given_back))
    if offered:
        said.append(offered)
    if answer_by is not None:
        said.append(_until(answer_by, job.starts_at))
    return Hand(
        at=until,
        title=job.what,
        guest=job.guest,
        latin=job.latin,
        said=" · ".join([*said, *job.trouble]),
        url=job.url,
        action=_("Assign"),
        rank=open_rank(until, now, is_late=bool(job.trouble) or given_back is not None),
    )


def open_until(status: str, starts_at: dt.datetime, answer_by: dt.datetime | None) -> dt.datetime:
    """Until when a job that nobody has needs somebody, or the guest an answer."""
    return min(starts_at, answer_by) if answer_by and status == ServiceStatus.WAITING else starts_at


def open_rank(until: dt.datetime, now: dt.datetime, *, is_late: bool) -> int:
    """How pressing a job is that nobody has."""
    return OVERDUE if until <= now else LATE if is_late else AHEAD


def late_rank(starts_at: dt.datetime, now: dt.datetime) -> int:
    """How pressing a job is whose crew is late or will be."""
    return OVERDUE if starts_at <= now else LATE


def late_hand(job: DeskJob, now: dt.datetime) -> Hand:
    """A job whose crew is late or will be."""
    return Hand(
        at=job.starts_at,
        title=job.what,
        guest=job.guest,
        latin=job.latin,
        said=" · ".join([*job.trouble, job.crew] if job.crew else job.trouble),
        url=job.url,
        action=_("Mend"),
        rank=late_rank(job.starts_at, now),
    )


def flight_hand(question: FlightReport, now: dt.datetime) -> Hand:
    """A flight that the feed does not make sense of. Nothing has moved."""
    flight = question.flight
    guest = flight.stay.guest
    said = [str(wording.FLIGHT_DOUBTS.get(question.doubt, question.doubt)), _("Nothing has been moved.")]
    if question.estimated_at is not None:
        said.insert(1, _("It says: %(time)s.") % {"time": locales.moment(question.estimated_at, _code())})
    return Hand(
        at=flight.goes_at,
        title=_("Flight %(number)s") % {"number": flight.number},
        guest=guest.name,
        latin=_other(guest.name_latin, guest.name),
        said=" · ".join(said),
        url=reverse("concierge:flight", args=[flight.pk]),
        action=_("Answer"),
        rank=LATE if flight.goes_at - now < dt.timedelta(hours=2) else AHEAD,
    )


def missed_hand(row: Mapping[str, Any]) -> Hand:
    """A guest whose flight is too late for an appointment: ride, interpreter and clinic hour are mended together."""
    day = row["visit_at"].astimezone(SEOUL).date().isoformat()
    about = urlencode({"day": day, "kind": "flight_delay", "subject": f"flight:{row['flight']}"})
    words = {"arrival": locales.clock(row["arrives_at"]), "visit": locales.clock(row["visit_at"])}
    return Hand(
        at=row["visit_at"],
        title=_("Flight %(number)s") % {"number": row["number"]},
        guest=row["guest_name"],
        latin=_other(row["guest_latin"], row["guest_name"]),
        said=_("In town at %(arrival)s, but the appointment is at %(visit)s.") % words,
        url=f"{reverse('concierge:mend')}?{about}",
        action=_("Mend"),
        rank=MISSED,
    )


def answer_hand(promise: Promise, due_at: dt.datetime, row: Mapping[str, Any] | None, now: dt.datetime) -> Hand:
    """An answer about another day that is due. ``row`` is the job it is about, if it is about one."""
    job = DeskJob(promise.subject.partition(":")[0], row) if row else None
    said = [_until(due_at, now)]
    if job is not None:
        said = [locales.moment(job.starts_at, _code()), job.where, *job.size, *said]
    guest = promise.stay.guest
    return Hand(
        at=due_at,
        title=job.what if job else _("Answer promised"),
        guest=guest.name,
        latin=_other(guest.name_latin, guest.name),
        said=" · ".join(said),
        url=job.url if job else "",
        action=_("Answer"),
        rank=OVERDUE if due_at <= now else AHEAD,
    )


def _until(moment: dt.datetime, day: dt.datetime) -> str:
    """Until when an answer is promised: the clock, with the day when it is another one than that of ``day``."""
    same = moment.astimezone(SEOUL).date() == day.astimezone(SEOUL).date()
    said = locales.clock(moment) if same else locales.moment(moment, _code())
    return _("Answer promised by %(time)s.") % {"time": said}


def _other(latin: str, name: str) -> str:
    return "" if latin == name else latin


def _code() -> str:
    return get_language() or "en"
