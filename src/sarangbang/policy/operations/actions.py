"""The verb of operations: publishing a quarter, once."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from sarangbang.people.actions import audit

from .disclosure import NoRule, rule_on
from .models import PublishedQuarter
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
