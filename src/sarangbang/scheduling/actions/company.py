"""Interpreters who are kept together with a visit, until somebody is sent there in their own right."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from sarangbang.people.actions import audit
from sarangbang.scheduling.models import Allocation, Appointment, Resource


def interpreters_along(appointment: Appointment) -> QuerySet[Allocation]:
    """The time of interpreters that an appointment keeps beside its own."""
    return Allocation.objects.filter(
        reservation=appointment.reservation_id, is_active=True, resource__kind=Resource.Kind.INTERPRETER
    )


@transaction.atomic
def dismiss_interpreters(appointment: Appointment, *, actor: str) -> None:
    """Give back the time of interpreters who were kept with a visit; without any nothing changes. Whoever sends one
    to the visit calls it in the transaction in which that one's own time is taken, so that nobody comes between."""
    if interpreters_along(appointment).delete()[0]:  # its claims go with it
        audit(actor, "dismiss_interpreters", appointment)
