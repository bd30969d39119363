"""The number, the list behind it and the CSV are the same."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.directory.models import Department
from sarangbang.people.models import Guest, Membership, User
from sarangbang.policy.queries import DIMENSIONS, Selection, by, guests, total
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.tests.conftest import make_clinic

pytestmark = pytest.mark.django_db


def treat(clinic: Any, guest: Guest, when: dt.datetime, status: str = "fulfilled") -> None:
    reservation = Reservation.objects.create(status=status, starts_at=when, ends_at=when + dt.timedelta(minutes=30))
    Appointment.objects.create(
        reservation=reservation,
        offering=clinic.offering,
        institution=clinic.institution,
        practitioner=clinic.doctors[0],
        place=clinic.place,
        guest=guest,
    )


def person(number: int, nationality: str, language: str) -> Guest:
    return Guest.objects.create(
        name=f"Guest {number}", name_latin=f"Guest {number}", nationality=nationality, birth_year=1980,
        sex="female", email=f"{number}@guest.example", language=language,
    )  # fmt: skip


@pytest.fixture
def year() -> int:
    """Three guests served in two years, two who were not."""
    clinic = make_clinic()
    now = timezone.now()
    this_year = dt.datetime(now.year, 6, 1, 3, tzinfo=dt.UTC)
    japanese, mongolian, other = person(1, "JP", "ja"), person(2, "MN", "mn"), person(3, "JP", "ja")
    treat(clinic, japanese, this_year)
    treat(clinic, japanese, this_year + dt.timedelta(days=1))
    treat(clinic, mongolian, this_year)
    # 31 December 20:00 UTC is New Year's morning in Korea.
    treat(clinic, other, dt.datetime(now.year - 1, 12, 31, 20, tzinfo=dt.UTC))
    treat(clinic, other, dt.datetime(now.year - 1, 3, 1, 3, tzinfo=dt.UTC))
    treat(clinic, person(4, "US", "en"), this_year, status="noshow_guest")
    treat(clinic, person(5, "US", "en"), this_year, status="booked")
    return now.year


@pytest.fixture
def officer(client: Client) -> Client:
    user = User.objects.create_user("policy@demo.example", "x", name="Officer", is_demo=True)
    Membership.objects.create(user=user, role="policy")
    client.force_login(user)
    return client


def test_who_was_treated_counts_once(year: int) -> None:
    assert total(Selection()) == 3
    assert [(group.value, group.guests) for group in by("nationality", Selection())] == [("JP", 2), ("MN", 1)]


def test_years_are_korean_years(year: int) -> None:
    assert total(Selection(year=year)) == 3
    assert total(Selection(year=year - 1)) == 1


def test_the_list_behind_every_number_has_that_many_rows(year: int) -> None:
    assert guests(Selection()).count() == total(Selection())
    for dimension in DIMENSIONS:
        for group in by(dimension, Selection()):
            assert guests(Selection(**{dimension: group.value})).count() == group.guests


def test_the_csv_is_what_the_page_shows(officer: Client, year: int, settings: Any) -> None:
    settings.DEMO = True
    page = officer.get("/en/policy/", {"nationality": "JP"})
    assert page.status_code == 200
    text = b"".join(officer.get("/en/policy/", {"nationality": "JP", "format": "csv"}).streaming_content)
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))[1:]
    shown = [
        (str(table["label"]), row["label"], str(row["value"]), str(row["guests"]))
        for table in page.context["tables"]
        for row in table["rows"]
    ]
    assert [tuple(row) for row in rows] == [("All", "", "", "2"), *shown]


@pytest.mark.parametrize("language", ["en", "ko", "ar"])
def test_the_csv_of_the_list_is_what_the_list_shows(officer: Client, year: int, settings: Any, language: str) -> None:
    settings.DEMO = True
    asked = {"nationality": "JP", "year": year}
    page = officer.get(f"/{language}/policy/list/", asked)
    answer = officer.get(f"/{language}/policy/list/", {**asked, "format": "csv"})
    assert f'"guests-{year}-jp.csv"' in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) - 1 == page.context["total"] == 2
    shown = page.content.decode()
    for cell in [*rows[0], *(cell for row in rows[1:] for cell in (row[0], *row[2:]))]:
        assert f">{cell}<" in shown
    assert [row[1] for row in rows[1:]] == [str(guest.first_treated) for guest in page.context["page"]]


def test_the_list_of_a_year_shows_days_of_that_year(year: int) -> None:
    assert [str(guest.first_treated) for guest in guests(Selection(year=year))] == [f"{year}-01-01"] + [
        f"{year}-06-01"
    ] * 2


def test_a_file_never_holds_a_formula(officer: Client, year: int, settings: Any) -> None:
    settings.DEMO = True
    Department.objects.update(**{f"name_{code}": "=1+1" for code in ("en", "ko")})
    text = b"".join(officer.get("/ko/policy/", {"format": "csv"}).streaming_content).decode()
    assert ",'=1+1," in text
    assert ",=1+1," not in text


@pytest.mark.once
@pytest.mark.parametrize(
    "query",
    ["year=abc", "year=99999999999999999999", "nationality=XX", "language=q", "department=%F0%9F", "page=-1", "page=x"],
)
def test_a_wrong_question_is_answered_with_the_error_beside_the_field(
    officer: Client, year: int, settings: Any, query: str
) -> None:
    settings.DEMO = True
    for path in ("/en/policy/", "/ar/policy/list/"):
        page = officer.get(f"{path}?{query}")
        assert page.status_code == 200
        if not query.startswith("page"):
            name, _, typed = query.partition("=")
            assert list(page.context["form"].errors) == [name]
            assert "total" not in page.context  # no figure that answers another question
            assert name != "year" or f'value="{typed}"' in page.content.decode()
            assert officer.get(f"{path}?{query}&format=csv").status_code == 400


def test_only_the_policy_officer_may_look(client: Client, year: int) -> None:
    assert client.get("/en/policy/").status_code == 302
    nobody = User.objects.create_user("a@demo.example", "x", name="A", is_demo=True)
    client.force_login(nobody)
    assert client.get("/en/policy/").status_code in {302, 403}


@pytest.mark.once
def test_pages_cost_the_same_queries_for_many_guests(
    officer: Client, year: int, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.DEMO = True
    with django_assert_max_num_queries(14):
        officer.get("/en/policy/")
    with django_assert_max_num_queries(10):
        officer.get("/en/policy/list/")
