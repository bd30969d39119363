"""The desk's word on a request: granted, not possible, cancelled; and what a coordinator marks for a crew."""

from __future__ import annotations

from django.db import transaction

from sarangbang.concierge import lifecycle
from sarangbang.concierge.models import ServiceStatus

from . import telling
from .assigning import give_back
from .steps import AnyJob, MoveNotAllowed, check_seen, locked, step


@transaction.atomic
def grant(job: AnyJob, *, actor: str, seen: int | None = None) -> AnyJob:
    """Say yes to a request that waited. Granting twice changes nothing. Raises ``MoveNotAllowed``, ``Changed``."""
    job = locked(job)
    if job.status == ServiceStatus.GRANTED:
        return job
    check_seen(job, seen)
    if job.status != ServiceStatus.WAITING:
        raise MoveNotAllowed(job.status, ServiceStatus.GRANTED)
    step(job, ServiceStatus.GRANTED, actor=actor)
    telling.tell_guest(job, telling.GRANTED)
    return job


@transaction.atomic
def decline(job: AnyJob, *, actor: str, reason: str, seen: int | None = None) -> AnyJob:
    """Say no, with the reason for the desk's own record. Declining twice changes nothing."""
    return _end(job, ServiceStatus.DECLINED, telling.DECLINED, actor=actor, reason=reason, seen=seen)


@transaction.atomic
def cancel(job: AnyJob, *, actor: str, reason: str = "", seen: int | None = None) -> AnyJob:
    """The guest or the desk no longer wants it. Cancelling twice changes nothing. Raises ``MoveNotAllowed``."""
    return _end(job, ServiceStatus.CANCELLED, telling.CANCELLED, actor=actor, reason=reason, seen=seen)


def _end(job: AnyJob, status: str, news: str, *, actor: str, reason: str, seen: int | None) -> AnyJob:
    job = locked(job)
    if job.status == status:
        return job
    check_seen(job, seen)
    if not lifecycle.may_move(job.status, status):
        raise MoveNotAllowed(job.status, status)
    before = job.crew
    give_back(job, actor=actor)
    step(job, status, actor=actor, reason=reason)
    if before is not None:
        telling.tell_crew(job, before.person, telling.WITHDRAWN)
    telling.tell_guest(job, news)
    return job


@transaction.atomic
def mark(job: AnyJob, status: str, *, actor: str, reason: str = "", seen: int | None = None) -> AnyJob:
    """What a crew said by telephone, or a wrong tap put right: under_way, met, finished. Marking the same twice changes
    nothing. Raises ``MoveNotAllowed``, ``Changed``."""
    job = locked(job)
    if job.status == status:
        return job
    check_seen(job, seen)
    if status not in (ServiceStatus.UNDER_WAY, ServiceStatus.MET, ServiceStatus.FINISHED):
        raise MoveNotAllowed(job.status, status)
    step(job, status, actor=actor, reason=reason)
    return job
