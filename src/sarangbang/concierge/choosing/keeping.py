"""Time of interpreters that visits keep although nobody was sent there: with an offer of the waiting list until it is
answered, with a visit whose guest has not agreed to an interpreter yet, or for which the job does not fit."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sarangbang.directory.travel import Point
from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Allocation, Reservation, Resource
from sarangbang.scheduling.prepared import Prepared
from sarangbang.scheduling.spans import LONGEST

from . import fitting


@dataclass(frozen=True, slots=True)
class Kept:
    """One interpreter's time. ``offer_ends`` is until when an offer keeps it, None once the visit is booked; ``clinic``
    and ``guest`` are names as written and in Latin, the guest's empty unless they agreed that crews learn it."""

    resource: int
    visit: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    offer_ends: dt.datetime | None
    clinic: tuple[str, str]
    guest: tuple[str, str]
    point: Point

    @property
    def why(self) -> fitting.Reason:
        """What it says against another job at that time."""
        if self.offer_ends is None:
            return fitting.Reason("kept", {"until": self.ends_at, "clinic": self.clinic})
        return fitting.Reason("offered", {"offer_ends": self.offer_ends, "clinic": self.clinic})

    @property
    def job(self) -> fitting.Job:
        """As part of somebody's day: there is a way to it and from it, which nobody has claimed yet."""
        return fitting.Job(
            self.visit, self.starts_at, self.ends_at, self.point, self.point, self.starts_at, in_the_way=self.why
        )


def _kept(
    _fixed: None, now: dt.datetime, since: dt.datetime, start: dt.datetime, end: dt.datetime
) -> QuerySet[Any, Any]:
    held = Reservation.Status.HELD
    agreed = Consent.objects.filter(
        guest=OuterRef("reservation__appointment__guest"), purpose=Consent.Purpose.CONCIERGE, withdrawn_at__isnull=True
    )
    known = Allocation.objects.filter(
        ~Q(reservation__status=held) | Q(reservation__hold_expires_at__gt=now),
        is_active__in=[True],  # SQLite finds the index by an equation only, and reads no history of years
        resource__kind=Resource.Kind.INTERPRETER, reservation__appointment__isnull=False,
        starts_at__gt=since, starts_at__lt=end, ends_at__gt=start,
    )  # fmt: skip
    visit = "reservation__appointment__"
    return known.order_by("starts_at", "resource").values_list(
        "resource", "reservation__appointment", "starts_at", "ends_at", "reservation__status",
        "reservation__hold_expires_at", f"{visit}institution__name", f"{visit}institution__name_latin",
        f"{visit}place__latitude", f"{visit}place__longitude", f"{visit}guest__name", f"{visit}guest__name_latin",
        Exists(agreed),
    )  # fmt: skip


_KEPT = Prepared(_kept)


def kept_between(start: dt.datetime, end: dt.datetime) -> list[Kept]:
    """What touches the window, by time. One query."""
    rows = _KEPT(None, timezone.now(), start - LONGEST, start, end)
    return [_read(*row) for row in rows]


def _read(
    resource: int,
    visit: object,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    status: str,
    hold_expires_at: dt.datetime | None,
    *rest: Any,
) -> Kept:
    name, latin, latitude, longitude, guest, guest_latin, has_agreed = rest
    offer_ends = hold_expires_at if status == Reservation.Status.HELD else None
    who = (guest, guest_latin) if has_agreed else ("", "")
    return Kept(resource, str(visit), starts_at, ends_at, offer_ends, (name, latin), who, Point(latitude, longitude))


def kept_by_resource(
    start: dt.datetime, end: dt.datetime, resources: Collection[int] | None = None
) -> dict[int, list[Kept]]:
    """The same for some (or all) interpreters, by resource."""
    found: dict[int, list[Kept]] = defaultdict(list)
    for each in kept_between(start, end):
        if resources is None or each.resource in resources:
            found[each.resource].append(each)
    return found
