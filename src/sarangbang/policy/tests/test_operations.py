"""From operations: the number, its groups, the list and the CSV are the same; what is published gives nobody away."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.concierge.models import Interpreting, Ride, Survey, Tap
from sarangbang.people.models import Guest
from sarangbang.policy.models import CenterVisit, PublishedQuarter, Written
from sarangbang.policy.operations import actions, measures, publishing, summing
from sarangbang.policy.operations.disclosure import TOTAL
from sarangbang.policy.operations.measures import MEASURES
from sarangbang.policy.operations.windows import quarter, quarters_over, year_or_month
from sarangbang.policy.queries import Selection, total
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Stay

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(district: Any, client: Client, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(district.policy_user)
    return client


@pytest.fixture
def answered(district: Any) -> None:
    """Two guests answered, one of them without having used a car; one was asked and did not answer."""
    Survey.objects.all().delete()
    stays = list(Stay.objects.order_by("pk")[:3])
    now = timezone.now() - dt.timedelta(days=45)
    Survey.objects.create(stay=stays[0], language="ja", answered_at=now, reception=5, car=4, overall=5)
    Survey.objects.create(stay=stays[1], language="mn", answered_at=now, reception=3, overall=4)
    Survey.objects.create(stay=stays[2], language="ja")


def lately() -> Any:
    """A year in which the district has some weeks, whatever day it is."""
    now = timezone.now()
    return year_or_month((now - dt.timedelta(days=45)).year, None, now)


def csv_rows(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.once
def test_a_number_is_its_list(officer: Client, answered: None) -> None:
    window = lately()
    names = {*Guest.objects.values_list("name_latin", flat=True), *Guest.objects.values_list("email", flat=True)}
    for code, measure in MEASURES.items():
        groups, address = measure.by_group(window), f"/en/policy/operations/{code}/?year={window.year}"
        assert measure.count(window) == len(list(measure.listed(window))) == sum(groups.values()), code
        for value, many in groups.items():
            assert many == measure.count(window, value) == len({row.pk for row in measure.listed(window, value)})
        page = officer.get(address)
        assert page.context["total"] == measure.count(window)
        assert not [name for name in names if name in page.content.decode()]
        if code in ("guests", "exit-to-car", "surveys"):
            assert len(csv_rows(officer.get(f"{address}&format=csv"))) == measure.count(window) + 1
        if groups:
            value = next(iter(groups))
            assert officer.get(f"{address}&of={value}").context["total"] == groups[value]
    assert officer.get(f"{address}&of=nowhere").context["total"] == 0
    assert officer.get("/en/policy/operations/wrong/").status_code == 404
    for asked in ("year=x", "year=99999", "month=13", "year=2026&month=0"):
        page = officer.get(f"/en/policy/operations/?{asked}")
        assert page.status_code == 200
        assert "cards" not in page.context
        assert officer.get(f"/en/policy/operations/guests/?{asked}&format=csv").status_code == 400


@pytest.mark.once
def test_the_page_shows_what_the_lists_count(officer: Client, answered: None) -> None:
    window = lately()
    page = officer.get(f"/ko/policy/operations/?year={window.year}")
    for measure, count, link in page.context["cards"]:
        assert count == measure.count(window) == officer.get(link).context["total"]
    for row in page.context["fill"]:
        assert officer.get(row["asked"]).context["total"] == row["rate"].asked
        assert officer.get(row["found"]).context["total"] == row["rate"].found
    for part, _word, link in page.context["terminals"]:
        assert officer.get(link).context["total"] == part.count
    marks = {each.question: (each.count, each.mean) for each in summing.marks(window)}
    assert marks == {"reception": (2, 4.0), "car": (1, 4.0), "interpreter": (0, None), "overall": (2, 4.5)}


@pytest.mark.once
def test_windows_are_korean_and_end_now(district: Any) -> None:
    now = timezone.now()
    for window in (year_or_month(now.year, None, now), year_or_month(now.year - 1, None, now)):
        assert MEASURES["guests"].count(window) == total(Selection(year=window.year))
    october = year_or_month(2025, 10, now)
    assert october.starts_at.isoformat() == "2025-10-01T00:00:00+09:00"
    assert october.ends_at.isoformat() == "2025-11-01T00:00:00+09:00"
    assert (october.period, quarter(2025, 4, now).period) == ("2025-10", "2025-10/2025-12")
    ahead = Interpreting.objects.filter(starts_at__gt=now)
    assert ahead.exists()
    for window in (year_or_month(now.year, None, now), year_or_month(now.year + 1, None, now)):
        assert not measures.interpretings_asked(window).filter(pk__in=ahead).exists()


@pytest.mark.once
def test_fill_rate_minutes_and_visitors_follow_the_records(district: Any) -> None:
    window = lately()
    asked = measures.interpretings_asked(window)
    one = asked.filter(status="finished").first()
    assert one
    before = {rate.value: rate for rate in summing.rates("interpreters-asked", "interpreters-found", window)}
    Interpreting.objects.filter(pk=one.pk).update(status="declined")
    after = {rate.value: rate for rate in summing.rates("interpreters-asked", "interpreters-found", window)}
    assert after[one.language].asked == before[one.language].asked
    assert after[one.language].found == before[one.language].found - 1
    Interpreting.objects.filter(pk=one.pk).update(status="cancelled")
    rates = {rate.value: rate.asked for rate in summing.rates("interpreters-asked", "interpreters-found", window)}
    assert rates.get(one.language, 0) == before[one.language].asked - 1

    ride = measures.pick_ups_measured(window).first()
    assert ride
    # Landed at 12:00 in Seoul at terminal 1: half are out within 45 minutes (table of exit times).
    noon = dt.datetime(ride.starts_at.year, ride.starts_at.month, ride.starts_at.day, 3, tzinfo=dt.UTC)
    ride.flight.place = district.airport
    ride.flight.scheduled_at, ride.flight.expected_at = noon - dt.timedelta(hours=5), noon
    ride.flight.save()
    Tap.objects.filter(ride=ride, word="met").update(tapped_at=noon + dt.timedelta(minutes=45 + 11))
    found = measures.pick_ups_measured(window).get(pk=ride.pk)
    assert measures.minutes_to_car(found.terminal, found.landed_at, found.met_at) == 11
    count = MEASURES["exit-to-car"].count(window)
    Tap.objects.filter(ride=ride, word="met").delete()
    assert MEASURES["exit-to-car"].count(window) == count - 1
    assert ride.pk in measures.pick_ups_unmeasured(window).values_list("pk", flat=True)

    Interpreting.objects.update(source="guest")
    Ride.objects.update(source="guest")
    before = MEASURES["center"].count(window)
    ride = Ride.objects.filter(status="finished", starts_at__gte=window.starts_at).first()
    assert ride
    Ride.objects.filter(pk=ride.pk).update(destination=district.center)
    Interpreting.objects.filter(stay=ride.stay).update(source="walk_in", created_at=window.now - dt.timedelta(days=45))
    assert MEASURES["center"].count(window) == before + 1


# What is published


def table(published: Any, code: str) -> dict[tuple[str, str], int | None]:
    found = next(each for each in published.tables["tables"] if each["code"] == code)
    return {
        (row, column): count
        for row, counts in found["rows"]
        for column, count in zip(found["columns"], counts, strict=True)
    }


def test_a_quarter_is_published_once_without_small_counts(district: Any, officer: Client, client: Client) -> None:
    PublishedQuarter.objects.all()._raw_delete("default")
    window = quarters_over(timezone.now(), 1)[0]
    page = officer.post("/en/policy/operations/", {"period": window.period})
    assert page.status_code == 302
    published = publishing.published(window.period)
    for code in ("guests", "visits", "users", "interpreters", "pick-ups"):
        counts = [count for count in table(published, code).values() if count]
        assert all(count >= published.threshold for count in counts)
    visits = measures.treated_in(window).count()
    assert table(published, "visits")[TOTAL, TOTAL] in (visits, None)
    for period in ("", "2026", "2099-01/2099-03", "x" * 300):
        assert officer.post("/en/policy/operations/", {"period": period}).status_code == 409
    again = officer.post("/en/policy/operations/", {"period": window.period})
    assert again.status_code == 409
    with pytest.raises(actions.AlreadyPublished):
        actions.publish(window, actor="user:1")
    with pytest.raises(Written):
        PublishedQuarter.objects.update(threshold=1)
    # A mark that is corrected later changes nothing of what was published.
    Appointment.objects.filter(pk__in=measures.treated_in(window).values("pk")).update(guest=None)
    assert publishing.published(window.period).tables == published.tables


@pytest.mark.once
def test_the_public_page_and_the_open_data_have_the_rule(district: Any, client: Client) -> None:
    published = PublishedQuarter.objects.latest("period")
    page = client.get("/en/figures/operations/").content.decode()
    assert page.count(f"below {published.threshold} is hidden") == len(published.tables["tables"])
    assert published.rule_source.split(":")[0] in page
    assert client.get("/en/figures/operations/?period=2001-01/2001-03").status_code == 404
    rows = list(csv.DictReader(io.StringIO(client.get("/en/figures/data/operations.csv").content.decode())))
    mine = {(row["row"], row["column"]): row for row in rows
            if (row["period"], row["table"]) == (published.period, "visits")}  # fmt: skip
    for (row, column), count in table(published, "visits").items():
        shown = mine[row or "total", column or "total"]
        assert (shown["count"], shown["hidden"]) == ("" if count is None else str(count), str(count is None).lower())
    data = json.loads(client.get("/en/figures/data/operations.json").content)
    assert data["quarters"][0]["threshold"] == published.threshold
    assert data["quarters"][0]["rule_source"]
    package = json.loads(client.get("/en/figures/data/datapackage.json").content)
    assert {each["name"] for each in package["resources"]} >= {"figures", "operations"}
    assert table(published, "guests")[TOTAL, TOTAL] is None or table(published, "guests")[TOTAL, TOTAL] >= 5


# Who walked in


def test_the_desk_writes_down_who_walked_in_once(district: Any, client: Client, settings: Any) -> None:
    settings.DEMO = True
    client.force_login(district.coordinator)
    window = year_or_month(timezone.now().year, None, timezone.now() + dt.timedelta(minutes=5))
    before = measures.walk_ins(window).count()
    told = {"language": "ja", "about": "treatment", "persons": "2", "key": str(uuid4())}
    for _again in range(2):  # a button that was pressed twice
        assert client.post("/en/desk/visitors/", told).status_code == 302
    assert measures.walk_ins(window).count() == before + 2
    wrong = client.post("/ko/desk/visitors/", told | {"persons": "0", "language": "xx", "about": ""})
    assert wrong.status_code == 200
    assert {*wrong.context["form"].errors} == {"persons", "language", "about"}
    row = CenterVisit.objects.filter(key=told["key"]).latest("pk")
    for _again in range(2):
        client.post("/en/desk/visitors/", {"step": "take_back", "visit": row.pk})
    client.post("/en/desk/visitors/", {"step": "take_back", "visit": "1e9"})
    assert measures.walk_ins(window).count() == before + 1
    assert CenterVisit.objects.filter(takes_back=row).count() == 1
    with pytest.raises(Written):
        row.delete()
    client.force_login(district.policy_user)
    assert client.get("/en/desk/visitors/").status_code == 403


def test_a_visit_of_another_day_stays(db: None) -> None:
    old = CenterVisit.objects.create(key=uuid4(), came_at=timezone.now() - dt.timedelta(days=2), language="other",
                                     about="other", recorded_by="system")  # fmt: skip
    with pytest.raises(actions.NoSuchVisit):
        actions.take_back_center_visit(old.pk, actor="system")
