"""Reads about crews: offers and notes of interpreters, what crews report, whose appointment or certificate ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from sarangbang.concierge import lifecycle
from sarangbang.concierge.models import (
    Interpreter,
    Interpreting,
    Job,
    JobOffer,
    RequestSource,
    Ride,
    ServiceStep,
    SessionNote,
    Tap,
)
from sarangbang.scheduling.interpreters import Speaking
from sarangbang.scheduling.models import Appointment, RosterException, WeeklyRule
from sarangbang.scheduling.prepared import Prepared

ONCE_A_STAY = (Ride.Kind.PICK_UP, Ride.Kind.SENDING)
"""Kinds of rides of which a stay has one."""

EXPECTED = (lifecycle.ASSIGNED, lifecycle.UNDER_WAY)
"""While a job is here, a guest who did not come is an open question."""


def notes_around(jobs: Iterable[Job]) -> list[SessionNote]:
    """What was written down about these jobs, and what other interpreters of the same stays wrote for the next one.
    One query."""
    jobs = list(jobs)
    mine = Q(interpreting__in=[job.pk for job in jobs])
    for_next = Q(kind=SessionNote.Kind.HAND_OVER, interpreting__stay__in={job.stay_id for job in jobs})
    notes = SessionNote.objects.filter(mine | for_next) if jobs else SessionNote.objects.none()
    return list(notes.select_related("interpreting").order_by("noted_at", "pk"))


def offers_to(person: Interpreter, now: dt.datetime) -> list[JobOffer]:
    """What is offered to this interpreter and can still be answered, the most pressing first."""
    offers = JobOffer.objects.filter(
        interpreter=person,
        answer=JobOffer.Answer.OPEN,
        expires_at__gt=now,
        interpreting__starts_at__gt=now,
        interpreting__status__in=lifecycle.UNASSIGNED,
    )
    return list(offers.select_related("interpreting__place", "interpreting__field").order_by("expires_at", "pk"))


def offer_to(person: Interpreter, pk: int) -> JobOffer | None:
    """One offer to this interpreter, answered or not."""
    return JobOffer.objects.filter(interpreter=person, pk=pk).select_related("interpreting").first()


def offers_of(job: Job) -> list[JobOffer]:
    """Whom an interpreting was offered to, in order."""
    return list(job.offers.select_related("interpreter").order_by("pk")) if isinstance(job, Interpreting) else []


def notes_of(job: Job) -> list[SessionNote]:
    """What interpreters wrote down about a job."""
    return list(job.notes.order_by("noted_at", "pk")) if isinstance(job, Interpreting) else []


def _reported(service: str, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    of_window = {
        f"{service}__starts_at__lt": end, f"{service}__ends_at__gt": start, f"{service}__status__in": EXPECTED,
    }  # fmt: skip
    taps = Tap.objects.filter(word=lifecycle.NO_SHOW, **of_window).order_by("-tapped_at")
    return taps.values_list(f"{service}_id", "tapped_at")


_REPORTED = Prepared(_reported)


def reported(start: dt.datetime, end: dt.datetime) -> dict[UUID, dt.datetime]:
    """Jobs of the window whose crew reports that the guest did not come, while nobody was met, and since when it is
    known. Two queries."""
    return dict([*_REPORTED("ride", start, end), *_REPORTED("interpreting", start, end)])


def _incidents(_fixed: None, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    notes = SessionNote.objects.filter(
        kind=SessionNote.Kind.INCIDENT, interpreting__starts_at__lt=end, interpreting__ends_at__gt=start
    )
    return notes.order_by("-noted_at", "-pk").values_list("interpreting_id", "text")


_INCIDENTS = Prepared(_incidents)


def incidents(start: dt.datetime, end: dt.datetime) -> dict[UUID, str]:
    """What interpreters report of jobs of the window as an incident; the first of each. One query."""
    return dict(_INCIDENTS(None, start, end))


def _given_back(service: str, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    later = ServiceStep.objects.filter(pk__gt=OuterRef("pk"), **{service: OuterRef(service)})
    of_window = {
        f"{service}__starts_at__lt": end, f"{service}__ends_at__gt": start, f"{service}__status": lifecycle.GRANTED,
    }  # fmt: skip
    steps = ServiceStep.objects.filter(status=lifecycle.GRANTED, actor__startswith="crew:", **of_window)
    return steps.filter(~Exists(later)).order_by("pk").values_list(f"{service}_id", "reason")


_GIVEN_BACK = Prepared(_given_back)


def given_back(start: dt.datetime, end: dt.datetime) -> dict[UUID, str]:
    """Jobs of the window that nobody has because their crew said last that they cannot come, with their reason. Two
    queries."""
    return dict([*_GIVEN_BACK("ride", start, end), *_GIVEN_BACK("interpreting", start, end)])


@dataclass(frozen=True, slots=True)
class LastOffer:
    """The last offer of a job: whether it can be answered, to whom, until when."""

    answer: str
    name: str
    latin: str
    expires_at: dt.datetime


_LAST_OFFERS = Prepared(
    lambda _fixed, jobs: (
        JobOffer.objects.filter(interpreting__in=jobs)
        .order_by("pk")
        .values_list("interpreting_id", "answer", "interpreter__name", "interpreter__name_latin", "expires_at")
    )
)


def last_offers(interpretings: Iterable[UUID]) -> dict[UUID, LastOffer]:
    """The last offer of each of these jobs. One query, none without jobs."""
    jobs = list(interpretings)
    return {job: LastOffer(*offer) for job, *offer in (_LAST_OFFERS(None, jobs) if jobs else ())}


def ending_soon(today: dt.date, until: dt.date) -> list[Interpreter]:
    """Interpreters whose appointment or certificate ends by then, those who are still appointed."""
    ends = Q(appointed_until__lte=until) | Q(certified_until__lte=until)
    return list(Interpreter.objects.filter(ends, appointed_until__gte=today).order_by("appointed_until", "name_latin"))


def speaking(language: str, department: int) -> list[Speaking]:
    """Interpreters of a language, for a department's field or for every one, with the days on which they may be asked,
    for ``scheduling.interpreters``."""
    suited = Q(fields__isnull=True) | Q(fields=department)
    found = Interpreter.objects.filter(suited, languages__language=language)
    return [
        Speaking(resource, first, last if certified is None else min(last, certified))
        for resource, first, last, certified in found.values_list(
            "resource_id", "appointed_from", "appointed_until", "certified_until"
        )
    ]


def weekly_hours(person: Interpreter, today: dt.date) -> list[WeeklyRule]:
    """An interpreter's hours that apply on that day or later."""
    rules = person.resource.weekly_rules.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    return list(rules.select_related("place", "resource").order_by("weekday", "starts", "valid_from"))


def entries_ahead(person: Interpreter, now: dt.datetime) -> list[RosterException]:
    """An interpreter's leave and extra hours that are not over."""
    return list(person.resource.roster_exceptions.filter(ends_at__gt=now).order_by("starts_at", "pk"))


def arranged_by_others(appointment: Appointment, kind: str) -> bool:
    """Whether somebody else than its institution has asked for what stands: the stay's ride of this kind, or with no
    kind the interpreter of the appointment. Asking again would change it."""
    ours = Q(source=RequestSource.INSTITUTION, institution=appointment.institution)
    if kind:
        rides = Ride.objects.filter(stay__stay_appointments__appointment=appointment, status__in=lifecycle.LIVE)
        return kind in ONCE_A_STAY and rides.filter(kind=kind).exclude(ours).exists()
    return Interpreting.objects.filter(appointment=appointment, status__in=lifecycle.LIVE).exclude(ours).exists()


def asked_by(appointment: Appointment) -> list[Job]:
    """The interpreters of an appointment, and the rides of its stay that its institution asked for, by time."""
    interpretings = Interpreting.objects.filter(appointment=appointment).select_related("stay")
    rides = Ride.objects.filter(
        stay__stay_appointments__appointment=appointment, institution=appointment.institution,
        source=RequestSource.INSTITUTION,
    )  # fmt: skip
    return sorted([*interpretings, *rides], key=lambda job: (job.starts_at, str(job.pk)))
