"""Flights are watched: what the feed says is kept, believed where it can be, and asked about where it cannot.

A feed that is down or contradicts itself never moves a ride: it leaves a question for the desk. One flight has at most
one open question; a reading that can be believed closes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from sarangbang.concierge import queries
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.flights.arrivals import Arrival, Asked, Doubt, Feed, FeedDown, Known, State, judge
from sarangbang.concierge.models import FeedState, FlightReport
from sarangbang.directory.models import Place
from sarangbang.people.actions import audit
from sarangbang.stays.flights import expect_flight
from sarangbang.stays.models import Flight

BEHIND, AHEAD = dt.timedelta(hours=6), dt.timedelta(hours=18)
"""How long after and before its landing a flight is watched."""
FARTHEST = dt.timedelta(hours=36)
"""A coordinator's landing lies at most this far from the guest's."""
UNKNOWN_WITHIN = dt.timedelta(hours=6)
"""A flight that the feed does not list (yet) is asked about from then on."""


class ImpossibleLanding(Exception):
    """Nobody lands so far from the time that the guest told; the guest's flight must be another one."""


def watch(feed: Feed, now: dt.datetime) -> int:
    """Read the feed for the flights that are near; returns how many changed. Safe beside other workers."""
    flights = list(queries.watched(now - BEHIND, now + AHEAD))
    if not flights:
        return 0
    days = sorted({flight.scheduled_at.astimezone(SEOUL).date() for flight in flights})
    try:
        arrivals = [one for day in _with_neighbours(days, flights) for one in feed.arrivals(day)]
    except FeedDown as trouble:
        _note_failure(feed.name, trouble.code, now)
        return 0
    _note_answer(feed.name, now)
    places = {place.code: place for place in queries.airports()}
    return sum(_follow(flight, feed.name, arrivals, places, now) for flight in flights)


def _with_neighbours(days: Sequence[dt.date], flights: Sequence[Flight]) -> list[dt.date]:
    """The days of the flights; around midnight the neighbour too, because a schedule may lie on the other side."""
    wanted = set(days)
    for flight in flights:
        local = flight.scheduled_at.astimezone(SEOUL)
        if local.hour < 1:
            wanted.add(local.date() - dt.timedelta(days=1))
        elif local.hour >= 23:
            wanted.add(local.date() + dt.timedelta(days=1))
    return sorted(wanted)


@transaction.atomic
def _follow(
    flight: Flight, source: str, arrivals: Sequence[Arrival], places: dict[str, Place], now: dt.datetime
) -> bool:
    """Believe or ask about one flight; True when anything changed."""
    flight = Flight.objects.select_for_update(of=("self",)).select_related("place").get(pk=flight.pk)
    reports = list(flight.reports.order_by("pk"))
    believed = [report for report in reports if not report.doubt and report.source != "desk"]
    question = next((report for report in reports if report.doubt and report.closed_at is None), None)
    known = Known(
        flight.number,
        flight.scheduled_at,
        _arrival(believed[-1]) if believed else None,
        question.estimated_at if question is not None and question.doubt == Doubt.LEAP else None,
    )
    verdict = judge(known, arrivals, now)
    if isinstance(verdict, Asked):
        return _ask(flight, source, verdict, question, reports, now)
    arrival = verdict.arrival
    told = _report(flight, source, arrival, places.get(arrival.place, flight.place), now)
    is_news = not believed or _facts(believed[-1]) != _facts(told)
    if not is_news and reports[-1].source == "desk":
        return False  # a coordinator knew better, and the feed says nothing new
    if question is not None:
        _close(question, source, now)
    if is_news:
        told.save(force_insert=True)
    expected = None if arrival.lands_at == flight.scheduled_at else arrival.lands_at
    return expect_flight(flight, expected, told.place or flight.place, actor=f"feed:{source}") or question is not None


def _ask(
    flight: Flight,
    source: str,
    asked: Asked,
    open_one: FlightReport | None,
    reports: Sequence[FlightReport],
    now: dt.datetime,
) -> bool:
    """Open a question, unless it is open already or was answered and nothing new is said."""
    if asked.doubt == Doubt.UNKNOWN and flight.scheduled_at - now > UNKNOWN_WITHIN:
        return False
    place = flight.place if asked.arrival is not None else None
    told = _report(flight, source, asked.arrival, place, now, asked.doubt)
    last = next((report for report in reversed(reports) if report.doubt), None)
    if last is not None and _facts(last) == _facts(told):
        return False
    if open_one is not None:
        _close(open_one, source, now)
    told.save(force_insert=True)
    return True


def _report(
    flight: Flight, source: str, arrival: Arrival | None, place: Place | None, now: dt.datetime,
    doubt: str = "",
) -> FlightReport:  # fmt: skip
    said = {"number": flight.number} if arrival is None else {
        "number": arrival.number, "scheduled_at": arrival.scheduled_at, "estimated_at": arrival.estimated_at,
        "state": arrival.state, "gate": arrival.gate, "exit": arrival.exit, "carousel": arrival.carousel,
    }  # fmt: skip
    return FlightReport(flight=flight, source=source, place=place, doubt=doubt, read_at=now, **said)


def _facts(report: FlightReport) -> tuple[object, ...]:
    return (
        report.doubt, report.number, report.scheduled_at, report.estimated_at, str(report.state), report.place_id,
        report.gate, report.exit, report.carousel,
    )  # fmt: skip


def _arrival(report: FlightReport) -> Arrival:
    return Arrival(
        number=report.number,
        scheduled_at=report.scheduled_at or report.flight.scheduled_at,
        place=report.place.code if report.place else "",
        estimated_at=report.estimated_at,
        state=State(report.state or State.EXPECTED),
    )


def _close(question: FlightReport, by: str, now: dt.datetime) -> None:
    question.closed_at, question.closed_by = now, by
    question.save(update_fields=["closed_at", "closed_by"])


@transaction.atomic
def answer_flight(flight: Flight, expected_at: dt.datetime | None, *, actor: str) -> bool:
    """A coordinator says when the flight lands: an instant, or None to go by what the guest told. Closes the open
    question; the cars follow. Returns whether a time changed. Raises ``ImpossibleLanding``."""
    now = timezone.now()
    flight = Flight.objects.select_for_update(of=("self",)).select_related("place").get(pk=flight.pk)
    if expected_at is not None and abs(expected_at - flight.scheduled_at) > FARTHEST:
        raise ImpossibleLanding
    for question in flight.reports.filter(closed_at__isnull=True).exclude(doubt=""):
        _close(question, actor, now)
    FlightReport.objects.create(
        flight=flight, source="desk", number=flight.number, scheduled_at=flight.scheduled_at, estimated_at=expected_at,
        place=flight.place, read_at=now,
    )  # fmt: skip
    audit(actor, "answer_flight", flight)
    return expect_flight(flight, expected_at, flight.place, actor=actor)


def _note_answer(name: str, now: dt.datetime) -> None:
    FeedState.objects.update_or_create(name=name, defaults={"answered_at": now, "failing_since": None, "failure": ""})


def _note_failure(name: str, code: str, now: dt.datetime) -> None:
    state, _created = FeedState.objects.get_or_create(name=name, defaults={"failing_since": now})
    if state.failing_since is None:
        state.failing_since = now
    if code != "paused" or not state.failure:  # why it waits is worth more than that it waits
        state.failure = code
    state.save(update_fields=["failing_since", "failure"])
