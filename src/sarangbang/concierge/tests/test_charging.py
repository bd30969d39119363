"""The ledger follows what happened; statements close a month."""

from __future__ import annotations

import csv
import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.actions.telling import crew_link
from sarangbang.concierge.ledger import queries as ledger_queries
from sarangbang.concierge.models import Interpreting, LedgerEntry, Ride, ServiceStep, Statement, Tap
from sarangbang.people.links import token_of
from sarangbang.people.models import AuditEntry, Membership, User

from .conftest import SEOUL, Town

MINUTE = dt.timedelta(minutes=1)


def driven(town: Town, day: dt.date, *, waited: int = 0, status: str = "finished", reason: str = "") -> Ride:
    """A ride that took place (or not) on a day, with what its driver said."""
    start = dt.datetime.combine(day, dt.time(9), tzinfo=SEOUL)
    ride = Ride.objects.create(
        stay=town.stay, kind="pick_up", origin=town.airport, destination=town.hotel, starts_at=start,
        ends_at=start + 80 * MINUTE, party=1, status=status, vehicle=town.small,
    )  # fmt: skip
    actor = town.small.driver.actor
    if waited:
        Tap.objects.create(ride=ride, word="at_place", actor=actor, tapped_at=start)
        Tap.objects.create(ride=ride, word="met", actor=actor, tapped_at=start + waited * MINUTE)
    ServiceStep.objects.create(ride=ride, status=status, actor=actor, reason=reason, vehicle=town.small, at=start)
    return ride


def interpreted(town: Town, day: dt.date, minutes: int) -> Interpreting:
    start = dt.datetime.combine(day, dt.time(14), tzinfo=SEOUL)
    job = Interpreting.objects.create(
        stay=town.stay, appointment=town.appointment, language="mn", field=town.eyes, place=town.clinic,
        starts_at=start, ends_at=start + 60 * MINUTE, status="finished", interpreter=town.oyuun,
    )  # fmt: skip
    for word, at in (("told", -1), ("started", 0), ("finished", minutes)):
        Tap.objects.create(interpreting=job, word=word, actor=town.oyuun.actor, tapped_at=start + at * MINUTE)
    return job


def sums(**filters: object) -> dict[str, int]:
    rows = LedgerEntry.objects.filter(**filters).values("payer").annotate(won=Sum("amount")).order_by("payer")
    return {row["payer"]: row["won"] for row in rows}


def last_month() -> dt.date:
    first = timezone.now().astimezone(SEOUL).date().replace(day=1)
    return (first - dt.timedelta(days=1)).replace(day=1)


@pytest.mark.django_db
def test_the_ledger_is_booked_once_and_follows_corrections(town: Town) -> None:
    now = timezone.now()
    ride = driven(town, (now - dt.timedelta(days=2)).astimezone(SEOUL).date(), waited=75)

    # When the worker looks at it twice, it stands there once, halved with the institution of the appointment.
    assert actions.reckon_all(now) == 1
    assert actions.reckon_all(now) == 0
    assert sums() == {"district": 38_000, "institution": 38_000}
    assert set(LedgerEntry.objects.filter(payer="institution").values_list("institution", flat=True)) == {
        town.institution.pk
    }

    # When the desk learns that the car waited for half an hour only, counter-entries put it right.
    Tap.objects.filter(ride=ride, word="met").update(tapped_at=ride.starts_at + 30 * MINUTE)
    assert actions.reckon_all(now) == 1
    assert sums() == {"district": 35_000, "institution": 35_000}
    assert LedgerEntry.objects.filter(reverses__isnull=False).count() == 2
    # Nothing was overwritten, and everything can be told apart.
    assert LedgerEntry.objects.filter(amount=3_000).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("cancelled", "no_show", {"district": 35_000, "institution": 35_000}),
        ("cancelled", "", {}),
        ("met", "", {}),
        ("declined", "", {}),
    ],
)
def test_only_what_took_place_or_was_stood_up_costs(town: Town, status: str, reason: str, expected: dict) -> None:
    day = (timezone.now() - dt.timedelta(days=2)).astimezone(SEOUL).date()
    actions.reckon(driven(town, day, status=status, reason=reason))
    assert sums() == expected


@pytest.mark.django_db
def test_an_amount_set_by_hand_stays(town: Town) -> None:
    now = timezone.now()
    driven(town, (now - dt.timedelta(days=2)).astimezone(SEOUL).date())
    actions.reckon_all(now)
    entry = LedgerEntry.objects.get(payer="institution")
    actions.correct(entry, amount=0, reason="The car was an hour late", actor="user:1")
    assert actions.reckon_all(now) == 0
    assert sums() == {"district": 35_000, "institution": 0}
    with pytest.raises(actions.AlreadyCorrected):
        actions.correct(entry, amount=1, reason="again", actor="user:1")
    assert AuditEntry.objects.filter(verb="correct_entry").count() == 1


@pytest.mark.django_db
def test_statements_close_a_month_once_and_add_up_to_the_won(town: Town) -> None:
    month = last_month()
    for day in (2, 9, 16):
        driven(town, month.replace(day=day), waited=0 if day == 2 else 65)
    interpreted(town, month.replace(day=5), 151)
    with pytest.raises(actions.MonthNotOver):
        actions.issue_month(timezone.now().astimezone(SEOUL).date().replace(day=1), actor="user:1")

    issued = actions.issue_month(month, actor="user:1")

    by_name = {each.number.split("-", 2)[2]: each for each in issued}
    rides = 3 * 70_000 + 2 * 3_000
    assert by_name["one"].total == rides // 2
    assert by_name["district"].total == rides // 2 + 40_000 + 20_000  # four free half hours, two begun ones
    hours = next(each for each in issued if each.interpreter_id)
    assert (hours.minutes, hours.total) == (151, 60_000)
    ledger = LedgerEntry.objects.aggregate(won=Sum("amount"))["won"]
    assert ledger == by_name["one"].total + by_name["district"].total
    assert not LedgerEntry.objects.filter(statement__isnull=True).exists()
    # Issued again, nothing changes; a late correction goes into a later statement.
    again = actions.issue_month(month, actor="user:2")
    assert {each.pk for each in again} <= {each.pk for each in issued}
    entry = LedgerEntry.objects.filter(payer="institution", kind="fare").first()
    actions.correct(entry, amount=1, reason="x", actor="user:1")
    actions.issue_month(month, actor="user:2")
    assert Statement.objects.get(pk=by_name["one"].pk).total == rides // 2
    assert LedgerEntry.objects.filter(statement__isnull=True).count() == 2
    assert ledger_queries.digest_of(ledger_queries.lines_of(by_name["one"])) == by_name["one"].digest


@pytest.mark.django_db(transaction=True)
def test_two_who_close_a_month_at_once_issue_each_statement_once(town_of_threads: Town) -> None:
    town, month = town_of_threads, last_month()
    driven(town, month.replace(day=2))

    def close(actor: str) -> list[str]:
        try:
            return [str(each.pk) for each in actions.issue_month(month, actor=actor)]
        except actions.NothingToState:
            return []
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as two:
        list(two.map(close, ["user:1", "user:2"]))
    assert Statement.objects.count() == 2
    assert sums() == {"district": 35_000, "institution": 35_000}
    for statement in Statement.objects.all():
        assert statement.total == statement.entries.aggregate(won=Sum("amount"))["won"]


@pytest.mark.once
@pytest.mark.django_db
def test_the_pages_of_the_desk_and_the_institution(town: Town, settings: object) -> None:
    settings.DEMO = True
    month = last_month()
    town.stay.guest.name_latin = "Secretname"
    town.stay.guest.save()
    driven(town, month.replace(day=2))
    interpreted(town, month.replace(day=5), 20)
    desk, clinic, stranger = Client(), Client(), Client()
    desk.force_login(town.coordinator)
    for client, institution in ((clinic, town.institution), (stranger, None)):
        user = User.objects.create_user(f"c{institution}@demo.example", "x", name="C", is_demo=True)
        if institution is not None:
            Membership.objects.create(user=user, role="clinic", institution=institution)
        client.force_login(user)

    page = desk.post("/en/desk/statements/", {"month": f"{month:%Y-%m}"}, follow=True)
    assert "₩35,000" in page.content.decode()
    mine = Statement.objects.get(institution=town.institution)
    for client, address in (
        (desk, f"/en/desk/statements/{mine.pk}/"), (clinic, f"/ko/clinic/statements/{mine.pk}/"),
    ):  # fmt: skip
        for wanted, begins in (("", "<!doctype"), ("pdf", "%PDF"), ("csv", "\ufeffday,")):
            content = client.get(address, {"as": wanted}).content
            text = content.decode("utf-8", "ignore")
            assert text.lower().startswith(begins.lower()), (address, wanted)
            assert "Secretname" not in text
    rows = list(
        csv.DictReader(io.StringIO(clinic.get(f"/en/clinic/statements/{mine.pk}/?as=csv").content.decode("utf-8-sig")))
    )
    assert [(row["kind"], row["amount_krw"]) for row in rows] == [("fare", "35000")]
    other = Statement.objects.get(institution=None, interpreter=None)
    assert clinic.get(f"/en/clinic/statements/{other.pk}/").status_code == 404
    assert stranger.get(f"/en/clinic/statements/{mine.pk}/").status_code == 403
    # An interpreter has their own by the link, nobody else's.
    hours = Statement.objects.get(interpreter=town.oyuun)
    links = {each: token_of(crew_link(each)) for each in (town.oyuun, town.bat)}
    file = f"/en/crew/i/{links[town.oyuun]}/statements/{hours.pk}/"
    assert (
        f"{file}?as=pdf" in stranger.get(f"/en/crew/i/{links[town.oyuun]}/month/?month={month:%Y-%m}").content.decode()
    )
    assert stranger.get(file, {"as": "pdf"}).content.startswith(b"%PDF")
    assert stranger.get(file, {"as": "csv"}).content.startswith("\ufeffday,".encode())
    assert stranger.get(f"/en/crew/i/{links[town.bat]}/statements/{hours.pk}/").status_code == 404
    entry = mine.entries.get()
    assert desk.post(f"/en/desk/statements/entries/{entry.pk}/", {"amount": "-5", "reason": ""}).status_code == 422
    assert desk.post(f"/en/desk/statements/entries/{entry.pk}/", {"amount": "9" * 30, "reason": "x"}).status_code == 422
    assert desk.post(f"/en/desk/statements/entries/{entry.pk}/", {"amount": "0", "reason": "=1+1"}).status_code == 302
    assert desk.get("/en/desk/statements/?month=2026-13").status_code == 200
