"""What the worker does for scheduling from time to time."""

from sarangbang.messages.periodic import every

from . import housekeeping


@every(seconds=30)
def free_expired_holds() -> int:
    """Nobody may ask about a time whose hold is over; it is freed all the same."""
    return housekeeping.free_expired_holds()


@every(hours=6)
def drop_past_claims() -> int:
    """Claims guard the future only."""
    return housekeeping.drop_past_claims()
