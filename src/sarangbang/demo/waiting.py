"""A few guests of the demo clinic who wait for an earlier time, or for one in the evening, so that the waiting list is
not bare. They wait as the verbs would have written it down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from sarangbang.people.models import SecureLink
from sarangbang.scheduling.models import Reservation, WaitingEntry, WaitingStep

from .drawing import draw_id
from .guests import Story
from .town import SEOUL, Town

MOST = 3
AHEAD = dt.timedelta(days=2)
"""A booking that is nearer is not waited away from."""

Part = WaitingEntry.PartOfDay


def may_wait(town: Town, story: Story) -> bool:
    """Whether somebody has a booking at the demo clinic that could still move."""
    first = story.appointments[0] if story.appointments else None
    return (
        first is not None
        and first.institution_id == town.clinic_id
        and first.reservation.status == Reservation.Status.BOOKED
        and first.reservation.starts_at > town.moment + AHEAD
    )


def make_waiting(town: Town, stories: Iterable[Story]) -> None:
    """The first waits for any earlier time, the others for one in the evening; soon they are offered one."""
    for number, story in enumerate(stories):
        booked = story.appointments[0]
        rng = town.dice("waiting", number)
        day = timezone.localdate(booked.reservation.starts_at, SEOUL)
        entry = WaitingEntry(
            id=draw_id(rng), guest=story.guest, offering=booked.offering, appointment=booked, earliest_at=town.moment,
            latest_at=town.at(day, 0), part_of_day=Part.EVENING if number else Part.ANY,
            created_at=town.moment - dt.timedelta(hours=2 + 5 * number),
        )  # fmt: skip
        town.writer.add(entry)
        actor = f"guest:{story.guest.pk}"
        town.writer.add(WaitingStep(entry=entry, status=entry.status, at=entry.created_at, actor=actor))
        town.writer.add(
            SecureLink(
                id=draw_id(rng), purpose=SecureLink.Purpose.WAITING, subject=str(entry.pk), created_at=entry.created_at
            )
        )
