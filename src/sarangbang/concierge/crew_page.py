"""A driver's or interpreter's page, put together. A driver is told names and places, never medicine: the institution is
named as a destination only. An interpreter is told place, time, field and language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy

from sarangbang.directory.maps import MapLink, links
from sarangbang.directory.models import Place

from . import lifecycle, queries
from .actions.tapping import EARLIEST
from .entitlement import SEOUL
from .models import Driver, FlightReport, Interpreter, Job, Ride, ServiceStatus, Tap

DAY = dt.timedelta(days=1)

BUTTONS: dict[str, Lazy | str] = {
    "on_the_way": gettext_lazy("I am on the way"),
    "met": gettext_lazy("I have met the guest"),
    "dropped": gettext_lazy("I have dropped off the guest"),
    "started": gettext_lazy("The visit has begun"),
    "finished": gettext_lazy("The visit is over"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """One word that can be tapped. ``said_at`` is when it was, by the phone's clock."""

    word: str
    label: str
    said_at: dt.datetime | None
    is_next: bool


@dataclass
class CrewJob:
    """One job on the crew's page."""

    job: Job
    token: str
    now: dt.datetime
    actor: str
    is_next: bool = False

    @property
    def is_ride(self) -> bool:
        return isinstance(self.job, Ride)

    @property
    def is_over(self) -> bool:
        return self.job.status == ServiceStatus.FINISHED

    @property
    def is_open(self) -> bool:
        """Whether it can be tapped already."""
        return not self.is_over and self.now >= self.job.starts_at - EARLIEST

    @property
    def can_hand_back(self) -> bool:
        return self.job.status in (ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY)

    @property
    def place(self) -> Place:
        return self.job.origin if isinstance(self.job, Ride) else self.job.place

    @property
    def to(self) -> Place | None:
        return self.job.destination if isinstance(self.job, Ride) else None

    @property
    def last_report(self) -> FlightReport | None:
        """What the flight feed said last of this ride's arrival."""
        flight = self.job.flight if isinstance(self.job, Ride) else None
        reports = [report for report in flight.reports.all() if not report.doubt] if flight else []
        return reports[-1] if reports else None

    @cached_property
    def maps(self) -> list[MapLink]:
        """Where to go now: to the meeting point, and once the guest is in the car, to the destination."""
        met = self.job.status == ServiceStatus.MET
        return links(self.to if met and self.to else self.place)

    @cached_property
    def buttons(self) -> list[Button]:
        said: dict[str, Tap] = {tap.word: tap for tap in self.job.taps.all() if tap.actor == self.actor}
        words = lifecycle.WORDS[self.job.service]
        last = max((words.index(word) for word in said), default=-1)
        return [
            Button(word, str(BUTTONS[word]), said[word].tapped_at if word in said else None, number == last + 1)
            for number, word in enumerate(words)
        ]

    @property
    def board_url(self) -> str:
        name = "concierge:board" if self.is_ride else "concierge:interpreter_board"
        return reverse(name, args=[self.token, self.job.pk])

    @property
    def phrases_url(self) -> str:
        name = "concierge:driver_phrases" if self.is_ride else "concierge:interpreter_phrases"
        return reverse(name, args=[self.token, self.job.pk])


@dataclass
class CrewPage:
    """The next jobs of today and tomorrow, by day."""

    person: Driver | Interpreter
    token: str
    now: dt.datetime

    @property
    def is_driver(self) -> bool:
        return isinstance(self.person, Driver)

    @property
    def tap_url(self) -> str:
        name = "concierge:driver_tap" if self.is_driver else "concierge:interpreter_tap"
        return reverse(name, args=[self.token])

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(SEOUL).date()

    @cached_property
    def jobs(self) -> list[CrewJob]:
        until = dt.datetime.combine(self.today, dt.time(), tzinfo=SEOUL) + 2 * DAY
        found = [
            CrewJob(job, self.token, self.now, self.person.actor)
            for job in queries.next_jobs(self.person, self.now, until)
        ]
        for job in found:
            if not job.is_over:
                job.is_next = True
                break
        return found

    @property
    def open_jobs(self) -> list[CrewJob]:
        return [job for job in self.jobs if not job.is_over]

    @property
    def done_jobs(self) -> list[CrewJob]:
        return [job for job in self.jobs if job.is_over]
