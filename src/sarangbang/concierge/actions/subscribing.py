"""The address of an interpreter's calendar: made, and replaced when it came into other hands."""

from __future__ import annotations

from django.db import transaction

from sarangbang.concierge.models import Interpreter
from sarangbang.people import links
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink

PURPOSE = SecureLink.Purpose.INTERPRETER_CALENDAR


def calendar_link(person: Interpreter) -> SecureLink:
    """The open address, or a new one."""
    standing = SecureLink.objects.filter(purpose=PURPOSE, subject=str(person.pk), revoked_at__isnull=True)
    return standing.order_by("-created_at").first() or links.issue(PURPOSE, person.pk)


@transaction.atomic
def replace_calendar_link(person: Interpreter) -> SecureLink:
    """A new address; the old one opens nothing any more."""
    links.revoke(PURPOSE, person.pk)
    link = links.issue(PURPOSE, person.pk)
    audit(person.actor, "replace_calendar_link", link)
    return link
