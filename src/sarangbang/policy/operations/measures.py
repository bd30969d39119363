"""What really happened, counted. A measure is its list: the number, the groups, the page behind the number and the CSV
are one query, so that they cannot disagree.

Everything is counted by Korean calendar days and until now: what lies ahead is not counted. Nothing here has a name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge import lifecycle
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.flights.exits import exit_span
from sarangbang.concierge.models import Interpreting, RequestSource, Ride, Survey, Tap
from sarangbang.directory.models import Place
from sarangbang.people.models import Guest
from sarangbang.policy.models import CenterVisit
from sarangbang.policy.queries import Selection, guests_among, treated
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight

from .windows import Window

GUESTS, RIDES, INTERPRETINGS, SURVEYS, VISITS = "guests", "rides", "interpretings", "surveys", "visits"
USUAL_SHARE = 50
"""Of so many of a hundred guests who left the terminal, the last one's time is taken for the exit."""


@dataclass(frozen=True, slots=True)
class Measure:
    """``rows`` is the list, ``group`` the path of what it is split by, ``kind`` what one row is."""

    code: str
    kind: str
    name: Lazy
    definition: Lazy
    group: str
    group_name: Lazy
    rows: Callable[[Window], QuerySet[Any]]

    def listed(self, window: Window, value: str | None = None) -> QuerySet[Any]:
        """The list, or the part of it in one group."""
        found = self.rows(window)
        return found if value is None else found.filter(**{self.group: value})

    def count(self, window: Window, value: str | None = None) -> int:
        return self.listed(window, value).count()

    def by_group(self, window: Window) -> dict[str, int]:
        """How many in each group, the largest first."""
        rows = self.rows(window).order_by().values_list(self.group).annotate(many=Count("pk", distinct=True))
        return {str(value): many for value, many in sorted(rows, key=lambda row: (-row[1], str(row[0])))}


# Guests


def treated_in(window: Window) -> QuerySet[Appointment]:
    """Appointments that took place within the window: the definition of guests served, for its days."""
    start = {"reservation__starts_at__gte": window.starts_at, "reservation__starts_at__lt": window.ends_at}
    return treated(Selection()).filter(**start)


def guests_served(window: Window) -> QuerySet[Any]:
    return guests_among(treated_in(window))


def platform_users(window: Window) -> QuerySet[Guest]:
    booked = Appointment.objects.filter(
        guest__isnull=False, created_at__gte=window.starts_at, created_at__lt=window.ends_at
    )
    return Guest.objects.filter(pk__in=booked.values("guest")).order_by("created_at", "pk")


def center_visitors(window: Window) -> QuerySet[Guest]:
    center = Q(origin__kind=Place.Kind.CENTER) | Q(destination__kind=Place.Kind.CENTER)
    driven = _in(Ride.objects.filter(center, status=lifecycle.FINISHED), window)
    asked = {"source": RequestSource.WALK_IN, "created_at__gte": window.starts_at, "created_at__lt": window.ends_at}
    came = [queryset.values("stay__guest") for queryset in
            (driven, Ride.objects.filter(**asked), Interpreting.objects.filter(**asked))]  # fmt: skip
    found = Q(pk__in=came[0]) | Q(pk__in=came[1]) | Q(pk__in=came[2])
    return Guest.objects.filter(found).order_by("created_at", "pk")


def walk_ins(window: Window) -> QuerySet[CenterVisit]:
    """Visits without an appointment that the desk wrote down and did not take back."""
    came = CenterVisit.objects.filter(came_at__gte=window.starts_at, came_at__lt=window.ends_at)
    return came.filter(takes_back__isnull=True, taken_back_by__isnull=True).order_by("came_at", "pk")


# Interpreters and cars


def _in(rows: QuerySet[Any], window: Window) -> QuerySet[Any]:
    return rows.filter(starts_at__gte=window.starts_at, starts_at__lt=window.ends_at).order_by("starts_at", "pk")


def interpretings_asked(window: Window) -> QuerySet[Interpreting]:
    return _in(Interpreting.objects.exclude(status=lifecycle.CANCELLED), window)


def interpretings_filled(window: Window) -> QuerySet[Interpreting]:
    return interpretings_asked(window).filter(status__in=lifecycle.WITH_CREW | {lifecycle.FINISHED})


def interpretings_refused(window: Window) -> QuerySet[Interpreting]:
    return interpretings_asked(window).filter(status=lifecycle.DECLINED)


def rides_asked(window: Window) -> QuerySet[Ride]:
    return _in(Ride.objects.exclude(status=lifecycle.CANCELLED), window)


def rides_refused(window: Window) -> QuerySet[Ride]:
    return rides_asked(window).filter(status=lifecycle.DECLINED)


def _pick_ups(window: Window) -> QuerySet[Any]:
    """Guests who were fetched: who fetched them, and when they said that they had met."""
    met = Tap.objects.filter(ride=OuterRef("pk"), word="met").order_by().values("ride")
    rides = Ride.objects.filter(kind=Ride.Kind.PICK_UP, status__in=(lifecycle.MET, lifecycle.FINISHED))
    return _in(rides, window).annotate(
        met_at=Subquery(met.annotate(last=Max("tapped_at")).values("last")),
        landed_at=Coalesce(F("flight__expected_at"), F("flight__scheduled_at")),
        terminal=F("flight__place__code"),
    )


def pick_ups_measured(window: Window) -> QuerySet[Ride]:
    arrival = Flight.Direction.ARRIVAL
    return _pick_ups(window).filter(met_at__isnull=False, flight__direction=arrival)


def pick_ups_unmeasured(window: Window) -> QuerySet[Ride]:
    return _pick_ups(window).exclude(pk__in=pick_ups_measured(window).order_by().values("pk"))


def minutes_to_car(terminal: str, landed_at: dt.datetime, met_at: dt.datetime) -> int:
    """Whole minutes from the estimated exit to the driver's word "met"; below zero when it was said before."""
    exit_at = landed_at + exit_span(terminal, landed_at, USUAL_SHARE)
    return round((met_at - exit_at).total_seconds() / 60)


def promised_minutes(on: dt.datetime) -> int:
    """How soon after the exit guests are promised to be met, by the rule in force then."""
    return int(rules_at(on).span("pick_up_met_within").total_seconds() // 60)


# Satisfaction


def surveys_answered(window: Window) -> QuerySet[Survey]:
    answered = Survey.objects.filter(answered_at__gte=window.starts_at, answered_at__lt=window.ends_at)
    return answered.order_by("answered_at", "pk")


_LANGUAGE, _NATIONALITY = _("Language"), _("Nationality")

MEASURES = {
    measure.code: measure
    for measure in (
        Measure(
            "guests", GUESTS, _("Guests served"),
            _("Guests with at least one appointment in this time that the institution marked as treated. Each counts "
              "once."),
            "nationality", _NATIONALITY, guests_served,
        ),
        Measure(
            "users", GUESTS, _("Users of the platform"),
            _("Guests for whom an appointment was booked on this platform in this time, by themselves or by the desk, "
              "also when it was cancelled later. Each counts once; who only looked is not counted."),
            "language", _LANGUAGE, platform_users,
        ),
        Measure(
            "center", GUESTS, _("Visitors of the Medical Tour Center"),
            _("Guests who were driven to or from the Medical Tour Center, or who asked for a car or an interpreter at "
              "its desk. Each counts once. Those who just walked in are counted apart; nobody knows whether they are "
              "the same people, so the two are never added."),
            "nationality", _NATIONALITY, center_visitors,
        ),
        Measure(
            "center-walk-ins", VISITS, _("Visitors who just walked in"),
            _("People who came to the Medical Tour Center without an appointment, as the desk wrote them down: when, "
              "in which language, what about, and nothing of the person. Who came twice counts twice."),
            "language", _LANGUAGE, walk_ins,
        ),
        Measure(
            "interpreters-asked", INTERPRETINGS, _("Interpreters asked for"),
            _("Appointments in this time for which an interpreter was asked, except those that were cancelled."),
            "language", _LANGUAGE, interpretings_asked,
        ),
        Measure(
            "interpreters-found", INTERPRETINGS, _("Interpreters found"),
            _("Of the interpreters asked for, those for whom somebody was assigned at the time of the appointment."),
            "language", _LANGUAGE, interpretings_filled,
        ),
        Measure(
            "interpreters-refused", INTERPRETINGS, _("Interpreters refused"),
            _("Of the interpreters asked for, those that the desk said were not possible."),
            "language", _LANGUAGE, interpretings_refused,
        ),
        Measure(
            "cars-asked", RIDES, _("Cars asked for"),
            _("Rides in this time that were asked for, except those that were cancelled."),
            "kind", _("Kind"), rides_asked,
        ),
        Measure(
            "cars-refused", RIDES, _("Cars refused"),
            _("Of the cars asked for, those that the desk said were not possible."),
            "kind", _("Kind"), rides_refused,
        ),
        Measure(
            "exit-to-car", RIDES, _("Pick-ups with a measured time"),
            _("Minutes from the exit of the arrivals hall to the moment at which the driver tapped that they had met. "
              "The exit itself is estimated: landing as last expected, and the time within which half of the guests of "
              "that terminal and hour are out."),
            "terminal", _("Terminal"), pick_ups_measured,
        ),
        Measure(
            "exit-to-car-unknown", RIDES, _("Pick-ups without a measured time"),
            _("Guests who were fetched, but the driver did not tap that they had met, or no flight is known."),
            "kind", _("Kind"), pick_ups_unmeasured,
        ),
        Measure(
            "surveys", SURVEYS, _("Answers about the service"),
            _("Answers in this time to the questions that guests are asked after their stay: about the service, never "
              "about the treatment. 1 is worst, 5 is best."),
            "language", _LANGUAGE, surveys_answered,
        ),
    )
}  # fmt: skip
