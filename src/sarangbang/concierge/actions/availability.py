"""An interpreter's own hours and leave, through the verbs of rosters. Leave over accepted jobs gives them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from sarangbang.concierge.models import Interpreter, Interpreting, ServiceStatus
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import rostering
from sarangbang.scheduling.models import RosterException

from .assigning import unassign
from .tapping import actor_of_link

CAN_BE_GIVEN_BACK = (ServiceStatus.ASSIGNED, ServiceStatus.UNDER_WAY)


class StillAssigned(Exception):
    """Accepted jobs lie in this leave; ``jobs`` are to be given back with it, or the leave not to be taken."""

    def __init__(self, jobs: list[Interpreting]) -> None:
        super().__init__(f"{len(jobs)} jobs")
        self.jobs = jobs


def jobs_in(person: Interpreter, starts_at: dt.datetime, ends_at: dt.datetime) -> list[Interpreting]:
    """What they have accepted and not yet done in a span, the way to it included."""
    jobs = Interpreting.objects.filter(
        interpreter=person,
        status__in=CAN_BE_GIVEN_BACK,
        reservation__starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    return list(jobs.select_related("stay__guest", "place").order_by("starts_at", "pk"))


@transaction.atomic
def take_leave(
    link: SecureLink,
    person: Interpreter,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    reason: str = "",
    giving_back: Collection[UUID] = (),
) -> RosterException:
    """Enter leave and give back the jobs ``giving_back`` that lie in it, all or nothing.

    Raises ``StillAssigned`` when there are others than these, and ``rostering.Unfit``.
    """
    actor = actor_of_link(link)
    for job in jobs_in(person, starts_at, ends_at):
        if job.pk in giving_back:
            unassign(job, actor=actor, reason=reason)
    leave = rostering.add_exception(
        person.resource, RosterException.Kind.LEAVE, starts_at, ends_at, reason=reason, actor=actor
    )
    # Under the lock on the roster: a job that was assigned meanwhile is seen here, a later one sees the leave.
    left = jobs_in(person, starts_at, ends_at)
    if left:
        raise StillAssigned(left)
    return leave
