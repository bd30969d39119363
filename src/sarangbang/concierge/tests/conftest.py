"""A very small district: one partner clinic, an airport, a hotel, two cars, three interpreters, one guest's stay."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from sarangbang.concierge.models import Driver, Interpreter, InterpreterLanguage, Vehicle
from sarangbang.config.testing.kept import made_for_each
from sarangbang.directory.models import (
    Department,
    Institution,
    Offering,
    Partner,
    Place,
    Practitioner,
    PractitionerRole,
    Procedure,
    Registration,
)
from sarangbang.people.actions import give_consents
from sarangbang.people.models import Guest, Membership, User
from sarangbang.scheduling.actions import Wanted, reserve
from sarangbang.scheduling.models import Appointment, Resource, WeeklyRule
from sarangbang.stays.models import Flight, Stay, StayAppointment

SEOUL = ZoneInfo("Asia/Seoul")


def place(code: str, kind: str, latitude: float, longitude: float) -> Place:
    return Place.objects.create(
        code=code, kind=kind, name=f"장소 {code}", name_latin=f"Place {code}", latitude=latitude, longitude=longitude
    )


def roster(resource: Resource, where: Place) -> None:
    """Open all day, every day."""
    for weekday in range(7):
        WeeklyRule.objects.create(
            resource=resource, place=where, weekday=weekday, starts=dt.time(0, 0), ends=dt.time(23, 59),
            valid_from=dt.date(2020, 1, 1), on_holidays=True,
        )  # fmt: skip


class Town:
    """Everything a test of the concierge needs; ``at(days, hour)`` is a Seoul time from today on."""

    def __init__(self) -> None:
        self.today = timezone.now().astimezone(SEOUL).date()
        self.airport = place("icn-t1", "airport", 37.4492, 126.4510)
        self.hotel = place("hotel-one", "hotel", 37.5088, 127.0631)
        self.center = place("medical-tour-center", "center", 37.5270, 127.0292)
        self.clinic = place("medical-one", "medical", 37.4979, 127.0276)
        self.eyes = Department.objects.create(slug="eyes", name="Ophthalmology")
        self.institution = Institution.objects.create(
            slug="one", kind="clinic", name="하나의원", name_latin="One Clinic", place=self.clinic
        )
        Registration.objects.create(
            institution=self.institution, number="M-1", valid_from=dt.date(2020, 1, 1),
            valid_until=dt.date(2099, 1, 1), insured_until=dt.date(2099, 1, 1),
        )  # fmt: skip
        self.partner = Partner.objects.create(
            kind="medical", name="하나의원", name_latin="One Clinic", institution=self.institution,
            place=self.clinic, since=dt.date(2020, 1, 1),
        )  # fmt: skip
        procedure = Procedure.objects.create(slug="lens", name="Lens", main_department=self.eyes)
        self.offering = Offering.objects.create(
            institution=self.institution, procedure=procedure, department=self.eyes, visit_minutes=60
        )
        self.doctor = Practitioner.objects.create(number="1", name="의사", name_latin="Doctor")
        PractitionerRole.objects.create(practitioner=self.doctor, institution=self.institution, department=self.eyes)
        self.doctors_resource = Resource.objects.create(kind="practitioner", label="Doctor", practitioner=self.doctor)
        roster(self.doctors_resource, self.clinic)
        self.small = self.car("12가 3456")
        self.big = self.car("31나 7788", seats=9, luggage=12, wheelchairs=1)
        self.oyuun = self.interpreter("Oyuun", "mn", sex="female")
        self.bat = self.interpreter("Bat", "mn", "ru", sex="male")
        self.huda = self.interpreter("Huda", "ar", sex="female")
        self.coordinator = User.objects.create_user("desk@demo.example", "x", name="Kim Desk", is_demo=True)
        Membership.objects.create(user=self.coordinator, role="coordinator")
        self.guest = self.new_guest()
        self.stay = self.new_stay(self.guest)
        self.appointment = self.book(self.stay, self.at(5, 10))
        self.flight = Flight.objects.create(
            stay=self.stay, direction="arrival", number="OM301", place=self.airport, scheduled_at=self.at(4, 5, 20)
        )

    def at(self, days: int, hour: int, minute: int = 0) -> dt.datetime:
        day = self.today + dt.timedelta(days=days)
        return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=SEOUL).astimezone(dt.UTC)

    def car(self, plate: str, seats: int = 4, luggage: int = 4, wheelchairs: int = 0) -> Vehicle:
        resource = Resource.objects.create(kind="vehicle", label=plate)
        roster(resource, self.center)
        driver = Driver.objects.create(name=f"기사 {plate}", name_latin=f"Driver {plate}", phone="+82 2 555 0100")
        return Vehicle.objects.create(
            resource=resource, driver=driver, plate=plate, model="Staria", seats=seats, luggage=luggage,
            wheelchairs=wheelchairs, base=self.center,
        )  # fmt: skip

    def interpreter(self, name: str, *languages: str, sex: str) -> Interpreter:
        resource = Resource.objects.create(kind="interpreter", label=name)
        roster(resource, self.center)
        made = Interpreter.objects.create(
            resource=resource, name=name, name_latin=name, sex=sex, phone="+82 2 555 0200", home=self.center,
            appointed_from=dt.date(2020, 1, 1), appointed_until=dt.date(2099, 1, 1),
        )  # fmt: skip
        for language in languages:
            InterpreterLanguage.objects.create(interpreter=made, language=language)
        return made

    def new_guest(self, name: str = "Сарнай", **other: object) -> Guest:
        facts = {
            "name_latin": "Sarnai", "nationality": "MN", "birth_year": 1990, "sex": "female",
            "email": "guest@example.org", "language": "mn", "zone": "Asia/Ulaanbaatar",
        } | other  # fmt: skip
        guest = Guest.objects.create(name=name, **facts)
        give_consents(guest, ["booking", "health", "concierge"], guest.language)
        return guest

    def new_stay(self, guest: Guest) -> Stay:
        return Stay.objects.create(guest=guest, hotel=self.hotel)

    def book(self, stay: Stay, starts_at: dt.datetime) -> Appointment:
        ends_at = starts_at + dt.timedelta(minutes=self.offering.visit_minutes)
        reservation = reserve([Wanted(self.doctors_resource, starts_at, ends_at)], actor="system")
        appointment = Appointment.objects.create(
            reservation=reservation, offering=self.offering, institution=self.institution, practitioner=self.doctor,
            place=self.clinic, guest=stay.guest,
        )  # fmt: skip
        StayAppointment.objects.create(stay=stay, appointment=appointment)
        return appointment

    def another(self, number: int) -> SimpleNamespace:
        """One more guest with a stay, an appointment and a flight, an hour after the last."""
        guest = self.new_guest(f"Гость {number}", email=f"guest{number}@example.org")
        stay = self.new_stay(guest)
        appointment = self.book(stay, self.at(6 + number // 10, 8 + number % 10))
        flight = Flight.objects.create(
            stay=stay, direction="arrival", number=f"KE{number}", place=self.airport,
            scheduled_at=self.at(5, 0) + dt.timedelta(minutes=number),
        )  # fmt: skip
        return SimpleNamespace(guest=guest, stay=stay, appointment=appointment, flight=flight)


@pytest.fixture
def town(db: None) -> Town:
    return made_for_each(Town)


@pytest.fixture
def town_of_threads(transactional_db: None) -> Town:
    """The same, committed, for tests in which two act at once."""
    return made_for_each(Town)
