"""A clinic, the Center, airport and hotel, and a guest on the way: what the tests of stays and its pages start from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from sarangbang.config.testing.kept import made_for_each
from sarangbang.directory.models import Partner, Place
from sarangbang.messages.models import Message
from sarangbang.people.models import OneTimeCode
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.queries import free_times
from sarangbang.scheduling.tests.conftest import make_clinic
from sarangbang.stays import actions
from sarangbang.stays.models import Stay

SEOUL = ZoneInfo("Asia/Seoul")

DETAILS: dict[str, Any] = {
    "name": "Батбаяр Сарнай",
    "name_latin": "Batbayar Sarnai",
    "nationality": "MN",
    "birth_year": 1990,
    "sex": "female",
    "email": "sarnai@guest.example",
    "phone": "+97699112345",
    "language": "mn",
    "zone": "Asia/Ulaanbaatar",
    "companions": 1,
    "arrives_on": None,
    "leaves_on": None,
    "consents": ["booking", "health", "concierge"],
}


def make_place(code: str, kind: str, name: str, **more: Any) -> Place:
    return Place.objects.create(
        code=code, kind=kind, name=name, name_latin=code.replace("-", " ").title(), address=f"서울 {name}",
        latitude=37.5, longitude=127.0, **more,
    )  # fmt: skip


def make_town() -> SimpleNamespace:
    """A partner clinic with one doctor, another clinic offering the same, and the places of a journey."""
    clinic = make_clinic(doctors=1)
    other = make_clinic("byeol", doctors=1)
    Partner.objects.create(
        kind="medical", name="하늘의원", name_latin="Haneul Clinic", institution=clinic.institution,
        place=clinic.place, since=dt.date(2020, 1, 1),
    )  # fmt: skip
    return SimpleNamespace(
        clinic=clinic,
        other=other,
        offering=clinic.offering,
        doctor=clinic.doctors[0],
        airport=make_place("icn-t1", "airport", "인천공항 제1터미널"),
        hotel=make_place("hotel-samseong", "hotel", "호텔 삼성"),
        center=make_place("medical-tour-center", "center", "메디컬투어센터", phone="+82230000000"),
    )


@pytest.fixture
def town(db: None) -> SimpleNamespace:
    return made_for_each(make_town)


@pytest.fixture
def committed_town(transactional_db: None) -> SimpleNamespace:
    return made_for_each(make_town)


def free(town: SimpleNamespace, nth: int = 0) -> dt.datetime:
    """A free time of the clinic, some days ahead."""
    start = dt.datetime.combine(timezone.localdate() + dt.timedelta(days=3), dt.time.min, tzinfo=SEOUL)
    times = free_times(town.offering, start, start + dt.timedelta(days=11), limit=nth + 1)
    return times[nth].starts_at


def held(town: SimpleNamespace, nth: int = 0) -> Appointment:
    return scheduling.hold(town.offering, town.doctor, free(town, nth), actor="guest:new")


def booked(town: SimpleNamespace, nth: int = 0, *, proven: bool = True, **details: Any) -> tuple[Stay, Appointment]:
    appointment = held(town, nth)
    actions.save_intake(appointment, {**DETAILS, **details})
    stay = actions.confirm_booking(appointment, proven=proven)
    appointment.refresh_from_db()
    return stay, appointment


def let_run_out(appointment: Appointment) -> None:
    """The ten minutes are over."""
    now = timezone.now()
    Reservation.objects.filter(pk=appointment.reservation_id).update(
        created_at=now - dt.timedelta(minutes=25), hold_expires_at=now - dt.timedelta(minutes=1)
    )
    appointment.refresh_from_db()


def sent_code() -> str:
    """The digits of the newest message."""
    message = Message.objects.filter(kind="stay_code").order_by("-created_at").first()
    assert message is not None
    return str(message.context["code"])


def kinds_sent() -> list[str]:
    return list(Message.objects.order_by("created_at").values_list("kind", flat=True))


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


def codes_made() -> int:
    return OneTimeCode.objects.count()


def failing(error: Exception) -> Callable[..., Any]:
    """Stands in for a step at which the process dies."""

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return fail


TOKEN = re.compile(r"/([A-Za-z0-9_-]{43})")
