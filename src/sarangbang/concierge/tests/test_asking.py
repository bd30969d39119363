"""A guest asks: what is granted, what waits, what is refused; asking again changes; everything is promised and told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.entries import entries_for
from sarangbang.concierge.flights.exits import exit_span
from sarangbang.concierge.models import Ride
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import render
from sarangbang.people.models import Consent
from sarangbang.scheduling import actions as scheduling
from sarangbang.stays.flights import save_flight
from sarangbang.stays.itinerary import State
from sarangbang.stays.models import Flight, Promise

from .conftest import place


def pick_up(town, **other):
    return actions.request_ride(town.stay, "pick_up", actor="guest:x", flight=town.flight, **({"party": 2} | other))


def speak(town, **other):
    facts = {"actor": "guest:x", "language": "mn"} | other
    return actions.request_interpreting(town.stay, town.appointment, **facts)


def open_promises(stay):
    kept = Promise.objects.filter(stay=stay, kept_at=None, withdrawn_at=None)
    return dict(kept.values_list("kind", "due_at"))


def test_a_pick_up_starts_at_the_exit_and_ends_with_the_drive(town):
    ride = pick_up(town)
    assert ride.status == "granted"
    assert ride.starts_at == town.flight.scheduled_at + exit_span("icn-t1", town.flight.scheduled_at, 80)
    assert (ride.origin, ride.destination) == (town.airport, town.hotel)
    assert dt.timedelta(minutes=60) < ride.ends_at - ride.starts_at < dt.timedelta(minutes=120)
    assert open_promises(town.stay) == {"pick_up": ride.starts_at + dt.timedelta(minutes=15)}
    assert [(step.status, step.actor) for step in ride.steps.all()] == [("granted", "guest:x")]


def test_sending_reaches_the_airport_three_hours_before_the_flight(town):
    home = Flight.objects.create(
        stay=town.stay, direction="departure", number="OM302", place=town.airport, scheduled_at=town.at(9, 14)
    )
    ride = actions.request_ride(town.stay, "sending", actor="guest:x", flight=home, party=1)
    assert ride.ends_at == home.scheduled_at - dt.timedelta(hours=3)
    assert (ride.origin, ride.destination) == (town.hotel, town.airport)


def test_a_ride_in_town_waits_and_the_answer_is_promised(town):
    ride = actions.request_ride(
        town.stay,
        "transfer",
        actor="guest:x",
        origin=town.hotel,
        destination=town.clinic,
        starts_at=town.at(5, 9),
        party=1,
    )
    assert ride.status == "waiting"
    assert open_promises(town.stay) == {"ride_answer": ride.answer_by}
    message = Message.objects.get(kind="ride_news")
    assert (message.language, message.zone, message.address) == ("mn", "Asia/Ulaanbaatar", "guest@example.org")


def test_an_interpreter_is_there_before_the_appointment(town):
    job = speak(town, wish="female")
    start = town.appointment.reservation.starts_at
    assert (job.status, job.starts_at, job.field) == ("granted", start - dt.timedelta(minutes=10), town.eyes)
    assert open_promises(town.stay) == {"interpreting": start}


@pytest.mark.parametrize(("minutes", "is_said"), [(120, False), (125, True)])
def test_an_appointment_beyond_the_free_hours_says_what_is_free(town, minutes, is_said):
    reservation = town.appointment.reservation
    reservation.ends_at = reservation.starts_at + dt.timedelta(minutes=minutes)
    reservation.save()
    speak(town)
    [entry] = entries_for(town.stay)
    assert ("Free interpreting for each appointment: 2 hrs" in entry.lines) is is_said


def test_asking_again_changes_the_same_ride(town):
    first = pick_up(town)
    again = pick_up(town, party=3, destination=town.clinic)
    assert again.pk == first.pk
    assert (again.party, again.destination) == (3, town.clinic)
    assert town.stay.rides.count() == 1
    pick_up(town, party=3, destination=town.clinic)
    assert first.steps.count() == 2  # the third time nothing was new


def test_an_assigned_car_that_is_too_small_by_now_is_taken_off(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    ride = pick_up(town, party=6)
    assert (ride.status, ride.vehicle, ride.reservation) == ("granted", None, None)
    assert not town.small.resource.allocations.filter(is_active=True).exists()


@pytest.mark.once
@pytest.mark.parametrize("change", ["appointment", "partner", "airport"])
def test_the_rules_refuse_in_a_sentence(town, change):
    if change == "appointment":
        town.appointment.reservation.status = "cancelled"
        town.appointment.reservation.save()
    elif change == "partner":
        town.partner.until = town.today
        town.partner.save()
    else:
        town.flight.place = town.hotel
    with pytest.raises(actions.NotGranted) as refused:
        pick_up(town, destination=town.clinic)
    assert str(refused.value).endswith(".")
    assert not town.stay.rides.exists()


def why(job) -> str:
    return job.steps.order_by("pk").last().reason


def home(town, days: int, hour: int = 20) -> Flight:
    return Flight.objects.create(
        stay=town.stay, direction="departure", number="OM302", place=town.airport, scheduled_at=town.at(days, hour)
    )


def land(town, airport, at=None) -> None:
    """The guest's flight is changed."""
    at = at or town.flight.scheduled_at
    save_flight(town.stay, direction="arrival", number="OM9", place=airport, scheduled_at=at, actor="guest:x")
    town.flight.refresh_from_db()


@pytest.mark.parametrize("more", [{"party": 10}, {"luggage": 13}, {"wheelchairs": 2}, {"party": 5, "luggage": 13}])
def test_what_no_car_of_the_fleet_can_take_waits_for_a_coordinator(town, more):
    ride = pick_up(town, **more)
    assert (ride.status, why(ride)) == ("waiting", "no_such_car")
    [entry] = entries_for(town.stay)
    assert entry.lines[0] == "No single car takes so many people, suitcases or wheelchairs; a coordinator tries."


def test_a_pick_up_after_the_appointment_and_a_ride_back_before_it_wait(town):
    town.flight.scheduled_at = town.at(5, 11)
    town.flight.save()
    ride = pick_up(town)
    assert (ride.status, why(ride)) == ("waiting", "out_of_order")
    back = actions.request_ride(town.stay, "sending", actor="guest:x", flight=home(town, 4), party=1)
    assert (back.status, why(back)) == ("waiting", "out_of_order")


def test_who_was_treated_is_brought_back(town):
    town.appointment.reservation.status = "fulfilled"
    town.appointment.reservation.save()
    ride = actions.request_ride(town.stay, "sending", actor="guest:x", flight=home(town, 9), party=1)
    assert ride.status == "granted"


def test_a_granted_ride_that_moves_to_gimpo_waits_for_an_answer(town):
    gimpo = place("gmp", "airport", 37.5587, 126.7945)
    ride = pick_up(town)
    land(town, gimpo)
    again = pick_up(town)
    assert (again.pk, again.status, why(again)) == (ride.pk, "waiting", "airport_on_request")
    assert open_promises(town.stay) == {"ride_answer": again.answer_by}
    land(town, town.airport)
    again.refresh_from_db()
    assert again.status == "granted"
    assert set(open_promises(town.stay)) == {"pick_up"}


def test_a_car_is_not_sent_to_an_airport_that_is_not_served(town):
    busan = place("pus", "airport", 35.1795, 128.9382)
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    land(town, busan)
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle, why(ride)) == ("waiting", None, "airport")
    with pytest.raises(actions.NotGranted):
        pick_up(town)


def test_a_grant_is_not_taken_back_because_the_time_is_short(town):
    ride = pick_up(town)
    land(town, town.airport, town.at(1, 9))
    ride.refresh_from_db()
    assert ride.status == "granted"


def test_without_consent_no_crew_learns_a_name(town):
    Consent.objects.filter(guest=town.guest, purpose="concierge").update(withdrawn_at=timezone.now())
    with pytest.raises(actions.ConsentMissing):
        pick_up(town)
    assert pick_up(town, consents=True).status == "granted"


def test_interpreters_of_another_stay_s_appointment_cannot_be_asked_for(town):
    other = town.another(1)
    with pytest.raises(actions.NotGranted):
        actions.request_interpreting(town.stay, other.appointment, actor="guest:x", language="mn")


@pytest.mark.once
def test_no_message_names_the_reason_or_the_institution(town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    ride = actions.assign(pick_up(town, destination=town.clinic), town.small, actor="user:1")
    actions.cancel(job, actor="user:1")
    actions.cancel(ride, actor="user:1")
    messages = list(Message.objects.all())
    assert {message.kind for message in messages} == {"ride_news", "interpreting_news", "crew_news"}
    for message in messages:
        words = render(message)
        said = f"{words.subject}\n{words.body}\n{words.short}"
        for secret in ("One Clinic", "하나의원", "Ophthalmology", "Lens", "medical-one"):
            assert secret not in said
        assert "http" in said


@pytest.mark.once
def test_the_itinerary_shows_what_was_asked_for_in_a_constant_number_of_queries(town, django_assert_max_num_queries):
    actions.assign(pick_up(town), town.small, actor="user:1")
    actions.cancel(speak(town), actor="guest:x")
    with django_assert_max_num_queries(4):
        ride, job = entries_for(town.stay)
    assert (ride.kind, ride.state, job.kind, job.state) == ("ride", State.AGREED, "interpreting", State.CANCELLED)
    assert any("Staria 12가 3456" in line for line in ride.lines)
    assert ride.uid == f"ride:{town.stay.rides.get().pk}"
    assert "Clinic" not in ride.summary + job.summary


def test_rides_in_town_move_with_their_appointment(town):
    visit = town.appointment.reservation
    facts = {"actor": "user:1", "party": 1}
    back = actions.request_ride(
        town.stay, "transfer", origin=town.clinic, destination=town.hotel, starts_at=visit.ends_at, **facts
    )
    there = actions.request_ride(
        town.stay, "transfer", origin=town.hotel, destination=town.clinic,
        starts_at=visit.starts_at - dt.timedelta(hours=1), **facts,
    )  # fmt: skip
    there = actions.assign(there, town.small, actor="user:1")
    later = visit.starts_at + dt.timedelta(hours=2)
    scheduling.reschedule(town.appointment, town.appointment.practitioner, later, actor="guest:x")
    for ride, car in ((back, None), (there, town.small)):
        now = Ride.objects.get(pk=ride.pk)
        assert (now.starts_at, now.vehicle) == (ride.starts_at + dt.timedelta(hours=2), car)
        assert now.steps.last().reason == "appointment_moved"
