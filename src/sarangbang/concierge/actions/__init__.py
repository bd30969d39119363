"""The verbs of the concierge: ask, answer, assign, tap, follow. The only code of this room that writes."""

from sarangbang.concierge.days.news import News, NewsUnclear
from sarangbang.concierge.proposals.agreeing import NotAgreed, Who

from .accepting import CannotUndo, Decided, Outdated, accept, discard, undo_proposal
from .agreeing import NotAsked, answer_proposal, ask_to_agree
from .asking import ConsentMissing, NotGranted, request_interpreting, request_ride
from .assigning import DoesNotFit, NothingToUndo, assign, reassign, unassign, undo
from .availability import StillAssigned, take_leave
from .charging import (
    AlreadyCorrected,
    MonthNotOver,
    NothingToState,
    correct,
    issue,
    issue_hours,
    issue_month,
    reckon,
    reckon_all,
)
from .deciding import cancel, decline, grant, mark
from .engaging import HoursChanged, agree_hours
from .locking import lock, unlock
from .moving import check_move, move
from .noting import NoText, note
from .offering import NobodyLeft, OfferOver, accept_offer, decline_offer, follow_offers, offer, stop_offering
from .proposing import propose_mend, propose_plan
from .steps import Changed, MoveNotAllowed
from .surveying import SurveyClosed, answer_survey, ask_surveys
from .tapping import NotYours, TooEarly, WaitOn, hand_back, send_crew_link, tap
from .watching import ImpossibleLanding, answer_flight, watch

__all__ = [
    "AlreadyCorrected",
    "CannotUndo",
    "Changed",
    "ConsentMissing",
    "Decided",
    "DoesNotFit",
    "HoursChanged",
    "ImpossibleLanding",
    "MonthNotOver",
    "MoveNotAllowed",
    "News",
    "NewsUnclear",
    "NoText",
    "NobodyLeft",
    "NotAgreed",
    "NotAsked",
    "NotGranted",
    "NotYours",
    "NothingToState",
    "NothingToUndo",
    "OfferOver",
    "Outdated",
    "StillAssigned",
    "SurveyClosed",
    "TooEarly",
    "WaitOn",
    "Who",
    "accept",
    "accept_offer",
    "agree_hours",
    "answer_flight",
    "answer_proposal",
    "answer_survey",
    "ask_surveys",
    "ask_to_agree",
    "assign",
    "cancel",
    "check_move",
    "correct",
    "decline",
    "decline_offer",
    "discard",
    "follow_offers",
    "grant",
    "hand_back",
    "issue",
    "issue_hours",
    "issue_month",
    "lock",
    "mark",
    "move",
    "note",
    "offer",
    "propose_mend",
    "propose_plan",
    "reassign",
    "reckon",
    "reckon_all",
    "request_interpreting",
    "request_ride",
    "send_crew_link",
    "stop_offering",
    "take_leave",
    "tap",
    "unassign",
    "undo",
    "undo_proposal",
    "unlock",
    "watch",
]
