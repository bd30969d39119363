"""What must stay is locked: no plan, no mending and no drag moves it. A flight or an appointment still does."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from sarangbang.concierge import lifecycle
from sarangbang.people.actions import audit

from .steps import AnyJob, MoveNotAllowed, locked


@transaction.atomic
def lock(job: AnyJob, *, actor: str) -> AnyJob:
    """Keep a job as it is. Locking again changes nothing. Raises ``MoveNotAllowed`` for what is over or called off."""
    job = locked(job)
    if job.locked_at is not None:
        return job
    if job.status not in lifecycle.LIVE:
        raise MoveNotAllowed(job.status, "locked")
    job.locked_at, job.locked_by = timezone.now(), actor
    _save(job, actor, "lock")
    return job


@transaction.atomic
def unlock(job: AnyJob, *, actor: str) -> AnyJob:
    """Let a job be moved again. Unlocking again changes nothing."""
    job = locked(job)
    if job.locked_at is None:
        return job
    job.locked_at, job.locked_by = None, ""
    _save(job, actor, "unlock")
    return job


def _save(job: AnyJob, actor: str, verb: str) -> None:
    """The sequence grows: a proposal that was made before the lock does not pass over it."""
    job.sequence += 1
    job.save(update_fields=["locked_at", "locked_by", "sequence"])
    audit(actor, f"{verb}_{job.service}", job)
