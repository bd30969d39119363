"""The verbs of reminders: plan those of a visit when it is booked or moved, drop those that are of no use any more.

They are kept in the transaction of the change itself. Whoever knows the guest's page sends them (``stays.reminding``).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from sarangbang import rows

from . import reminding
from .models import Appointment, Reminder, ReminderRule, Reservation
from .prepared import Prepared, Question, ask

BOOKED, RESCHEDULED = Reservation.Status.BOOKED, Reservation.Status.RESCHEDULED


def leads_of(offering_id: int) -> list[int]:
    """Minutes before a visit at which is reminded: the offering's own rules, else the house's, else the usual ones."""
    leads: dict[int, list[int]] = ask(leads_question([offering_id]))[0][0]
    return leads[offering_id]


def leads_question(offering_ids: list[int]) -> Question:
    """``leads_of`` several offerings, to be asked together with others: a list of its one answer, by offering."""
    statement, read = _RULES.question(None, offering_ids)
    return Question(statement, lambda rows: [_leads(offering_ids, read(rows))])


def _leads(offering_ids: list[int], said: Sequence[tuple[int | None, int]]) -> dict[int, list[int]]:
    by_offering = defaultdict(list)
    for offering, minutes in said:
        by_offering[offering].append(minutes)
    return {pk: by_offering.get(pk) or by_offering.get(None) or list(reminding.HOUSE) for pk in offering_ids}


def _rules(_fixed: None, offering_ids: list[int]) -> QuerySet[Any, Any]:
    rules = ReminderRule.objects.filter(Q(offering__in=offering_ids) | Q(offering__isnull=True))
    return rules.values_list("offering_id", "minutes_before")


_RULES = Prepared(_rules)


def plan(appointment: Appointment, *, again: bool = False) -> None:
    """Plan the reminders of a visit that was booked or moved; with ``again`` of one that had some: what was sent stays
    sent."""
    guest, reservation = appointment.guest, appointment.reservation
    if guest is None or reservation.status != BOOKED:
        return
    leads = appointment.leads or leads_of(appointment.offering_id)
    dues = reminding.plan(0, reservation.starts_at, leads, guest.zone, timezone.now())
    planned = [
        rows.new(Reminder, reservation_id=reservation.pk, minutes_before=due.minutes_before, due_at=due.at)
        for due in dues
    ]
    if again:
        Reminder.objects.filter(reservation=reservation, sent_at__isnull=True).delete()
        Reminder.objects.bulk_create(planned, ignore_conflicts=True)
    else:
        rows.add(*planned)


def drop(reservation: Reservation) -> None:
    """The visit is called off, under way or over."""
    waiting = Reminder.objects.filter(reservation=reservation, sent_at__isnull=True, dropped_as="")
    waiting.update(dropped_as=Reminder.Dropped.OVER)


def due(now: dt.datetime) -> QuerySet[Reminder]:
    """Reminders whose time has come and of which nothing has become yet."""
    return Reminder.objects.filter(due_at__lte=now, sent_at__isnull=True, dropped_as="")


def drop_stale(now: dt.datetime) -> int:
    """Drop what is due for a time that is no longer booked; returns how many."""
    moved = due(now).filter(reservation__status=RESCHEDULED).update(dropped_as=Reminder.Dropped.MOVED)
    return moved + due(now).exclude(reservation__status=BOOKED).update(dropped_as=Reminder.Dropped.OVER)


def due_guests(now: dt.datetime, limit: int = 200) -> list[UUID]:
    """Guests to whom something is due, the longest waiting first."""
    found = due(now).filter(reservation__appointment__guest__isnull=False).order_by("due_at")
    return list(dict.fromkeys(found.values_list("reservation__appointment__guest", flat=True)[:limit]))


def lock_of(guest_id: UUID, until: dt.datetime) -> list[Reminder]:
    """A guest's reminders up to then that nothing has become of, locked: the visits first, in the order of the house,
    then the reminders. A second worker finds none."""
    mine = Reminder.objects.filter(
        reservation__appointment__guest=guest_id, due_at__lt=until, sent_at__isnull=True, dropped_as=""
    )
    visits = Reservation.objects.select_for_update().filter(pk__in=list(mine.values_list("reservation", flat=True)))
    list(visits.order_by("pk").values_list("pk"))
    locked = mine.select_for_update(of=("self",)).select_related("reservation__appointment").order_by("due_at", "pk")
    return list(locked)


def settle(
    reminders: list[Reminder],
    *,
    sent_at: dt.datetime | None = None,
    dropped_as: str = "",
    due_at: dt.datetime | None = None,
) -> None:
    """What became of these: sent, dropped, or later."""
    change = {"sent_at": sent_at, "dropped_as": dropped_as} if due_at is None else {"due_at": due_at}
    Reminder.objects.filter(pk__in=[each.pk for each in reminders]).update(**change)
