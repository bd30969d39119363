"""Shapes of REST v1. Every number and text is bounded; instants are RFC 3339 with an offset."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from ninja import Field
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from sarangbang.directory.models import Institution, Sex
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.ui.fields import has_unprintable
from sarangbang.ui.forms import CountryField, EmailField, LatinNameField, NameField, PhoneField, ZoneField

EARLIEST_BIRTH_YEAR = 1900
MAX_PAGE = 100
MAX_OFFSET = 100_000
CALENDAR_YEARS = range(2000, 2200)
"""Where arithmetic with instants is safe."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)")
_LOST_PLUS = re.compile(r"(T\S+) (?=\d\d:\d\d$)")


def _instant(value: object) -> object:
    """RFC 3339. A "+" that was not escaped in an address arrives as a space, and is understood."""
    if isinstance(value, str):
        value = _LOST_PLUS.sub(r"\1+", value)
    if not (isinstance(value, str) and value.isascii() and _INSTANT.fullmatch(value)):
        raise PydanticCustomError("instant", "not an instant with an offset (RFC 3339)")
    return value


def _in_calendar(value: dt.datetime) -> dt.datetime:
    if value.year not in CALENDAR_YEARS:
        raise PydanticCustomError("outside_calendar", "outside the calendar")
    return value.astimezone(dt.UTC)


def _day(value: object) -> object:
    if not (isinstance(value, str) and value.isascii() and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        raise PydanticCustomError("day", "not a day (RFC 3339 full-date)")
    return value


def _printable(value: str) -> str:
    if has_unprintable(value):
        raise PydanticCustomError("unprintable", "characters that cannot be shown")
    return unicodedata.normalize("NFC", value)


def _by(field: Any) -> AfterValidator:
    """As the field of a form takes it, and refuses it in the reader's language."""

    def clean(value: str) -> str:
        try:
            return str(field.clean(value))
        except ValidationError as problem:
            raise PydanticCustomError("said", "{sentence}", {"sentence": problem.messages[0]}) from None

    return AfterValidator(clean)


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(_printable)]
Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Key = Annotated[str, StringConstraints(min_length=8, max_length=80, pattern=r"^[\x21-\x7E]+$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_calendar)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Language = Literal["ko", "en", "zh-hans", "ja", "ru", "mn", "es", "vi", "th", "ar"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), _by(NameField())]
LatinName = Annotated[str, StringConstraints(min_length=1, max_length=120), _by(LatinNameField())]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), _by(CountryField())]
Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254),
    _by(EmailField()),
    Field(json_schema_extra={"format": "email"}),
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$"), _by(PhoneField())]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), _by(ZoneField())]
VisitKind = Literal["consultation", "treatment", "check"]
PartOfDay = Literal["any", "morning", "afternoon", "evening"]
AcceptOddHour = Annotated[
    bool,
    Field(
        strict=True,
        description="Whether a visit by video or telephone may fall into the guest's night (22:00 to 7:00 in their "
        "zone); without it such an hour is 422 odd_hour",
    ),
]
Purpose = Literal["booking", "health", "abroad", "concierge", "survey"]


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description='Its name, with dots between the levels: "guest.email"', examples=["guest.email"])
    message: str = Field(description="A sentence in the language of Accept-Language")
    code: str = Field(description="Stable name of the kind of error", examples=["missing"])


class Problem(BaseModel):
    """Any error. Programs look at ``code``; people read ``detail``, which is in the language of Accept-Language."""

    code: str = Field(description="Stable name of the error", examples=["invalid"])
    detail: str = Field(description="A sentence for people")
    errors: list[FieldError] = Field(description="What is wrong field by field; often empty")


class DepartmentOut(BaseModel):
    """A medical department."""

    slug: str = Field(examples=["dermatology"])
    name: str


class ProcedureOut(BaseModel):
    """A procedure, in the language of Accept-Language. The summary and the planning days are no medical advice."""

    slug: str = Field(examples=["double-eyelid-surgery"])
    name: str
    department: DepartmentOut = Field(description="The department under which it is listed")
    summary: str = Field(description="What it is; empty where no text is kept")
    visit_minutes: int = Field(description="Usual length of the first visit, minutes")
    days_in_korea_low: int = Field(description="Usual stay in Korea, days, at least")
    days_in_korea_high: int = Field(description="Usual stay in Korea, days, at most")
    rest_before_flying_days: int = Field(description="Usual rest before a flight, days")
    reviewed_on: dt.date | None = Field(description="Day of the medical review; null while there was none")


class Procedures(BaseModel):
    """One page of procedures."""

    items: list[ProcedureOut]
    total: int = Field(description="How many there are on all pages")


class PractitionerOut(BaseModel):
    """A doctor, dentist or doctor of Korean medicine."""

    id: UUID
    name: str = Field(description="In Korean")
    name_latin: str
    languages: list[Language] = Field(description="In which they speak with guests")


class OfferingOut(BaseModel):
    """What the institution offers; prices in whole won as the institution stated them."""

    procedure: str = Field(description="Slug", examples=["laser-toning"])
    visit_minutes: int = Field(description="Length of the first visit here, minutes")
    price_low: int | None = Field(description="Whole won; null when the institution states none")
    price_high: int | None = Field(description="Whole won; null when the institution states none")


class InstitutionOut(BaseModel):
    """An institution that may receive foreign patients today."""

    slug: str
    name: str = Field(description="As registered, in Korean")
    name_latin: str
    kind: Institution.Kind
    address: str = Field(description="In Korean")
    address_latin: str
    latitude: float = Field(description="WGS 84, degrees")
    longitude: float = Field(description="WGS 84, degrees")
    phone: str
    registration_number: str = Field(description="Of the registration to attract foreign patients")
    registration_valid_until: dt.date = Field(description="Korean calendar day, included")


class InstitutionDetail(InstitutionOut):
    """The same with who works there and what is offered."""

    practitioners: list[PractitionerOut]
    offerings: list[OfferingOut]


class Institutions(BaseModel):
    """One page of institutions."""

    items: list[InstitutionOut]
    total: int = Field(description="How many there are on all pages")


class FreeTimeOut(BaseModel):
    """A time that can be held; as it stands, it is a body for POST /holds."""

    institution: str = Field(description="Slug")
    procedure: str = Field(description="Slug")
    practitioner: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


class FreeTimes(BaseModel):
    """Free times, earliest first, and the window that was searched: the one that was asked for, not longer than 62
    days, from the shortest notice (three hours from now) to the end of the calendar (180 days from now)."""

    items: list[FreeTimeOut]
    start: dt.datetime
    end: dt.datetime


class FirstFreeTimes(BaseModel):
    """Free times in the whole district, earliest first."""

    items: list[FreeTimeOut]
    cursor: str | None = Field(description="For the next page; null when there are no more")


class VisitOut(BaseModel):
    """One visit of several."""

    step: int = Field(description="Its place in the pathway; visits follow each other in this order")
    kind: VisitKind
    practitioner: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


class FreeSeriesOut(BaseModel):
    """Times for all visits of a treatment; as it stands, it is a body for POST /series."""

    institution: str = Field(description="Slug")
    procedure: str = Field(description="Slug")
    visits: list[VisitOut]


class FreeSeries(BaseModel):
    """Times for all visits, those that end earliest first, and the window that was searched, as with free times."""

    items: list[FreeSeriesOut]
    start: dt.datetime
    end: dt.datetime


class Conflict(Problem):
    """The request does not fit the present state. When a time is gone, ``alternatives`` are the next free times."""

    alternatives: list[FreeTimeOut] = []


class AppointmentOut(BaseModel):
    """An appointment from hold to the end. Keep ``token`` secret: it alone opens, confirms, moves and cancels it."""

    id: UUID
    token: str
    status: Reservation.Status = Field(
        description="held and expired before it is confirmed, then booked, arrived, fulfilled, cancelled, "
        "noshow_guest or noshow_host"
    )
    institution: str = Field(description="Slug")
    procedure: str = Field(description="Slug")
    practitioner: UUID
    mode: Appointment.Mode
    starts_at: dt.datetime
    ends_at: dt.datetime
    hold_expires_at: dt.datetime | None = Field(description="While it is held: until when; otherwise null")
    change_until: dt.datetime = Field(description="Once booked: until when it may be moved or cancelled here")
    sequence: int = Field(description="Counts the changes of a booking, as SEQUENCE of iCalendar does")


class SeriesOut(BaseModel):
    """All visits of a treatment. Keep the tokens secret: that of the series confirms and cancels all of them, that of a
    visit moves or cancels this one."""

    id: UUID
    token: str
    institution: str = Field(description="Slug")
    procedure: str = Field(description="Slug")
    visits: list[AppointmentOut] = Field(description="In the order of the pathway")


class Wish(BaseModel):
    """What a caller sends. Names that are not known are refused, so that a slip is not lost."""

    model_config = ConfigDict(extra="forbid")


class HoldIn(Wish):
    """A free time. ``ends_at`` may stand there, as in the answer of /free-times, and is not looked at."""

    institution: Slug = Field(description="Slug of the institution, from /institutions or a free time")
    procedure: Slug = Field(description="Slug of the procedure, from /procedures or a free time")
    practitioner: UUID | None = Field(None, description="Whoever is free when left out")
    starts_at: Instant = Field(
        description="Begin of a free time: an instant with its offset", examples=["2026-12-08T14:30:00+09:00"]
    )
    ends_at: Instant | None = Field(None, description="As in the free time; not looked at")
    mode: Appointment.Mode = Field(Appointment.Mode.ON_SITE, description="How the visit takes place")


class VisitIn(Wish):
    """One visit of several. What else the answer of /series-times has may stand there and is not looked at."""

    step: int = Field(ge=0, le=9, strict=True, description="Which visit of the treatment, as in the answer")
    practitioner: UUID = Field(description="Who sees the guest at this visit")
    starts_at: Instant = Field(
        description="Begin of this visit: an instant with its offset", examples=["2026-12-08T14:30:00+09:00"]
    )
    kind: VisitKind | None = Field(None, description="As in the answer; not looked at")
    ends_at: Instant | None = Field(None, description="As in the answer; not looked at")


class SeriesIn(Wish):
    """Times for all visits of a treatment, as an item of /series-times."""

    institution: Slug = Field(description="Slug of the institution, from an item of /series-times")
    procedure: Slug = Field(description="Slug of the procedure, from an item of /series-times")
    visits: list[VisitIn] = Field(min_length=1, max_length=10, description="All visits, in their order")


class GuestIn(Wish):
    """Who comes."""

    name: Name = Field(description="As they write it, in any script", examples=["Батбаяр Сарнай"])
    name_latin: LatinName = Field(description="As in the passport", examples=["Batbayar Sarnai"])
    nationality: Country = Field(description="ISO 3166-1 alpha-2", examples=["MN"])
    birth_year: int = Field(
        ge=EARLIEST_BIRTH_YEAR, le=2100, strict=True, description="Gregorian calendar", examples=[1990]
    )
    sex: Sex = Field(description="FHIR administrative-gender", examples=["female"])
    email: Email = Field(description="Where we write to them", examples=["sarnai@guest.example"])
    phone: Phone | None = Field(None, description="E.164", examples=["+97699112233"])
    language: Language = Field(description="In which we write to them", examples=["mn"])
    zone: Zone = Field("Asia/Seoul", description="IANA time zone at home", examples=["Asia/Ulaanbaatar"])


class ConfirmIn(Wish):
    """The guest and their consents; "booking" and "health" are needed for any booking."""

    guest: GuestIn
    companions: int = Field(0, ge=0, le=20, strict=True, description="Who travel along, without the guest")
    arrives_on: Day | None = Field(None, description="In Korea; not after the appointment")
    leaves_on: Day | None = Field(None, description="Not before the appointment")
    consents: list[Purpose] = Field(
        max_length=10,
        description="What the guest agrees to; the first two are needed",
        examples=[["booking", "health"]],
    )
    accept_odd_hour: AcceptOddHour = False

    def intake(self) -> dict[str, Any]:
        """What ``stays.actions.save_intake`` takes."""
        told = self.model_dump()
        return {**told.pop("guest"), **told}


class BookIn(ConfirmIn, HoldIn):
    """A free time, and at once the guest who takes it."""


class MoveIn(Wish):
    """Another time of the same offering."""

    starts_at: Instant = Field(
        description="Begin of another free time: an instant with its offset", examples=["2026-12-09T10:00:00+09:00"]
    )
    practitioner: UUID | None = Field(None, description="The same one when left out")
    accept_odd_hour: AcceptOddHour = False


class CancelIn(Wish):
    """Why, if the guest wishes to say."""

    reason: Text = Field("", description="Kept with the appointment")
