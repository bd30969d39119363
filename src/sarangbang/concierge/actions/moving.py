"""What a drag on the board does: another car or person, another time, or both; checked at once, done in one step that
can be taken back."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from sarangbang.concierge import lifecycle, queries
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import fit_of, one_for
from sarangbang.concierge.days.daybook import crew_key
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Crew, Job, Proposal, Ride, ServiceStatus, Vehicle
from sarangbang.concierge.months import day_of

from .accepting import accept
from .assigning import DoesNotFit
from .proposing import Draft, keep
from .steps import check_seen

MOVABLE = frozenset({ServiceStatus.WAITING, ServiceStatus.GRANTED, ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY})


def check_move(job: Job, crew: Crew | None, starts_at: dt.datetime | None = None) -> fitting.Fit:
    """Whether ``crew`` (None: nobody) could do the job, perhaps beginning at another instant, and why not. Reads only;
    the answer has ``fits``, and ``against`` as reasons for ``wording.speaks_against``."""
    against = list(_against(job, crew, starts_at))
    known = one_for(job, crew) if crew is not None else None
    if crew is not None and known is None:
        against.append(fitting.Reason("other_kind"))
    if known is None:
        return fitting.Fit("", tuple(against), (), starts_at or job.starts_at, ())
    fit = fit_of(_moved(job, starts_at), known)
    return replace(fit, against=(*against, *fit.against))


def _moved(job: Job, starts_at: dt.datetime | None) -> Job:
    moved = copy(job)
    if starts_at is not None:
        moved.starts_at, moved.ends_at = starts_at, starts_at + (job.ends_at - job.starts_at)
    return moved


def _against(job: Job, crew: Crew | None, starts_at: dt.datetime | None) -> list[fitting.Reason]:
    """What stands against moving this job, whoever does it."""
    found = []
    if job.locked_at is not None:
        found.append(fitting.Reason("locked"))
    if job.status not in MOVABLE:
        found.append(fitting.Reason("over"))
    if starts_at is None or starts_at == job.starts_at:
        return found
    if not isinstance(job, Ride):
        return [*found, fitting.Reason("with_appointment")]
    if starts_at <= timezone.now():
        found.append(fitting.Reason("past"))
    return [*found, *_flight_against(job, starts_at)]


def _flight_against(ride: Ride, starts_at: dt.datetime) -> list[fitting.Reason]:
    """Nobody is fetched before they have landed, nor brought too late for their flight."""
    if ride.flight is None:
        return []
    goes_at = ride.flight.goes_at
    if ride.kind == Ride.Kind.PICK_UP and starts_at < goes_at:
        return [fitting.Reason("before_landing", {"at": goes_at})]
    ends_at = starts_at + (ride.ends_at - ride.starts_at)
    if ride.kind == Ride.Kind.SENDING and ends_at > goes_at - rules_at(goes_at).span("departure_before"):
        return [fitting.Reason("misses_flight", {"at": ends_at})]
    return []


@transaction.atomic
def move(job: Job, crew: Crew | None, *, starts_at: dt.datetime | None = None, actor: str, seen: int) -> Proposal:
    """Give a job to ``crew`` (None: to nobody), perhaps at another instant. ``seen`` is the ``sequence`` on the page.

    Returns the accepted proposal of this one change: ``undo_proposal`` takes it back. Raises ``Changed`` (somebody was
    quicker, with who), ``DoesNotFit`` with the reasons, ``Outdated`` when the time was taken at the same moment.
    """
    job = queries.job_as_it_is(job)  # not locked: ``accept`` locks in the order of the house, and looks again
    check_seen(job, seen)
    fit = check_move(job, crew, starts_at)
    if not fit.fits:
        raise DoesNotFit(fit)
    moved = _moved(job, starts_at)
    before: dict[str, Any] = {"crew": crew_key(job) or None, "status": job.status}
    after: dict[str, Any] = {"crew": str(crew.pk) if crew is not None else None, "status": _status(job, crew)}
    for name in ("starts_at", "ends_at"):
        if getattr(moved, name) != getattr(job, name):
            before[name], after[name] = getattr(job, name).isoformat(), getattr(moved, name).isoformat()
    proposal = Proposal(day=day_of(job.starts_at), kind=Proposal.Kind.PLAN)
    keep(proposal, [] if before == after else [Draft(job, before, after, lifecycle.MOVED)], actor=actor)
    return accept(proposal, actor=actor)


def _status(job: Job, crew: Crew | None) -> str:
    if crew is None:
        return ServiceStatus.WAITING if job.status == ServiceStatus.WAITING else ServiceStatus.GRANTED
    same = isinstance(crew, Vehicle) is isinstance(job, Ride) and crew_key(job) == str(crew.pk)
    return job.status if same else ServiceStatus.ASSIGNED
