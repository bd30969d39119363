"""Codes of rules, fitting and history as sentences in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sarangbang.ui import locales

from . import entitlement
from .choosing.fitting import Reason
from .choosing.helping import Count
from .choosing.keeping import Kept
from .months import day_of

REFUSALS: dict[str, Lazy | str] = {
    "past": gettext_lazy("This time has passed."),
    "no_service": gettext_lazy("This service is not offered at that time."),
    "no_appointment": gettext_lazy("Cars and interpreters come with a booked appointment."),
    "not_partner": gettext_lazy("Cars come with an appointment at a partner institution of the district."),
    "airport": gettext_lazy("Our cars do not serve this airport."),
    "too_long": gettext_lazy("A car cannot stay with you for so long."),
    "language": gettext_lazy("We have no interpreters for this language."),
    "no_consent": gettext_lazy("Please agree that driver and interpreter learn your name and the place."),
}
ASK: dict[str, Lazy | str] = {
    entitlement.CENTER: gettext_lazy("The Medical Tour Center can help you further."),
    entitlement.INSTITUTION: gettext_lazy("Your institution can tell you how its guests come from the airport."),
}
OPEN_QUESTIONS: dict[str, Lazy | str] = {
    "short_notice": gettext_lazy("The time is short; a coordinator tries."),
    "airport_on_request": gettext_lazy("Rides from and to this airport are on request."),
    "transfer_on_request": gettext_lazy("Rides between hotel and clinic are on request."),
    "programme_on_request": gettext_lazy("Day trips to a programme are on request."),
    "no_such_car": gettext_lazy("No single car takes so many people, suitcases or wheelchairs; a coordinator tries."),
    "out_of_order": gettext_lazy("This ride does not match the time of your appointment; a coordinator looks at it."),
}
RULES: dict[str, Lazy | str] = {
    "ride_who": gettext_lazy("Who may ask for a car"),
    "ride_airports": gettext_lazy("Airports"),
    "ride_airports_on_request": gettext_lazy("Airports on request"),
    "ride_transfers": gettext_lazy("Rides between hotel and clinic"),
    "ride_programmes": gettext_lazy("Day trips to a programme"),
    "programme_stay": gettext_lazy("The car waits at a programme for"),
    "programme_longest": gettext_lazy("The longest day trip"),
    "ride_share_institution": gettext_lazy("Share of the cost of a ride: institution"),
    "ride_share_district": gettext_lazy("Share of the cost of a ride: district"),
    "ride_share_guest": gettext_lazy("Share of the cost of a ride: guest"),
    "ride_lead": gettext_lazy("Notice needed for a car"),
    "interpreting_who": gettext_lazy("Who may ask for an interpreter"),
    "interpreting_languages": gettext_lazy("Languages of the interpreters"),
    "interpreting_free": gettext_lazy("Free interpreting for each appointment"),
    "interpreting_lead": gettext_lazy("Notice needed for an interpreter"),
    "answer_within": gettext_lazy("Answer to a request that needs a coordinator"),
    "pick_up_met_within": gettext_lazy("You are met after the exit within"),
    "exit_quantile": gettext_lazy("Cars are planned for when so many guests have left the arrivals hall"),
    "departure_before": gettext_lazy("You are at the airport before take-off"),
    "loading": gettext_lazy("Counted for luggage and getting in"),
    "interpreter_before": gettext_lazy("The interpreter is there before the appointment"),
    "slack": gettext_lazy("Reserve between two jobs"),
    "late_after": gettext_lazy("A job counts as late after"),
    "ride_no_show_after": gettext_lazy("A driver waits for you at least"),
    "interpreting_no_show_after": gettext_lazy("An interpreter waits for you at least"),
    "interpreting_payer": gettext_lazy("Who pays beyond the free interpreting"),
    "offer_answer_within": gettext_lazy("An interpreter answers an offered job within"),
    "ride_fare_airport": gettext_lazy("Fare of a ride from or to the airport"),
    "ride_fare_city": gettext_lazy("Fare of a ride within the district"),
    "ride_fare_programme": gettext_lazy("Fare of a ride to a programme and back"),
    "ride_waiting_free": gettext_lazy("Waiting of the car without a fee"),
    "ride_waiting_step": gettext_lazy("Waiting beyond that is reckoned by started"),
    "ride_waiting_fee": gettext_lazy("Fee for each such step of waiting"),
    "ride_no_show_share": gettext_lazy("Part of the fare that is due when the guest does not come"),
    "interpreting_step": gettext_lazy("Interpreting is reckoned by started"),
    "interpreting_fee": gettext_lazy("Fee for each such step of interpreting"),
    "crew_expiry_notice": gettext_lazy("Notice before an interpreter's appointment ends"),
}
CODES: dict[str, Lazy | str] = {
    "partner_appointment": gettext_lazy("Guests with an appointment at a partner institution"),
    "appointment": gettext_lazy("Guests with a booked appointment"),
    "on_request": gettext_lazy("On request"),
    "granted": gettext_lazy("Granted"),
    "guest": gettext_lazy("The guest"),
    "institution": gettext_lazy("The institution"),
    "district": gettext_lazy("The district"),
    "icn": gettext_lazy("Incheon"),
    "gmp": gettext_lazy("Gimpo"),
}
PAYERS: dict[str, Lazy | str] = {
    "guest": gettext_lazy("After that the guest pays."),
    "institution": gettext_lazy("After that the institution pays."),
    "district": gettext_lazy("After that the district pays."),
}
MINUTES = {"day": 24 * 60, "hour": 60, "minute": 1}
FLIGHT_DOUBTS: dict[str, Lazy | str] = {
    "flight_unknown": gettext_lazy("The airport does not list this flight."),
    "flight_ambiguous": gettext_lazy("The airport lists two flights of this number."),
    "flight_cancelled": gettext_lazy("The airport says that the flight is cancelled."),
    "flight_diverted": gettext_lazy("The airport says that the flight lands elsewhere."),
    "flight_estimate_impossible": gettext_lazy("The airport gives a landing time that cannot be."),
    "flight_contradicts_itself": gettext_lazy("The airport contradicts itself."),
    "flight_estimate_leaps": gettext_lazy("The landing time leaps by more than three hours."),
}
FLIGHT_STATES: dict[str, Lazy | str] = {
    "expected": gettext_lazy("Expected"),
    "landed": gettext_lazy("Landed"),
    "cancelled": gettext_lazy("Cancelled"),
    "diverted": gettext_lazy("Lands elsewhere"),
}
STEP_REASONS: dict[str, Lazy | str] = {
    "asked_again": gettext_lazy("The guest changed the request."),
    "appointment_moved": gettext_lazy("The appointment was moved."),
    "appointment_cancelled": gettext_lazy("The appointment was cancelled."),
    "flight_changed": gettext_lazy("The flight was changed."),
    "consent_withdrawn": gettext_lazy("The guest withdrew the consent."),
    "planned": gettext_lazy("By the accepted plan."),
    "mended": gettext_lazy("By the accepted mending."),
    "moved": gettext_lazy("Moved on the board."),
    "proposal_undone": gettext_lazy("A proposal was taken back."),
    "no_show": gettext_lazy("The guest did not come."),
    "flight_delay": gettext_lazy("The flight is late."),
    "late": gettext_lazy("The guest or the car is late."),
    "ill": gettext_lazy("The interpreter is ill."),
    "broken": gettext_lazy("The car is out of order."),
    "clinic_late": gettext_lazy("The clinic runs late."),
    "lost_crew": gettext_lazy("It had lost its car or interpreter."),
    "makes_room": gettext_lazy("To make room for another guest."),
    "guest_late": gettext_lazy("The guest cannot be there in time."),
    "no_ride": gettext_lazy("No car could come at the old time."),
    "no_interpreter": gettext_lazy("No interpreter is free at the old time."),
}


def _code() -> str:
    return get_language() or "en"


def refusal(decision: entitlement.Refused) -> str:
    """Why the rules refuse, and whom to ask."""
    said = str(REFUSALS[decision.reason])
    if decision.reason == "no_consent":
        return said
    return f"{said} {ASK[decision.ask]}"


def step_reason(text: str) -> str:
    """The reason of a step: a sentence for the house's own codes, otherwise as somebody typed it."""
    return str(STEP_REASONS.get(text) or OPEN_QUESTIONS.get(text) or REFUSALS.get(text) or text)


def rule_value(rule: entitlement.Rule) -> str:
    """The value of a rule with its unit, in words."""
    code = _code()
    if rule.unit == "percent":
        return locales.percent(int(rule.value) / 100, code)
    if rule.unit in MINUTES:
        return locales.duration(int(rule.value) * MINUTES[rule.unit], code)
    if rule.unit == "won":
        return locales.won(int(rule.value), code)
    if rule.unit == "language":
        return " · ".join(locales.language_name(each, code) for each in rule.value.split())
    return " · ".join(str(CODES.get(each, each)) for each in rule.value.split())


def _words(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a reason as words: minutes as a length, moments as clocks, days as dates."""
    words = dict(params)
    for name, value in params.items():
        if name == "offer_ends":
            words[name] = locales.moment(value, _code())
        elif name == "clinic":
            words[name] = value[0] if _code() == "ko" else value[1]
        elif isinstance(value, dt.datetime):
            words[name] = locales.clock(value)
        elif isinstance(value, dt.date):
            words[name] = locales.date_year(value, _code())
        elif name == "minutes":
            words[name] = locales.duration(value, _code())
        elif name in ("month", "most"):
            words[name] = locales.duration(value, _code(), of_work=True)
    return words


# What speaks for a candidate.
FOR: dict[str, Lazy | str] = {
    "there": gettext_lazy("is there already"),
    "from_base": gettext_lazy("%(minutes)s away, from their base"),
    "from_job": gettext_lazy("free from %(at)s, then %(minutes)s away"),
    "then": gettext_lazy("next job at %(at)s, %(minutes)s away"),
    "seats": gettext_lazy("%(seats)s seats for %(party)s"),
    "wheelchair": gettext_lazy("takes a wheelchair"),
    "same_guest": gettext_lazy("knows this guest"),
    "own_field": gettext_lazy("works in this field"),
    "every_field": gettext_lazy("works in every field"),
    "certified": gettext_lazy("certified until %(until)s"),
    "wish": gettext_lazy("as the guest wishes"),
    "load": gettext_lazy("%(minutes)s of jobs in seven days"),
    "remote": gettext_lazy("by video or telephone, from where they are"),
}

# What speaks against one.
AGAINST: dict[str, Lazy | str] = {
    "language": gettext_lazy("does not speak the language"),
    "wish": gettext_lazy("not as the guest wishes"),
    "field": gettext_lazy("works in other fields"),
    "term": gettext_lazy("appointed until %(until)s"),
    "certificate": gettext_lazy("certified until %(until)s"),
    "month": gettext_lazy("would have %(month)s this month, at most %(most)s"),
    "seats": gettext_lazy("%(seats)s seats for %(party)s"),
    "luggage": gettext_lazy("room for %(luggage)s suitcases, not %(wanted)s"),
    "wheelchair": gettext_lazy("takes no wheelchair"),
    "child_seats": gettext_lazy("child seats: %(seats)s"),
    "hours": gettext_lazy("outside working hours"),
    "busy": gettext_lazy("busy until %(until)s"),
    "kept": gettext_lazy("kept until %(until)s for a visit at %(clinic)s"),
    "offered": gettext_lazy("kept with an offer of the waiting list until %(offer_ends)s, %(clinic)s"),
    "way_before": gettext_lazy("free from %(at)s, but %(minutes)s away"),
    "way_after": gettext_lazy("next job at %(at)s, but %(minutes)s away"),
    # Of a job that shall move, whoever does it.
    "locked": gettext_lazy("locked: it stays as it is"),
    "over": gettext_lazy("the guest was met already, or it is over"),
    "past": gettext_lazy("this time has passed"),
    "with_appointment": gettext_lazy("moves only with the appointment"),
    "before_landing": gettext_lazy("the guest lands at %(at)s"),
    "misses_flight": gettext_lazy("at the airport at %(at)s, too late for the flight"),
    "other_kind": gettext_lazy("cannot do this kind of job"),
}

# How many do not fit, and why.
COUNTS: dict[str, Lazy | str] = {
    "language": gettext_lazy("%(number)s do not speak the language."),
    "wish": gettext_lazy("%(number)s are not as the guest wishes."),
    "field": gettext_lazy("%(number)s work in other fields."),
    "term": gettext_lazy("%(number)s are not appointed on this day."),
    "certificate": gettext_lazy("%(number)s have a certificate that ends before this day."),
    "month": gettext_lazy("%(number)s have no hours left in this month."),
    "seats": gettext_lazy("%(number)s are too small."),
    "luggage": gettext_lazy("%(number)s have no room for the luggage."),
    "wheelchair": gettext_lazy("%(number)s take no wheelchair."),
    "child_seats": gettext_lazy("%(number)s have too few child seats."),
    "hours": gettext_lazy("%(number)s do not work at this time."),
    "busy": gettext_lazy("%(number)s are busy; the first is free from %(time)s."),
    "kept": gettext_lazy("%(number)s are kept for visits at this time."),
    "offered": gettext_lazy("%(number)s are kept with offers of the waiting list."),
    "way_before": gettext_lazy("%(number)s come from too far."),
    "way_after": gettext_lazy("%(number)s would be late for their next job."),
}


def speaks_for(reason: Reason) -> str:
    return str(FOR[reason.code]) % _words(reason.params)


def speaks_against(reason: Reason) -> str:
    return str(AGAINST[reason.code]) % _words(reason.params)


def why_kept(kept: Kept) -> str:
    """Why a visit keeps an interpreter's time, in few words: until when an offer holds it, or for whom, if that may be
    said."""
    ends = kept.offer_ends
    if ends is not None:
        day = "" if day_of(ends) == day_of(kept.starts_at) else f"{locales.short_day(ends, _code())} "
        return _("Offer of the waiting list until %(time)s") % {"time": f"{day}{locales.clock(ends)}"}
    guest = kept.guest[0] if _code() == "ko" else kept.guest[1]
    return _("Kept for a visit") + (f": {guest}" if guest else "")


def count(counted: Count) -> str:
    """How many do not fit for a reason, as a sentence."""
    when = locales.clock(counted.free_from) if counted.free_from else ""
    return str(COUNTS[counted.code]) % {"number": locales.number(counted.number, _code()), "time": when}


def cannot_come(reason: str) -> str:
    """That a crew gave a job back, with what they typed."""
    return _("The crew cannot come: %(reason)s") % {"reason": reason} if reason else _("The crew cannot come.")
