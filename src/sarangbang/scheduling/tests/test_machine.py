"""A small clinic lives through random verbs; after each step no tick is owned twice and free time is what is left."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sarangbang.scheduling import actions, housekeeping
from sarangbang.scheduling.availability import ticks
from sarangbang.scheduling.free import free_times
from sarangbang.scheduling.holding import hold_again
from sarangbang.scheduling.lifecycle import FREEING
from sarangbang.scheduling.models import Allocation, Appointment, BookingRule, Claim, Requirement, Reservation, Resource

from .conftest import make_clinic, make_guest

REFUSED = (actions.Taken, actions.NotBookable, actions.MoveNotAllowed, actions.HoldExpired)
TIMES = st.integers(0, 7)


class Clinic(RuleBasedStateMachine):
    """Two doctors, one room with two seats, buffers; eight times on one day."""

    @initialize()
    def open(self) -> None:
        self.clinic = make_clinic(doctors=2)
        self.guests = [make_guest(f"g{number}@guest.example") for number in range(3)]
        room = Resource.objects.create(kind="room", label="Room", seats=2, institution=self.clinic.institution)
        Requirement.objects.create(offering=self.clinic.offering, name="room").resources.add(room)
        BookingRule.objects.create(institution=self.clinic.institution, buffer_after_minutes=10, open_per_person=2)
        now = timezone.now()
        (first, *_) = free_times(self.clinic.offering, now + dt.timedelta(days=2), now + dt.timedelta(days=9), limit=1)
        self.first = first.starts_at
        self.keyed: dict[str, Any] = {}

    def attempt(self, verb: Any, *words: Any, **more: Any) -> Any:
        try:
            with transaction.atomic():
                return verb(*words, **more)
        except REFUSED:
            return None

    def at(self, time: int) -> dt.datetime:
        return self.first + dt.timedelta(minutes=30 * time)

    def one(self, number: int) -> Appointment | None:
        known = list(Appointment.objects.order_by("created_at", "pk"))
        return known[number % len(known)] if known else None

    @rule(time=TIMES, doctor=st.integers(0, 1), key=st.sampled_from([None, "a", "b"]))
    def hold(self, time: int, doctor: int, key: str | None) -> None:
        wish = (self.clinic.offering, self.clinic.doctors[doctor], self.at(time))
        try:
            made = self.attempt(actions.hold, *wish, actor="api", idempotency_key=key)
        except actions.KeyReused:
            assert self.keyed[key][0] != (time, doctor)
            return
        if key is not None and made is not None:
            assert self.keyed.setdefault(key, ((time, doctor), made.pk)) == ((time, doctor), made.pk)

    @rule(time=TIMES, doctor=st.integers(0, 1), guest=st.integers(0, 2), override=st.booleans())
    def book(self, time: int, doctor: int, guest: int, override: bool) -> None:
        more = {"override": actions.Overriding("user:1", "asked for")} if override else {}
        wish = (self.clinic.offering, self.clinic.doctors[doctor], self.at(time), self.guests[guest])
        self.attempt(actions.book, *wish, actor="user:1", **more)

    @rule(number=st.integers(0, 20), guest=st.integers(0, 2))
    def confirm(self, number: int, guest: int) -> None:
        if (found := self.one(number)) is not None:
            self.attempt(actions.confirm, found, self.guests[guest], actor="api")

    @rule(number=st.integers(0, 20), time=TIMES, doctor=st.integers(0, 1))
    def move(self, number: int, time: int, doctor: int) -> None:
        if (found := self.one(number)) is not None:
            verb, before = (hold_again if found.guest_id is None else actions.reschedule), found.reservation_id
            wish = (found, self.clinic.offering) if verb is hold_again else (found,)
            if self.attempt(verb, *wish, self.clinic.doctors[doctor], self.at(time), actor="api") is None:
                found.refresh_from_db()
                assert found.reservation_id == before

    @rule(number=st.integers(0, 20))
    def cancel(self, number: int) -> None:
        if (found := self.one(number)) is not None:
            self.attempt(actions.cancel, found, actor="api")

    @rule(number=st.integers(0, 20), status=st.sampled_from(["arrived", "fulfilled", "noshow_guest", "booked"]))
    def mark(self, number: int, status: str) -> None:
        if (found := self.one(number)) is not None:
            self.attempt(actions.mark, found, status, actor="user:1")

    @rule(tidy=st.booleans())
    def expire(self, tidy: bool) -> None:
        Reservation.objects.filter(status="held").update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))
        if tidy:
            housekeeping.free_expired_holds()

    @invariant()
    def every_claim_belongs_to_time_that_is_kept(self) -> None:
        if not hasattr(self, "keyed"):
            return
        seats = dict(Resource.objects.values_list("pk", "seats"))
        owned: dict[tuple[int, int], int] = {}
        for part in Allocation.objects.select_related("reservation").prefetch_related("claims"):
            kept = part.reservation.status not in FREEING
            assert part.is_active == kept
            expected = set(ticks(part.starts_at, part.ends_at)) if kept else set()
            assert {claim.tick for claim in part.claims.all()} == expected
            for tick in expected:
                owned[part.resource_id, tick] = owned.get((part.resource_id, tick), 0) + 1
        assert all(many <= seats[resource] for (resource, _), many in owned.items())
        assert sum(owned.values()) == Claim.objects.count()
        for reservation in Reservation.objects.prefetch_related("steps"):
            assert [step.status for step in reservation.steps.all()][-1] == reservation.status

    @invariant()
    def free_time_is_what_nobody_has(self) -> None:
        if not hasattr(self, "keyed"):
            return
        running = Allocation.objects.filter(is_active=True).exclude(
            reservation__status="held", reservation__hold_expires_at__lte=timezone.now()
        )
        taken = {(part.resource_id, tick) for part in running for tick in ticks(part.starts_at, part.ends_at)}
        end = self.at(8)
        for doctor in self.clinic.doctors:
            resource = Resource.objects.get(practitioner=doctor).pk
            found = free_times(self.clinic.offering, self.first, end, practitioner_id=doctor.pk)
            claims = {
                self.at(time): ticks(self.at(time), self.at(time) + dt.timedelta(minutes=40)) for time in range(8)
            }
            free = {at for at, claim in claims.items() if not any((resource, tick) in taken for tick in claim)}
            # The room has a seat for each doctor, so it never stands in the way.
            assert {time.starts_at for time in found} == free


@pytest.mark.django_db
def test_random_verbs_never_book_twice() -> None:
    """Each example in a savepoint of its own."""

    class Run(Clinic):
        def __init__(self) -> None:
            super().__init__()
            self.inside = transaction.atomic()
            self.inside.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.inside.__exit__(None, None, None)

    random.seed(0)
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=4, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
