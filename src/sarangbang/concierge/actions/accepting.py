"""A proposal is accepted once, as a whole or not at all, and can be taken back once, likewise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle
from sarangbang.concierge.days.daybook import Daybook, crew_key
from sarangbang.concierge.models import Crew, Job, Proposal, ProposedChange, ServiceStatus, ServiceStep
from sarangbang.concierge.proposals.agreeing import DESPITE_LENGTH, check_agreed
from sarangbang.directory.models import Practitioner
from sarangbang.people.actions import audit
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment
from sarangbang.stays import letters
from sarangbang.stays import queries as stays
from sarangbang.stays.actions import lock as lock_stay
from sarangbang.stays.rules import Overlaps, check_no_overlap

from . import following, telling
from .assigning import DoesNotFit
from .steps import Changed, MoveNotAllowed, last_step
from .turning import Turn, Turning, lock_crews, lock_jobs, reservations_of

REASONS = {Proposal.Kind.PLAN: lifecycle.PLANNED, Proposal.Kind.MEND: lifecycle.MENDED}
CROSSED = (
    Changed, DoesNotFit, MoveNotAllowed, Overlaps, scheduling.MoveNotAllowed, scheduling.NotBookable, scheduling.Taken,
)  # fmt: skip
"""What shows that the day is not any more the one that a proposal was made for."""


class Decided(Exception):
    """The proposal was decided already. ``proposal`` says how, by whom and when."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal.status)
        self.proposal = proposal


class Outdated(Changed):
    """The day has changed since the proposal was made; nothing was changed. ``change`` is the one that does not hold
    any more, ``step`` what somebody did to its job meanwhile (None: to an appointment or a crew), ``why`` the refusal
    behind it, if there is one."""

    def __init__(
        self, change: ProposedChange | None, step: ServiceStep | None = None, why: Exception | None = None
    ) -> None:
        super().__init__(step)
        self.change, self.why = change, why


class CannotUndo(Exception):
    """The proposal cannot be taken back as a whole, so nothing was. ``code`` is "not_accepted", "changed" (somebody did
    something since: ``step``), "taken" (a car, a person or a clinic hour has been given to somebody else) or "past".
    ``change`` is the one that stands in the way."""

    def __init__(
        self,
        code: str,
        change: ProposedChange | None = None,
        step: ServiceStep | None = None,
        why: Exception | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.change, self.step, self.why = code, change, step, why


def accept(proposal: Proposal, *, actor: str, reason: str | None = None, despite: str = "") -> Proposal:
    """Do everything that an open proposal says, in one transaction, and tell everybody once. ``despite`` is why it is
    done although not everybody who must has agreed.

    Raises ``NotAgreed`` when they have not and no such reason is given: then nothing has changed.
    Raises ``Decided`` when it was decided already (the same actor's second click changes nothing), ``Outdated`` when
    one of its jobs, appointments or crews is not any more as it was: then nothing has changed but the proposal, which
    is outdated.
    """
    try:
        return _accept(proposal, actor, reason, despite)
    except Outdated:
        _outdate(proposal, actor)
        raise
    except CROSSED as why:
        _outdate(proposal, actor)
        raise Outdated(None, why.step if isinstance(why, Changed) else None, why) from why


@transaction.atomic
def _accept(proposal: Proposal, actor: str, reason: str | None, despite: str) -> Proposal:
    found = locked_proposal(proposal)
    if found.status == Proposal.Status.ACCEPTED and found.decided_by == actor:
        return found
    if found.status != Proposal.Status.OPEN:
        raise Decided(found)
    lacking = check_agreed(found, despite)
    _Carrying.out(found, actor, _forwards(reason or REASONS[Proposal.Kind(found.kind)]))
    found.status, found.decided_at, found.decided_by = Proposal.Status.ACCEPTED, timezone.now(), actor
    found.despite = despite.strip()[:DESPITE_LENGTH] if lacking else ""
    found.save(update_fields=["status", "decided_at", "decided_by", "despite"])
    audit(actor, "accept_proposal", found, changes=found.changes.count(), not_agreed=len(lacking))
    return found


@transaction.atomic
def _outdate(proposal: Proposal, actor: str) -> None:
    found = locked_proposal(proposal)
    if found.status == Proposal.Status.OPEN:
        found.status, found.decided_at, found.decided_by = Proposal.Status.OUTDATED, timezone.now(), actor
        found.save(update_fields=["status", "decided_at", "decided_by"])


@transaction.atomic
def discard(proposal: Proposal, *, actor: str) -> Proposal:
    """Put an open proposal away. Discarding again changes nothing. Raises ``Decided``."""
    found = locked_proposal(proposal)
    if found.status in (Proposal.Status.DISCARDED, Proposal.Status.OUTDATED):
        return found
    if found.status != Proposal.Status.OPEN:
        raise Decided(found)
    found.status, found.decided_at, found.decided_by = Proposal.Status.DISCARDED, timezone.now(), actor
    found.save(update_fields=["status", "decided_at", "decided_by"])
    audit(actor, "discard_proposal", found)
    return found


def undo_proposal(proposal: Proposal, *, actor: str) -> Proposal:
    """Take an accepted proposal back: everything is as before, or nothing has changed. Once.

    Taking back again by the same actor changes nothing. Raises ``CannotUndo`` with the reason.
    """
    try:
        return _undo(proposal, actor)
    except Outdated as crossed:
        raise CannotUndo("changed", crossed.change, crossed.step) from crossed
    except CROSSED as why:
        raise CannotUndo("past" if _is_past(why) else "taken", why=why) from why


def _is_past(why: Exception) -> bool:
    return isinstance(why, scheduling.NotBookable) and why.code == "past"


@transaction.atomic
def _undo(proposal: Proposal, actor: str) -> Proposal:
    found = locked_proposal(proposal)
    if found.status == Proposal.Status.UNDONE and found.undone_by == actor:
        return found
    if found.status != Proposal.Status.ACCEPTED:
        raise CannotUndo("not_accepted")
    _Carrying.out(found, actor, _backwards)
    found.status, found.undone_at, found.undone_by = Proposal.Status.UNDONE, timezone.now(), actor
    found.save(update_fields=["status", "undone_at", "undone_by"])
    audit(actor, "undo_proposal", found)
    return found


def locked_proposal(proposal: Proposal) -> Proposal:
    """The proposal as it is now, locked until the end of the transaction."""
    return Proposal.objects.select_for_update().get(pk=proposal.pk)


@dataclass(frozen=True, slots=True)
class _Aim:
    """What a change makes of its thing, and which sequence the thing must have for it."""

    change: ProposedChange
    values: Mapping[str, Any]
    seen: int
    reason: str
    undoes: bool = False


def _forwards(reason: str) -> Callable[[ProposedChange], _Aim]:
    def aim(change: ProposedChange) -> _Aim:
        said = change.reason if change.reason in (lifecycle.MOVED, lifecycle.NO_SHOW) else reason
        return _Aim(change, change.after, change.seen, said)

    return aim


def _backwards(change: ProposedChange) -> _Aim:
    return _Aim(change, change.before, change.seen + 1, lifecycle.TAKEN_BACK, undoes=True)


@dataclass
class _Carrying:
    """All changes of a proposal at once, in either direction."""

    actor: str
    aims: Sequence[_Aim]
    day: dt.date

    @classmethod
    def out(cls, proposal: Proposal, actor: str, aim: Callable[[ProposedChange], _Aim]) -> None:
        changes = proposal.changes.select_related(
            "ride", "interpreting", "appointment__reservation", "appointment__stay_appointment__stay"
        )
        cls(actor, [aim(change) for change in changes], proposal.day).run()

    def run(self) -> None:
        self._lock()
        turns = [self._turn(aim) for aim in self.aims if aim.change.appointment_id is None]
        turning = Turning(turns, self.jobs, self.actor)
        with letters.held_back() as held:
            turning.settle()
            turning.give_back()
            self._move()
            self._check_overlaps()
            turning.take()
            turning.write_down()
        telling.tell_together(held)

    def _lock(self) -> None:
        """Everything that is touched, in the one order; then see whether it is as it was."""
        self.moves = [aim for aim in self.aims if aim.change.appointment_id is not None]
        for stay in sorted({_stay_of(aim) for aim in self.moves} - {None}, key=lambda stay: str(stay.pk)):
            lock_stay(stay)
        if self.moves:  # of who moves an appointment and who moves only its job, one waits here
            hanging = {aim.change.interpreting.appointment_id for aim in self.aims if aim.change.interpreting}
            reservations_of(sorted({aim.change.appointment_id for aim in self.moves} | hanging, key=str))
        book = Daybook.of(self.day)
        subjects = {_subject(aim.change) for aim in self.aims if aim.change.appointment_id is None}
        named = {str(aim.values["crew"]) for aim in self.aims if aim.values.get("crew")}
        former = {crew_key(job) for aim in self.aims if (job := _job(aim.change)) is not None} - {""}
        self.jobs = lock_jobs(subjects | book.assigned_to(named | former))
        self.crews: dict[str, Crew] = {**book.cars, **book.interpreters}
        people = {key for aim in self.moves for key in _people(aim)}
        lock_crews((self.crews.get(key) for key in named | former), people)
        visits = Appointment.objects.in_bulk([aim.change.appointment_id for aim in self.moves])
        for aim in self.aims:
            visit = visits.get(aim.change.appointment_id) if aim.change.appointment_id is not None else None
            self._check_seen(aim, visit)

    def _check_seen(self, aim: _Aim, visit: Appointment | None) -> None:
        change = aim.change
        if change.appointment_id is not None:
            if visit is None or visit.sequence != aim.seen:
                raise Outdated(change)
            return
        job = self.jobs.get(_subject(change))
        if job is None or job.sequence != aim.seen:
            raise Outdated(change, last_step(job) if job is not None else None)

    def _turn(self, aim: _Aim) -> Turn:
        job = self.jobs[_subject(aim.change)]
        values = aim.values
        crew: Crew | None = job.crew
        if "crew" in values:
            key = values["crew"]
            crew = self.crews.get(str(key)) if key else None
            if key and crew is None:
                raise DoesNotFit(None)
        nobodys = ServiceStatus.GRANTED if "crew" in values else job.status  # what only moves waits on for its answer
        status = values.get("status") or (ServiceStatus.ASSIGNED if crew is not None else nobodys)
        return Turn(
            job=job,
            crew=crew,
            starts_at=_instant(values.get("starts_at")) or job.starts_at,
            ends_at=_instant(values.get("ends_at")) or job.ends_at,
            status=status,
            reason=aim.reason,
            undoes=aim.undoes,
        )

    def _move(self) -> None:
        """Move the appointments by scheduling's own verb, all at once: two may exchange their hours, and no old one is
        given up before all the new ones are certain."""
        people = Practitioner.objects.in_bulk({UUID(key) for aim in self.moves for key in _people(aim)})
        shifts = []
        for aim in self.moves:
            appointment, starts_at = aim.change.appointment, _instant(aim.values.get("starts_at"))
            if appointment is None or starts_at is None:
                continue
            person = people.get(UUID(str(aim.values.get("practitioner") or appointment.practitioner_id)))
            if person is None:
                raise Outdated(aim.change)
            shifts.append(scheduling.Shift(appointment, person, starts_at))
        reasons = {aim.reason for aim in self.moves}
        override = scheduling.Overriding(self.actor, _("The day was mended."))
        turned = (_subject(each.change) for each in self.aims if each.change.appointment_id is None)
        with following.led_by_proposal(turned):
            scheduling.reschedule_together(shifts, actor=self.actor, reason=min(reasons, default=""), override=override)

    def _check_overlaps(self) -> None:
        """Nobody is at two institutions at once. Looked at when all appointments have moved."""
        for aim in self.moves:
            stay, moved = _stay_of(aim), aim.change.appointment
            if stay is not None and moved is not None:
                others = stays.appointments_of(stay).exclude(pk=moved.pk)
                check_no_overlap(others, moved.reservation.starts_at, moved.reservation.ends_at)


def _job(change: ProposedChange) -> Job | None:
    return change.ride or change.interpreting


def _subject(change: ProposedChange) -> str:
    job = _job(change)
    return job.subject if job is not None else ""


def _stay_of(aim: _Aim) -> Any:
    belongs = getattr(aim.change.appointment, "stay_appointment", None)
    return belongs.stay if belongs is not None else None


def _people(aim: _Aim) -> set[str]:
    """Whose time an appointment takes, before and after."""
    appointment = aim.change.appointment
    now = str(appointment.practitioner_id) if appointment is not None else ""
    return {now, str(aim.values.get("practitioner") or "")} - {""}


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
