"""What the worker does for the waiting list as soon as a time is free, or no longer is."""

from __future__ import annotations

from django_tasks import task


@task()
def offer_freed_times(offering_id: int) -> int:
    """Withdraw what can no longer be kept, then ask those who wait for an offering; how many were asked."""
    from .waiting import rounds

    rounds.withdraw(offering_id)
    return rounds.offer(offering_id)
