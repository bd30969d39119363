"""The nouns of the concierge: crews, jobs and their history, flights, offers, proposals, the ledger, surveys."""

from .crews import Driver, Interpreter, InterpreterLanguage, Vehicle
from .flights import FeedState, FlightReport
from .jobs import Crew, Interpreting, Job, RequestSource, Ride, ServiceStatus
from .ledger import LedgerEntry, Statement
from .notes import SessionNote
from .offers import JobOffer
from .proposals import Agreement, Proposal, ProposedChange
from .steps import ServiceStep, Tap
from .surveys import Survey

__all__ = [
    "Agreement",
    "Crew",
    "Driver",
    "FeedState",
    "FlightReport",
    "Interpreter",
    "InterpreterLanguage",
    "Interpreting",
    "Job",
    "JobOffer",
    "LedgerEntry",
    "Proposal",
    "ProposedChange",
    "RequestSource",
    "Ride",
    "ServiceStatus",
    "ServiceStep",
    "SessionNote",
    "Statement",
    "Survey",
    "Tap",
    "Vehicle",
]
