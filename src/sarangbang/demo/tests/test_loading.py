"""The demo district is what the tables say, repeats with its seed, and breaks no rule of the house."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from django.db import models

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import fits_of, planned
from sarangbang.concierge.models import Interpreting, Ride, ServiceStatus
from sarangbang.config.testing.kept import made_once
from sarangbang.demo import writing
from sarangbang.demo.guests import plans
from sarangbang.demo.loading import NotEmpty, is_empty, load
from sarangbang.demo.sizes import GANGNAM, SMALL, TINY
from sarangbang.demo.tables import department_shares, lines, nations
from sarangbang.demo.town import Town
from sarangbang.directory.models import Department, Institution, Offering, Partner, Registration
from sarangbang.people.models import AuditEntry, Consent, Guest, Membership, User
from sarangbang.scheduling import lifecycle as visits
from sarangbang.scheduling.models import Allocation, Appointment, Claim, Reservation
from sarangbang.scheduling.queries import free_times
from sarangbang.stays.models import Flight, Promise, Stay

TODAY = dt.date(2026, 11, 24)
MOMENT = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


def town(size: Any = SMALL, seed: int = 1) -> Town:
    return Town(size, seed, TODAY, MOMENT, lambda what, done, of: None)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the audit log, in which the clock writes."""
    tables = {}
    for model in writing.ORDER:
        if model is AuditEntry:
            continue
        names = [field.name for field in model._meta.concrete_fields]
        tables[model._meta.label] = sorted(map(repr, model._default_manager.order_by("pk").values_list(*names)))
    return tables


# Tables


def test_shares_add_up() -> None:
    assert sum(nation.share for nation in nations()) == pytest.approx(1)
    assert sum(department_shares().values()) == pytest.approx(1)
    assert {nation.code for nation in nations()} == set(lines())


@pytest.mark.parametrize("size", [SMALL, replace(GANGNAM, guests=40_000)])
def test_guests_come_from_where_and_for_what_the_tables_say(size: Any) -> None:
    served = [plan for plan in plans(town(size)) if plan.outcome == "served"]
    assert len(served) == size.guests
    people = Counter(plan.nation.code for plan in served)
    for code, share in (("JP", 0.385), ("CN", 0.169), ("US", 0.109)):
        assert people[code] / len(served) == pytest.approx(share, abs=0.001)
    rooms = Counter(plan.department for plan in served)
    for slug, share in (
        ("dermatology", 0.482),
        ("plastic-surgery", 0.227),
        ("internal-medicine", 0.105),
        ("health-check-up", 0.052),
    ):
        assert rooms[slug] / len(served) == pytest.approx(share, abs=0.001)


def test_the_real_scale_is_the_published_number() -> None:
    assert GANGNAM.guests == 377_043
    assert (SMALL.listed, SMALL.medical_partners + SMALL.hotels + SMALL.tour_firms) == (1021, 149)
    assert SMALL.interpreters == 57


# The district


@pytest.fixture
def tiny(db: None) -> Any:
    return made_once(load, TINY, seed=3, today=TODAY)


@pytest.mark.once
def test_the_same_seed_makes_the_same_district(tiny: Any) -> None:
    load(TINY, seed=3, today=TODAY, replace=True)  # counts keys from one, as an unused database does
    first = everything()
    load(TINY, seed=3, today=TODAY, replace=True)
    assert everything() == first
    load(TINY, seed=4, today=TODAY, replace=True)
    assert everything() != first


@pytest.mark.once
def test_identities_do_not_depend_on_the_hour(tiny: Any) -> None:
    guests, rides = set(Guest.objects.values_list("pk", flat=True)), set(Ride.objects.values_list("pk", flat=True))
    load(TINY, seed=3, today=TODAY, moment=MOMENT + dt.timedelta(hours=9), replace=True)
    assert set(Guest.objects.values_list("pk", flat=True)) == guests
    assert set(Ride.objects.values_list("pk", flat=True)) == rides


def test_who_is_listed_and_who_is_hidden(tiny: Any) -> None:
    receiving = Institution.objects.receiving(TODAY)
    assert receiving.count() == TINY.listed
    assert Institution.objects.count() == TINY.listed + TINY.hidden
    assert not Appointment.objects.exclude(institution__in=receiving).exists()
    assert Partner.objects.count() == TINY.medical_partners + TINY.hotels + TINY.tour_firms
    assert all("DEMO" in number for number in Registration.objects.values_list("number", flat=True))
    offered = Offering.objects.filter(institution__in=receiving).values("department")
    assert set(department_shares()) <= set(Department.objects.filter(pk__in=offered).values_list("slug", flat=True))


def test_every_role_has_an_account(tiny: Any) -> None:
    assert {each.role for each in Membership.objects.all()} == set(Membership.Role.values)
    assert all(user.is_demo and user.check_password("sarangbang-demo") for user in User.objects.all())


def test_nobody_is_booked_twice(tiny: Any) -> None:
    """The constraint guards the future; the past is true as well."""
    by_resource = defaultdict(list)
    for part in Allocation.objects.exclude(reservation__status="cancelled"):
        by_resource[part.resource_id].append((part.starts_at, part.ends_at))
    for spans in by_resource.values():
        spans.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_claims_are_kept_for_what_is_not_over(tiny: Any) -> None:
    over = MOMENT - dt.timedelta(days=1)
    assert not Allocation.objects.filter(is_active=True, ends_at__lt=over).exists()
    assert not Allocation.objects.filter(is_active=False, ends_at__gte=over).exclude(reservation__status="cancelled")
    assert not Claim.objects.filter(allocation__is_active=False).exists()
    for part in Allocation.objects.filter(is_active=True).annotate(ticks=models.Count("claims")):
        assert part.ticks >= (part.ends_at - part.starts_at).total_seconds() // 300


def test_times_fit_their_rosters(tiny: Any) -> None:
    """Whoever cancels a booked time gives back a time that can be offered again."""
    ahead = Appointment.objects.filter(
        reservation__status="booked", reservation__starts_at__gt=dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    ).select_related("offering", "reservation")
    for appointment in ahead[:5]:
        starts_at, ends_at = appointment.reservation.starts_at, appointment.reservation.ends_at
        appointment.reservation.allocations.update(is_active=False)
        free = free_times(appointment.offering, starts_at, ends_at, practitioner_id=appointment.practitioner_id)
        assert [time.starts_at for time in free] == [starts_at]


def test_assigned_are_only_those_who_fit(tiny: Any) -> None:
    """By the concierge's own rules, with the way between the jobs."""
    days: dict[Any, list[fitting.Job]] = defaultdict(list)
    soon = MOMENT - dt.timedelta(days=2)
    for job in [
        *Ride.objects.filter(vehicle__isnull=False).select_related(
            "origin", "destination", "stay", "reservation", "vehicle__base"
        ),
        *Interpreting.objects.filter(interpreter__isnull=False).select_related(
            "place", "stay", "field", "reservation", "interpreter__home"
        ),
    ]:
        days[job.crew].append(planned(job))
        if job.starts_at > soon:
            (fit,) = fits_of(job, [job.crew]).values()
            assert fit.fits, fit.against
    assert days
    assert not any(fitting.conflicts(jobs) for jobs in days.values())


def test_histories_are_allowed_moves(tiny: Any) -> None:
    for job in [*Ride.objects.all(), *Interpreting.objects.all()]:
        steps = list(job.steps.order_by("pk").values_list("status", "at"))
        assert steps[-1][0] == job.status
        assert all(lifecycle.may_move(one[0], two[0]) for one, two in pairwise(steps))
        assert sorted(at for _, at in steps) == [at for _, at in steps]
        assert job.sequence == len(steps) - 1
        assert (job.status in lifecycle.WITH_CREW | {ServiceStatus.FINISHED}) == (job.crew is not None)
        assert (job.crew is None) == (job.reservation is None)
    for reservation in Reservation.objects.filter(appointment__isnull=False):
        steps = list(reservation.steps.order_by("pk").values_list("status", flat=True))
        assert steps[-1] == reservation.status
        assert all(visits.may_move(one, two) for one, two in pairwise(steps))


def test_nothing_has_happened_that_is_still_to_come(tiny: Any) -> None:
    done = ("arrived", "fulfilled", "noshow_guest", "noshow_host")
    assert not Appointment.objects.filter(reservation__status__in=done, reservation__starts_at__gt=MOMENT).exists()
    for table in (Guest, Stay, Reservation):
        assert not table.objects.filter(created_at__gt=MOMENT).exists()
    assert not Ride.objects.filter(status=ServiceStatus.FINISHED, ends_at__gt=MOMENT).exists()


def test_the_day_looks_lived_in(tiny: Any) -> None:
    soon = dt.timedelta(days=4)
    for model in (Ride, Interpreting):
        ahead = model.objects.filter(starts_at__range=(MOMENT, MOMENT + soon))
        assert ahead.exists()
    statuses = {
        *Ride.objects.filter(starts_at__gt=MOMENT).values_list("status", flat=True),
        *Interpreting.objects.filter(starts_at__gt=MOMENT).values_list("status", flat=True),
    }
    assert {ServiceStatus.ASSIGNED, ServiceStatus.GRANTED, ServiceStatus.WAITING} <= statuses
    assert Promise.objects.filter(kept_at=None, withdrawn_at=None).exists()
    assert Flight.objects.filter(scheduled_at__gt=MOMENT).exists()


def test_drivers_and_interpreters_are_told_only_with_consent(tiny: Any) -> None:
    agreed = Consent.objects.filter(purpose=Consent.Purpose.CONCIERGE).values("guest")
    assert not Ride.objects.exclude(stay__guest__in=agreed).exists()
    assert not Interpreting.objects.exclude(stay__guest__in=agreed).exists()


# Refusals


def test_a_database_with_data_is_not_filled(tiny: Any) -> None:
    guests = Guest.objects.count()
    with pytest.raises(NotEmpty):
        load(TINY)
    assert Guest.objects.count() == guests


def test_other_peoples_data_is_never_replaced(tiny: Any) -> None:
    User.objects.create_user("somebody@example.org", "x", name="Somebody")
    with pytest.raises(NotEmpty):
        load(TINY, replace=True)
    assert Guest.objects.exists()


@pytest.mark.django_db
def test_a_load_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("sarangbang.demo.loading.make_crew", fail)
    with pytest.raises(RuntimeError):
        load(TINY, today=TODAY)
    assert is_empty()
