"""A tiny demo district for tests: the fixture ``district`` of the test rig gives it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sarangbang.concierge.models import Interpreter, Vehicle
from sarangbang.config.testing.kept import made_once
from sarangbang.directory.models import Department, Institution, Offering, Place, Practitioner, Procedure
from sarangbang.people.models import Membership, User
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays.models import Stay

from .loading import load
from .sizes import TINY, Size


@dataclass(frozen=True, slots=True)
class District:
    """What tests usually want of a district. ``institution`` is a partner that may receive and where ``clinic_user``
    works; ``offering`` and what belongs to it are of that institution; ``stay`` lies ahead, has flights, and its
    ``appointment`` at a partner institution is booked. ``today`` is the Korean day, ``moment`` when it was made."""

    today: dt.date
    moment: dt.datetime
    seed: int
    coordinator: User
    clinic_user: User
    policy_user: User
    administrator: User
    institution: Institution
    lapsed: Institution
    offering: Offering
    procedure: Procedure
    department: Department
    practitioner: Practitioner
    center: Place
    airport: Place
    hotel: Place
    stay: Stay
    appointment: Appointment
    vehicle: Vehicle
    interpreter: Interpreter


def load_district(seed: int = 1, size: Size = TINY) -> District:
    """Load a district, tiny unless told otherwise, into an empty database and find one of everything. Its rows are
    made once in a process and day, and put back as they were from then on."""
    loaded = made_once(load, size, seed=seed)
    users = {each.role: each.user for each in Membership.objects.select_related("user")}
    institution = Institution.objects.get(memberships__role=Membership.Role.CLINIC)
    offering = (
        Offering.objects.select_related("procedure", "department")
        .filter(institution=institution, department__slug="dermatology")
        .earliest("pk")
    )
    role = institution.roles.select_related("practitioner").filter(department=offering.department).earliest("pk")
    receiving = Institution.objects.receiving(loaded.today)
    appointment = (
        Appointment.objects.select_related("reservation", "stay_appointment__stay__guest", "institution")
        .filter(
            reservation__status=Reservation.Status.BOOKED,
            reservation__starts_at__gt=loaded.moment + dt.timedelta(days=2),
            institution__partner__isnull=False,
            stay_appointment__stay__hotel__isnull=False,
        )
        .earliest("reservation__starts_at")
    )
    return District(
        today=loaded.today,
        moment=loaded.moment,
        seed=seed,
        coordinator=users[Membership.Role.COORDINATOR],
        clinic_user=users[Membership.Role.CLINIC],
        policy_user=users[Membership.Role.POLICY],
        administrator=users[Membership.Role.ADMINISTRATOR],
        institution=institution,
        lapsed=Institution.objects.exclude(pk__in=receiving).order_by("slug")[0],
        offering=offering,
        procedure=offering.procedure,
        department=offering.department,
        practitioner=role.practitioner,
        center=Place.objects.get(code="medical-tour-center"),
        airport=Place.objects.get(code="icn-t1"),
        hotel=Place.objects.filter(kind=Place.Kind.HOTEL).order_by("pk")[0],
        stay=appointment.stay_appointment.stay,
        appointment=appointment,
        vehicle=Vehicle.objects.select_related("driver", "resource").order_by("plate")[0],
        interpreter=Interpreter.objects.select_related("resource").order_by("name_latin")[0],
    )
