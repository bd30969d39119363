"""Institutions' reports: what is refused with row and reason, what is kept, and how three counts are compared."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from sarangbang.directory.importing.columns import Row
from sarangbang.people.models import AuditEntry
from sarangbang.policy.models import InstitutionReport, PublishedQuarter, ReportedCount, Written
from sarangbang.policy.operations.actions import AlreadyPublished, publish
from sarangbang.policy.operations.windows import quarters_over
from sarangbang.policy.queries import Selection, by, total
from sarangbang.policy.reading import Refused
from sarangbang.policy.reporting import reconciling
from sarangbang.policy.reporting.actions import ChangedMeanwhile, Taken, take_reports, take_told
from sarangbang.policy.reporting.reading import Told
from sarangbang.scheduling.tests.conftest import make_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(district: Any, client: Client, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(district.policy_user)
    return client


def taken(tmp_path: Any, text: str, **more: Any) -> Any:
    path = tmp_path / "reports.csv"
    path.write_text(text, encoding="utf-8")
    return take_reports(path, source="test", actor="user:1", **more)


HEAD = "year,institution,nationality,department,patients,unit\n"

WRONG = [
    ("2025,{me},JP,,-3,persons", 2, "patients", "is negative"),
    ("2025,{me},JP,,3.5,persons", 2, "patients", "is no whole number"),
    ("2025,{me},JP,,many,", 2, "patients", "is no whole number"),
    ("2025,{me},JP,,12,krw", 2, "unit", "is krw, but patients are counted in persons"),
    ("2025,{me},JP,,12,barrels", 2, "unit", "is no unit that is known"),
    ("2025,nowhere,JP,,12,", 2, "institution", "is no institution that is known"),
    ("2025,{me},Atlantis,,12,", 2, "nationality", "is no country that is known"),
    ("2025,{me},KR,,12,", 2, "nationality", "is Korea"),
    ("2025,{me},,alchemy,12,", 2, "department", "is no department that is known"),
    ("2025,{me},JP,dermatology,12,", 2, "department", "stands beside a nationality"),
    ("2199,{me},JP,,12,", 2, "year", "is no year"),
    ("25,{me},JP,,12,", 2, "year", "is no year"),
    (",{me},JP,,12,", 2, "year", "is empty"),
    ("2025,,JP,,12,", 2, "institution", "is empty"),
    ("2025,{me},JP,,,", 2, "patients", "is empty"),
    ("2025,{me},JP,,12,\n2025,{me},Japan,,13,", 3, "year", "is there twice"),
    ("2025,{me},,,12,\n2025,{me},,,12,", 3, "year", "is there twice"),
    ("2025,{me},JP,,12,\n2025,{me},CN,,8,\n2025,{me},total,,21,", 4, "patients", "is 21, but the rows make 20"),
    ("2025,{me},,,21,\n2025,{me},JP,,12,\n2025,{me},CN,,8,", 2, "patients", "is 21, but the rows make 20"),
    (
        "2025,{me},,,9,\n2025,{me},,dermatology,5,\n2025,{me},,dentistry,3,\n2025,{me},,합계,9,",
        5,
        "patients",
        "rows make 8",
    ),
    ("2025,{me},,,9,\n2025,{me},,dermatology,5,\n2025,{me},,dentistry,3,", 2, "patients", "less than one department"),
    ("2025,{me},,,4,\n2025,{me},,dermatology,5,\n2025,{me},,dentistry,3,", 2, "patients", "less than one department"),
    ("2025,{me},,dermatology,5,", 2, "patients", "must say how many patients in all"),
    ("2025,{me},JP,,=1+1,", 2, "patients", "formula"),
]


@pytest.mark.once
def test_a_wrong_row_is_named_and_nothing_is_taken(district: Any, tmp_path: Any) -> None:
    before = InstitutionReport.objects.count()
    for lines, row, column, reason in WRONG:
        with pytest.raises(Refused) as refused:
            taken(tmp_path, HEAD + lines.format(me=district.institution.slug))
        found = [(error.row, error.column) for error in refused.value.errors if reason in error.reason]
        assert (row, column) in found, lines
    assert InstitutionReport.objects.count() == before


def test_a_correction_is_a_revision_with_a_reason(district: Any, tmp_path: Any) -> None:
    me = district.institution
    rows = f"2025,{me.name},JP,,12,명\n2025,{me.name},CN,,8,명\n2025,{me.name},합계,,20,명\n2025,{me.name},,Dermatology,20,명\n"
    ReportedCount.objects.all()._raw_delete("default")
    InstitutionReport.objects.all()._raw_delete("default")
    assert taken(tmp_path, HEAD + rows).created == 1
    assert taken(tmp_path, HEAD + rows).unchanged == 1
    other = rows.replace("JP,,12", "JP,,13").replace("합계,,20", "합계,,21").replace("Dermatology,20", "Dermatology,21")
    with pytest.raises(Refused, match="1 wrong"):
        taken(tmp_path, HEAD + other)
    assert taken(tmp_path, HEAD + other, reason="A late bill").revised == 1
    last = reconciling.reports_in_force(2025).get(institution=me)
    assert (last.revision, last.patients, last.supersedes.patients) == (2, 21, 20)
    assert set(last.counts.values_list("group", "category", "patients")) == {
        ("nationality", "JP", 13), ("nationality", "CN", 8), ("department", "dermatology", 21),
    }  # fmt: skip
    assert AuditEntry.objects.filter(verb="take_report", object_id=str(last.pk)).exists()
    with pytest.raises(Written):
        ReportedCount.objects.filter(report=last).update(patients=0)


@pytest.mark.once
def test_three_counts_beside_each_other(district: Any, tmp_path: Any, officer: Client) -> None:
    year = max((group.value for group in by("year", Selection())), key=lambda value: total(Selection(year=value)))
    guests = reconciling.treated_in(reconciling.Window(year, 1, 12, timezone.now()))
    here = guests.filter(institution=district.institution).values("guest").distinct().count()
    assert here
    lines = f"{year},{district.institution.slug},,,{here - 1},\n{year},{district.lapsed.slug},,,7,\n"
    ReportedCount.objects.all()._raw_delete("default")
    InstitutionReport.objects.all()._raw_delete("default")
    taken(tmp_path, HEAD + lines)
    found = reconciling.reconcile(year, timezone.now(), str, str)
    states = {line.code: (line.platform, line.reported, line.gap, line.state) for line in found.institutions}
    assert states[district.institution.slug] == (here, here - 1, -1, "platform_more")
    assert found.district.platform == total(Selection(year=year))
    assert found.district.reported == here + 6
    assert {line.code: line.platform for line in found.departments if line.platform} == {
        group.value: group.guests for group in by("department", Selection(year=year))
    }
    taken(tmp_path, HEAD + f"2024,{district.institution.slug},,,1000,\n")
    earlier = reconciling.reconcile(2024, timezone.now(), str, str).district
    assert (earlier.published, earlier.gap_published, earlier.state_published) == (377_043, 376_043, "published_more")
    page = officer.get(f"/ko/policy/reconciliation/?year={year}")
    assert page.status_code == 200
    assert page.context["district"]["line"] == found.district
    answer = officer.get(f"/en/policy/reconciliation/?year={year}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    mine = next(row for row in rows if row["Code"] == district.institution.slug)
    assert (mine["Platform"], mine["Reported"], mine["Reported less platform"]) == (str(here), str(here - 1), "-1")
    assert len(rows) == 1 + len(found.departments) + len(found.institutions)


@pytest.mark.once
@pytest.mark.parametrize(
    ("counts", "state", "published"),
    [
        ((5, 5, 5), "agrees", "agrees"),
        ((5, 9, 8), "reported_more", "published_less"),
        ((0, 9, 10), "not_here", "published_more"),
        ((6, 5, None), "platform_more", "not_published"),
        ((6, None, 7), "not_reported", "not_reported"),
        ((0, 0, 0), "agrees", "agrees"),
    ],
)
def test_what_a_gap_means(counts: tuple[int, int | None, int | None], state: str, published: str) -> None:
    line = reconciling.Line("x", "X", *counts)
    assert (line.state, line.state_published) == (state, published)


@pytest.mark.once
def test_a_file_through_the_page(officer: Client, district: Any) -> None:
    def send(text: bytes, **more: str) -> Any:
        upload = SimpleUploadedFile("reports.csv", text)
        return officer.post("/en/policy/reconciliation/", {"deed": "file", "file": upload, "source": "Letter", **more})

    me = district.institution.slug
    refused = send(f"{HEAD}2024,{me},JP,,-1,\n".encode())
    assert refused.status_code == 422
    assert "Row 2, patients: is negative" in refused.content.decode()
    assert 'value="Letter"' in refused.content.decode()
    assert send(f"{HEAD}2024,{me},JP,,4,\n".encode()).status_code == 302
    for nonsense in (b"", b"PK\x03\x04", b"\x00\xff\x00", b"a,b\n1,2\n"):
        assert send(nonsense).status_code == 422
    typed = {"deed": "one", "institution": me, "year": "2024", "patients": "5", "told_by": "Telephone"}
    again = officer.post("/en/policy/reconciliation/", typed)
    assert again.status_code == 422
    assert "a correction needs a reason" in again.content.decode()
    assert officer.post("/en/policy/reconciliation/", typed | {"why": "One forgotten"}).status_code == 302
    wrong = officer.post("/en/policy/reconciliation/", typed | {"patients": "-5", "institution": "x"})
    assert wrong.status_code == 422
    assert {"institution", "patients"} <= set(wrong.context["forms"]["one"].errors)


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_write_one_report_and_publish_one_quarter(at_once: Any) -> None:
    clinic = make_clinic().institution
    window = quarters_over(timezone.now(), 1)[0]

    def report() -> Any:
        told = Told(clinic, 2024, Row(1, [], {}, []), patients=5, counts={("nationality", "JP"): 5})
        return take_told([told], source="test", actor="user:1")

    results = at_once([report, report, lambda: publish(window, actor="a"), lambda: publish(window, actor="b")])
    assert InstitutionReport.objects.get().patients == 5
    assert sum(isinstance(each, Taken) and each.created == 1 for each in results[:2]) == 1
    assert all(isinstance(each, Taken | ChangedMeanwhile) for each in results[:2])
    assert PublishedQuarter.objects.count() == 1
    assert sum(isinstance(each, AlreadyPublished) for each in results[2:]) == 1
