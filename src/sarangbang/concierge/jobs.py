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


@every(seconds=20)
def follow_offers() -> int:
    """Offers that ran out go on to the next best."""
    return actions.follow_offers(timezone.now())


@every(minutes=30)
def reckon_all() -> int:
    """The ledger follows what took place."""
    return actions.reckon_all(timezone.now())


@every(minutes=15)
def ask_surveys() -> int:
    """Guests whose service is over are asked how it was."""
    return actions.ask_surveys(timezone.now())
