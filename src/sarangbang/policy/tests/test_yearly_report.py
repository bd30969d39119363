"""The yearly report of foreign patients: the cells that the law asks for, who may read which, and files that come back."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from sarangbang.directory.models import Institution
from sarangbang.people.models import AccessEntry, AuditEntry, Guest, Membership, User
from sarangbang.policy.models import ReportDetail, ReportHandIn
from sarangbang.policy.reading import Refused
from sarangbang.policy.reporting.actions import Incomplete, complete, hand_in
from sarangbang.policy.reporting.reading_back import report_told
from sarangbang.policy.reporting.report_files import yearly_report
from sarangbang.policy.reporting.rows import rows_of, stay_rows
from sarangbang.scheduling.models import Appointment, Reservation

pytestmark = pytest.mark.django_db
LEGAL = ["Nationality", "Country code", "Sex", "Year of birth", "Department", "Department code",
         "Days as an inpatient", "Main disease or injury", "Days of outpatient visits"]  # fmt: skip


@pytest.fixture
def year(district: Any) -> int:
    """A year in which the clinic has treated guests, and of which some are not handed in."""
    done = Appointment.objects.filter(institution=district.institution, reservation__status="fulfilled")
    ReportDetail.objects.all().delete()
    ReportHandIn.objects.all()._raw_delete("default")
    return done.latest("reservation__starts_at").reservation.starts_at.astimezone(dt.UTC).year


@pytest.fixture
def staff(district: Any, settings: Any) -> dict[str, Client]:
    settings.DEMO = True
    clients = {"clinic": Client(), "policy": Client(), "coordinator": Client()}
    clients["clinic"].force_login(district.clinic_user)
    clients["policy"].force_login(district.policy_user)
    clients["coordinator"].force_login(district.coordinator)
    return clients


def rows(district: Any, year: int) -> list[Any]:
    return rows_of(district.institution, year, timezone.now())


def fill(district: Any, year: int) -> None:
    told = {row: {"inpatient_days": 0, "main_disease": "L700", "content": "after"} if row.part == "remote"
            else {"inpatient_days": 0, "main_disease": "L700"} for row in rows(district, year)}  # fmt: skip
    complete(district.institution, year, told, actor="user:1")


def table(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def address(district: Any, year: int, more: str = "") -> str:
    return f"/en/clinic/report/{district.institution.slug}/{year}/{more}"


@pytest.mark.once
def test_a_row_is_a_patient_in_a_department_with_the_days_of_the_visits(district: Any, year: int) -> None:
    done = Appointment.objects.filter(
        institution=district.institution, reservation__status=Reservation.Status.FULFILLED, guest__isnull=False
    )
    korea = dt.timedelta(hours=9)
    expected: dict[tuple[Any, int], set[dt.date]] = {}
    for visit in done.select_related("reservation", "offering"):
        day = (visit.reservation.starts_at + korea).date()
        if day.year == year:
            expected.setdefault((visit.guest_id, visit.offering.department_id), set()).add(day)
    found = {(row.guest, row.department_id): row for row in rows(district, year)}
    assert set(found) == set(expected)
    for key, days in expected.items():
        assert (found[key].outpatient_days, found[key].first_day) == (len(days), min(days))
        assert set(found[key].missing) >= {"main_disease", "inpatient_days"}

    # Remote care stands apart, with content and period.
    first = rows(district, year)[0]
    visits = Appointment.objects.filter(guest=first.guest, institution=district.institution)
    visit = visits.filter(reservation__status="fulfilled").earliest("reservation__starts_at")
    earlier = Reservation.objects.create(
        status="fulfilled",
        starts_at=visit.reservation.starts_at - dt.timedelta(hours=1),
        ends_at=visit.reservation.starts_at,
    )
    Appointment.objects.create(
        reservation=earlier, offering=visit.offering, institution=visit.institution, place=visit.place,
        practitioner=visit.practitioner, guest=visit.guest, mode="video",
    )  # fmt: skip
    both = [
        row for row in rows(district, year) if row.guest == first.guest and row.department_id == first.department_id
    ]
    assert {row.part for row in both} == {"on_site", "remote"}
    remote = next(row for row in both if row.part == "remote")
    assert remote.content == "after"  # the same day
    assert remote.missing == ("main_disease",)
    Reservation.objects.filter(pk=earlier.pk).update(
        starts_at=earlier.starts_at - dt.timedelta(days=1), ends_at=earlier.ends_at - dt.timedelta(days=1)
    )
    remote = next(row for row in rows(district, year) if row.part == "remote")
    assert (remote.content, remote.first_day == first.first_day) == ("before", False)


@pytest.mark.once
def test_the_file_has_what_the_law_asks_and_no_names(district: Any, year: int, staff: dict[str, Client]) -> None:
    fill(district, year)
    lines = table(staff["clinic"].get(address(district, year, "report.csv")))
    assert lines[0] == LEGAL
    assert len(lines) - 1 == len([row for row in rows(district, year) if row.part == "on_site"])
    text = "\n".join(map(",".join, lines))
    guests = Guest.objects.filter(pk__in=[row.guest for row in rows(district, year)])
    for guest in guests:
        for secret in (guest.name, guest.name_latin, guest.email, str(guest.pk)[:8]):
            assert secret not in text
    book = openpyxl.load_workbook(io.BytesIO(staff["clinic"].get(address(district, year, "report.xlsx")).content))
    assert [["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values] == lines
    assert book.sheetnames == ["Patients", "Remote care", "About"]
    # A name that is a formula is text in the file.
    district.department.name_en = district.department.name = '=HYPERLINK("http://x")'
    district.department.save()
    work = staff["clinic"].get(address(district, year, "work.xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(work.content)).worksheets[0]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    lines = table(staff["clinic"].get(address(district, year, "report.csv")))
    assert not [cell for line in lines for cell in line if cell.startswith("=")]


@pytest.mark.once
def test_missing_cells_are_listed_and_completed(district: Any, year: int, staff: dict[str, Client]) -> None:
    page = staff["clinic"].get(address(district, year))
    assert page.context["page"].paginator.count == len(rows(district, year))
    assert "0 when the patient was not admitted" in page.content.decode()
    book = openpyxl.load_workbook(io.BytesIO(staff["clinic"].get(address(district, year, "report.xlsx")).content))
    missing = list(book["Missing"].values)
    assert len(missing) - 1 == len(rows(district, year))
    assert "KCD code" in str(missing[1])

    # One row by hand.
    row = rows(district, year)[0]
    path = address(district, year, f"row/{row.reference}/")
    page = staff["clinic"].get(path)
    assert page.status_code == 200
    assert AccessEntry.objects.filter(guest=row.guest, what="yearly report").count() == 1
    wrong = staff["clinic"].post(path, {"main_disease": "acne", "inpatient_days": "-1", "sex": "x"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"main_disease", "inpatient_days", "sex"}
    assert 'value="acne"' in wrong.content.decode()
    assert staff["clinic"].post(path, {"main_disease": "l70.0", "inpatient_days": "2"}).status_code == 302
    now = next(each for each in rows(district, year) if each.reference == row.reference)
    assert (now.main_disease, now.inpatient_days, now.missing) == ("L700", 2, ())
    assert "L70" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))

    # All others in one step: nobody was admitted.
    assert staff["clinic"].post(address(district, year), {"deed": "not_admitted"}).status_code == 302
    days = {row.reference: row.inpatient_days for row in rows(district, year)}
    assert days.pop(row.reference) == 2
    assert set(days.values()) <= {0}


@pytest.mark.parametrize(("language", "kind"), [("ar", "csv"), ("ko", "xlsx")])
def test_the_working_file_comes_back(
    district: Any, year: int, staff: dict[str, Client], kind: str, language: str
) -> None:
    path = address(district, year).replace("/en/", f"/{language}/")
    answer = staff["clinic"].get(f"{path}work.{kind}")
    if kind == "csv":
        lines = table(answer)
    else:
        lines = [list(row) for row in openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].values]
    for line in lines[1:]:
        line[7], line[8] = 0, "L70.0"
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    back = staff["clinic"].post(path, {"file": SimpleUploadedFile("work.csv", file.getvalue().encode())})
    assert back.status_code == 302
    assert not [row for row in rows(district, year) if row.missing]


WRONG = [
    ("main_disease", "acne vulgaris", "is no code"),
    ("inpatient_days", "-1", "is negative"),
    ("inpatient_days", "900", "is larger than 366"),
    ("inpatient_days", "two", "is no whole number"),
    ("sex", "unknown", "is none of"),
    ("left_out", "because", "is none of"),
    ("content", "after", "does not belong to this row"),
    ("country", "AQ", "is {nation} here and cannot be changed"),
    ("birth_year", "1901", "cannot be changed"),
    ("reference", "XXXX-XXXX-XXXX", "is no reference of this report"),
    ("main_disease", "=HYPERLINK(1)", "formula"),
]


@pytest.mark.once
def test_a_wrong_cell_is_refused_with_row_and_reason(district: Any, year: int, tmp_path: Any) -> None:
    known, path = rows(district, year), tmp_path / "work.csv"
    first = known[0]
    for name, value, reason in WRONG:
        head = list(dict.fromkeys(["reference", "main_disease", name]))
        said = {"reference": first.reference, "main_disease": "L700", name: value}
        path.write_text("\n".join([",".join(head), ",".join(said[each] for each in head)]), encoding="utf-8")
        with pytest.raises(Refused) as refused:
            report_told(path, known)
        assert [(error.row, error.column) for error in refused.value.errors] == [(2, name)]
        assert reason.format(nation=first.nationality) in refused.value.errors[0].reason
    path.write_text(f"reference,main_disease\n{first.reference},L700\n{first.reference},L701\n", encoding="utf-8")
    with pytest.raises(Refused):
        report_told(path, known)


@pytest.mark.once
def test_who_is_no_foreign_patient_is_left_out(district: Any, year: int, staff: dict[str, Client]) -> None:
    row = rows(district, year)[0]
    Guest.objects.filter(pk=row.guest).update(nationality="KR", sex="unknown")
    now = next(each for each in rows(district, year) if each.reference == row.reference)
    assert {"nationality", "sex"} <= set(now.missing)
    complete(district.institution, year, {now: {"left_out": "korean"}}, actor="user:1")
    report = yearly_report(district.institution, year)
    assert report.left_out == 1
    lines = table(staff["clinic"].get(address(district, year, "report.csv")))
    assert len(lines) - 1 == len(report.rows) - 1


@pytest.mark.once
def test_the_district_reads_diseases_only_as_they_were_handed_in(
    district: Any, year: int, staff: dict[str, Client]
) -> None:
    fill(district, year)
    path = f"/en/policy/reports/{district.institution.slug}/{year}/"
    assert "L700" not in staff["policy"].get(path).content.decode()
    before = table(staff["policy"].get(f"{path}report.csv"))
    assert {line[7] for line in before[1:]} == {""}
    assert staff["clinic"].post(address(district, year), {"deed": "hand_in"}).status_code == 302
    seen = AccessEntry.objects.filter(actor_name="District office").count()
    after = table(staff["policy"].get(f"{path}report.csv"))
    assert {line[7] for line in after[1:]} == {"L700"}
    guests = {row.guest for row in rows(district, year)}
    assert AccessEntry.objects.filter(actor_name="District office").count() == seen + len(guests)
    assert "L700" not in staff["policy"].get(path).content.decode()
    # What is changed afterwards is the clinic's own again, until it is handed in again.
    complete(district.institution, year, {rows(district, year)[0]: {"main_disease": "L701"}}, actor="user:1")
    assert {line[7] for line in table(staff["policy"].get(f"{path}report.csv"))[1:]} == {""}
    assert staff["policy"].get(f"{path}work.csv").status_code == 404


@pytest.mark.once
def test_an_incomplete_report_is_not_handed_in(district: Any, year: int, staff: dict[str, Client]) -> None:
    assert staff["clinic"].get("/en/clinic/report/").context["institution"] == district.institution
    staff["clinic"].post(address(district, year), {"deed": "hand_in"})
    assert not ReportHandIn.objects.exists()
    with pytest.raises(Incomplete):
        hand_in(district.institution, year, rows(district, year), actor="user:1")


@pytest.mark.once
def test_only_the_own_institution(district: Any, year: int, staff: dict[str, Client]) -> None:
    fill(district, year)
    other = Institution.objects.exclude(pk=district.institution.pk).filter(appointments__isnull=False).first()
    stranger = User.objects.create_user("other@demo.example", "x", name="Other", is_demo=True)
    Membership.objects.create(user=stranger, role="clinic", institution=other)
    client = Client()
    client.force_login(stranger)
    reference = rows(district, year)[0].reference
    for more in ("", "report.csv", "work.xlsx", f"row/{reference}/"):
        assert client.get(address(district, year, more)).status_code == 404
        assert staff["policy"].get(address(district, year, more)).status_code == 403
        assert staff["coordinator"].get(address(district, year, more)).status_code == 403
        assert Client().get(address(district, year, more)).status_code == 302
    assert client.post(address(district, year), {"deed": "hand_in"}).status_code == 404
    assert not ReportHandIn.objects.exists()
    foreign = address(district, year).replace(district.institution.slug, other.slug)
    assert client.get(f"{foreign}row/{reference}/").status_code == 404
    assert client.get(address(district, 2999)).status_code == 404


@pytest.mark.once
def test_the_facilitators_form(district: Any, year: int, staff: dict[str, Client], tmp_path: Any) -> None:
    found = stay_rows(year, timezone.now())
    assert found
    path = f"/en/policy/facilitators/{year}/"
    lines = table(staff["policy"].get(f"{path}form.csv"))
    assert lines[0] == ["Nationality", "Country code", "Sex", "Year of birth", "Institution", "Department",
                        "Department code", "Days as an inpatient", "Days of outpatient visits", "Entry into Korea",
                        "Departure from Korea"]  # fmt: skip
    assert len(lines) - 1 == len(found)
    work = table(staff["policy"].get(f"{path}work.csv"))
    assert all(line[7] <= line[8] for line in work[1:])
    work[1][6], work[1][7], work[1][8] = "4", "2020-01-09", "2020-01-02"

    def send() -> Any:
        file = io.StringIO()
        csv.writer(file).writerows(work)
        return staff["policy"].post(path, {"file": SimpleUploadedFile("work.csv", file.getvalue().encode())})

    refused = send()
    assert refused.status_code == 422
    assert "Row 2, Departure from Korea: is before the entry into Korea" in refused.content.decode()
    work[1][8] = "2020-01-12"
    assert send().status_code == 302
    now = next(row for row in stay_rows(year, timezone.now()) if row.reference == work[1][0])
    assert (now.inpatient_days, str(now.entered_on), str(now.left_on), now.missing) == (
        4,
        "2020-01-09",
        "2020-01-12",
        (),
    )
    assert staff["clinic"].get(path).status_code == 403
