"""What the worker does for the waiting list as soon as a time is free."""

from __future__ import annotations

from django_tasks import task


@task()
def offer_freed_times(offering_id: int) -> int:
    """Ask those who wait for an offering; how many were asked."""
    from .waiting import rounds

    return rounds.offer(offering_id)
