"""What the worker does for scheduling from time to time."""

from sarangbang.messages.periodic import every

from . import housekeeping
from .waiting import rounds


@every(seconds=30)
def free_expired_holds() -> int:
    """Nobody may ask about a time whose hold is over; it is freed all the same."""
    return housekeeping.free_expired_holds()


@every(hours=6)
def drop_past_claims() -> int:
    """Claims guard the future only."""
    return housekeeping.drop_past_claims()


@every(minutes=1)
def go_through_the_waiting_list() -> int:
    """What is over ends, what is free is offered; also what no nudge told of."""
    return rounds.run()
