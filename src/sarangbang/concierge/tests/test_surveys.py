"""Four questions after the service, asked once and answered once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.concierge import actions, survey_queries
from sarangbang.concierge.models import Ride, Survey
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import SecureLink

from .conftest import Town

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def drive(town: Town, hours_ago: float, status: str = "finished") -> Ride:
    end = timezone.now() - hours_ago * HOUR
    return Ride.objects.create(
        stay=town.stay, kind="sending", origin=town.hotel, destination=town.airport, starts_at=end - HOUR, ends_at=end,
        party=1, status=status, vehicle=town.small,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rides", "asked"),
    [
        ([(4, "finished")], 1),
        ([(1, "finished")], 0),  # still in the car, so to speak
        ([(24 * 8, "finished")], 0),
        ([(4, "cancelled")], 0),
        ([(4, "finished"), (-30, "assigned")], 0),  # more is to come
        ([(4, "finished"), (-30, "cancelled")], 1),
    ],
)
def test_a_guest_is_asked_when_the_last_service_is_over(town: Town, rides: list, asked: int) -> None:
    for hours_ago, status in rides:
        drive(town, hours_ago, status)
    assert actions.ask_surveys(timezone.now()) == asked
    assert actions.ask_surveys(timezone.now()) == 0
    assert Message.objects.filter(kind="survey").count() == asked


def test_it_is_answered_once_in_the_guests_language_and_about_what_they_had(town: Town) -> None:
    drive(town, 4)
    actions.ask_surveys(timezone.now())
    survey = Survey.objects.get()
    assert survey_queries.questions_for(town.stay) == ("reception", "car", "overall")
    link = SecureLink.objects.get(purpose="survey")
    address = f"/mn/survey/{links.token_of(link)}/"
    client = Client()
    page = client.get(address)
    assert page.status_code == 200
    # A stricter policy would make browsers send "Origin: null" with the form, and its answer would be refused.
    assert page["Referrer-Policy"] == "same-origin"
    assert 'name="interpreter"' not in page.content.decode()

    for wrong in ({}, {"overall": "6"}, {"overall": "x"}, {"overall": "4", "comment": "x" * 1001}):
        refused = client.post(address, wrong)
        assert refused.status_code == 422
    assert client.post(address, {"overall": "4", "car": "5", "comment": "<b>Баярлалаа</b>"}).status_code == 200
    assert client.post(address, {"overall": "1"}).status_code == 200

    survey.refresh_from_db()
    assert (survey.overall, survey.car, survey.reception, survey.language) == (4, 5, None, "mn")
    assert survey.comment == "<b>Баярлалаа</b>"
    link.revoked_at = timezone.now()
    link.save()
    assert client.get(address).status_code == 410
    assert client.get("/en/survey/nonsense/").status_code == 410
