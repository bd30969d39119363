"""From a held time to a stay: all or nothing, once, with the guest's own words and no trace of those who went away."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from sarangbang.messages.models import Message
from sarangbang.people import codes
from sarangbang.people.models import AuditEntry, Consent, Guest, SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import forget_unbooked, hold_again
from sarangbang.scheduling.models import Appointment, Claim, Reservation
from sarangbang.scheduling.queries import free_times
from sarangbang.stays import actions, proof, queries, rules
from sarangbang.stays.models import Intake, Promise, Stay, StayAppointment

from .world import DETAILS, booked, failing, free, held, kinds_sent, let_run_out, sent_code, wrong

Town = SimpleNamespace


def test_a_proven_address_makes_guest_stay_consents_links_promise_and_message(town: Town) -> None:
    stay, appointment = booked(town)
    assert appointment.guest == stay.guest
    assert appointment.reservation.status == Reservation.Status.BOOKED
    assert stay.guest.email_proven_at is not None
    assert queries.consents_in_force(stay) == {"booking", "health", "concierge"}
    assert queries.link_to(stay, SecureLink.Purpose.STAY) is not None
    assert queries.link_to(stay, SecureLink.Purpose.CALENDAR) is not None
    assert [promise.kind for promise in stay.promises.all()] == ["time_kept"]
    assert kinds_sent() == ["stay_booked"]
    assert not Intake.objects.exists()


def test_the_message_is_in_the_guests_language_and_says_no_reason(town: Town) -> None:
    booked(town)
    message = Message.objects.get()
    assert (message.language, message.zone, message.address) == ("mn", "Asia/Ulaanbaatar", "sarnai@guest.example")
    assert set(message.context) == {"stay_link", "starts_at"}


def test_confirming_again_gives_the_same_stay(town: Town) -> None:
    stay, appointment = booked(town)
    assert actions.confirm_booking(appointment, proven=True) == stay
    assert actions.book_proven(appointment) == stay
    assert kinds_sent() == ["stay_booked"]


def test_nothing_typed_means_nothing_to_confirm(town: Town) -> None:
    with pytest.raises(scheduling.HoldExpired):
        actions.confirm_booking(held(town), proven=True)


def test_the_api_books_before_the_address_is_proven_and_the_link_proves_it(town: Town) -> None:
    stay, _appointment = booked(town, proven=False)
    assert stay.guest.email_proven_at is None
    actions.prove_email(stay.guest)
    assert stay.guest.email_proven_at is not None


def test_who_comes_again_is_the_same_guest_only_with_a_proven_address(town: Town) -> None:
    first, _ = booked(town)
    again, _ = booked(town, 1, email="SARNAI@guest.example", name_latin="BATBAYAR SARNAI")
    unproven, _ = booked(town, 2, proven=False)
    relative, _ = booked(town, 3, birth_year=1962)
    assert again.guest == first.guest
    assert len({first.guest_id, unproven.guest_id, relative.guest_id}) == 3


# All or nothing


@pytest.mark.parametrize(
    "dying",
    [
        "sarangbang.stays.actions.give_consents",
        "sarangbang.scheduling.actions.confirm_locked",
        "sarangbang.stays.actions.promise",
        "sarangbang.stays.letters.post",
        "sarangbang.stays.models.Intake.delete",
    ],
)
def test_killed_in_the_middle_nothing_is_half_written(town: Town, monkeypatch: pytest.MonkeyPatch, dying: str) -> None:
    appointment = held(town)
    starts_at = appointment.reservation.starts_at
    actions.save_intake(appointment, DETAILS)
    with monkeypatch.context() as patch:
        patch.setattr(dying, failing(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            actions.confirm_booking(appointment, proven=True)
    for model in (Guest, Stay, StayAppointment, Consent, Promise, Message):
        assert not model.objects.exists(), model
    appointment.refresh_from_db()
    assert appointment.guest is None
    assert appointment.reservation.status == Reservation.Status.HELD
    assert Intake.objects.get().name == DETAILS["name"]
    let_run_out(appointment)
    window = (starts_at, starts_at + dt.timedelta(minutes=30))
    assert [time.starts_at for time in free_times(town.offering, *window)] == [starts_at]


def test_killed_between_proof_and_booking_the_same_code_goes_on(town: Town) -> None:
    appointment = held(town)
    intake = actions.save_intake(appointment, DETAILS)
    proof.ask(intake)
    proof.prove_by_code(appointment, intake.email, sent_code())
    proof.prove_by_code(appointment, intake.email, sent_code())
    assert actions.book_proven(appointment).guest.name == DETAILS["name"]


# Proof


def test_wrong_code_proves_nothing_not_even_after_the_right_one(town: Town) -> None:
    appointment = held(town)
    intake = actions.save_intake(appointment, DETAILS)
    proof.ask(intake)
    with pytest.raises(codes.CodeWrong):
        proof.prove_by_code(appointment, intake.email, wrong(sent_code()))
    proof.prove_by_code(appointment, intake.email, sent_code())
    with pytest.raises(codes.CodeUsed):
        proof.prove_by_code(appointment, intake.email, wrong(sent_code()))


def test_a_code_for_one_address_never_proves_another(town: Town) -> None:
    appointment = held(town)
    proof.ask(actions.save_intake(appointment, DETAILS))
    digits = sent_code()
    changed = actions.save_intake(appointment, {**DETAILS, "email": "other@guest.example"})
    with pytest.raises(codes.CodeWrong):
        proof.prove_by_code(appointment, changed.email, digits)
    changed.refresh_from_db()
    assert changed.email_proven_at is None


def test_another_address_must_be_proven_again(town: Town) -> None:
    appointment = held(town)
    intake = actions.save_intake(appointment, DETAILS)
    proof.ask(intake)
    proof.prove_by_code(appointment, intake.email, sent_code())
    assert actions.save_intake(appointment, {**DETAILS, "companions": 3}).email_proven_at is not None
    assert actions.save_intake(appointment, {**DETAILS, "email": "b@guest.example"}).email_proven_at is None


def test_the_link_is_bound_to_the_address_too(town: Town) -> None:
    appointment = held(town)
    intake = actions.save_intake(appointment, DETAILS)
    proof.ask(intake)
    link = SecureLink.objects.get(purpose=SecureLink.Purpose.CONFIRM)
    assert not proof.prove_by_link(appointment, "b@guest.example", link)
    assert proof.prove_by_link(appointment, intake.email, link)


def test_subjects_fit_their_column() -> None:
    appointment_id = Appointment().pk
    subject = proof.subject_of(appointment_id, "x" * 240 + "@guest.example")
    assert len(subject) <= 64
    assert proof.appointment_id_of(subject) == str(appointment_id)


# Holds that run out


def test_a_hold_that_ran_out_is_taken_again_by_itself(town: Town) -> None:
    appointment = held(town)
    actions.save_intake(appointment, DETAILS)
    let_run_out(appointment)
    stay = actions.book_proven(appointment)
    assert stay.stay_appointments.get().appointment == appointment


def test_if_somebody_else_has_it_what_was_typed_moves_to_the_next_time(town: Town) -> None:
    appointment = held(town)
    starts_at = appointment.reservation.starts_at
    actions.save_intake(appointment, DETAILS)
    let_run_out(appointment)
    booked_by_other = scheduling.hold(town.offering, town.doctor, starts_at, actor="api")
    with pytest.raises(scheduling.Taken):
        actions.book_proven(appointment)
    assert Intake.objects.get().appointment == appointment
    hold_again(appointment, town.other.offering, town.other.doctors[0], starts_at, actor="guest:new")
    stay = actions.book_proven(appointment)
    appointment.refresh_from_db()
    assert appointment.institution == town.other.institution
    assert stay.guest.name == DETAILS["name"]
    assert booked_by_other.pk != appointment.pk


def test_choosing_another_time_gives_the_first_one_back(town: Town) -> None:
    appointment = held(town)
    first = appointment.reservation.starts_at
    hold_again(appointment, town.offering, town.doctor, free(town, 2), actor="guest:new")
    assert scheduling.hold(town.offering, town.doctor, first, actor="api").pk != appointment.pk


def test_a_refused_other_time_leaves_the_held_one(town: Town) -> None:
    appointment = held(town)
    with pytest.raises(scheduling.NotBookable):
        hold_again(appointment, town.offering, town.doctor, timezone.now() + dt.timedelta(days=900), actor="guest:new")
    appointment.refresh_from_db()
    assert appointment.reservation.status == Reservation.Status.HELD
    assert Claim.objects.filter(allocation__reservation=appointment.reservation).exists()


def test_a_booked_time_cannot_be_held_again(town: Town) -> None:
    _stay, appointment = booked(town)
    with pytest.raises(scheduling.MoveNotAllowed):
        hold_again(appointment, town.offering, town.doctor, free(town, 2), actor="guest:new")


def test_what_was_typed_for_nothing_is_forgotten_with_its_hold(town: Town) -> None:
    gone, waiting = held(town), held(town, 1)
    for appointment in (gone, waiting):
        actions.save_intake(appointment, DETAILS)
    _stay, kept = booked(town, 2)
    let_run_out(gone)
    Reservation.objects.filter(pk__in=[gone.reservation_id, kept.reservation_id]).update(
        hold_expires_at=timezone.now() - dt.timedelta(hours=2)
    )
    assert actions.forget_expired_intakes() == 1
    assert actions.forget_expired_intakes() == 0
    assert list(Intake.objects.values_list("appointment", flat=True)) == [waiting.pk]
    assert not Reservation.objects.filter(pk=gone.reservation_id).exists()
    assert Appointment.objects.filter(pk=kept.pk).exists()
    assert forget_unbooked(timezone.now()) == 0


# More for a stay that is open


def test_one_more_appointment_needs_nothing_typed(town: Town) -> None:
    stay, _first = booked(town)
    second = held(town, 4)
    actions.add_appointment(stay, second, actor=f"guest:{stay.guest_id}")
    actions.add_appointment(stay, second, actor=f"guest:{stay.guest_id}")
    assert stay.stay_appointments.count() == 2
    assert kinds_sent() == ["stay_booked", "stay_booked"]


def test_a_guest_is_not_booked_in_two_places_at_once(town: Town) -> None:
    stay, first = booked(town)
    starts_at = first.reservation.starts_at
    elsewhere = scheduling.hold(town.other.offering, town.other.doctors[0], starts_at, actor="guest:new")
    with pytest.raises(rules.Overlaps):
        actions.add_appointment(stay, elsewhere, actor=f"guest:{stay.guest_id}")
    elsewhere.refresh_from_db()
    assert elsewhere.guest is None


def test_every_deed_is_written_down(town: Town) -> None:
    stay, appointment = booked(town)
    verbs = set(AuditEntry.objects.filter(actor=f"guest:{stay.guest_id}").values_list("verb", flat=True))
    assert {"open_stay", "confirm"} <= verbs
    actions.cancel_appointment(appointment, actor=f"guest:{stay.guest_id}")
    assert AuditEntry.objects.filter(verb="cancel", object_id=str(appointment.pk)).exists()
