"""Our own table of institutions with their registration to receive foreign patients.

A row is known by its registration number or by the key of the national list. Known rows are changed where the file
tells something else; an empty cell and a missing column change nothing. The same number with another first day of
validity is a renewal: a further registration, the former stays.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.text import slugify

from sarangbang.directory.models import Institution, Place, Registration
from sarangbang.rows import update_values

from . import cells, codes
from .columns import Column, Layout, Row
from .hira import slug_of
from .kinds import Counts, Kind
from .problems import CellProblem
from .romanising import romanised
from .rooms import Rooms
from .storing import insert

INSTITUTION = ("kind", "name", "name_latin", "phone", "website", "is_open", "hira_key")
PLACE = ("name", "name_latin", "address", "address_latin", "latitude", "longitude", "phone")
REGISTRATION = ("valid_until", "insurer", "insured_amount", "insured_until", "revoked_on")
TEXTS = {
    "name": 200,
    "name_latin": 200,
    "address": 300,
    "address_latin": 300,
    "insurer": 120,
}


@dataclass(slots=True)
class Entry:
    row: Row
    number: str | None
    valid_from: dt.date | None
    values: dict[str, Any]
    departments: set[int]

    def of(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: self.values[name] for name in names if name in self.values}


@dataclass(slots=True)
class Known:
    """An institution as it stands: values by table, registrations by first day."""

    pk: Any
    place_id: int
    institution: dict[str, Any]
    place: dict[str, Any]
    departments: set[int] = field(default_factory=set)
    registrations: dict[tuple[str, dt.date], tuple[int, dict[str, Any]]] = field(default_factory=dict)


@dataclass
class Institutions(Kind):
    layout = Layout(
        "institutions",
        (
            Column("registration_number", ("등록번호", "유치의료기관 등록번호", "registration no")),
            Column("hira_key", ("hira key",)),
            Column("ykiho", ("암호화요양기호", "요양기호")),
            Column("name", ("기관명", "의료기관명", "요양기관명", "name_ko"), required=True),
            Column("name_latin", ("영문명", "영문 기관명", "name_en")),
            Column("kind", ("종별", "종별명", "종별코드명")),
            Column("kind_code", ("종별코드",)),
            Column("valid_from", ("유효기간 시작일", "등록일", "등록일자", "registered_on")),
            Column("valid_until", ("유효기간 만료일", "유효기간 종료일", "만료일", "registered_until")),
            Column("insurer", ("보험사", "보험회사")),
            Column("insured_amount", ("보험금액", "보장금액", "보험가입금액")),
            Column("insured_until", ("보험 만료일", "보험기간 만료일", "보험종료일")),
            Column("revoked_on", ("취소일", "등록취소일")),
            Column("departments", ("진료과목", "진료과목코드")),
            Column("address", ("주소",)),
            Column("address_latin", ("영문주소", "address_en")),
            Column("latitude", ("위도", "좌표(Y)", "lat")),
            Column("longitude", ("경도", "좌표(X)", "lon", "lng")),
            Column("phone", ("전화번호", "telephone")),
            Column("website", ("홈페이지", "병원홈페이지", "url")),
            Column("is_open", ("영업", "운영여부", "open")),
        ),
        one_of=("registration_number", "hira_key"),
    )

    entries: list[Entry] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    institution_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    place_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    registration_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    links: list[tuple[Any, int]] = field(default_factory=list)

    rooms: Rooms = field(default_factory=Rooms)

    def read(self, row: Row) -> None:
        number = row.read("registration_number", partial(cells.key, longest=40))
        values: dict[str, Any] = {}
        for name, longest in TEXTS.items():
            values[name] = row.read(name, partial(cells.text, longest=longest))
        values["phone"] = row.read("phone", cells.phone)
        values["kind"] = row.read("kind", codes.kind) or row.read("kind_code", codes.kind)
        values["website"] = row.read("website", cells.url)
        values["is_open"] = row.read("is_open", cells.yes)
        values["insured_amount"] = row.read("insured_amount", cells.whole)
        for name in ("valid_until", "insured_until", "revoked_on"):
            values[name] = row.read(name, cells.day)
        valid_from = row.read("valid_from", cells.day)
        self._point(row, values)
        list_key = partial(cells.key, longest=100)
        values["hira_key"] = row.read("hira_key", list_key) or row.read("ykiho", list_key)
        if number is None and values["hira_key"] is None:
            row.wrong("registration_number" if row.has("registration_number") else "hira_key", "is empty")
        for name, key in (("registration_number", number), ("hira_key", values["hira_key"])):
            if key is not None:
                self.is_first(row, name, (name, key))
        if number is not None:
            self._registration(row, valid_from, values)
        departments = set(self.rooms.read(row))
        told = {name: value for name, value in values.items() if value is not None}
        self.entries.append(Entry(row, number, valid_from, told, departments))

    def _point(self, row: Row, values: dict[str, Any]) -> None:
        latitude, longitude = row.read("latitude", cells.decimal), row.read("longitude", cells.decimal)
        if latitude is None or longitude is None:
            if (latitude is None) != (longitude is None) and not row.errors:
                row.wrong("latitude" if latitude is None else "longitude", "is empty")
            return
        try:
            values["latitude"], values["longitude"] = cells.point(latitude, longitude)
        except CellProblem as problem:
            row.wrong("latitude", str(problem))

    def _registration(self, row: Row, valid_from: dt.date | None, values: dict[str, Any]) -> None:
        """Dates must be there and in order; those that could not be read were named already."""
        named = {error.column for error in row.errors}
        for name, value in (
            ("valid_from", valid_from),
            ("valid_until", values["valid_until"]),
            ("insured_until", values["insured_until"]),
        ):
            title = str(row.header[row.names[name]]).strip() if row.has(name) else name
            if value is None and title not in named:
                row.wrong(name, "is empty")
        if valid_from and values["valid_until"] and values["valid_until"] < valid_from:
            row.wrong("valid_until", "lies before the first day of validity")

    def compare(self) -> Counts:
        counts = Counts()
        by_number, by_key = _known()
        for entry in self.entries:
            row, key = entry.row, entry.values.get("hira_key")
            of_number = by_number.get(entry.number) if entry.number else None
            of_key = by_key.get(key) if key else None
            if of_number and of_key and of_number.pk != of_key.pk:
                self._wrong(row, "hira_key", "belongs to another institution than the registration number")
                continue
            known = of_number or of_key
            if of_number and key and of_number.institution["hira_key"] not in (None, key):
                self._wrong(row, "hira_key", "is not the key under which this institution is known")
                continue
            if known is None:
                if self._is_complete(entry):
                    self.new.append(entry)
                    counts.created += 1
            elif not row.errors:
                changed = self._compare(entry, known)
                counts.updated += changed
                counts.unchanged += not changed
        return counts

    def _wrong(self, row: Row, name: str, reason: str) -> None:
        row.wrong(name, reason)
        self.errors.append(row.errors[-1])

    def _is_complete(self, entry: Entry) -> bool:
        """A new institution needs a name, a kind and a place on the map; what is wrong was named already."""
        row, before = entry.row, len(entry.row.errors)
        for name, others in (("name", ()), ("kind", ("kind_code",)), ("latitude", ()), ("longitude", ())):
            if all(cells.raw_text_or_none(row.cell(each)) is None for each in (name, *others)):
                row.wrong(name, "is empty; a new institution needs it")
        self.errors += row.errors[before:]
        return not row.errors

    def _compare(self, entry: Entry, known: Known) -> bool:
        changed = False
        told, stands = entry.of(INSTITUTION), entry.of(PLACE)
        if told.items() - known.institution.items():
            self.institution_changes.append((known.pk, known.institution | told))
            changed = True
        if stands.items() - known.place.items():
            self.place_changes.append((known.place_id, known.place | stands))
            changed = True
        if entry.departments - known.departments:
            self.links += [(known.pk, pk) for pk in sorted(entry.departments - known.departments)]
            changed = True
        if entry.number and entry.valid_from:
            changed |= self._compare_registration(entry, known, entry.number, entry.valid_from)
        return changed

    def _compare_registration(self, entry: Entry, known: Known, number: str, valid_from: dt.date) -> bool:
        told = entry.of(REGISTRATION)
        standing = known.registrations.get((number, valid_from))
        if standing is None:
            self.registrations.append(
                Registration(institution_id=known.pk, number=number, valid_from=valid_from, **told)
            )
            return True
        pk, values = standing
        if told.items() - values.items():
            self.registration_changes.append((pk, values | told))
            return True
        return False

    def write(self) -> None:
        update_values(Place, self.place_changes, PLACE)
        update_values(Institution, self.institution_changes, INSTITUTION)
        update_values(Registration, self.registration_changes, REGISTRATION)
        places, institutions = [], []
        for entry in self.new:
            pk = uuid.uuid4()
            latin = entry.values.get("name_latin") or romanised(entry.values["name"])[:200]
            slug = slug_of(latin, entry.number or entry.values["hira_key"])
            place = Place(
                **{**entry.of(PLACE), "code": f"medical-{slug[-12:]}", "kind": Place.Kind.MEDICAL, "name_latin": latin}
            )
            places.append(place)
            told = {**entry.of(INSTITUTION), "name_latin": latin}
            institutions.append(Institution(id=pk, slug=slugify(slug), place=place, **told))
            self.links += [(pk, department) for department in sorted(entry.departments)]
            if entry.number and entry.valid_from:
                self.registrations.append(
                    Registration(
                        institution_id=pk, number=entry.number, valid_from=entry.valid_from, **entry.of(REGISTRATION)
                    )
                )
        insert(Place, places)
        insert(Institution, institutions)
        insert(Registration, self.registrations)
        link = Institution.departments.through
        insert(link, (link(institution_id=one, department_id=other) for one, other in self.links))


def _known() -> tuple[dict[str, Known], dict[str, Known]]:
    """Every institution by registration number and by the list's key, in three queries."""
    names = [*INSTITUTION, *(f"place__{name}" for name in PLACE)]
    everybody: dict[Any, Known] = {}
    rows = Institution.objects.order_by().values_list("pk", "place_id", *names)
    for pk, place_id, *values in rows.iterator(chunk_size=5000):
        place = dict(zip(PLACE, values[len(INSTITUTION) :], strict=True))
        everybody[pk] = Known(pk, place_id, dict(zip(INSTITUTION, values, strict=False)), place)
    by_number: dict[str, Known] = {}
    registered = Registration.objects.order_by("valid_from").values_list(
        "institution_id", "number", "pk", "valid_from", *REGISTRATION
    )
    for institution, number, pk, valid_from, *values in registered.iterator(chunk_size=5000):
        known = by_number[number] = everybody[institution]
        known.registrations[number, valid_from] = (pk, dict(zip(REGISTRATION, values, strict=True)))
    links = Institution.departments.through.objects.order_by().values_list("institution_id", "department_id")
    for institution, department in links.iterator(chunk_size=5000):
        everybody[institution].departments.add(department)
    by_key = {known.institution["hira_key"]: known for known in everybody.values() if known.institution["hira_key"]}
    return by_number, by_key
