"""What the worker does for the concierge from time to time."""

from django.utils import timezone

from sarangbang.messages.periodic import every

from . import actions
from .flights.source import feed


@every(seconds=60)
def watch_flights() -> int:
    """Cars follow the flights of their guests."""
    source = feed()
    return actions.watch(source, timezone.now()) if source is not None else 0
