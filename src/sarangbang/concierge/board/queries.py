"""Reads of the board and of the proposals beside its lines; the lines themselves are read by ``rows``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from sarangbang.concierge import lifecycle, queries
from sarangbang.concierge.models import Interpreter, Job, Proposal, ProposedChange, Ride, ServiceStep, Vehicle
from sarangbang.directory.models import Institution, Practitioner
from sarangbang.people.models import AuditEntry
from sarangbang.scheduling.prepared import Prepared
from sarangbang.stays.models import Flight, Promise

from .rows import Row, Window


def _due(most: int, kinds: list[str], until: dt.datetime, *since: dt.datetime) -> QuerySet[Any, Any]:
    found = Promise.objects.filter(kind__in=kinds, kept_at__isnull=True, withdrawn_at__isnull=True, due_at__lt=until)
    for moment in since:
        found = found.filter(due_at__gte=moment)
    names = ("stay__guest__name", "stay__guest__name_latin", "stay__guest__zone")
    return found.order_by("due_at", "pk").values_list("subject", "kind", "due_at", *names)[:most]


_DUE, _DUE_SINCE = Prepared(_due), Prepared(_due)


def promises(kinds: Collection[str], since: dt.datetime | None, until: dt.datetime, most: int) -> list[Row]:
    """Open promises of these kinds that are due by then, the next first: subject, kind, due, guest's names and zone."""
    return _DUE(most, list(kinds), until) if since is None else _DUE_SINCE(most, list(kinds), until, since)


def proposals_of(day: dt.date) -> list[Proposal]:
    """What was proposed for this Korean day, the newest first, with how much it changes."""
    found = Proposal.objects.filter(day=day).annotate(size=Count("changes")).order_by("-made_at")
    return list(found[:6])


ABOUT = ("concierge.", "stays.", "scheduling.rosterexception", "scheduling.waiting")
VISITS = ("cancel", "reschedule", "dismiss_interpreters")
"""What is done to a visit that gives back, or takes elsewhere, the interpreter whom it keeps."""
UNSEEN = 200
"""So many of the newest rows of the audit are counted again, because who began earlier may have written later."""


def mark() -> int:
    """The row of the audit from which on ``deeds_since`` counts what changes a board that is read now."""
    return max(0, (AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0) - UNSEEN)


def deeds_since(mark: int) -> int:
    """How many deeds that a board could show were written down after that row: every deed of the house is one. One
    query over the newest rows."""
    about = Q(object_type="scheduling.appointment", verb__in=VISITS)
    for beginning in ABOUT:
        about |= Q(object_type__startswith=beginning)
    return AuditEntry.objects.filter(about, pk__gt=mark).count()


def job_named(subject: str) -> Job | None:
    """The job of a subject ("ride:<id>"), with everything that its page shows."""
    service, _colon, key = subject.partition(":")
    found: dict[str, Callable[[], QuerySet[Any]]] = {"ride": queries.rides, "interpreting": queries.interpretings}
    return found[service]().filter(pk=key).first() if service in found and queries.is_uuid(key) else None


def landings(window: Window) -> list[Row]:
    """Whom a car fetches who lands in the window, and has not met yet: key, when, flight number and name of the guest.
    News about other flights mend nothing."""
    waited_for = {"rides__kind": Ride.Kind.PICK_UP, "rides__status__in": lifecycle.LIVE - {lifecycle.MET}}
    found = queries.arrivals(*window).filter(**waited_for).distinct().order_by(queries.LANDS_AT, "pk")
    return list(found.values_list("pk", queries.LANDS_AT, "number", "stay__guest__name"))


def proposals() -> QuerySet[Proposal]:
    """All proposals; coordinators share them."""
    return Proposal.objects.all()


def changes_of(proposal: Proposal) -> list[ProposedChange]:
    """What a proposal changes, in its order, with everything that its page shows. One query."""
    related = (
        "ride__stay__guest", "ride__origin", "ride__destination", "ride__flight", "interpreting__stay__guest",
        "interpreting__place", "interpreting__appointment", "appointment__reservation", "appointment__guest",
        "appointment__institution", "appointment__practitioner",
    )  # fmt: skip
    return list(proposal.changes.select_related(*related).order_by("ordinal"))


def crews_named(keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Name and Latin name of cars, interpreters, practitioners and institutions by key as text. Four queries."""
    cars = Vehicle.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    found = {str(pk): (f"{model} {plate}",) * 2 for pk, model, plate in cars.values_list("pk", "model", "plate")}
    ids = [key for key in keys if queries.is_uuid(key)]
    for those in (Interpreter.objects, Practitioner.objects, Institution.objects):
        named = those.filter(pk__in=ids).values_list("pk", "name", "name_latin")
        found |= {str(pk): (name, latin) for pk, name, latin in named}
    return found


def flight_numbers(keys: Iterable[str]) -> dict[str, str]:
    """The numbers of flights by key as text."""
    found = Flight.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    return {str(pk): number for pk, number in found.values_list("pk", "number")}


def later_steps(proposal: Proposal, changes: Collection[ProposedChange]) -> list[ServiceStep]:
    """What was done to the jobs of a proposal after it was made, the last of each job. One query."""
    rides = [change.ride_id for change in changes if change.ride_id]
    jobs = [change.interpreting_id for change in changes if change.interpreting_id]
    steps = ServiceStep.objects.filter(Q(ride__in=rides) | Q(interpreting__in=jobs), at__gt=proposal.made_at)
    by_job = {each.ride_id or each.interpreting_id: each for each in
              steps.select_related("vehicle", "interpreter", "ride__stay__guest", "interpreting__stay__guest")
              .order_by("pk")}  # fmt: skip
    return list(by_job.values())
