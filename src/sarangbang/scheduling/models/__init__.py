"""The nouns of scheduling: resources and their rosters, reservations, appointments, rules, the waiting list."""

from .appointments import Appointment, KeyedRequest, PathwayStep, Series
from .reservations import MAX_HOURS, Allocation, Claim, Override, Reservation, ReservationStep
from .resources import Closure, DeclaredHoliday, Resource, RosterException, WeeklyRule
from .rules import BookingRule, Reminder, ReminderRule, Requirement
from .waiting import LARGEST_PARTY, WaitingEntry, WaitingOffer, WaitingOfferTime, WaitingStep

__all__ = [
    "LARGEST_PARTY",
    "MAX_HOURS",
    "Allocation",
    "Appointment",
    "BookingRule",
    "Claim",
    "Closure",
    "DeclaredHoliday",
    "KeyedRequest",
    "Override",
    "PathwayStep",
    "Reminder",
    "ReminderRule",
    "Requirement",
    "Reservation",
    "ReservationStep",
    "Resource",
    "RosterException",
    "Series",
    "WaitingEntry",
    "WaitingOffer",
    "WaitingOfferTime",
    "WaitingStep",
    "WeeklyRule",
]
