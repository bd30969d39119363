"""News comes in, and one proposal moves ride, interpreter and clinic hour together."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from sarangbang.concierge import actions, rehearsing
from sarangbang.concierge.actions import News
from sarangbang.concierge.days import mending
from sarangbang.concierge.days.daybook import Daybook
from sarangbang.concierge.days.model import DayModel
from sarangbang.concierge.days.situation import lay_out
from sarangbang.concierge.days.telling import tell
from sarangbang.concierge.desk.day import DeskDay
from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.concierge.months import day_of
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import render
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.flights import expect_flight
from sarangbang.stays.models import Flight

from .test_asking import pick_up, speak

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _short_search(monkeypatch):
    """A day of one guest needs no long search."""
    monkeypatch.setattr(mending, "SECONDS", 0.4)


def an_arrival(town, *, visit=(4, 9)):
    """A guest who lands early on day 4, is fetched, and has an appointment with an interpreter on the same day."""
    guest = town.new_guest("Дорж", email="dorj@example.org")
    stay = town.new_stay(guest)
    appointment = town.book(stay, town.at(*visit))
    flight = Flight.objects.create(
        stay=stay, direction="arrival", number="OM333", place=town.airport, scheduled_at=town.at(4, 5, 20)
    )
    ride = actions.request_ride(stay, "pick_up", actor="guest:x", flight=flight, party=1, destination=town.clinic)
    job = actions.request_interpreting(stay, appointment, actor="guest:x", language="mn")
    ride = actions.assign(ride, town.small, actor="user:1")
    job = actions.assign(job, town.oyuun, actor="user:1")
    return ride, job, appointment


def mend(job, *news):
    return actions.propose_mend(day_of(job.starts_at), [News(*each) for each in news], actor="user:1")


def changes_of(proposal):
    return {
        "ride" if each.ride_id else "job" if each.interpreting_id else "visit": each for each in proposal.changes.all()
    }


@pytest.mark.once
def test_a_flight_three_hours_late_moves_ride_interpreter_and_clinic_hour_in_one_proposal(town):
    ride, job, _appointment = an_arrival(town)
    proposal = mend(job, ("flight_delay", f"flight:{ride.flight_id}", 180))
    found = changes_of(proposal)
    assert set(found) == {"ride", "job", "visit"}
    assert found["ride"].after["starts_at"] == (ride.starts_at + 180 * MINUTE).isoformat()
    new = dt.datetime.fromisoformat(found["visit"].after["starts_at"])
    assert new >= ride.ends_at + 180 * MINUTE
    assert dt.datetime.fromisoformat(found["job"].after["starts_at"]) == new - 10 * MINUTE
    assert "institution" in found["visit"].asks
    assert proposal.news == [{"kind": "flight_delay", "subject": f"flight:{ride.flight_id}", "minutes": 180}]
    assert Ride.objects.get(pk=ride.pk).starts_at == ride.starts_at  # nothing has moved


def test_accepted_all_three_are_moved_with_one_letter_and_undone_all_three_are_as_before(town):
    ride, job, appointment = an_arrival(town)
    before = appointment.reservation.starts_at
    old = [(each.starts_at, each.ends_at, each.crew) for each in (ride, job)]
    proposal = mend(job, ("flight_delay", f"flight:{ride.flight_id}", 180))
    visit = changes_of(proposal)["visit"]
    Message.objects.all().delete()
    actions.accept(proposal, actor="user:1", despite="urgent")
    moved = Appointment.objects.select_related("reservation").get(pk=appointment.pk)
    assert moved.reservation.starts_at == dt.datetime.fromisoformat(visit.after["starts_at"])
    job.refresh_from_db()
    assert (job.starts_at, job.status) == (moved.reservation.starts_at - 10 * MINUTE, "assigned")
    [letter] = Message.objects.filter(guest=job.stay.guest)
    assert letter.kind == "changes_news"
    words = render(letter)
    assert words.body.count("\n- ") == 3
    assert set(Message.objects.filter(guest=None).values_list("kind", flat=True)) == {"crew_news"}
    actions.undo_proposal(proposal, actor="user:1")
    assert Appointment.objects.get(pk=appointment.pk).reservation.starts_at == before
    for each in (ride, job):
        each.refresh_from_db()
    assert [(each.starts_at, each.ends_at, each.crew) for each in (ride, job)] == old


@pytest.mark.once
@pytest.mark.parametrize("is_locked", [True, False])
def test_what_is_locked_is_promised_to_the_engine_with_its_crew_and_its_time(town, is_locked):
    ride, job, _appointment = an_arrival(town)
    if is_locked:
        ride, job = (actions.lock(each, actor="user:1") for each in (ride, job))
    model = DayModel(Daybook.of(day_of(ride.starts_at)))
    situation = lay_out(model, tell(model, [News("late", job.subject, 10)])).situation
    (request,) = situation.rides.requests
    assert request.cars == (frozenset({model.shift_of(ride)}) if is_locked else None)
    assert (ride.subject in situation.promised) == is_locked
    assert (job.subject in situation.interpreting.frozen) == is_locked


@pytest.mark.once
def test_rides_in_town_that_nobody_has_move_with_the_clinic_hour_and_still_wait_for_an_answer(town):
    pick_up_, job, visit = an_arrival(town)
    begin, end = visit.reservation.starts_at, visit.reservation.ends_at
    facts = {"actor": "guest:x", "party": 1}
    back = actions.request_ride(
        job.stay, "transfer", origin=town.clinic, destination=town.hotel, starts_at=end + 20 * MINUTE, **facts
    )
    elsewhere = actions.request_ride(
        job.stay, "transfer", origin=town.hotel, destination=town.center, starts_at=end + 20 * MINUTE, **facts
    )
    proposal = mend(job, ("flight_delay", f"flight:{pick_up_.flight_id}", 180))
    hour = proposal.changes.get(appointment=visit).after
    later = dt.datetime.fromisoformat(hour["ends_at"]) - end
    assert proposal.changes.get(ride=back).after["starts_at"] == (back.starts_at + later).isoformat()
    assert not proposal.changes.filter(ride=elsewhere).exists()
    actions.accept(proposal, actor="user:1", despite="by telephone")
    now = Ride.objects.get(pk=back.pk)
    assert (now.starts_at, now.status, back.status) == (back.starts_at + later, "waiting", "waiting")
    actions.undo_proposal(proposal, actor="user:1")
    now = Ride.objects.get(pk=back.pk)
    assert (now.starts_at, now.status) == (back.starts_at, "waiting")
    assert visit.reservation.starts_at == begin


def test_an_undo_fails_as_a_whole_when_the_old_clinic_hour_is_somebody_elses(town):
    ride, job, appointment = an_arrival(town)
    before = appointment.reservation.starts_at
    proposal = actions.accept(
        mend(job, ("flight_delay", f"flight:{ride.flight_id}", 180)), actor="user:1", despite="urgent"
    )
    town.book(town.new_stay(town.new_guest("Бат", email="b@example.org")), before)
    moved = Ride.objects.get(pk=ride.pk).starts_at
    with pytest.raises(actions.CannotUndo) as refused:
        actions.undo_proposal(proposal, actor="user:1")
    assert refused.value.code == "taken"
    assert Ride.objects.get(pk=ride.pk).starts_at == moved


@pytest.mark.once
def test_an_ill_interpreter_is_replaced_and_nobody_else_is_touched(town):
    _ride, job, _appointment = an_arrival(town)
    proposal = mend(job, ("ill", f"interpreter:{town.oyuun.pk}"))
    [change] = proposal.changes.all()
    assert (change.interpreting, change.after, change.reason) == (job, {"crew": str(town.bat.pk)}, "ill")
    actions.accept(proposal, actor="user:1", despite="urgent")
    assert Interpreting.objects.get(pk=job.pk).interpreter == town.bat


@pytest.mark.once
def test_what_changes_is_told_in_the_order_of_the_day(town):
    for hour in (15, 9, 13, 11):
        stay = town.new_stay(town.new_guest("Дорж", email=f"dorj{hour}@example.org"))
        visit = town.book(stay, town.at(4, hour))
        job = actions.request_interpreting(stay, visit, actor="guest:x", language="mn")
        actions.assign(job, town.oyuun, actor="user:1")
    proposal = mend(job, ("ill", f"interpreter:{town.oyuun.pk}"))
    times = [each.interpreting.starts_at for each in proposal.changes.order_by("ordinal")]
    assert len(times) == 4
    assert times == sorted(times)


@pytest.mark.once
def test_what_cannot_be_mended_is_said_with_the_reason(town):
    _ride, job, _appointment = an_arrival(town)
    actions.lock(job, actor="user:1")
    town.bat.languages.all().delete()
    proposal = mend(job, ("ill", f"interpreter:{town.oyuun.pk}"))
    assert [(row["subject"], row["code"]) for row in proposal.unmended] == [(job.subject, "interpreting_language")]


@pytest.mark.once
def test_a_broken_car_is_replaced_by_another_at_the_same_time(town):
    ride, job, _appointment = an_arrival(town)
    proposal = mend(job, ("broken", f"vehicle:{town.small.pk}"))
    [change] = proposal.changes.all()
    assert (change.ride, change.after, change.reason) == (ride, {"crew": str(town.big.pk)}, "broken")


@pytest.mark.once
def test_who_does_not_come_is_called_off(town):
    ride, job, _appointment = an_arrival(town)
    proposal = mend(job, ("no_show", ride.subject))
    [change] = proposal.changes.all()
    assert (change.ride, change.after) == (ride, {"crew": None, "status": "cancelled"})
    actions.accept(proposal, actor="user:1", despite="urgent")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle, ride.steps.order_by("pk").last().reason) == ("cancelled", None, "no_show")
    actions.undo_proposal(proposal, actor="user:1")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("assigned", town.small)


@pytest.mark.once
def test_a_clinic_that_runs_late_takes_its_interpreter_along(town):
    _ride, job, appointment = an_arrival(town)
    proposal = mend(job, ("clinic_late", f"institution:{town.institution.pk}", 40))
    found = changes_of(proposal)
    assert found["visit"].after["starts_at"] == (appointment.reservation.starts_at + 40 * MINUTE).isoformat()
    assert found["job"].after["starts_at"] == (job.starts_at + 40 * MINUTE).isoformat()
    actions.accept(proposal, actor="user:1", despite="urgent")
    assert Appointment.objects.get(pk=appointment.pk).reservation.starts_at == (
        appointment.reservation.starts_at + 40 * MINUTE
    )
    actions.undo_proposal(proposal, actor="user:1")


@pytest.mark.once
def test_interpreting_that_nobody_has_follows_the_clinic_and_says_why(town):
    _ride, job, _appointment = an_arrival(town)
    Interpreting.objects.filter(pk=job.pk).update(interpreter=None, status="granted")
    found = changes_of(mend(job, ("clinic_late", f"institution:{town.institution.pk}", 40)))
    assert found["job"].after["starts_at"] == (job.starts_at + 40 * MINUTE).isoformat()
    assert {each.reason for each in found.values()} == {"clinic_late"}


@pytest.mark.once
@pytest.mark.parametrize(
    "news",
    [
        ("late", "ride:00000000-0000-0000-0000-000000000000", 5),
        ("ill", "interpreter:x"),
        ("flood", "ride:1"),
        ("late", "vehicle:1", 5),
        ("clinic_late", "institution:x", 5),
        ("flight_delay", "flight:99", 5),
        ("late", "ride:x", 0),
    ],
)
def test_news_about_nothing_is_refused(town, news):
    with pytest.raises(actions.NewsUnclear):
        mend(pick_up(town), news)
    assert speak(town) is not None


@pytest.mark.once
def test_a_flight_that_the_feed_made_too_late_stands_on_the_desk_and_is_mended_from_there(town):
    ride, _job, _appointment = an_arrival(town)
    flight = ride.flight
    expect_flight(flight, flight.scheduled_at + 4 * 60 * MINUTE, flight.place, actor="feed:x")
    ride.refresh_from_db()
    [late] = [group for group in DeskDay(day_of(ride.starts_at), timezone.now()).groups if group.key == "late"]
    asked = parse_qs(urlsplit(late.hands[0].url).query)
    assert asked == {
        "day": [day_of(ride.starts_at).isoformat()], "kind": ["flight_delay"], "subject": [f"flight:{flight.pk}"],
    }  # fmt: skip
    found = changes_of(mend(ride, (asked["kind"][0], asked["subject"][0])))
    assert set(found) == {"job", "visit"}  # the ride has followed its flight
    assert dt.datetime.fromisoformat(found["visit"].after["starts_at"]) >= ride.ends_at


def who_lost_the_car(town):
    """A ride whose flight became late at the desk, when its car had to be somewhere else."""
    ride, _job, _appointment = an_arrival(town)
    other = town.another(1)
    other.flight.scheduled_at = ride.flight.scheduled_at + 170 * MINUTE
    other.flight.save()
    beside = actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=1)
    beside = actions.assign(beside, town.small, actor="user:1")
    expect_flight(ride.flight, ride.flight.scheduled_at + 170 * MINUTE, ride.flight.place, actor="user:1")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("waiting", None)  # it is after the appointment now
    return ride, beside


@pytest.mark.once
def test_a_ride_that_lost_its_car_gets_another_one_by_the_news_about_it(town):
    ride, _beside = who_lost_the_car(town)
    proposal = mend(ride, ("flight_delay", f"flight:{ride.flight_id}"))
    change = proposal.changes.get(ride=ride)
    assert change.after == {"crew": str(town.big.pk), "status": "assigned"}
    actions.accept(proposal, actor="user:1", despite="urgent")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("assigned", town.big)


@pytest.mark.once
def test_what_had_lost_its_crew_gets_another_one_whatever_the_news(town):
    ride, _beside = who_lost_the_car(town)
    job = Interpreting.objects.get()
    actions.unassign(job, actor=town.oyuun.actor, reason="fever")
    again = Interpreting.objects.get()
    town.another(2)  # an appointment that nobody asked anything for
    other = actions.request_ride(
        town.another(3).stay, "pick_up", actor="guest:x", flight=Flight.objects.get(number="KE3"), party=1
    )
    Ride.objects.filter(pk=other.pk).update(starts_at=town.at(4, 20), ends_at=town.at(4, 21), status="granted")
    proposal = mend(ride, ("ill", f"interpreter:{town.oyuun.pk}"))
    found = {(each.ride or each.interpreting): (each.after["crew"], each.reason) for each in proposal.changes.all()}
    assert found == {
        ride: (str(town.big.pk), "lost_crew"),
        again: (str(town.bat.pk), "lost_crew"),
    }  # what nobody has had yet is a plan's
    assert proposal.unmended == []


@pytest.mark.once
def test_a_ride_that_lost_its_car_and_gets_none_is_named_with_the_reason(town):
    ride, beside = who_lost_the_car(town)
    proposal = mend(ride, ("broken", f"vehicle:{town.big.pk}"))
    [left] = [row for row in proposal.unmended if row["subject"] == ride.subject]
    assert left["code"].startswith("ride_")
    assert not proposal.changes.filter(ride=beside).exists()


@pytest.mark.once
def test_what_was_taken_back_on_purpose_is_not_looked_for(town):
    ride = pick_up(town)
    actions.undo_proposal(actions.accept(actions.propose_plan(day_of(ride.starts_at), actor="user:1"), actor="user:1"),
                          actor="user:1")  # fmt: skip
    assert mend(ride, ("ill", f"interpreter:{town.oyuun.pk}")).changes.count() == 0


@pytest.mark.once
def test_a_clinic_that_runs_late_shifts_visits_that_stand_back_to_back(town):
    visits = [town.book(town.new_stay(town.new_guest(f"Г{hour}")), town.at(4, hour)) for hour in (13, 14, 15)]
    before = {each.pk: each.reservation.starts_at for each in visits}
    news = News("clinic_late", f"institution:{town.institution.pk}", 30)
    proposal = actions.propose_mend(day_of(before[visits[0].pk]), [news], actor="user:1")
    actions.accept(proposal, actor="user:1", despite="urgent")
    moved = {each.pk: each.reservation.starts_at for each in Appointment.objects.select_related("reservation")}
    assert {pk: moved[pk] - starts_at for pk, starts_at in before.items()} == dict.fromkeys(before, 30 * MINUTE)
    actions.undo_proposal(proposal, actor="user:1")
    now = {each.pk: each.reservation.starts_at for each in Appointment.objects.select_related("reservation")}
    assert {pk: now[pk] for pk in before} == before


def test_the_machine_code_is_found_where_a_mending_has_made_it():
    mending.rehearse()
    assert rehearsing.engine_is_made()
