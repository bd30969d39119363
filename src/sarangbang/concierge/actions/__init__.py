"""The verbs of the concierge: ask, answer, assign, tap, follow. The only code of this room that writes."""

from .asking import ConsentMissing, NotGranted, request_interpreting, request_ride
from .assigning import DoesNotFit, NothingToUndo, assign, reassign, unassign, undo
from .deciding import cancel, decline, grant, mark
from .steps import Changed, MoveNotAllowed
from .tapping import NotYours, TooEarly, hand_back, send_crew_link, tap
from .watching import ImpossibleLanding, answer_flight, watch

__all__ = [
    "Changed",
    "ConsentMissing",
    "DoesNotFit",
    "ImpossibleLanding",
    "MoveNotAllowed",
    "NotGranted",
    "NotYours",
    "NothingToUndo",
    "TooEarly",
    "answer_flight",
    "assign",
    "cancel",
    "decline",
    "grant",
    "hand_back",
    "mark",
    "reassign",
    "request_interpreting",
    "request_ride",
    "send_crew_link",
    "tap",
    "unassign",
    "undo",
    "watch",
]
