"""The yearly report of foreign patients, row by row, and what each row lacks.

Institutions (Act on Support for Overseas Expansion of Healthcare System and Attraction of International Patients, art.
11): one row is one guest in one department in one Korean calendar year, with nationality, sex, year of birth,
department, days as an inpatient, main disease or injury, days of outpatient visits. Remote care before and after is a
table of its own (rule, art. 15), with its content and period. Facilitators: one row is one stay at one institution in
one department, with the days of entry and departure and without the disease.

No row has a name, an address or a number of a passport. What the platform does not know, the institution completes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Min
from django.db.models.functions import Coalesce

from sarangbang.directory.models import Department, Institution, Registration
from sarangbang.policy.operations.measures import treated_in
from sarangbang.policy.operations.windows import MONTHS, SEOUL, Window
from sarangbang.policy.queries import Selection, treated
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight
from sarangbang.ui import locales

from .models import Part, RemoteContent, ReportDetail, ReportHandIn, StayDetail

LETTERS = "BCDFGHJKLMNPQRST"
"""Of these are references: no digits that a spreadsheet takes for a number, no vowels that make words."""
OLDEST = 120
SEXES = ("female", "male")
COMPLETED = ("sex", "inpatient_days", "main_disease", "outpatient_days", "content", "left_out")
"""What an institution can complete; empty is "as the platform has it"."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of an institution's report. Days are counts of Korean calendar days; ``first_day`` and ``last_day`` are
    those of the visits. ``missing`` names the fields that the law asks for and that are empty or cannot be."""

    reference: str
    guest: UUID
    department_id: int
    part: str
    nationality: str
    sex: str
    birth_year: int
    inpatient_days: int | None
    main_disease: str
    outpatient_days: int | None
    content: str
    first_day: dt.date
    last_day: dt.date
    left_out: str
    missing: tuple[str, ...] = ()

    def told(self) -> tuple[object, ...]:
        """All that it says, as its hash sees it."""
        return (self.reference, self.part, self.nationality, self.sex, self.birth_year, self.department_id,
                self.inpatient_days, self.main_disease, self.outpatient_days, self.content, self.first_day,
                self.last_day, self.left_out)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StayRow:
    """One row of the facilitators' form."""

    reference: str
    stay: UUID
    institution_id: UUID
    department_id: int
    nationality: str
    sex: str
    birth_year: int
    inpatient_days: int | None
    outpatient_days: int
    entered_on: dt.date | None
    left_on: dt.date | None
    missing: tuple[str, ...] = ()


def reference_of(*parts: object) -> str:
    """A short name of a row that can be found again and tells nothing: twelve letters in three groups."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    letters = "".join(LETTERS[int(digit, 16)] for digit in digest[:12])
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def content_hash(rows: Iterable[ReportRow]) -> str:
    lines = sorted(repr(row.told()) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _window(year: int, now: dt.datetime) -> Window:
    return Window(year, 1, MONTHS, now)


@dataclass(slots=True)
class _Visits:
    """The visits of one guest in one department: who, and on which days."""

    nationality: str
    sex: str
    birth_year: int
    days: set[dt.date]


# Institutions


def rows_of(institution: Institution, year: int, now: dt.datetime) -> list[ReportRow]:
    """The report of an institution as it is now, those who came first before the others."""
    found = treated_in(_window(year, now)).filter(institution=institution)
    visits: dict[tuple[UUID, int, str], _Visits] = {}
    for guest, nation, sex, born, department, mode, starts_at in found.values_list(
        "guest_id", "guest__nationality", "guest__sex", "guest__birth_year", "offering__department_id", "mode",
        "reservation__starts_at",
    ):  # fmt: skip
        part = Part.ON_SITE if mode == Appointment.Mode.ON_SITE else Part.REMOTE
        each = visits.setdefault((guest, department, str(part)), _Visits(nation, sex, born, set()))
        each.days.add(starts_at.astimezone(SEOUL).date())
    details = {
        (detail.guest_id, detail.department_id, detail.part): detail
        for detail in ReportDetail.objects.filter(institution=institution, year=year)
    }
    remote = [guest for guest, _department, part in visits if part == Part.REMOTE]
    on_site = _first_on_site(institution, remote) if remote else {}
    rows = [_row(institution, year, key, each, details.get(key), on_site.get(key[0])) for key, each in visits.items()]
    return sorted(rows, key=lambda row: (row.part, row.first_day, row.reference))


def _first_on_site(institution: Institution, guests: Iterable[UUID]) -> dict[UUID, dt.date]:
    """The first day on which each was treated at the institution, in any year."""
    found = treated(Selection()).filter(institution=institution, mode=Appointment.Mode.ON_SITE, guest__in=set(guests))
    first = found.values_list("guest_id").annotate(first=Min("reservation__starts_at")).order_by()
    return {guest: at.astimezone(SEOUL).date() for guest, at in first}


def _row(
    institution: Institution,
    year: int,
    key: tuple[UUID, int, str],
    visits: _Visits,
    detail: ReportDetail | None,
    on_site: dt.date | None,
) -> ReportRow:
    guest, department, part = key
    said = {name: getattr(detail, name) for name in COMPLETED} if detail else {}
    row = ReportRow(
        reference=reference_of("report", institution.pk, year, *key),
        guest=guest,
        department_id=department,
        part=part,
        nationality=visits.nationality,
        sex=said.get("sex") or visits.sex,
        birth_year=visits.birth_year,
        inpatient_days=said.get("inpatient_days"),
        main_disease=said.get("main_disease") or "",
        outpatient_days=_either(said.get("outpatient_days"), len(visits.days) if part == Part.ON_SITE else None),
        content=said.get("content") or (_content(visits.days, on_site) if part == Part.REMOTE else ""),
        first_day=min(visits.days),
        last_day=max(visits.days),
        left_out=said.get("left_out") or "",
    )
    return replace(row, missing=tuple(_missing(row, year)))


def _either(first: int | None, otherwise: int | None) -> int | None:
    return otherwise if first is None else first


def _content(days: set[dt.date], on_site: dt.date | None) -> str:
    """What remote care was for, from its days beside the first treatment on the spot; nothing without one."""
    if on_site is None:
        return ""
    if max(days) < on_site:
        return str(RemoteContent.BEFORE)
    return str(RemoteContent.AFTER if min(days) >= on_site else RemoteContent.BOTH)


def _missing(row: ReportRow, year: int) -> Iterator[str]:
    if row.left_out:
        return
    yield from _missing_of_person(row.nationality, row.sex, row.birth_year, year)
    if not row.main_disease:
        yield "main_disease"
    if row.part == Part.REMOTE:
        if not row.content:
            yield "content"
        return
    if row.inpatient_days is None:
        yield "inpatient_days"
    if not row.outpatient_days and row.inpatient_days == 0:
        yield "outpatient_days"


def _missing_of_person(nationality: str, sex: str, birth_year: int, year: int) -> Iterator[str]:
    """A Korean national is no foreign patient: such a row is left out, or its nationality is wrong."""
    if nationality == "KR" or locales.country(nationality, "en") == nationality:
        yield "nationality"
    if sex not in SEXES:
        yield "sex"
    if not year - OLDEST <= birth_year <= year:
        yield "birth_year"


def reported(rows: Iterable[ReportRow], part: str) -> list[ReportRow]:
    """The rows of one table of the report: without those who are left out."""
    return [row for row in rows if row.part == part and not row.left_out]


def last_hand_in(institution: Institution, year: int) -> ReportHandIn | None:
    return ReportHandIn.objects.filter(institution=institution, year=year).last()


def hand_ins(year: int) -> dict[UUID, ReportHandIn]:
    """The last hand-in of each institution."""
    return {each.institution_id: each for each in ReportHandIn.objects.filter(year=year)}


def registration_in(institution: Institution, year: int) -> Registration | None:
    """The registration that was valid on some day of the year; the later of several."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return institution.registrations.filter(valid_from__lte=last, valid_until__gte=first).first()


def departments() -> dict[int, Department]:
    return {department.pk: department for department in Department.objects.all()}


# Facilitators


def stay_rows(year: int, now: dt.datetime) -> list[StayRow]:
    """The facilitators' form: every stay of the platform with a treatment on the spot in that year."""
    found = treated_in(_window(year, now)).filter(mode=Appointment.Mode.ON_SITE, stay_appointment__isnull=False)
    visits: dict[tuple[UUID, UUID, int], _Visits] = {}
    guests: dict[tuple[UUID, UUID, int], UUID] = {}
    planned: dict[UUID, tuple[dt.date | None, dt.date | None]] = {}
    for stay, place, department, guest, nation, sex, born, starts_at, arrives, leaves in found.values_list(
        "stay_appointment__stay_id", "institution_id", "offering__department_id", "guest_id", "guest__nationality",
        "guest__sex", "guest__birth_year", "reservation__starts_at", "stay_appointment__stay__arrives_on",
        "stay_appointment__stay__leaves_on",
    ):  # fmt: skip
        key = (stay, place, department)
        visits.setdefault(key, _Visits(nation, sex, born, set())).days.add(starts_at.astimezone(SEOUL).date())
        guests[key], planned[stay] = guest, (arrives, leaves)
    details = {
        (detail.stay_id, detail.institution_id, detail.department_id): detail
        for detail in StayDetail.objects.filter(stay__in=found.values("stay_appointment__stay"))
    }
    flown, lain = _flown(found), _lain(guests, year)
    rows = [
        _stay_row(year, key, each, details.get(key), flown.get(key[0], {}), planned[key[0]], lain.get(key))
        for key, each in visits.items()
    ]
    return sorted(rows, key=lambda row: (str(row.entered_on or ""), row.reference))


def unattached(year: int, now: dt.datetime) -> int:
    """Treatments that belong to no stay, so that nobody knows when the guest entered."""
    return treated_in(_window(year, now)).filter(stay_appointment__isnull=True).count()


def _flown(found: Any) -> dict[UUID, dict[str, dt.date]]:
    """The Korean days on which the flights of these stays land and take off."""
    flights = Flight.objects.filter(stay__in=found.values("stay_appointment__stay"))
    days: dict[UUID, dict[str, dt.date]] = {}
    for stay, direction, at in flights.values_list("stay_id", "direction", Coalesce("expected_at", "scheduled_at")):
        days.setdefault(stay, {})[direction] = at.astimezone(SEOUL).date()
    return days


def _lain(guests: dict[tuple[UUID, UUID, int], UUID], year: int) -> dict[tuple[UUID, UUID, int], int]:
    """Days as an inpatient that the institution completed, where the guest had one stay there in the year."""
    stays: dict[tuple[UUID, UUID, int], list[UUID]] = {}
    for (stay, place, department), guest in guests.items():
        stays.setdefault((guest, place, department), []).append(stay)
    known = ReportDetail.objects.filter(year=year, part=Part.ON_SITE, inpatient_days__isnull=False)
    found: dict[tuple[UUID, UUID, int], int] = {}
    for guest, place, department, days in known.values_list(
        "guest_id", "institution_id", "department_id", "inpatient_days"
    ):
        mine = stays.get((guest, place, department), [])
        if len(mine) == 1 and days is not None:
            found[mine[0], place, department] = days
    return found


def _stay_row(
    year: int,
    key: tuple[UUID, UUID, int],
    visits: _Visits,
    detail: StayDetail | None,
    flown: dict[str, dt.date],
    planned: tuple[dt.date | None, dt.date | None],
    lain: int | None,
) -> StayRow:
    row = StayRow(
        reference=reference_of("stay", year, *key),
        stay=key[0],
        institution_id=key[1],
        department_id=key[2],
        nationality=visits.nationality,
        sex=(detail.sex if detail else "") or visits.sex,
        birth_year=visits.birth_year,
        inpatient_days=_either(detail.inpatient_days if detail else None, lain),
        outpatient_days=len(visits.days),
        entered_on=(detail.entered_on if detail else None) or flown.get(Flight.Direction.ARRIVAL) or planned[0],
        left_on=(detail.left_on if detail else None) or flown.get(Flight.Direction.DEPARTURE) or planned[1],
    )
    return replace(row, missing=tuple(_missing_of_stay(row, year)))


def _missing_of_stay(row: StayRow, year: int) -> Iterator[str]:
    yield from _missing_of_person(row.nationality, row.sex, row.birth_year, year)
    if row.inpatient_days is None:
        yield "inpatient_days"
    if row.entered_on is None:
        yield "entered_on"
    if row.left_on is None or (row.entered_on and row.left_on < row.entered_on):
        yield "left_on"
