"""What the worker does for stays from time to time."""

from sarangbang.messages.periodic import every

from . import actions, reminders


@every(minutes=15)
def forget_expired_intakes() -> int:
    """What was typed for times that were never booked is not kept."""
    return actions.forget_expired_intakes()


@every(minutes=1)
def send_reminders() -> int:
    """Guests are reminded of their visits in time."""
    return reminders.send_due()
