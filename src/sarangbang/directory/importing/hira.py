"""The national list of hospitals and clinics as the Health Insurance Review & Assessment Service publishes it: the
quarterly file 1.병원정보서비스 and the answers of getHospBasisList. Its key (암호화요양기호, ykiho) is opaque.

What it brings is no registration to receive foreign patients: these institutions are not shown until one is imported.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.text import slugify

from sarangbang.directory.models import Institution, Place
from sarangbang.rows import update_values

from . import cells, codes
from .columns import Column, Layout, Row
from .kinds import Counts, Kind
from .problems import CellProblem
from .romanising import romanised
from .storing import insert

INSTITUTION = ("kind", "name", "phone", "website")
PLACE = ("name", "address", "latitude", "longitude", "phone")
WITHOUT_COORDINATES = "without coordinates"


def slug_of(name_latin: str, key: str) -> str:
    """An address that stays: the name, and a mark of the list's key."""
    mark = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{slugify(name_latin)[:60]}-{mark}".strip("-")


@dataclass(slots=True)
class Entry:
    """An institution as the list has it. Values that the file does not tell are missing."""

    key: str
    values: dict[str, Any]

    def of_institution(self) -> dict[str, Any]:
        return {name: self.values[name] for name in INSTITUTION if name in self.values}

    def of_place(self) -> dict[str, Any]:
        return {name: self.values[name] for name in PLACE if name in self.values}


@dataclass
class NationalList(Kind):
    layout = Layout(
        "hira",
        (
            Column("ykiho", ("암호화요양기호", "암호화된요양기호", "요양기호"), required=True),
            Column("name", ("요양기관명", "yadmNm"), required=True),
            Column("kind_code", ("종별코드", "clCd")),
            Column("kind_name", ("종별코드명", "clCdNm")),
            Column("address", ("주소", "addr")),
            Column("phone", ("전화번호", "telno")),
            Column("website", ("병원홈페이지", "hospUrl", "홈페이지")),
            Column("longitude", ("좌표(X)", "XPos", "X좌표"), required=True),
            Column("latitude", ("좌표(Y)", "YPos", "Y좌표"), required=True),
        ),
        one_of=("kind_code", "kind_name"),
    )

    entries: list[Entry] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    institution_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    place_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def read(self, row: Row) -> None:
        key = row.read("ykiho", partial(cells.key, longest=100), required=True)
        if key is not None and not self.is_first(row, "ykiho", key):
            return
        values: dict[str, Any] = {
            "name": row.read("name", partial(cells.text, longest=200), required=True),
            "kind": _kind(row),
        }
        for name, parse in (("address", partial(cells.text, longest=300)), ("phone", cells.phone)):
            if row.has(name):
                values[name] = row.read(name, parse) or ""
        if row.has("website"):
            values["website"] = _website(row)
        latitude, longitude = row.read("latitude", cells.decimal), row.read("longitude", cells.decimal)
        if latitude is not None and longitude is not None:
            try:
                values["latitude"], values["longitude"] = cells.point(latitude, longitude)
            except CellProblem as problem:
                row.wrong("longitude", str(problem))
        if row.errors:
            return
        if latitude is None or longitude is None:
            self.notes[WITHOUT_COORDINATES] += 1
            return
        self.entries.append(Entry(str(key), values))

    def compare(self) -> Counts:
        counts = Counts()
        known = {key: (pk, place_id, institution, place) for key, pk, place_id, institution, place in _known()}
        for entry in self.entries:
            found = known.get(entry.key)
            if found is None:
                self.new.append(entry)
                counts.created += 1
                continue
            pk, place_id, institution, place = found
            told, stands = entry.of_institution(), entry.of_place()
            is_changed = False
            if told.items() - institution.items():
                self.institution_changes.append((pk, institution | told))
                is_changed = True
            if stands.items() - place.items():
                self.place_changes.append((place_id, place | stands))
                is_changed = True
            counts.updated += is_changed
            counts.unchanged += not is_changed
        return counts

    def write(self) -> None:
        update_values(Place, self.place_changes, PLACE)
        update_values(Institution, self.institution_changes, INSTITUTION)
        latins = [romanised(entry.values["name"])[:200] for entry in self.new]
        slugs = [slug_of(latin, entry.key) for latin, entry in zip(latins, self.new, strict=True)]
        places = [
            Place(code=f"hira-{slug[-12:]}", kind=Place.Kind.MEDICAL, name_latin=latin, **entry.of_place())
            for entry, slug, latin in zip(self.new, slugs, latins, strict=True)
        ]
        insert(Place, places)
        insert(
            Institution,
            (
                Institution(
                    id=uuid.uuid4(),
                    slug=slug,
                    hira_key=entry.key,
                    name_latin=latin,
                    place=place,
                    **entry.of_institution(),
                )
                for entry, slug, latin, place in zip(self.new, slugs, latins, places, strict=True)
            ),
        )


def _known() -> Any:
    """Key, ids and values of every institution that came from the list, in one query."""
    names = [*INSTITUTION, *(f"place__{name}" for name in PLACE)]
    rows = Institution.objects.filter(hira_key__isnull=False).values_list("hira_key", "pk", "place_id", *names)
    for key, pk, place_id, *values in rows.order_by().iterator(chunk_size=5000):
        institution = dict(zip(INSTITUTION, values, strict=False))
        yield key, pk, place_id, institution, dict(zip(PLACE, values[len(INSTITUTION) :], strict=True))


def _kind(row: Row) -> str | None:
    """By code; by name when there is no code that is known."""
    for name in ("kind_code", "kind_name"):
        try:
            kind = codes.kind(row.cell(name))
        except CellProblem:
            continue
        if kind is not None:
            return kind
    name = "kind_code" if row.has("kind_code") else "kind_name"
    return row.read(name, codes.kind, required=True)


def _website(row: Row) -> str:
    """Many institutions write something that is no address; that is no reason to refuse the list."""
    try:
        return cells.url(row.cell("website")) or ""
    except CellProblem:
        return ""
