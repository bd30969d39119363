"""Two at once: one stay, one winner, no second message."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sarangbang.people import codes
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import hold_again
from sarangbang.scheduling.models import Appointment, Claim, Reservation
from sarangbang.stays import actions, proof
from sarangbang.stays.models import Intake, Stay, StayAppointment
from sarangbang.stays.rules import Overlaps

from .world import DETAILS, booked, codes_made, free, held, kinds_sent, let_run_out, sent_code

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
Town = SimpleNamespace

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_related(
        "reservation", "offering__institution", "institution", "practitioner"
    ).get(pk=appointment.pk)


def test_the_same_code_twice_at_once_books_once(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    intake = actions.save_intake(appointment, DETAILS)
    proof.ask(intake)
    digits = sent_code()

    def press() -> Stay:
        mine = fresh(appointment)
        proof.prove_by_code(mine, intake.email, digits)
        return actions.book_proven(mine)

    results = at_once([press] * 4)
    assert {result.pk for result in results if isinstance(result, Stay)} == {Stay.objects.get().pk}
    assert all(isinstance(result, (Stay, codes.CodeProblem)) for result in results), results
    # Five attempts are allowed in all; each second press counts one.
    assert sum(isinstance(result, Stay) for result in results) >= 2
    assert kinds_sent() == ["stay_code", "stay_booked"]


def test_two_guests_whose_holds_ran_out_want_the_same_time(committed_town: Town, at_once: AtOnce) -> None:
    first = held(committed_town)
    starts_at = first.reservation.starts_at
    actions.save_intake(first, DETAILS)
    let_run_out(first)
    second = scheduling.hold(committed_town.offering, committed_town.doctor, starts_at, actor="guest:new")
    actions.save_intake(second, {**DETAILS, "email": "second@guest.example"})
    let_run_out(second)

    results = at_once([lambda: actions.book_proven(fresh(first)), lambda: actions.book_proven(fresh(second))])

    assert sorted(type(result).__name__ for result in results) == ["Stay", "Taken"], results
    assert Stay.objects.count() == 1
    assert Intake.objects.count() == 1  # the loser's words are still there


def test_one_guest_books_while_their_other_tab_changes_the_time(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    other = free(committed_town, 4)

    def change() -> Appointment:
        return hold_again(fresh(appointment), committed_town.offering, committed_town.doctor, other, actor="guest:new")

    results = at_once([lambda: actions.book_proven(fresh(appointment)), change])
    allowed = (Stay, Appointment, scheduling.MoveNotAllowed, scheduling.HoldExpired)
    assert all(isinstance(result, allowed) for result in results), results
    assert Stay.objects.count() <= 1


def test_housekeeping_beside_a_late_guest(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    let_run_out(appointment)
    results = at_once([lambda: actions.book_proven(fresh(appointment)), actions.forget_expired_intakes])
    assert isinstance(results[0], Stay), results
    assert results[1] == 0


def test_cancelling_twice_at_once_tells_once(committed_town: Town, at_once: AtOnce) -> None:
    _stay, appointment = booked(committed_town)
    results = at_once([lambda: actions.cancel_appointment(fresh(appointment), actor="guest:x")] * 2)
    assert all(isinstance(result, Appointment) for result in results), results
    assert kinds_sent() == ["stay_booked", "stay_cancelled"]


def test_the_same_hold_renewed_at_once_is_one_hold(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    let_run_out(appointment)
    results = at_once([lambda: actions.ensure_held(fresh(appointment), actor="guest:new")] * 4)
    assert {result.pk for result in results if isinstance(result, Appointment)} == {appointment.pk}, results
    assert len({result.reservation_id for result in results}) == 1
    assert Reservation.objects.filter(status="held").count() == 1
    assert Claim.objects.count() == 6


def test_two_late_guests_who_take_each_others_times_both_get_them(committed_town: Town, at_once: AtOnce) -> None:
    pair = [held(committed_town, 0), held(committed_town, 2)]
    times = [one.reservation.starts_at for one in pair]
    for one in pair:
        let_run_out(one)

    def take(mine: Appointment, starts_at: Any) -> Appointment:
        return hold_again(fresh(mine), committed_town.offering, committed_town.doctor, starts_at, actor="guest:new")

    results = at_once([lambda: take(pair[0], times[1]), lambda: take(pair[1], times[0])])
    assert all(isinstance(result, Appointment) for result in results), results
    assert [fresh(one).reservation.starts_at for one in pair] == times[::-1]
    assert Claim.objects.count() == 12


def test_the_form_sent_twice_at_once_is_kept_once(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    results = at_once([lambda: actions.save_intake(fresh(appointment), DETAILS)] * 4)
    assert {result.pk for result in results if isinstance(result, Intake)} == {Intake.objects.get().pk}, results
    assert all(isinstance(result, Intake) for result in results), results


def test_the_form_sent_again_while_its_first_sending_books(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    both = [
        lambda: actions.book_proven(fresh(appointment)),
        lambda: actions.save_intake(fresh(appointment), DETAILS),
    ]
    results = at_once(both)
    assert isinstance(results[0], Stay), results
    assert isinstance(results[1], (Intake, scheduling.MoveNotAllowed)), results
    assert not Intake.objects.exists()  # nothing typed stays behind a booked time


def test_two_sendings_at_once_send_one_code(committed_town: Town, at_once: AtOnce) -> None:
    appointment = held(committed_town)
    intake = actions.save_intake(appointment, DETAILS)
    results = at_once([lambda: proof.ask(Intake.objects.get(pk=intake.pk), anew=False)] * 3)
    assert results == [None] * 3
    assert codes_made() == 1
    assert kinds_sent() == ["stay_code"]


def test_one_more_appointment_pressed_twice_at_once_is_added_once(committed_town: Town, at_once: AtOnce) -> None:
    stay, _first = booked(committed_town)
    more = held(committed_town, 4)
    results = at_once([lambda: actions.add_appointment(stay, fresh(more), actor="guest:x")] * 3)
    assert all(isinstance(result, Stay) for result in results), results
    assert StayAppointment.objects.count() == 2
    assert kinds_sent() == ["stay_booked", "stay_booked"]


def test_two_overlapping_appointments_added_at_once_one_is_refused(committed_town: Town, at_once: AtOnce) -> None:
    stay, _first = booked(committed_town)
    here = held(committed_town, 4)
    other = committed_town.other
    there = scheduling.hold(other.offering, other.doctors[0], here.reservation.starts_at, actor="guest:new")
    results = at_once(
        [
            lambda: actions.add_appointment(stay, fresh(here), actor="guest:x"),
            lambda: actions.add_appointment(stay, fresh(there), actor="guest:x"),
        ]
    )
    assert sum(isinstance(result, Stay) for result in results) == 1, results
    assert sum(isinstance(result, Overlaps) for result in results) == 1, results
