"""The verbs of operations: publishing a quarter, once; writing down who walked into the center."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.people.actions import audit

from .disclosure import NoRule, rule_on
from .models import CenterVisit, PublishedQuarter
from .publishing import published, tables_of
from .windows import SEOUL, Window


class AlreadyPublished(Exception):
    """A quarter is published once: two versions of it would give small counts away."""


class NoRuleInForce(Exception):
    """No rule says which counts are small: nothing may be published."""


class NotOver(Exception):
    """Its last day lies ahead."""


def publish(window: Window, *, actor: str) -> PublishedQuarter:
    """Publish a quarter that is over, with its small counts hidden. Raises ``AlreadyPublished``, ``NotOver``,
    ``NoRuleInForce``."""
    if not window.is_over:
        raise NotOver(window.period)
    if published(window.period):
        raise AlreadyPublished(window.period)
    try:
        rule = rule_on(window.now.astimezone(SEOUL).date())
    except NoRule:
        raise NoRuleInForce(window.period) from None
    try:
        with transaction.atomic():
            quarter = PublishedQuarter.objects.create(
                period=window.period, tables=tables_of(window), threshold=rule.threshold, rule_source=rule.source,
                published_at=window.now, published_by=actor,
            )  # fmt: skip
            audit(actor, "publish_quarter", quarter, period=window.period)
    except IntegrityError:
        # Somebody published it at the same moment.
        raise AlreadyPublished(window.period) from None
    return quarter


MOST_AT_ONCE = 20


class NoSuchVisit(Exception):
    """There is no such visit of today, or it was taken back before."""


def record_center_visit(*, language: str, about: str, persons: int, key: UUID, actor: str) -> int:
    """Write down that so many walked into the center just now; one row each. Returns how many rows were written: none
    when the same form was sent before."""
    if not 1 <= persons <= MOST_AT_ONCE:
        raise ValueError(persons)
    now = timezone.now()
    rows = [
        CenterVisit(key=key, number=number, came_at=now, language=language, about=about, recorded_by=actor)
        for number in range(1, persons + 1)
    ]
    try:
        with transaction.atomic():
            CenterVisit.objects.bulk_create(rows)
            audit(actor, "record_center_visit", rows[0], persons=persons, language=language, about=about)
    except IntegrityError:
        return 0
    return len(rows)


def take_back_center_visit(pk: int, *, actor: str) -> CenterVisit:
    """A counter row: this visit of today was not so. Raises ``NoSuchVisit``."""
    today = timezone.localdate(timezone=SEOUL)
    visit = CenterVisit.objects.filter(pk=pk, takes_back__isnull=True).first()
    if visit is None or timezone.localdate(visit.came_at, SEOUL) != today:
        raise NoSuchVisit(pk)
    try:
        with transaction.atomic():
            row = CenterVisit.objects.create(
                key=uuid4(), language=visit.language, about=visit.about, takes_back=visit, recorded_by=actor
            )
            audit(actor, "take_back_center_visit", row, visit=visit.pk)
    except IntegrityError:
        raise NoSuchVisit(pk) from None
    return row
