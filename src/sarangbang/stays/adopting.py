"""The verb that gives booked times their stay, when they were not booked on the guest's own way: by the clinic, or from
the waiting list."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from sarangbang.directory.queries import KOREA
from sarangbang.people import links
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest, SecureLink
from sarangbang.scheduling.models import Appointment

from . import queries
from .actions import link_to, lock
from .letters import tell
from .models import Stay, StayAppointment
from .promises import promise

PROMISE = "time_kept"


@transaction.atomic
def adopt(guest: Guest, appointments: Sequence[Appointment], *, actor: str) -> Stay:
    """Hang these times on the guest's open stay, or on a new one, promise them and tell the guest, in one message."""
    times = sorted(one.reservation.starts_at for one in appointments)
    now = timezone.now()
    stay = queries.open_stay_of(guest, timezone.localdate(times[0], KOREA), now) or _open(guest, actor)
    lock(stay)
    for one in appointments:
        StayAppointment.objects.create(stay=stay, appointment=one)
        promise(
            stay,
            PROMISE,
            by=one.institution.name_latin,
            subject=f"appointment:{one.pk}",
            due_at=one.reservation.starts_at,
        )
    tell(stay, "stay_booked", stay_link=link_to(stay), starts_at=times[0], more_at=times[1:])
    return stay


def _open(guest: Guest, actor: str) -> Stay:
    stay = Stay.objects.create(guest=guest)
    links.issue(SecureLink.Purpose.CALENDAR, stay.pk)
    audit(actor, "open_stay", stay)
    return stay
