"""The verbs of scheduling: hold, book, confirm, move, cancel, mark; pathways; and ``reserve``, the one way in."""

from sarangbang.scheduling.checking import Booking, check_bookable, conflicts
from sarangbang.scheduling.refusals import (
    Conflict,
    HoldExpired,
    KeyReused,
    MoveNotAllowed,
    NotBookable,
    Overriding,
    ReasonMissing,
    Taken,
)

from .appointments import (
    HOLD_LIMIT_MINUTES,
    HOLD_MINUTES,
    book,
    cancel,
    confirm,
    confirm_locked,
    extend_hold,
    hold,
    hold_together,
    hold_within,
    mark,
    reschedule,
)
from .reserving import MAX_HOURS, Wanted, expired_holds, lock, lock_found, lock_present, move, release, reserve
from .series import Visit, cancel_series, confirm_series, hold_series

__all__ = [
    "HOLD_LIMIT_MINUTES",
    "HOLD_MINUTES",
    "MAX_HOURS",
    "Booking",
    "Conflict",
    "HoldExpired",
    "KeyReused",
    "MoveNotAllowed",
    "NotBookable",
    "Overriding",
    "ReasonMissing",
    "Taken",
    "Visit",
    "Wanted",
    "book",
    "cancel",
    "cancel_series",
    "check_bookable",
    "confirm",
    "confirm_locked",
    "confirm_series",
    "conflicts",
    "expired_holds",
    "extend_hold",
    "hold",
    "hold_series",
    "hold_together",
    "hold_within",
    "lock",
    "lock_found",
    "lock_present",
    "mark",
    "move",
    "release",
    "reschedule",
    "reserve",
]
