"""Our own table of practitioners: one row per person and institution. Known by the licence number.

Languages are what the row says; roles at the row's institution are what the row says, roles elsewhere stay.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sarangbang.directory.actions import LANGUAGES
from sarangbang.directory.models import (
    Institution,
    Practitioner,
    PractitionerLanguage,
    PractitionerRole,
    Registration,
    Sex,
)
from sarangbang.rows import update_values

from . import cells
from .cells import Cell
from .columns import Column, Layout, Row
from .kinds import Counts, Kind
from .problems import CellProblem
from .romanising import romanised
from .rooms import Rooms
from .storing import insert

PERSON = ("name", "name_latin", "sex")
SEXES = {
    "female": Sex.FEMALE, "f": Sex.FEMALE, "여": Sex.FEMALE, "여성": Sex.FEMALE, "여자": Sex.FEMALE,
    "male": Sex.MALE, "m": Sex.MALE, "남": Sex.MALE, "남성": Sex.MALE, "남자": Sex.MALE,
    "other": Sex.OTHER, "unknown": Sex.UNKNOWN,
}  # fmt: skip
TONGUES = {language.replace("_", "-") for language in LANGUAGES}
TONGUE_NAMES = {
    "korean": "ko", "한국어": "ko",
    "english": "en", "영어": "en",
    "chinese": "zh-hans", "중국어": "zh-hans", "zh": "zh-hans",
    "japanese": "ja", "일본어": "ja",
    "russian": "ru", "러시아어": "ru",
    "mongolian": "mn", "몽골어": "mn",
    "spanish": "es", "스페인어": "es",
    "vietnamese": "vi", "베트남어": "vi",
    "thai": "th", "태국어": "th",
    "arabic": "ar", "아랍어": "ar",
}  # fmt: skip


def sex(value: Cell) -> str | None:
    word = cells.symbols(value).casefold()
    if not word:
        return None
    if word not in SEXES:
        raise CellProblem("is neither female nor male")
    return str(SEXES[word])


def languages(value: Cell) -> list[str] | None:
    """Codes of the ten languages; their English and Korean names are understood."""
    words = cells.several(value)
    codes = []
    for word in words:
        code = TONGUE_NAMES.get(word.casefold(), word.casefold().replace("_", "-"))
        if code not in TONGUES:
            raise CellProblem(f"holds an unknown language: {word[:30]}")
        codes.append(code)
    return codes or None


@dataclass(slots=True)
class Person:
    """What the rows of one licence number say together. ``roles``: departments and whether active, by institution."""

    values: dict[str, Any]
    row: Row
    languages: set[str] = field(default_factory=set)
    roles: dict[Any, tuple[set[int], bool]] = field(default_factory=dict)


@dataclass
class Practitioners(Kind):
    layout = Layout(
        "practitioners",
        (
            Column("number", ("면허번호", "licence_number", "license_number", "licence no"), required=True),
            Column("name", ("성명", "이름", "의사명"), required=True),
            Column("name_latin", ("영문명", "영문성명", "name_en")),
            Column("sex", ("성별", "gender")),
            Column("languages", ("언어", "사용언어", "구사언어")),
            Column("institution", ("등록번호", "registration_number", "암호화요양기호", "의료기관")),
            Column("departments", ("진료과목", "진료과목코드", "department")),
            Column("is_active", ("재직", "재직여부", "active")),
        ),
    )

    people: dict[str, Person] = field(default_factory=dict)
    new: list[tuple[str, Person]] = field(default_factory=list)
    changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    spoken: list[PractitionerLanguage] = field(default_factory=list)
    unspoken: list[int] = field(default_factory=list)
    new_roles: list[PractitionerRole] = field(default_factory=list)
    role_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rooms = Rooms()
        self.institutions: dict[str, Any] = {}
        for pk, slug, key in Institution.objects.order_by().values_list("pk", "slug", "hira_key"):
            self.institutions[slug] = pk
            if key:
                self.institutions[key] = pk
        self.institutions |= dict(Registration.objects.order_by("valid_from").values_list("number", "institution_id"))

    def read(self, row: Row) -> None:
        number = row.read("number", partial(cells.key, longest=40), required=True)
        values = {
            "name": row.read("name", partial(cells.text, longest=120), required=True),
            "name_latin": row.read("name_latin", partial(cells.text, longest=120)),
            "sex": row.read("sex", sex),
        }
        spoken = row.read("languages", languages)
        where = row.read("institution", partial(cells.key, longest=100))
        is_active = row.read("is_active", cells.yes)
        rooms = set(self.rooms.read(row))
        if where and where not in self.institutions:
            row.wrong("institution", "is not in the directory")
        if where and not rooms and not row.errors:
            row.wrong("departments", "is empty; a role needs a department")
        if number is None or not self.is_first(row, "number", (number, where or "")) or row.errors:
            return
        told = {name: value for name, value in values.items() if value is not None}
        person = self.people.setdefault(number, Person(told, row))
        if any(person.values.get(name, value) != value for name, value in told.items()):
            row.wrong("name", f"differs from row {person.row.number} of the same person")
            return
        person.values |= told
        person.languages |= set(spoken or ())
        if where:
            person.roles[self.institutions[where]] = (rooms, is_active is not False)

    def compare(self) -> Counts:
        counts = Counts()
        known = {
            number: (pk, dict(zip(PERSON, values, strict=True)))
            for number, pk, *values in Practitioner.objects.order_by().values_list("number", "pk", *PERSON)
        }
        tongues: dict[Any, dict[str, int]] = defaultdict(dict)
        for person_id, language, pk in PractitionerLanguage.objects.values_list("practitioner_id", "language", "pk"):
            tongues[person_id][language] = pk
        roles: dict[tuple[Any, Any], dict[int, tuple[int, bool]]] = defaultdict(dict)
        for person_id, house, room, pk, is_active in PractitionerRole.objects.values_list(
            "practitioner_id", "institution_id", "department_id", "pk", "is_active"
        ):
            roles[person_id, house][room] = (pk, is_active)
        for number, person in self.people.items():
            if number not in known:
                self.new.append((number, person))
                counts.created += 1
                continue
            pk, values = known[number]
            changed = bool(person.values.items() - values.items())
            if changed:
                self.changes.append((pk, values | person.values))
            changed |= self._compare_languages(person, pk, tongues[pk])
            for house, (rooms, is_active) in person.roles.items():
                changed |= self._compare_roles(pk, house, rooms, is_active, roles[pk, house])
            counts.updated += changed
            counts.unchanged += not changed
        return counts

    def _compare_languages(self, person: Person, pk: Any, known: dict[str, int]) -> bool:
        if not person.languages or person.languages == set(known):
            return False
        self.unspoken += [known[language] for language in known.keys() - person.languages]
        self.spoken += [
            PractitionerLanguage(practitioner_id=pk, language=language)
            for language in sorted(person.languages - known.keys())
        ]
        return True

    def _compare_roles(
        self, pk: Any, house: Any, rooms: set[int], is_active: bool, known: dict[int, tuple[int, bool]]
    ) -> bool:
        before = len(self.new_roles) + len(self.role_changes)
        for room in sorted(rooms - known.keys()):
            self.new_roles.append(
                PractitionerRole(practitioner_id=pk, institution_id=house, department_id=room, is_active=is_active)
            )
        for room, (role, was_active) in known.items():
            wanted = is_active and room in rooms
            if wanted != was_active:
                self.role_changes.append((role, {"is_active": wanted}))
        return len(self.new_roles) + len(self.role_changes) > before

    def write(self) -> None:
        update_values(Practitioner, self.changes, PERSON)
        people = []
        for number, person in self.new:
            pk = uuid.uuid4()
            latin = person.values.get("name_latin") or romanised(person.values["name"])[:120]
            people.append(Practitioner(id=pk, number=number, **{**person.values, "name_latin": latin}))
            self._compare_languages(person, pk, {})
            for house, (rooms, is_active) in person.roles.items():
                self._compare_roles(pk, house, rooms, is_active, {})
        insert(Practitioner, people)
        PractitionerLanguage.objects.filter(pk__in=self.unspoken).delete()
        insert(PractitionerLanguage, self.spoken)
        insert(PractitionerRole, self.new_roles)
        update_values(PractitionerRole, self.role_changes, ("is_active",))
