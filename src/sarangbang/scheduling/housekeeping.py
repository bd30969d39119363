"""Housekeeping: what the worker tidies up in scheduling, safe beside other workers."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from .actions.reserving import lock, move
from .models import Allocation, Claim, Reservation


def free_expired_holds(limit: int = 500) -> int:
    """Housekeeping: end holds whose time is over; returns how many. Safe beside other workers."""
    freed = 0
    over = Reservation.objects.filter(status=Reservation.Status.HELD, hold_expires_at__lte=timezone.now())
    for pk in list(over.order_by("hold_expires_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            reservation = lock(pk)
            if reservation.status == Reservation.Status.HELD:
                move(reservation, Reservation.Status.EXPIRED, actor="system")
                freed += 1
    return freed


@transaction.atomic
def drop_past_claims() -> int:
    """Housekeeping: claims guard the future; those of allocations that ended yesterday or before are dropped.
    The allocations and the history stay. Returns how many allocations were closed."""
    over = timezone.now() - dt.timedelta(days=1)
    ended = Allocation.objects.filter(is_active=True, ends_at__lt=over)
    Claim.objects.filter(allocation__in=ended).delete()
    return ended.update(is_active=False)
