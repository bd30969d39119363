"""One ride or interpreting at the desk, put together: facts, history, who fits best, and why others do not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle, queries, wording
from sarangbang.concierge.actions.assigning import undoable
from sarangbang.concierge.choosing import fitting, helping
from sarangbang.concierge.choosing.crewing import everyone_for, fit_of, fits_of, one_for
from sarangbang.concierge.crew import queries as crew_queries
from sarangbang.concierge.ledger import hours
from sarangbang.concierge.ledger.metering import Event, Meter, meter, waiting_minutes
from sarangbang.concierge.models import (
    Crew,
    Interpreter,
    Interpreting,
    Job,
    JobOffer,
    Ride,
    ServiceStatus,
    ServiceStep,
    SessionNote,
    Tap,
    Vehicle,
)
from sarangbang.stays.promises import Said
from sarangbang.stays.queries import promises_of

MOST_SHOWN = 12
KEPT = frozenset({"kept", "offered"})
"""What speaks against somebody whose time a visit keeps."""


def crew_name(crew: Crew) -> str:
    """A car by model and plate, an interpreter by name, as the reader can read it."""
    if isinstance(crew, Vehicle):
        return f"{crew.model} {crew.plate}"
    return crew.name if get_language() == "ko" else crew.name_latin


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who could do it, with the reasons in words."""

    crew: Crew
    name: str
    note: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step of the history in words."""

    step: ServiceStep
    said: str
    who: str
    crew: str
    reason: str
    is_taken_back: bool


@dataclass
class JobPage:
    """What the page of a job shows. Reads everything once, in a constant number of queries."""

    job: Job
    now: dt.datetime

    @property
    def is_ride(self) -> bool:
        return isinstance(self.job, Ride)

    @property
    def title(self) -> str:
        if isinstance(self.job, Ride):
            return str(self.job.get_kind_display())
        return _("Interpreter")

    @property
    def crew(self) -> str:
        return crew_name(self.job.crew) if self.job.crew is not None else ""

    @cached_property
    def _fits(self) -> list[tuple[Crew, fitting.Fit]]:
        if self.job.status not in lifecycle.LIVE - {lifecycle.MET}:
            return []
        crews = [crew for crew in everyone_for(self.job) if crew != self.job.crew]
        fits = fits_of(self.job, crews)
        return [(crew, fits[str(crew.pk)]) for crew in crews]

    @cached_property
    def _chosen(self) -> list[fitting.Fit]:
        return fitting.best_first(fit for _crew, fit in self._fits)

    @property
    def choices(self) -> list[Choice]:
        """Those who really fit, best first."""
        by_key = {fit.key: crew for crew, fit in self._fits}
        return [self._choice(by_key[fit.key], fit) for fit in self._chosen[:MOST_SHOWN]]

    @staticmethod
    def _choice(crew: Crew, fit: fitting.Fit) -> Choice:
        note = crew.driver.name_latin if isinstance(crew, Vehicle) else ""
        if isinstance(crew, Vehicle) and get_language() == "ko":
            note = crew.driver.name
        return Choice(crew, crew_name(crew), note, [wording.speaks_for(reason) for reason in fit.reasons])

    @property
    def needing_reason(self) -> list[Choice]:
        """Those who would fit if a coordinator says why what speaks against them is set aside, and what that is."""
        fits = sorted((each for each in self._fits if each[1].needs_reason), key=lambda each: each[1].order)
        return [
            Choice(crew, crew_name(crew), "", [wording.speaks_against(reason) for reason in fit.against])
            for crew, fit in fits[:MOST_SHOWN]
        ]

    @property
    def more_count(self) -> int:
        """How many fit beyond those shown."""
        return max(0, len(self._chosen) - MOST_SHOWN)

    @property
    def counts(self) -> list[str]:
        """Why the others do not fit, counted."""
        return [wording.count(each) for each in helping.why_not(fit for _crew, fit in self._fits)]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Interpreters who would fit if a visit or an offer did not keep their time: name and why."""
        kept = [(crew, fit.against) for crew, fit in self._fits if {each.code for each in fit.against} <= KEPT]
        found = [(crew_name(crew), wording.speaks_against(against[0])) for crew, against in kept if against]
        return sorted(found)[:MOST_SHOWN]

    @cached_property
    def present_trouble(self) -> list[str]:
        """What now speaks against who is assigned, if anything does."""
        if self.job.crew is None or self.job.status not in (ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY):
            return []
        crew = one_for(self.job, self.job.crew)
        if crew is None:
            return [_("no longer works here")]
        fit = fit_of(self.job, crew)
        return [wording.speaks_against(reason) for reason in fit.against]

    @cached_property
    def _steps(self) -> list[ServiceStep]:
        return queries.history(self.job)

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        """Who took the steps and wrote the notes."""
        return queries.names_of({step.actor for step in self._steps} | {note.actor for note in self._notes})

    @cached_property
    def history(self) -> list[PastStep]:
        return [self._past(step, self._names) for step in self._steps]

    @staticmethod
    def _past(step: ServiceStep, names: dict[str, tuple[str, str]]) -> PastStep:
        return PastStep(
            step=step,
            said=_("Taken back: %(status)s") % {"status": step.get_status_display()}
            if step.undoes_id
            else str(step.get_status_display()),
            who=actor_name(step.actor, names),
            crew=crew_name(step.crew) if step.crew else "",
            reason=wording.step_reason(step.reason),
            is_taken_back=hasattr(step, "undone_by"),
        )

    @cached_property
    def taps(self) -> list[Tap]:
        return queries.taps_of(self.job)

    @cached_property
    def promises(self) -> list[Said]:
        return promises_of(self.job.stay, self.now).get(self.job.subject, [])

    # Whom it was offered to, what interpreters wrote down, what the time came to

    @cached_property
    def offers(self) -> list[JobOffer]:
        return crew_queries.offers_of(self.job)

    @property
    def is_offered(self) -> bool:
        return any(each.answer == JobOffer.Answer.OPEN for each in self.offers)

    @property
    def can_offer(self) -> bool:
        return not self.is_ride and self.job.status in lifecycle.UNASSIGNED and not self.is_offered

    @cached_property
    def _notes(self) -> list[SessionNote]:
        return crew_queries.notes_of(self.job)

    @property
    def notes(self) -> list[tuple[str, SessionNote]]:
        """What interpreters wrote down, each with their name."""
        return [(actor_name(note.actor, self._names), note) for note in self._notes]

    @cached_property
    def _events(self) -> list[Event]:
        return hours.events_of(self.taps, self._steps)

    @cached_property
    def waited_minutes(self) -> int:
        """Minutes that the crew waited for the guest; it runs while they do."""
        return waiting_minutes(self._events, self.now if self.job.status == ServiceStatus.UNDER_WAY else None)

    @cached_property
    def meter(self) -> Meter | None:
        if not isinstance(self.job, Interpreting):
            return None
        return meter(self._events, hours.free_time(self.job), self.now)

    # What can be done now

    @cached_property
    def can_undo(self) -> bool:
        return undoable(self.job) is not None

    @property
    def can_grant(self) -> bool:
        return self.job.status == ServiceStatus.WAITING

    @property
    def can_decline(self) -> bool:
        return lifecycle.may_move(self.job.status, ServiceStatus.DECLINED)

    @property
    def can_cancel(self) -> bool:
        return lifecycle.may_move(self.job.status, ServiceStatus.CANCELLED)

    @property
    def can_unassign(self) -> bool:
        return self.job.crew is not None and lifecycle.may_move(self.job.status, ServiceStatus.GRANTED)

    @property
    def can_lock(self) -> bool:
        return self.job.locked_at is None and self.job.status in lifecycle.LIVE

    @property
    def can_move(self) -> bool:
        return self.job.status in lifecycle.LIVE - {lifecycle.MET} and self.job.locked_at is None

    @cached_property
    def everyone(self) -> list[tuple[str, str]]:
        """Key and name of everybody the job can be moved to, who has it now first."""
        named = [(str(crew.pk), crew_name(crew)) for crew, _fit in self._fits]
        now = [(str(self.job.crew.pk), self.crew)] if self.job.crew is not None else []
        return [*now, *sorted(named, key=lambda item: item[1])]

    @property
    def locked_by(self) -> str:
        return actor_name(self.job.locked_by, queries.names_of([self.job.locked_by])) if self.job.locked_by else ""

    @property
    def marks(self) -> list[ServiceStatus]:
        """What a coordinator can mark for the crew."""
        if self.job.crew is None:
            return []
        marks = (ServiceStatus.UNDER_WAY, ServiceStatus.MET, ServiceStatus.FINISHED)
        return [mark for mark in marks if lifecycle.may_move(self.job.status, mark)]


def actor_name(actor: str, names: dict[str, tuple[str, str]]) -> str:
    """Who did it, as the reader can read it."""
    if actor in names:
        name, latin = names[actor]
        return name if get_language() == "ko" else latin
    if actor.startswith("guest:"):
        return _("Guest")
    return _("Automatic") if actor == "system" else _("Staff")


def changed_sentence(step: ServiceStep | None) -> str:
    """That somebody was quicker: who, and what they did."""
    if step is None:
        return _("Somebody changed this at the same moment. The page shows the present state.")
    who = actor_name(step.actor, queries.names_of([step.actor]))
    words = {"who": who, "status": step.get_status_display(), "crew": crew_name(step.crew) if step.crew else ""}
    if step.crew:
        return _("%(who)s was quicker: %(status)s, %(crew)s.") % words
    return _("%(who)s was quicker: %(status)s.") % words


def crew_for(job: Job, key: str) -> Crew | None:
    """The car or interpreter that a form names, if it exists."""
    if isinstance(job, Ride):
        return Vehicle.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 12 else None
    names = (
        Interpreter.objects.filter(pk=key) if len(key) == 36 and queries.is_uuid(key) else Interpreter.objects.none()
    )
    return names.first()
