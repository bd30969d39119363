"""Assign, reassign, take off, take back. That nobody is in two places is checked under a lock on the resource and made
true by its claims, which hold the way to the job as well as the job."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import fit_of, one_for
from sarangbang.concierge.models import Crew, Interpreter, Interpreting, Job, Ride, ServiceStatus, ServiceStep
from sarangbang.people.actions import audit
from sarangbang.scheduling.actions import (
    Taken,
    Wanted,
    dismiss_interpreters,
    interpreters_along,
    release,
    reserve,
)
from sarangbang.scheduling.models import Resource

from . import telling
from .facts import crews_may_know
from .steps import AnyJob, Changed, MoveNotAllowed, check_seen, last_step, locked, step


class DoesNotFit(Exception):
    """This car or person cannot take the job. ``fit`` says why; it is None when they do not work here any more."""

    def __init__(self, fit: fitting.Fit | None) -> None:
        super().__init__(", ".join(reason.code for reason in fit.against) if fit else "inactive")
        self.fit = fit


class NothingToUndo(Exception):
    """The last step was not one of the desk's, or it was taken back already."""


@transaction.atomic
def assign(job: AnyJob, crew: Crew, *, actor: str, seen: int | None = None, despite: str = "") -> AnyJob:
    """Give an unassigned job to a car or an interpreter. ``seen`` is the ``sequence`` the coordinator looked at,
    ``despite`` why it is done although something speaks against it that may be set aside (``Fit.needs_reason``).

    Raises ``Changed`` (somebody was quicker, with who), ``DoesNotFit``, ``Taken``, ``MoveNotAllowed``.
    """
    job = locked(job)
    if job.status in lifecycle.WITH_CREW:
        last = last_step(job)
        if last is not None and last.actor == actor and job.crew == crew:
            return job  # a second click
        raise Changed(last)
    check_seen(job, seen)
    take(job, crew, actor=actor, despite=despite)
    step(job, ServiceStatus.ASSIGNED, actor=actor, reason=despite)
    telling.tell_crew(job, crew.person, telling.ASSIGNED)
    telling.tell_guest(job, telling.ASSIGNED)
    return job


def assign_kept(job: Interpreting, *, actor: str) -> None:
    """Send the interpreter whose time the appointment keeps, if a granted job has nobody yet. Whoever does not fit as
    a job stays kept, and the desk sees a job without anybody."""
    if job.status != ServiceStatus.GRANTED:
        return
    kept = interpreters_along(job.appointment).values("resource")
    crew = Interpreter.objects.filter(resource__in=kept, languages__language=job.language).order_by("pk").first()
    if crew is None:
        return
    try:
        with transaction.atomic():
            assign(job, crew, actor=actor)
    except (Changed, DoesNotFit, MoveNotAllowed, Taken):
        return


@transaction.atomic
def reassign(
    job: AnyJob, crew: Crew, *, actor: str, seen: int | None = None, reason: str = "", despite: str = ""
) -> AnyJob:
    """Give an assigned job to another car or interpreter; the new one is certain before the old one is free.

    Raises as ``assign``; the same crew again changes nothing.
    """
    job = locked(job)
    before = job.crew
    if before is None:
        raise MoveNotAllowed(job.status, ServiceStatus.ASSIGNED)
    if before == crew:
        return job
    check_seen(job, seen)
    _check_unlocked(job)
    if not lifecycle.may_move(job.status, ServiceStatus.ASSIGNED):
        raise MoveNotAllowed(job.status, ServiceStatus.ASSIGNED)
    take(job, crew, actor=actor, despite=despite)
    step(job, ServiceStatus.ASSIGNED, actor=actor, reason=despite or reason)
    telling.tell_crew(job, before.person, telling.WITHDRAWN)
    telling.tell_crew(job, crew.person, telling.ASSIGNED)
    telling.tell_guest(job, telling.ASSIGNED)
    return job


@transaction.atomic
def unassign(job: AnyJob, *, actor: str, reason: str = "", seen: int | None = None) -> AnyJob:
    """Take the crew off; the job needs a hand again. Raises ``MoveNotAllowed`` or ``Changed``."""
    job = locked(job)
    check_seen(job, seen)
    before = job.crew
    if before is None:
        raise MoveNotAllowed(job.status, ServiceStatus.GRANTED)
    if actor != before.person.actor:  # whoever cannot come cannot, locked or not
        _check_unlocked(job)
    give_back(job, actor=actor)
    step(job, ServiceStatus.GRANTED, actor=actor, reason=reason)
    if actor != before.person.actor:
        telling.tell_crew(job, before.person, telling.WITHDRAWN)
    telling.tell_guest(job, telling.UNASSIGNED)
    return job


def _check_unlocked(job: Job) -> None:
    if job.locked_at is not None:
        raise DoesNotFit(fitting.Fit("", (fitting.Reason("locked"),), (), job.starts_at, ()))


def take(job: Job, crew: Crew, *, actor: str, despite: str = "") -> None:
    """Reserve the crew for the job and give back what it had before. The caller saves the job (``step``)."""
    Resource.objects.select_for_update().get(pk=crew.resource_id)
    known = one_for(job, crew)
    if known is None:
        raise DoesNotFit(None)
    fit = fit_of(job, known)
    if fit.needs_reason and despite.strip():  # the reason itself stands in the history: it may hold names
        audit(actor, f"{job.service}_despite", job, against=[each.code for each in fit.against])
    elif not fit.fits:
        raise DoesNotFit(fit)
    old, same = job.reservation, job.crew == crew
    if old is not None and same:
        release(old, actor=actor)  # its own time must not stand in its way
    place = None if isinstance(job, Ride) else job.place_id
    if isinstance(job, Interpreting):
        dismiss_interpreters(job.appointment, actor=actor)  # one kept since the waiting list offered the time
    job.reservation = reserve([Wanted(known.resource, fit.leaves_at, job.ends_at, place)], actor=actor)
    if old is not None and not same:
        release(old, actor=actor)
    job.crew = known


def give_back(job: Job, *, actor: str) -> None:
    """Free the crew's time. The caller saves the job (``step``)."""
    if job.reservation is not None:
        release(job.reservation, actor=actor)
    job.crew, job.reservation = None, None


def undoable(job: Job) -> tuple[ServiceStep, ServiceStep] | None:
    """The step that can be taken back, and the one before it, to which the job then returns."""
    standing: list[ServiceStep] = []
    for each in job.steps.select_related("vehicle__driver", "interpreter").order_by("pk"):
        if each.undoes_id is not None:
            standing.pop()
        else:
            standing.append(each)
    if len(standing) < 2:
        return None
    before, last = standing[-2:]
    if last.actor.startswith("crew:") or last.reason in lifecycle.FOLLOWED:
        return None
    if last.status != job.status or last.status not in lifecycle.UNDOABLE:
        return None
    if last.status in lifecycle.OFF and not crews_may_know(job.stay):
        return None
    if (last.status, last.crew) == (before.status, before.crew):
        return None  # times moved, nothing was decided
    return before, last


@transaction.atomic
def undo(job: AnyJob, *, actor: str, seen: int | None = None) -> AnyJob:
    """Take back the desk's last step. Who was assigned before comes back if they are still free; a cancelled or
    declined job comes back unassigned if not.

    Raises ``NothingToUndo``, ``Changed``, and for an assignment ``DoesNotFit`` or ``Taken``.
    """
    job = locked(job)
    check_seen(job, seen)
    found = undoable(job)
    if found is None:
        raise NothingToUndo
    before, last = found
    crew_now, crew_then = job.crew, before.crew
    if crew_then is None:
        give_back(job, actor=actor)
    elif last.status == ServiceStatus.ASSIGNED:
        take(job, crew_then, actor=actor)
    else:
        _take_if_free(job, crew_then, actor=actor)
    status = _status_after_undo(job, before)
    try:
        with transaction.atomic():
            step(job, status, actor=actor, undoes=last)
    except IntegrityError:  # meanwhile another interpreter was asked for the same appointment
        raise Changed(last_step(job)) from None
    if crew_now is not None and crew_now != job.crew:
        telling.tell_crew(job, crew_now.person, telling.WITHDRAWN)
    if job.crew is not None and job.crew != crew_now:
        telling.tell_crew(job, job.crew.person, telling.ASSIGNED)
    if job.crew is not None:
        telling.tell_guest(job, telling.ASSIGNED)
    elif status == ServiceStatus.GRANTED:
        telling.tell_guest(job, telling.UNASSIGNED)
    else:
        telling.tell_guest(job, telling.WAITING)
    return job


def _take_if_free(job: Job, crew: Crew, *, actor: str) -> None:
    try:
        with transaction.atomic():
            take(job, crew, actor=actor)
    except (DoesNotFit, Taken):
        give_back(job, actor=actor)


def _status_after_undo(job: Job, before: ServiceStep) -> str:
    if job.crew is not None:
        return ServiceStatus.ASSIGNED
    return ServiceStatus.WAITING if before.status == ServiceStatus.WAITING else ServiceStatus.GRANTED
