"""The departments of the national list (5.…_03_진료과목정보): one row per institution and department.

Departments are added, none is taken away: the file does not know those without a national code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sarangbang.directory.models import Department, Institution

from . import cells, codes
from .columns import Column, Layout, Row, plain
from .kinds import Counts, Kind
from .storing import insert

UNKNOWN_INSTITUTION = "of institutions that are not in the directory"
NOT_KEPT = "of departments that are not kept here"


@dataclass
class NationalDepartments(Kind):
    layout = Layout(
        "hira-departments",
        (
            Column("ykiho", ("암호화요양기호", "암호화된요양기호", "요양기호"), required=True),
            Column("department_code", ("진료과목코드", "dgsbjtCd"), required=True),
            Column("department_name", ("진료과목코드명", "dgsbjtCdNm")),
        ),
    )

    wanted: list[tuple[str, str]] = field(default_factory=list)
    new: list[tuple[UUID, int]] = field(default_factory=list)

    def read(self, row: Row) -> None:
        key = row.read("ykiho", partial(cells.key, longest=100), required=True)
        code = row.read("department_code", codes.two_digits, required=True)
        if key is None or code is None or not self.is_first(row, "department_code", (key, code)):
            return
        name = plain(cells.raw_text_or_none(row.cell("department_name")) or "")
        self.wanted.append((key, codes.departments().get(code) or codes.departments().get(name) or ""))

    def compare(self) -> Counts:
        counts = Counts()
        institutions = dict(Institution.objects.filter(hira_key__isnull=False).order_by().values_list("hira_key", "pk"))
        departments = dict(Department.objects.order_by().values_list("slug", "pk"))
        links = Institution.departments.through.objects.order_by()
        known = set(links.values_list("institution_id", "department_id"))
        for key, slug in self.wanted:
            if key not in institutions:
                self.notes[UNKNOWN_INSTITUTION] += 1
            elif slug not in departments:
                self.notes[NOT_KEPT] += 1
            elif (link := (institutions[key], departments[slug])) in known:
                counts.unchanged += 1
            else:
                known.add(link)
                self.new.append(link)
                counts.created += 1
        return counts

    def write(self) -> None:
        link = Institution.departments.through
        insert(link, (link(institution_id=one, department_id=other) for one, other in self.new))
