"""Sending reminders: one letter a day to one guest, with the link to their page. The plan is scheduling's.

A reminder is looked at twice: when its time has come, under a lock, and once more when the words are written, because a
message may wait while a mail server is down.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from sarangbang.messages.actions import post
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import Attachment, NoLongerNeeded
from sarangbang.people.models import Consent, Guest
from sarangbang.scheduling import reminders
from sarangbang.scheduling.models import Reminder
from sarangbang.scheduling.reminding import Due, is_too_late, letters, when_to_send

from . import queries
from .actions import calendar_link, link_to
from .entries import entry_of_appointment
from .feed import feed

Dropped = Reminder.Dropped


def send_due() -> int:
    """Send what is due; returns how many letters went into the outbox. Safe beside other workers."""
    now = timezone.now()
    reminders.drop_stale(now)
    return sum(_send(guest_id, now) for guest_id in reminders.due_guests(now))


@transaction.atomic
def _send(guest_id: UUID, now: dt.datetime) -> bool:
    guest = queries.guest_of(guest_id)
    at = when_to_send(now, guest.zone)
    mine = {each.pk: each for each in reminders.lock_of(guest_id, _day_after(at, guest.zone))}
    dues = [_due(each, at) for each in mine.values()]
    reminders.settle([mine[due.key] for due in dues if is_too_late(due, at)], dropped_as=Dropped.LATE)
    dues = [due for due in dues if not is_too_late(due, at)]
    ripe = [mine[due.key] for due in dues if mine[due.key].due_at <= now]
    if not ripe:
        return False
    if at > now:
        reminders.settle(ripe, due_at=at)
        return False
    if not queries.agreed(guest, Consent.Purpose.BOOKING):
        reminders.settle(ripe, dropped_as=Dropped.UNWANTED)
        return False
    [letter] = letters(dues, guest.zone)
    return _write(guest, [mine[due.key] for due in letter.dues], letter.dues, now)


def _due(reminder: Reminder, at: dt.datetime) -> Due:
    starts_at = reminder.reservation.starts_at
    return Due(reminder.pk, starts_at, reminder.minutes_before, max(reminder.due_at, at))


def _day_after(at: dt.datetime, zone: str) -> dt.datetime:
    """The end of that day on the guest's calendar."""
    local = ZoneInfo(zone)
    return dt.datetime.combine(at.astimezone(local).date() + dt.timedelta(days=1), dt.time.min, tzinfo=local)


def _write(guest: Guest, told: list[Reminder], dues: tuple[Due, ...], now: dt.datetime) -> bool:
    """One letter for all of them; the first of each visit counts as sent, what it says twice as joined."""
    key = f"reminder:{guest.pk}:{now.astimezone(ZoneInfo(guest.zone)):%Y-%m-%d}"
    first = {each.reservation_id: each for each in reversed(told)}
    joined = [each for each in told if first[each.reservation_id] is not each]
    if queries.was_posted(key):
        reminders.settle(told, dropped_as=Dropped.JOINED)
        return False
    visits = sorted(first.values(), key=lambda each: each.reservation.starts_at)
    stay = queries.stay_with(visits[0].reservation.appointment)
    if stay is None:
        reminders.settle(told, dropped_as=Dropped.OVER)
        return False
    reminders.settle(visits, sent_at=now)
    reminders.settle(joined, dropped_as=Dropped.JOINED)
    post(
        "stay_reminder",
        address=guest.email,
        language=guest.language,
        zone=guest.zone,
        guest=guest,
        dedupe_key=key,
        expires_at=max(due.is_late_from for due in dues),
        context={
            "stay_link": str(link_to(stay).pk),
            "calendar_link": str(calendar_link(stay).pk),
            "visits_reminded": ",".join(str(each.reservation_id) for each in visits),
        },
    )
    return True


def still_ahead(value: str, reveal: bool) -> list[dt.datetime]:
    """For the words of a reminder: those of its visits that are still booked and ahead (``messages.rendering``).
    Raises ``NoLongerNeeded`` when there is none."""
    times = queries.booked_ahead(value.split(","), timezone.now() if reveal else None)
    if not times:
        raise NoLongerNeeded
    return times


def as_calendar_file(message: Message) -> Attachment | None:
    """The visits of a reminder as a calendar file for those who do not open links: the same entries as in the stay's
    feed, as neutral, so that a calendar that has both shows each once (``messages.rendering``)."""
    visits = queries.appointments_at(message.context["visits_reminded"].split(","))
    entries = [entry_of_appointment(each) for each in visits]
    if not entries:
        return None
    content = feed(
        entries, gettext("My stay in Seoul"), gettext("Everything else is on the page of your stay.")
    ).content
    return Attachment("appointment.ics", content.decode(), "text/calendar")
