"""What drivers and interpreters say with one tap, exactly once, however often and late the phone sends it."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import transaction
from django.utils import timezone

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Driver, Interpreter, Job, Ride, Tap
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink

from . import telling
from .assigning import unassign
from .steps import locked, step

EARLIEST = dt.timedelta(hours=12)
"""How long before a job it can be tapped; before that it is a slip of the thumb."""

NEW_LINK_EVERY_SECONDS = 600


class NotYours(Exception):
    """The job was given to somebody else, or is cancelled."""


class TooEarly(Exception):
    """The job lies too far ahead."""


class WaitOn(TooEarly):
    """It is too early to say that the guest did not come; ``until`` is when it can be said (UTC)."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class UnknownWord(ValueError):
    """This cannot be said of such a job."""


def actor_of_link(link: SecureLink) -> str:
    return f"crew:{link.subject}"


@transaction.atomic
def tap(link: SecureLink, job: Job, word: str, tapped_at: dt.datetime | None = None) -> Tap:
    """Write down what the crew behind ``link`` said of their job, and move it on. Said again, the first is returned.

    ``tapped_at`` is the phone's clock; it is bounded by the server's now and the job's making. A word that comes after
    a later one is kept and moves nothing; that the guest did not come is written down and moves nothing either.
    Raises ``UnknownWord``, ``NotYours``, ``TooEarly``, ``WaitOn``.
    """
    if not lifecycle.may_say(job.service, word):
        raise UnknownWord(word)
    actor = actor_of_link(link)
    known = job.taps.filter(actor=actor, word=word).first()
    if known is not None:
        return known
    job = locked(job)
    known = job.taps.filter(actor=actor, word=word).first()
    if known is not None:
        return known
    _check_theirs(job, actor)
    now = timezone.now()
    if now < job.starts_at - EARLIEST:
        raise TooEarly
    said_at = min(max(tapped_at or now, job.created_at), now)
    if word == lifecycle.NO_SHOW:
        _check_waited(job, actor, said_at)
    about = {"ride": job} if isinstance(job, Ride) else {"interpreting": job}
    said = Tap.objects.create(
        word=word,
        actor=actor,
        tapped_at=said_at,
        received_at=now,
        **about,
    )
    status = lifecycle.STATUS_OF_WORD.get(word)
    if status is not None and lifecycle.goes_forward(job.status, status):
        step(job, status, actor=actor)
        if status == lifecycle.UNDER_WAY:
            telling.tell_guest(job, telling.ON_THE_WAY)
    else:
        audit(actor, f"tap_{word}", job)
    return said


def no_show_from(job: Job, at_place: dt.datetime | None) -> dt.datetime:
    """From when on a crew that is at the meeting point since ``at_place`` may report that the guest has not come: who
    is early waits from the start of the job."""
    since = max(at_place, job.starts_at) if at_place else job.starts_at
    return since + rules_at(job.starts_at).span(f"{job.service}_no_show_after")


def _check_waited(job: Job, actor: str, said_at: dt.datetime) -> None:
    arrived = job.taps.filter(actor=actor, word=Tap.Word.AT_PLACE).first()
    until = no_show_from(job, arrived.tapped_at if arrived else None)
    if said_at < until:
        raise WaitOn(until)


def _check_theirs(job: Job, actor: str) -> None:
    if job.crew is None or job.crew.person.actor != actor:
        raise NotYours
    if job.status in lifecycle.OFF:
        raise NotYours


@transaction.atomic
def hand_back(link: SecureLink, job: Job, reason: str = "") -> None:
    """The crew cannot come: the job is unassigned and needs a hand. A job that is not theirs (any more) stays as it
    is. Raises ``MoveNotAllowed`` once the guest was met."""
    job = locked(job)
    actor = actor_of_link(link)
    if job.crew is not None and job.crew.person.actor == actor:
        unassign(job, actor=actor, reason=reason)


@transaction.atomic
def send_crew_link(person: Driver | Interpreter) -> None:
    """Send a fresh link to the number we know. Asked again within ten minutes, nothing more is sent."""
    minute = int(timezone.now().timestamp()) // NEW_LINK_EVERY_SECONDS
    key = hashlib.sha256(f"{person.pk}:{minute}".encode()).hexdigest()[:40]
    telling.send_link(person, telling.crew_link(person), dedupe_key=f"crew_link:{key}")
    audit("system", "send_crew_link", person)
