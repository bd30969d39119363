"""A driver's or interpreter's page, put together. A driver is told names and places, never medicine: the institution is
named as a destination only. An interpreter is told place, time, field and language; what a phone keeps to be read
without a connection (``is_kept``) leaves the field out, and the notes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID, uuid4

from django.urls import reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy

from sarangbang.concierge import lifecycle, queries, wording
from sarangbang.concierge.actions.tapping import EARLIEST, no_show_from
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.ledger import hours, metering
from sarangbang.concierge.models import (
    Driver,
    FlightReport,
    Interpreter,
    Interpreting,
    Job,
    JobOffer,
    Ride,
    ServiceStatus,
    SessionNote,
    Tap,
)
from sarangbang.concierge.proposals import agreeing
from sarangbang.directory.maps import MapLink, links
from sarangbang.directory.models import Place

from . import queries as crew_queries
from .endings import endings

DAY = dt.timedelta(days=1)
SMALL_HOURS = dt.timedelta(hours=4)
"""A job that begins so soon after midnight belongs to the working day before it."""

NOT_MET = (ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY)

BUTTONS: dict[str, Lazy | str] = {
    "on_the_way": gettext_lazy("I am on the way"),
    "at_place": gettext_lazy("I am at the meeting point"),
    "met": gettext_lazy("I have met the guest"),
    "dropped": gettext_lazy("I have dropped off the guest"),
    "told": gettext_lazy("The guest knows what is free and who pays"),
    "started": gettext_lazy("The visit has begun"),
    "finished": gettext_lazy("The visit is over"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """One word that can be tapped. ``said_at`` is when it was, by the phone's clock. One that ``is_shut`` waits for the
    word before it: nothing starts before the guest knows what it costs."""

    word: str
    label: str
    said_at: dt.datetime | None
    is_next: bool
    is_shut: bool = False


@dataclass
class CrewJob:
    """One job on the crew's page."""

    job: Job
    token: str
    now: dt.datetime
    actor: str
    is_next: bool = False
    is_kept: bool = False
    notes_around: list[SessionNote] = field(default_factory=list)

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
        return self.job.status in NOT_MET

    @property
    def place(self) -> Place:
        return self.job.origin if isinstance(self.job, Ride) else self.job.place

    @property
    def to(self) -> Place | None:
        return self.job.destination if isinstance(self.job, Ride) else None

    @cached_property
    def last_report(self) -> FlightReport | None:
        """What the flight feed said last of this ride's arrival."""
        flight = self.job.flight if isinstance(self.job, Ride) else None
        reports = [report for report in flight.reports.all() if not report.doubt] if flight else []
        return reports[-1] if reports else None

    @property
    def flight_state(self) -> str:
        """The state of the flight in words; empty when nothing was said of it."""
        return str(wording.FLIGHT_STATES.get(self.last_report.state, "")) if self.last_report else ""

    @cached_property
    def maps(self) -> list[MapLink]:
        """Where to go now: to the meeting point, and once the guest is in the car, to the destination."""
        met = self.job.status == ServiceStatus.MET
        return links(self.to if met and self.to else self.place)

    @cached_property
    def _said(self) -> dict[str, Tap]:
        return {tap.word: tap for tap in self.job.taps.all() if tap.actor == self.actor}

    @cached_property
    def buttons(self) -> list[Button]:
        said, words = self._said, lifecycle.WORDS[self.job.service]
        last = max((words.index(word) for word in said if word in words), default=-1)
        return [
            Button(
                word, str(BUTTONS[word]), said[word].tapped_at if word in said else None, number == last + 1,
                word == metering.STARTED and metering.TOLD not in said,
            )
            for number, word in enumerate(words)
        ]  # fmt: skip

    @property
    def said(self) -> list[Button]:
        return [button for button in self.buttons if button.said_at is not None]

    @property
    def unsaid(self) -> list[Button]:
        """What can still be tapped, the next word first. A word that was leapt over is not asked for any more."""
        words = list(self.buttons)
        while words and not words[0].is_next:
            words.pop(0)
        return words

    # Waiting, and the guest who does not come

    @cached_property
    def waited(self) -> metering.Interval | None:
        """The wait of this crew for the guest; it runs while nobody was met."""
        now = self.now if self.job.status in NOT_MET else None
        own = [each for each in metering.waits(self._events, now) if each.actor == self.actor]
        return own[0] if own else None

    @property
    def waited_minutes(self) -> int:
        return metering.whole_minutes([(self.waited.starts_at, self.waited.ends_at or self.now)]) if self.waited else 0

    @property
    def is_waiting(self) -> bool:
        return self.waited is not None and self.job.status in NOT_MET

    @property
    def no_show_at(self) -> dt.datetime | None:
        """When the crew reported that the guest has not come."""
        said = self._said.get(lifecycle.NO_SHOW)
        return said.tapped_at if said else None

    @property
    def no_show_from(self) -> dt.datetime:
        arrived = self._said.get(Tap.Word.AT_PLACE)
        return no_show_from(self.job, arrived.tapped_at if arrived else None)

    @property
    def can_miss_guest(self) -> bool:
        """Whether the page offers to report it: from the planned start on, or once the crew is there."""
        return self.job.status in NOT_MET and (self.is_waiting or self.now >= self.job.starts_at)

    # The meter of an interpreting

    @cached_property
    def _events(self) -> list[metering.Event]:
        return hours.events_about(self.job)

    @cached_property
    def meter(self) -> metering.Meter | None:
        if not isinstance(self.job, Interpreting):
            return None
        return metering.meter(self._events, hours.free_time(self.job), self.now)

    @property
    def started_at(self) -> dt.datetime | None:
        """Since when the meter runs; None when it does not."""
        running = [each for each in metering.intervals(self._events) if each.ends_at is None]
        has_begun = metering.STARTED in self._said
        return running[0].starts_at if running and has_begun and self.meter else None

    @property
    def free_minutes(self) -> int:
        return hours.free_time(self.job) // metering.MINUTE if isinstance(self.job, Interpreting) else 0

    @property
    def payer(self) -> str:
        """Who pays beyond the free time, as a sentence."""
        code = hours.payer(self.job) if isinstance(self.job, Interpreting) else ""
        return str(wording.PAYERS.get(code, ""))

    @property
    def notes(self) -> list[SessionNote]:
        """What this interpreter wrote down about the job."""
        return [note for note in self.notes_around if note.interpreting_id == self.job.pk and note.actor == self.actor]

    @property
    def handed_over(self) -> list[SessionNote]:
        """What other interpreters of the same stay wrote for the next one."""
        return [
            note
            for note in self.notes_around
            if note.kind == SessionNote.Kind.HAND_OVER
            and note.interpreting.stay_id == self.job.stay_id
            and note.actor != self.actor
        ]

    @property
    def has_taught_back(self) -> bool:
        return any(note.kind == SessionNote.Kind.TEACH_BACK for note in self.notes)

    @property
    def note_key(self) -> UUID:
        """A key for a note that is sent without JavaScript; sent twice it is one note."""
        return uuid4()

    @property
    def board_url(self) -> str:
        name = "concierge:board" if self.is_ride else "concierge:interpreter_board"
        return reverse(name, args=[self.token, self.job.pk])

    @property
    def terms_url(self) -> str:
        """What is free and who pays, for the guest to read; only an interpreting has it."""
        return "" if self.is_ride else reverse("concierge:interpreter_terms", args=[self.token, self.job.pk])

    @property
    def phrases_url(self) -> str:
        name = "concierge:driver_phrases" if self.is_ride else "concierge:interpreter_phrases"
        return reverse(name, args=[self.token, self.job.pk])


@dataclass
class CrewPage:
    """The next jobs of today and tomorrow, by day; ``is_kept`` is the page that the phone keeps."""

    person: Driver | Interpreter
    token: str
    now: dt.datetime
    is_kept: bool = False

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
            CrewJob(job, self.token, self.now, self.person.actor, is_kept=self.is_kept)
            for job in queries.next_jobs(self.person, self.now, until)
        ]
        for job in found:
            if not job.is_over:
                job.is_next = True
                break
        if isinstance(self.person, Interpreter) and not self.is_kept:
            notes = crew_queries.notes_around(item.job for item in found)
            for item in found:
                item.notes_around = notes
        return found

    @property
    def open_jobs(self) -> list[CrewJob]:
        return [job for job in self.jobs if not job.is_over]

    @property
    def done_jobs(self) -> list[CrewJob]:
        return [job for job in self.jobs if job.is_over]

    @property
    def next_job(self) -> CrewJob | None:
        """The job whose next word stands at the bottom, under the thumb."""
        return next((job for job in self.jobs if job.is_next), None)

    @cached_property
    def offers(self) -> list[JobOffer]:
        """Jobs that wait for an answer of this interpreter."""
        return crew_queries.offers_to(self.person, self.now) if isinstance(self.person, Interpreter) else []

    @property
    def questions(self) -> int:
        """How many proposals wait for this interpreter's word."""
        if self.is_kept or not isinstance(self.person, Interpreter):
            return 0
        return len(agreeing.open_questions("interpreter", [self.person.pk]))

    @property
    def endings(self) -> list[str]:
        """That the appointment or the certificate ends soon, or has ended."""
        return endings(self.person, self.today) if isinstance(self.person, Interpreter) else []

    # What the phone keeps

    @property
    def kept_until(self) -> dt.datetime:
        """When the phone throws away what it kept: at the end of the Korean day, or of the night's work."""
        midnight = dt.datetime.combine(self.today, dt.time(), tzinfo=SEOUL) + DAY
        of_today = [item.job.ends_at for item in self.open_jobs if item.job.starts_at < midnight + SMALL_HOURS]
        return max([midnight, *(ends_at + metering.MINUTE * 60 for ends_at in of_today)])

    @property
    def kept_urls(self) -> str:
        """The pages of today's and tomorrow's jobs that must open without a connection."""
        return " ".join(url for item in self.open_jobs for url in (item.board_url, item.phrases_url, item.terms_url))
