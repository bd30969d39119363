"""The search of the whole district finds what asking every offering finds, in order, page by page."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from sarangbang.directory.models import Offering, PractitionerLanguage
from sarangbang.scheduling import search
from sarangbang.scheduling.candidates import opening_hours
from sarangbang.scheduling.free import FreeTime, free_times
from sarangbang.scheduling.models import Resource, WeeklyRule

from .conftest import SEOUL, make_clinic
from .district import District

pytestmark = pytest.mark.django_db


def all_times(wish: search.Wish) -> list[FreeTime]:
    """What every offering has, one after the other."""
    found = []
    for offering in Offering.objects.filter(procedure=wish.procedure_id).select_related("institution"):
        if wish.institution_ids is None or offering.institution_id in wish.institution_ids:
            found += free_times(offering, wish.start, wish.end, along=wish.along, party=wish.party)
    speaking = set(PractitionerLanguage.objects.filter(language=wish.language).values_list("practitioner", flat=True))
    first, last = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}.get(wish.part_of_day, (0, 24))
    found = [
        time
        for time in found
        if (not wish.language or time.practitioner_id in speaking)
        and first <= time.starts_at.astimezone(SEOUL).hour < last
    ]
    return sorted(found, key=lambda time: (time.starts_at, time.resource_id, time.offering_id))


def paged(wish: search.Wish, limit: int) -> list[FreeTime]:
    found, cursor = [], ""
    while True:
        page = search.first_free(wish, limit=limit, after=cursor)
        found += page.times
        cursor = page.cursor
        if not cursor:
            return found
        assert len(page.times) == limit


@pytest.mark.parametrize("few", [0, 60])
def test_pages_are_what_every_offering_has_in_order(monkeypatch: Any, few: int) -> None:
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "FIRST_PART", 2)
    district = District(random.Random(few), clinics=3)
    district.book(12)
    now, found = timezone.now(), 0
    for number in range(4):
        rng = random.Random(number)
        start = now + dt.timedelta(hours=rng.randint(-5, 60))
        wish = search.Wish(
            district.procedure.pk,
            start,
            start + dt.timedelta(days=rng.randint(1, 3)),
            institution_ids=rng.choice([None, None, [clinic.institution.pk for clinic in district.clinics[:2]]]),
            language=rng.choice(["", "", "mn"]),
            part_of_day=rng.choice(["any", "any", "morning", "afternoon", "evening"]),
            along=rng.choice([(), (), [district.interpreters]]),
        )
        expected = all_times(wish)
        assert paged(wish, 19) == expected
        found += len(expected)
    assert found > 40


@pytest.mark.parametrize("few", [0, 60])
def test_nothing_begins_before_the_wish(clinic: SimpleNamespace, monkeypatch: Any, few: int) -> None:
    """Not even in the minute that has begun."""
    monkeypatch.setattr(search, "FEW", few)
    now = timezone.now()
    times = free_times(clinic.offering, now, now + dt.timedelta(days=9))
    start = next(each.starts_at for each in times if each.starts_at > times[0].starts_at) + dt.timedelta(seconds=20)
    wish = search.Wish(clinic.offering.procedure_id, start, start + dt.timedelta(days=9))  # the next day may be closed
    assert search.first_free(wish, limit=1).times[0].starts_at > start


@pytest.mark.once
def test_the_first_page_needs_few_queries(django_assert_max_num_queries: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    clinics = [make_clinic(f"clinic-{n}") for n in range(8)]
    start = timezone.now() + dt.timedelta(days=1)
    wish = search.Wish(clinics[0].offering.procedure_id, start, start + dt.timedelta(days=30))
    with django_assert_max_num_queries(20):
        page = search.first_free(wish, limit=10)
    assert len(page.times) == 10


@pytest.mark.parametrize("cursor", ["x", "1.2", "1.1.1", "1.2.3.4", "1.1.1.é", "\x00", "9" * 30 + ".1.1"])
def test_a_strange_cursor_is_refused(clinic: SimpleNamespace, cursor: str) -> None:
    now = timezone.now()
    with pytest.raises(search.BadCursor):
        search.first_free(search.Wish(1, now, now + dt.timedelta(days=9)), after=cursor)


def test_a_cursor_is_that_of_a_page_of_the_same_search(clinic: SimpleNamespace) -> None:
    now = timezone.now()
    wish = search.Wish(clinic.offering.procedure_id, now, now + dt.timedelta(days=9))
    cursor = search.first_free(wish, limit=1).cursor
    later = replace(wish, start=now + dt.timedelta(minutes=1))
    assert len(search.first_free(later, limit=5, after=cursor).times) == 5
    for other in (replace(wish, part_of_day="morning"), replace(wish, language="mn"), replace(wish, party=2)):
        with pytest.raises(search.BadCursor):
            search.first_free(other, after=cursor)
    start, *rest = cursor.split(".")
    with pytest.raises(search.BadCursor):
        search.first_free(wish, after=".".join([str(int(start) + 1), *rest]))


@pytest.mark.once
def test_opening_hours_are_those_of_the_rules(clinic: Any) -> None:
    rng, [resource, other] = random.Random(5), Resource.objects.order_by("pk")[:2]
    for each in (resource, other):
        for _ in range(12):
            start = rng.randrange(0, 20)
            WeeklyRule.objects.create(
                resource=each, place=clinic.place, weekday=rng.choice([2, 5]), starts=dt.time(start),
                ends=dt.time(rng.randrange(start + 1, 24)), valid_from=dt.date(2026, 1, 1), on_holidays=rng.random() < 0.4,
            )  # fmt: skip
    parts = [(dt.time.min, dt.time(23, 59, 59)), (dt.time(12), dt.time(17)), (dt.time(17), dt.time.max)]
    for weekday, (since, until), on_holidays in itertools.product(range(7), parts, (True, False)):
        rules = WeeklyRule.objects.filter(weekday=weekday, starts__lt=until, ends__gt=since)
        rules = rules.filter(on_holidays=True) if on_holidays else rules
        expected = sorted(set(rules.values_list("starts", flat=True)))
        assert opening_hours(weekday, since, until, on_holidays=on_holidays) == expected
