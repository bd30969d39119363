"""Offer a job to interpreters, one after the other, best first, each with a time to answer.

One round begins when the desk starts to ask and goes on until somebody accepts or nobody is left; then the job stands
on the desk as before. Only one offer of a job is open, which the database holds true; every verb locks the job first,
so that of an answer and the end of its time one comes first, and the other sees it.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing.crewing import everyone_for, fits_of
from sarangbang.concierge.choosing.fitting import best_first
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import Interpreter, Interpreting, JobOffer
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.actions import Taken

from . import telling
from .assigning import DoesNotFit, assign
from .facts import crews_may_know
from .steps import MoveNotAllowed, check_seen, locked
from .tapping import NotYours, actor_of_link

Answer = JobOffer.Answer
SHORTEST = dt.timedelta(minutes=2)
"""Nobody is asked who would have less time than this to answer."""


class NobodyLeft(Exception):
    """Everybody who fits was asked, or nobody fits: a coordinator decides."""


class OfferOver(Exception):
    """This offer was answered, taken back or ran out. ``offer`` says which."""

    def __init__(self, offer: JobOffer) -> None:
        super().__init__(offer.answer)
        self.offer = offer


@transaction.atomic
def offer(job: Interpreting, *, actor: str, seen: int | None = None) -> JobOffer:
    """Begin to ask: the best who fits gets the job offered. A second click returns the offer that is open.

    ``seen`` is the ``sequence`` the coordinator looked at. Raises ``NobodyLeft``, ``Changed``, ``MoveNotAllowed``.
    """
    job = locked(job)
    standing = _open_of(job)
    if standing is not None:
        return standing
    check_seen(job, seen)
    if job.status not in lifecycle.UNASSIGNED or not crews_may_know(job.stay):
        raise MoveNotAllowed(job.status, lifecycle.ASSIGNED)
    made = _ask_next(job, actor=actor, rank=1, asked=frozenset())
    if made is None:
        raise NobodyLeft
    return made


@transaction.atomic
def stop_offering(job: Interpreting, *, actor: str) -> None:
    """Ask nobody else; who was being asked is told. Nothing happens when nobody is."""
    job = locked(job)
    standing = _open_of(job)
    if standing is not None:
        _close(standing, Answer.WITHDRAWN, actor=actor)


@transaction.atomic
def accept_offer(link: SecureLink, made: JobOffer, *, seen: int | None = None) -> JobOffer:
    """The interpreter behind ``link`` takes the job; it is theirs from now on. Accepting twice changes nothing.

    ``seen`` is the job's ``sequence`` on the page they answered from. Returns the offer as it is now: one that ran out
    is "expired", and "withdrawn" is one whose job no longer fits their day; then the next best is asked.
    Raises ``NotYours``, ``OfferOver`` and ``Changed`` (the job was altered meanwhile; the offer stays open).
    """
    job, made, actor = _theirs(link, made)
    if made.answer == Answer.ACCEPTED:
        return made
    if made.answer != Answer.OPEN:
        raise OfferOver(made)
    if _answer_by(made, job) <= timezone.now():
        return _pass_on(job, made, Answer.EXPIRED, actor=actor)
    check_seen(job, seen)
    if job.status not in lifecycle.UNASSIGNED or not crews_may_know(job.stay):
        return _close(made, Answer.WITHDRAWN, actor=actor)
    try:
        with transaction.atomic():
            assign(job, made.interpreter, actor=actor)
    except (DoesNotFit, Taken):
        return _pass_on(job, made, Answer.WITHDRAWN, actor=actor, reason="does_not_fit")
    return _close(made, Answer.ACCEPTED, actor=actor)


@transaction.atomic
def decline_offer(link: SecureLink, made: JobOffer, reason: str = "") -> JobOffer:
    """The interpreter behind ``link`` does not take the job; the next best is asked at once. Declining twice changes
    nothing. Raises ``NotYours``, ``OfferOver``."""
    job, made, actor = _theirs(link, made)
    if made.answer == Answer.DECLINED:
        return made
    if made.answer != Answer.OPEN:
        raise OfferOver(made)
    return _pass_on(job, made, Answer.DECLINED, actor=actor, reason=reason)


def follow_offers(now: dt.datetime) -> int:
    """Close the offers that ran out and ask the next best; take back those whose job needs nobody any more. Each in a
    transaction of its own. Returns how many were closed."""
    stale = JobOffer.objects.filter(answer=Answer.OPEN).exclude(
        expires_at__gt=now, interpreting__starts_at__gt=now, interpreting__status__in=lifecycle.UNASSIGNED
    )
    return sum(_follow(each, now) for each in stale.select_related("interpreting").order_by("pk"))


@transaction.atomic
def _follow(made: JobOffer, now: dt.datetime) -> bool:
    job = locked(made.interpreting)
    made = JobOffer.objects.select_related("interpreter").get(pk=made.pk)
    if made.answer != Answer.OPEN:
        return False
    if job.status not in lifecycle.UNASSIGNED:
        _close(made, Answer.WITHDRAWN, actor="system")
    elif _answer_by(made, job) <= now:
        _pass_on(job, made, Answer.EXPIRED, actor="system")
    else:
        return False
    return True


def _answer_by(made: JobOffer, job: Interpreting) -> dt.datetime:
    """Until when it can be answered: a job may have been moved forward since it was offered."""
    return min(made.expires_at, job.starts_at)


def _theirs(link: SecureLink, made: JobOffer) -> tuple[Interpreting, JobOffer, str]:
    """Job and offer as they are now, locked, if the offer is made to whoever holds the link."""
    job = locked(made.interpreting)
    made = JobOffer.objects.select_related("interpreter").get(pk=made.pk)
    actor = actor_of_link(link)
    if made.interpreter.actor != actor:
        raise NotYours
    return job, made, actor


def _open_of(job: Interpreting) -> JobOffer | None:
    return job.offers.filter(answer=Answer.OPEN).select_related("interpreter").first()


def _close(made: JobOffer, answer: str, *, actor: str, reason: str = "") -> JobOffer:
    made.answer, made.answered_at, made.reason = answer, timezone.now(), reason[:300]
    made.save(update_fields=["answer", "answered_at", "reason"])
    audit(actor, f"offer_{answer}", made)
    if answer == Answer.WITHDRAWN:
        telling.tell_offer(made, telling.WITHDRAWN)
    return made


def _pass_on(job: Interpreting, made: JobOffer, answer: str, *, actor: str, reason: str = "") -> JobOffer:
    """Close an offer and ask the next best of the same round, unless the job needs nobody any more."""
    _close(made, answer, actor=actor, reason=reason)
    if job.status in lifecycle.UNASSIGNED and crews_may_know(job.stay):
        rounds = job.offers.filter(rank=1).order_by("-pk")
        asked = job.offers.filter(pk__gte=rounds.values("pk")[:1]).values_list("interpreter_id", flat=True)
        _ask_next(job, actor=made.made_by, rank=made.rank + 1, asked=frozenset(asked))
    return made


def _ask_next(job: Interpreting, *, actor: str, rank: int, asked: frozenset[object]) -> JobOffer | None:
    """Offer the job to the best who fits and was not asked in this round; those who once said no to it come last."""
    now = timezone.now()
    crews = {str(each.pk): each for each in everyone_for(job) if isinstance(each, Interpreter)}
    said_no = {str(pk) for pk in job.offers.filter(answer=Answer.DECLINED).values_list("interpreter_id", flat=True)}
    fits = sorted(best_first(fits_of(job, crews.values()).values()), key=lambda fit: fit.key in said_no)
    span = rules_at(job.starts_at).span("offer_answer_within")
    for fit in fits:
        expires_at = min(now + span, fit.leaves_at, job.starts_at)
        if crews[fit.key].pk in asked or expires_at < now + SHORTEST:
            continue
        made = JobOffer.objects.create(
            interpreting=job, interpreter=crews[fit.key], rank=rank, made_at=now, made_by=actor, expires_at=expires_at
        )
        audit(actor, "offer_job", made)
        telling.tell_offer(made, telling.OFFERED)
        return made
    return None
