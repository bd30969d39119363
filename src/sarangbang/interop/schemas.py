"""Shapes of REST v1. Every number and text is bounded; instants are RFC 3339 with an offset."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

from sarangbang.directory.models import Sex
from sarangbang.ui.locales import countries, is_zone

EARLIEST_BIRTH_YEAR = 1900
MAX_PAGE = 100
MAX_OFFSET = 100_000


def _country(value: str) -> str:
    if value not in dict(countries("en")):
        raise ValueError("not an ISO 3166-1 alpha-2 code")
    return value


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("not an IANA time zone")
    return value


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError("not an e-mail address") from None
    return value


def _printable(value: object) -> object:
    if isinstance(value, str) and any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("control characters are not allowed")
    return value


Text = Annotated[str, BeforeValidator(_printable), StringConstraints(strip_whitespace=True, max_length=120)]
FilledText = Annotated[Text, StringConstraints(min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Language = Literal["ko", "en", "zh-hans", "ja", "ru", "mn", "es", "vi", "th", "ar"]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Purpose = Literal["booking", "health", "abroad", "concierge", "survey"]


class Problem(Schema):
    """An error: a stable code, and a sentence in the reader's language (Accept-Language)."""

    code: str
    detail: str
    errors: list[dict[str, str]] = []


class DepartmentOut(Schema):
    slug: str
    name: str


class ProcedureOut(Schema):
    """A procedure; ``summary`` and planning days are not medical advice. ``reviewed_on`` is empty while the
    text has not been medically reviewed."""

    slug: str
    name: str
    department: DepartmentOut
    summary: str
    visit_minutes: int
    days_in_korea_low: int
    days_in_korea_high: int
    rest_before_flying_days: int
    reviewed_on: dt.date | None


class Procedures(Schema):
    items: list[ProcedureOut]
    total: int


class PractitionerOut(Schema):
    id: UUID
    name: str
    name_latin: str
    languages: list[str]


class OfferingOut(Schema):
    """What the institution offers; prices in whole won as the institution stated them."""

    procedure: str
    visit_minutes: int
    price_low: int | None
    price_high: int | None


class InstitutionOut(Schema):
    """An institution that may receive foreign patients today."""

    slug: str
    name: str
    name_latin: str
    kind: str
    address: str
    address_latin: str
    latitude: float
    longitude: float
    phone: str
    registration_number: str
    registration_valid_until: dt.date


class InstitutionDetail(InstitutionOut):
    practitioners: list[PractitionerOut]
    offerings: list[OfferingOut]


class Institutions(Schema):
    items: list[InstitutionOut]
    total: int


class FreeTimeOut(Schema):
    institution: str
    procedure: str
    practitioner: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


class FreeTimes(Schema):
    items: list[FreeTimeOut]


class Conflict(Problem):
    """The time is taken; ``alternatives`` are the next free times of the same offering."""

    alternatives: list[FreeTimeOut] = []


class HoldIn(Schema):
    institution: Slug
    procedure: Slug
    practitioner: UUID | None = Field(None, description="Any practitioner of the department when left out")
    starts_at: AwareDatetime


class AppointmentOut(Schema):
    """An appointment from hold to the end. Keep ``token``: it opens, moves and cancels this appointment."""

    id: UUID
    token: str
    status: Literal[
        "held",
        "expired",
        "booked",
        "arrived",
        "fulfilled",
        "rescheduled",
        "cancelled",
        "noshow_guest",
        "noshow_host",
    ]
    institution: str
    procedure: str
    practitioner: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    hold_expires_at: dt.datetime | None
    change_until: dt.datetime
    sequence: int


class GuestIn(Schema):
    """Who comes. ``sex`` is FHIR administrative-gender; ``birth_year`` by the Gregorian calendar."""

    name: FilledText
    name_latin: FilledText = Field(pattern=r"^[\x20-\x7E\u00C0-\u024F]+$")
    nationality: Country
    birth_year: int = Field(ge=EARLIEST_BIRTH_YEAR, le=2100)
    sex: Sex
    email: Email
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")] | None = None
    language: Language
    zone: Zone = "Asia/Seoul"


class ConfirmIn(Schema):
    """The guest and their consents; "booking" and "health" are needed for any booking."""

    guest: GuestIn
    companions: int = Field(0, ge=0, le=20)
    arrives_on: dt.date | None = None
    leaves_on: dt.date | None = None
    consents: Annotated[list[Purpose], Field(max_length=10)]


class MoveIn(Schema):
    starts_at: AwareDatetime
    practitioner: UUID | None = None


class CancelIn(Schema):
    reason: Text = ""
