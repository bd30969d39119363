"""Cars follow the flights that a feed reports; what cannot be believed becomes a question and moves nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from django.urls import reverse
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.desk.day import DeskDay
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.flights.arrivals import Arrival, FeedDown, State, plain_number
from sarangbang.concierge.flights.exits import exit_span
from sarangbang.concierge.models import FeedState, FlightReport
from sarangbang.messages.models import Message

from .test_asking import pick_up
from .test_pages import desk, text  # noqa: F401

MINUTE = dt.timedelta(minutes=1)


class Told:
    """A feed that says what the test tells it."""

    name = "told"

    def __init__(self) -> None:
        self.said: list[Arrival] | FeedDown = []

    def arrivals(self, day: dt.date) -> Sequence[Arrival]:
        if isinstance(self.said, FeedDown):
            raise self.said
        return [one for one in self.said if one.scheduled_at.astimezone(SEOUL).date() == day]


@pytest.fixture
def ride(town):
    return actions.assign(pick_up(town), town.small, actor="user:1")


@pytest.fixture
def feed():
    return Told()


def says(town, late: int = 0, **others) -> Arrival:
    flight = town.flight
    estimated = flight.scheduled_at + late * MINUTE if late else None
    facts = {
        "number": plain_number(flight.number), "scheduled_at": flight.scheduled_at, "place": flight.place.code,
        "estimated_at": estimated,
    }  # fmt: skip
    return Arrival(**facts | others)


def watch(town, feed, *said: Arrival, before: int = 120) -> int:
    """Two hours before the landing somebody looks."""
    feed.said = list(said)
    changed = actions.watch(feed, town.flight.scheduled_at - before * MINUTE)
    town.flight.refresh_from_db()
    return changed


def questions(town) -> list[str]:
    return [report.doubt for report in town.flight.reports.filter(closed_at=None) if report.doubt]


def test_a_delay_moves_the_car_and_tells_driver_and_guest(town, ride, feed):
    Message.objects.all().delete()
    assert watch(town, feed, says(town, 45)) == 1
    ride.refresh_from_db()
    landing = town.flight.scheduled_at + 45 * MINUTE
    assert town.flight.goes_at == landing
    assert ride.starts_at == landing + exit_span(town.flight.place.code, landing, 80)
    assert (ride.status, ride.vehicle) == ("assigned", town.small)
    assert Message.objects.count() == 2


def test_the_same_reading_twice_says_nothing_more(town, ride, feed):
    watch(town, feed, says(town, 45))
    Message.objects.all().delete()
    assert watch(town, feed, says(town, 45)) == 0
    assert FlightReport.objects.count() == 1
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        ({"state": State.CANCELLED}, "flight_cancelled"),
        ({"state": State.DIVERTED}, "flight_diverted"),
        ({"late": 2000}, "flight_estimate_impossible"),
        ({"number": "ZZ1"}, "flight_unknown"),
    ],
)
def test_what_cannot_be_believed_is_asked_and_moves_nothing(town, ride, feed, said, doubt):
    before = ride.starts_at
    for _again in range(2):
        watch(town, feed, says(town, **said))
    ride.refresh_from_db()
    assert (ride.starts_at, town.flight.expected_at) == (before, None)
    assert questions(town) == [doubt]


def test_a_leap_read_twice_is_believed_and_closes_the_question(town, ride, feed):
    watch(town, feed, says(town, 240))
    assert (questions(town), town.flight.expected_at) == (["flight_estimate_leaps"], None)
    watch(town, feed, says(town, 242))
    assert questions(town) == []
    assert town.flight.expected_at == town.flight.scheduled_at + 242 * MINUTE


def test_a_feed_that_is_down_moves_nothing_and_the_desk_says_so(town, ride, feed, desk):  # noqa: F811
    watch(town, feed, says(town, 30))
    feed.said = FeedDown("quota")
    long_ago = timezone.now() - dt.timedelta(hours=1)
    town.flight.scheduled_at = town.flight.expected_at = timezone.now()
    town.flight.save()
    actions.watch(feed, long_ago)
    before = town.flight.expected_at
    town.flight.refresh_from_db()
    assert town.flight.expected_at == before
    assert FeedState.objects.get().failure == "quota"
    assert "have not answered since" in text(desk.get(reverse("concierge:desk")))


def test_a_coordinators_word_closes_the_question_and_stands_until_there_is_news(town, ride, feed, desk):  # noqa: F811
    watch(town, feed, says(town, 30))
    watch(town, feed, says(town, 30, state=State.CANCELLED))
    page = reverse("concierge:flight", args=[town.flight.pk])
    assert "cancelled" in text(desk.get(page))
    landing = town.flight.scheduled_at + 90 * MINUTE
    local = landing.astimezone(SEOUL)
    answer = desk.post(page, {"day": local.date().isoformat(), "clock": f"{local:%H:%M}"})
    assert answer.status_code == 302
    town.flight.refresh_from_db()
    assert questions(town) == []
    assert town.flight.expected_at == landing
    watch(town, feed, says(town, 30, state=State.CANCELLED))  # the same once more is no news
    watch(town, feed, says(town, 30))
    assert (questions(town), town.flight.expected_at) == ([], landing)
    watch(town, feed, says(town, 60))
    assert town.flight.expected_at == town.flight.scheduled_at + 60 * MINUTE


@pytest.mark.parametrize(
    "typed",
    [{"day": "2026-13-45", "clock": "25:99"}, {"day": "", "clock": "10:00"}, {"day": "1999-01-01", "clock": "10:00"}],
)
def test_a_landing_that_cannot_be_is_refused_and_kept(town, ride, desk, typed):  # noqa: F811
    answer = desk.post(reverse("concierge:flight", args=[town.flight.pk]), typed)
    assert answer.status_code == 422
    assert typed["clock"] in answer.content.decode()
    town.flight.refresh_from_db()
    assert town.flight.expected_at is None


@pytest.mark.once
def test_the_desk_lists_flights_in_doubt_first_of_what_is_late(town, ride, feed):
    watch(town, feed, says(town, state=State.CANCELLED))
    day = town.flight.scheduled_at.astimezone(SEOUL).date()
    groups = {group.key: group for group in DeskDay(day, timezone.now()).groups}
    assert [hand.url for hand in groups["flights"].hands] == [reverse("concierge:flight", args=[town.flight.pk])]


@pytest.mark.once
@pytest.mark.parametrize("number", ["0", "9" * 40])
def test_no_such_flight(desk, town, number):  # noqa: F811
    assert desk.get(f"{reverse('concierge:desk')}flights/{number}/").status_code == 404


def test_another_terminal_moves_the_meeting_point(town, ride, feed):
    from sarangbang.directory.models import Place

    other = Place.objects.create(
        code="icn-t2", kind="airport", name="인천공항 제2터미널", name_latin="Incheon Terminal 2", latitude=37.468, longitude=126.434
    )  # fmt: skip
    watch(town, feed, says(town, place="icn-t2"))
    ride.refresh_from_db()
    assert (ride.origin, town.flight.place) == (other, other)
