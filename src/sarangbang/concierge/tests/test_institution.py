"""A partner institution asks for its own guest: with its name on the request, and without seeing what is not its own."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.directory.models import Institution, Partner, Registration
from sarangbang.people.models import AccessEntry, Membership, User
from sarangbang.scheduling.actions import cancel
from sarangbang.stays.models import Flight

from .conftest import SEOUL, place
from .test_asking import pick_up, speak

pytestmark = pytest.mark.once


@pytest.fixture
def clinic(client, town, settings):
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Clinic", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=town.institution)
    client.force_login(user)
    client.user = user
    return client


def page(name: str, appointment, **query: str) -> str:
    return reverse(f"concierge:clinic_{name}", args=[appointment.pk], query=query)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


CAR = {"party": "2", "luggage": "1", "wheelchairs": "0", "child_seats": "1"}


def test_an_institution_asks_for_an_interpreter_and_sees_what_became_of_it(clinic, town):
    asked = {"language": "mn", "mode": "on_site", "wish": "female"}
    answer = clinic.post(page("interpreter", town.appointment), asked, follow=True)
    assert "Asked and granted." in text(answer)
    job = Interpreting.objects.get()
    assert (job.source, job.institution, job.wish) == ("institution", town.institution, "female")
    assert job.asked_by == f"user:{clinic.user.pk}"
    assert "Asked so far" in text(answer)


def test_a_flight_that_the_guest_told_is_used_and_not_shown(clinic, town):
    shown = clinic.get(page("car", town.appointment))
    for hidden in ("OM301", 'hotel-one" selected', 'name="number"', 'name="clock"'):
        assert hidden not in shown.content.decode()
    answer = clinic.post(page("car", town.appointment), CAR | {"destination": "medical-one"}, follow=True)
    assert "Asked" in text(answer)
    ride = Ride.objects.get()
    assert (ride.flight, ride.source, ride.institution) == (town.flight, "institution", town.institution)
    assert (ride.child_seats, ride.destination) == (1, town.clinic)


def test_without_a_flight_the_institution_tells_it(clinic, town):
    Flight.objects.all().delete()
    day = town.at(4, 9).astimezone(SEOUL).date().isoformat()
    told = {"number": "KE 12", "airport": "icn-t1", "day": day, "clock": "05:20", "destination": "medical-one"}
    assert clinic.post(page("car", town.appointment), CAR | told).status_code == 302
    assert Flight.objects.get(stay=town.stay).number == "KE12"
    assert Ride.objects.get().kind == "pick_up"


def test_a_refusal_says_why_and_whom_to_ask(clinic, town):
    Partner.objects.all().delete()
    answer = clinic.post(page("car", town.appointment), CAR | {"destination": "medical-one"})
    assert answer.status_code == 422
    assert "Cars come with an appointment at a partner institution" in text(answer)
    assert "Please ask the Medical Tour Center." in text(answer)
    assert not Ride.objects.exists()


def test_what_the_guest_never_agreed_to_is_asked_for(clinic, town):
    town.guest.consents.filter(purpose="concierge").delete()
    asked = {"language": "mn", "mode": "on_site", "wish": ""}
    assert "Without this consent nobody can meet the guest." in text(
        clinic.post(page("interpreter", town.appointment), asked)
    )
    assert clinic.post(page("interpreter", town.appointment), asked | {"consent": "on"}).status_code == 302


def test_neither_visits_of_others_nor_their_places_are_shown(clinic, town):
    elsewhere = place("medical-two", "medical", 37.51, 127.03)
    other = Institution.objects.create(
        slug="two", kind="clinic", name="둘의원", name_latin="Two Clinic", place=elsewhere
    )
    Registration.objects.create(
        institution=other, number="M-2", valid_from=dt.date(2020, 1, 1), valid_until=dt.date(2099, 1, 1),
        insured_until=dt.date(2099, 1, 1),
    )  # fmt: skip
    visit = town.book(town.stay, town.at(6, 10))
    type(visit).objects.filter(pk=visit.pk).update(institution=other, place=elsewhere)
    for name in ("car", "interpreter"):
        assert "medical-two" not in clinic.get(page(name, town.appointment)).content.decode()
        assert clinic.get(page(name, visit)).status_code == 404
        assert clinic.post(page(name, visit), CAR).status_code == 404


def test_what_the_guest_has_asked_for_is_not_changed_by_an_institution(clinic, town):
    ride, job = pick_up(town, party=3), speak(town)
    requests = {"car": CAR | {"destination": "medical-one"}, "interpreter": {"language": "ru", "mode": "on_site"}}
    for name, sent in requests.items():
        answer = clinic.post(page(name, town.appointment), sent)
        assert "has arranged this already" in text(answer)
    ride.refresh_from_db()
    job.refresh_from_db()
    assert (ride.party, ride.destination, job.language) == (3, town.hotel, "mn")


def test_reading_is_logged_and_what_is_over_cannot_be_asked_for(clinic, town):
    clinic.get(page("interpreter", town.appointment))
    [entry] = AccessEntry.objects.filter(guest=town.guest)
    assert (entry.actor, entry.actor_name) == (f"user:{clinic.user.pk}", "One Clinic")
    cancel(town.appointment, actor="guest:x")
    asked = {"language": "mn", "mode": "on_site", "wish": ""}
    answer = clinic.post(page("interpreter", town.appointment), asked)
    assert "nothing can be asked for it any more" in text(answer)
    assert not Interpreting.objects.exists()


@pytest.mark.both
def test_hostile_requests_are_refused_and_never_break(clinic, town):
    requests = {"car": CAR | {"destination": "medical-one"}, "interpreter": {"language": "mn", "mode": "on_site"}}
    for name, sent in requests.items():
        for value in ("", "x", "-1", "9" * 40, "\x00", "é" * 300):
            for field in sent:
                answer = clinic.post(page(name, town.appointment), sent | {field: value})
                assert answer.status_code in (302, 422), (name, field, value)
    assert clinic.get(page("car", town.appointment, kind="x")).status_code == 200
