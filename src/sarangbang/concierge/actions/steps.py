"""One step in the life of a ride or an interpreting: checked against the table, written down, promised, audited."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar, cast

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Interpreting, Job, Ride, ServiceStatus, ServiceStep
from sarangbang.people.actions import audit
from sarangbang.stays.models import Promise
from sarangbang.stays.promises import CENTER, keep_promise, promise, withdraw_promise

AnyJob = TypeVar("AnyJob", bound=Job)


class MoveNotAllowed(Exception):
    """This step is not possible from the present status."""

    def __init__(self, current: str, target: str) -> None:
        super().__init__(f"{current} -> {target}")
        self.current, self.target = current, target


class Changed(Exception):
    """Somebody else was quicker. ``step`` is what they did: status, who was assigned, by whom, when."""

    def __init__(self, step: ServiceStep | None) -> None:
        super().__init__("changed meanwhile")
        self.step = step


def locked(job: AnyJob) -> AnyJob:
    """The job as it is now, locked until the end of the transaction. Lock order: job, then resource."""
    found: Job
    if isinstance(job, Ride):
        rides = Ride.objects.select_for_update(of=("self",))
        found = rides.select_related("stay__guest", "flight", "origin", "destination", "vehicle__driver").get(pk=job.pk)
    else:
        jobs = Interpreting.objects.select_for_update(of=("self",))
        found = jobs.select_related("stay__guest", "appointment", "place", "field", "interpreter").get(pk=job.pk)
    return cast("AnyJob", found)


def check_seen(job: Job, seen: int | None) -> None:
    """Raise ``Changed`` when the job is not the one that the coordinator saw (its ``sequence``)."""
    if seen is not None and job.sequence != seen:
        raise Changed(last_step(job))


def last_step(job: Job) -> ServiceStep | None:
    return job.steps.select_related("vehicle__driver", "interpreter").order_by("pk").last()


def open_with(job: Job, *, actor: str, reason: str = "") -> None:
    """The first step of a job that was just created; ``reason`` is the code of why it waits."""
    _write(job, job.status, actor, reason, None)
    audit(actor, f"ask_{job.service}", job, status=job.status)
    mind_promises(job)


def step(job: Job, status: str, *, actor: str, reason: str = "", undoes: ServiceStep | None = None) -> ServiceStep:
    """Take one step of the table. Call it with the job locked and its crew set as it shall be.
    Raises ``MoveNotAllowed``."""
    if not lifecycle.may_move(job.status, status):
        raise MoveNotAllowed(job.status, status)
    job.status = status
    job.sequence += 1
    job.save()
    written = _write(job, status, actor, reason, undoes)
    audit(actor, f"{job.service}_undo" if undoes else f"{job.service}_{status}", job)
    mind_promises(job)
    return written


def note_change(job: Job, *, actor: str, reason: str) -> None:
    """Write down that times or facts changed while the status stays."""
    job.sequence += 1
    job.save()
    _write(job, job.status, actor, reason, None)
    audit(actor, f"{job.service}_changed", job)
    mind_promises(job)


def _write(job: Job, status: str, actor: str, reason: str, undoes: ServiceStep | None) -> ServiceStep:
    about = {"ride": job, "vehicle": job.vehicle} if isinstance(job, Ride) else {
        "interpreting": job, "interpreter": job.interpreter
    }  # fmt: skip
    return ServiceStep.objects.create(status=status, actor=actor, reason=reason[:300], undoes=undoes, **about)


def service_promise(job: Job) -> tuple[str, dt.datetime]:
    """The kind of the promise of the service itself, and until when it is due."""
    rules = rules_at(job.starts_at)
    if isinstance(job, Interpreting):
        return "interpreting", job.starts_at + rules.span("interpreter_before")
    if job.kind == Ride.Kind.PICK_UP:
        return "pick_up", job.starts_at + rules.span("pick_up_met_within")
    return "ride", job.starts_at


def mind_promises(job: Job) -> None:
    """What is promised to the guest follows the status: an answer while it waits, the service once it is granted."""
    answer = f"{job.service}_answer"
    kind, due_at = service_promise(job)
    if job.status == ServiceStatus.WAITING:
        withdraw_promise(job.subject, kind=kind)
        _promised(job, answer, job.answer_by)
    elif job.status in (ServiceStatus.GRANTED, ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY):
        keep_promise(job.subject, kind=answer)
        _promised(job, kind, due_at)
    elif job.status in (ServiceStatus.MET, ServiceStatus.FINISHED):
        keep_promise(job.subject)
    elif job.status == ServiceStatus.DECLINED:
        keep_promise(job.subject, kind=answer)
        withdraw_promise(job.subject)
    else:
        withdraw_promise(job.subject)


def _promised(job: Job, kind: str, due_at: dt.datetime | None) -> None:
    """Promise it, unless exactly this is promised already."""
    standing = Promise.objects.filter(
        subject=job.subject, kind=kind, due_at=due_at, kept_at__isnull=True, withdrawn_at__isnull=True
    )
    if not standing.exists():
        promise(job.stay, kind, by=CENTER, due_at=due_at, subject=job.subject)
