"""What was agreed on with interpreters about the hours of a month."""

from __future__ import annotations

from django.db import transaction

from sarangbang.concierge.models import Interpreter
from sarangbang.people.actions import audit
from sarangbang.scheduling.actions import lock_resources

Hours = tuple[int | None, int | None]
"""Agreed and most hours of a month; None for what was not entered."""


class HoursChanged(Exception):
    """Somebody else entered other hours meanwhile. ``person`` has them."""

    def __init__(self, person: Interpreter) -> None:
        super().__init__("changed meanwhile")
        self.person = person


@transaction.atomic
def agree_hours(person: Interpreter, hours: Hours, *, seen: Hours, actor: str) -> Interpreter:
    """Enter an interpreter's agreed and most hours of a month. ``seen`` are those on the coordinator's page.

    Jobs that they have stay theirs, even beyond the most. The same hours again change nothing. Raises
    ``HoursChanged``.
    """
    lock_resources([person.resource_id])  # as who assigns does, so that of the two one sees the other
    found = Interpreter.objects.prefetch_related("languages").get(pk=person.pk)
    before = (found.agreed_hours, found.most_hours)
    if before == hours:
        return found
    if before != seen:
        raise HoursChanged(found)
    found.agreed_hours, found.most_hours = hours
    found.save(update_fields=["agreed_hours", "most_hours"])
    audit(actor, "agree_hours", found, before=list(before), after=list(hours))
    return found
