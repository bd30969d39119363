"""What changed booking rules would change. Booked visits that would lie outside are named, and none is cancelled: a
rule holds for what is booked from then on."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from sarangbang.directory.models import Institution, Offering
from sarangbang.scheduling.availability import local_day, minute_of
from sarangbang.scheduling.diary import offerings_at
from sarangbang.scheduling.models import Allocation, Appointment, BookingRule, PathwayStep, Reservation, Resource
from sarangbang.scheduling.odd_hours import REMOTE
from sarangbang.scheduling.outlook import Outlook, chairs
from sarangbang.scheduling.pathways import keeps_order
from sarangbang.scheduling.refusals import Conflict
from sarangbang.scheduling.rule_forms import LABELS
from sarangbang.scheduling.rules import Rules, resolve
from sarangbang.scheduling.ruling import FIELDS

from .rule_book import Ruled, said_value

SHOWN = dt.timedelta(days=14)
"""For so long a preview counts free times."""
MOST_NAMED = 30
"""So many visits are named; of more the number is said."""


@dataclass(frozen=True, slots=True)
class Change:
    """One rule before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A booked visit that would lie outside, and why."""

    visit: Appointment
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do. ``free`` counts free times of the next two weeks before and after, where it is asked."""

    changes: Sequence[Change]
    hits: Sequence[Hit]
    free: tuple[int, int] | None = None

    @property
    def named(self) -> Sequence[Hit]:
        return self.hits[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.hits) - len(self.named)


def preview_rules(ruled: Ruled, values: Mapping[str, Any]) -> Preview:
    """What these values would change, for the offering or for all of the institution's."""
    after = ruled.with_values(values)
    changes = [
        Change(str(LABELS[name]), said_value(name, ruled.value(name)), said_value(name, after.value(name)))
        for name in FIELDS
        if ruled.value(name) != after.value(name)
    ]
    offerings = _offerings_of(ruled.target)
    own = {row.offering_id: row for row in BookingRule.objects.filter(offering__in=offerings)}
    old = {each.pk: _rules(ruled, own.get(each.pk), each) for each in offerings}
    new = {each.pk: _rules(after, own.get(each.pk), each) for each in offerings}
    visits = _booked(offerings)
    outside = _outside(visits, new)
    for pk, codes in _outside(visits, old).items():
        outside[pk] = [code for code in outside.get(pk, []) if code not in codes]
    remote = not after.value("remote")
    hits = []
    for visit in visits:
        reasons = [Conflict(code, new[visit.offering_id]).reason for code in outside.get(visit.pk, [])]
        if remote and visit.mode in REMOTE and ruled.value("remote"):
            reasons.append(Conflict("not_remote").reason)
        if reasons:
            hits.append(Hit(visit, reasons))
    return Preview(changes, hits, (_free(offerings, old), _free(offerings, new)))


def _offerings_of(target: Institution | Offering) -> list[Offering]:
    return [target] if isinstance(target, Offering) else list(offerings_at([target]))


def _rules(ruled: Ruled, own: BookingRule | None, offering: Offering) -> Rules:
    """The rules of an offering below the rows of ``ruled``."""
    if isinstance(ruled.target, Offering):
        return resolve(*ruled.rows)
    return resolve(own, *ruled.rows)


def _booked(offerings: Iterable[Offering]) -> list[Appointment]:
    """Booked visits still ahead, by time."""
    found = Appointment.objects.filter(
        offering__in=list(offerings), guest__isnull=False, reservation__status=Reservation.Status.BOOKED,
        reservation__starts_at__gt=timezone.now(),
    )  # fmt: skip
    return list(
        found.select_related(
            "reservation", "guest", "practitioner__resource", "offering__procedure", "institution", "place", "step"
        ).order_by("reservation__starts_at", "pk")
    )


def _outside(visits: Sequence[Appointment], rules: Mapping[int, Rules]) -> dict[UUID, list[str]]:
    """By which codes booked visits lie outside of rules; those that were booked first keep their place within a
    limit. Notice, cut-off and step concern only what is booked later."""
    found: dict[UUID, list[str]] = defaultdict(list)
    now = timezone.now()
    is_near = _neighbours(visits)
    days: Counter[tuple[UUID, object, dt.date]] = Counter()
    people: dict[tuple[object, ...], set[UUID]] = defaultdict(set)
    for visit in sorted(visits, key=lambda each: (each.reservation.created_at, each.pk)):
        own, taken = rules[visit.offering_id], visit.reservation
        if taken.ends_at > now + own.horizon:
            found[visit.pk].append("too_far")
        if is_near(visit, own):
            found[visit.pk].append("buffer")
        scope = visit.offering_id if own.per_day_of_offering else visit.institution_id
        day = local_day(minute_of(taken.starts_at), visit.place.zone)
        for each in {visit.offering_id, visit.institution_id}:
            days[visit.practitioner_id, each, day] += 1
        if own.per_day is not None and days[visit.practitioner_id, scope, day] > own.per_day:
            found[visit.pk].append("full_day")
        person = _person(visit)
        people[person].add(visit.series_id or visit.pk)
        if own.open_per_person is not None and len(people[person]) > own.open_per_person:
            found[visit.pk].append("too_many")
    return found


def _person(visit: Appointment) -> tuple[object, ...]:
    guest = visit.guest
    if guest is None:
        return (visit.pk,)
    return visit.institution_id, guest.email.casefold(), guest.name_latin.casefold(), guest.birth_year


def _neighbours(visits: Sequence[Appointment]) -> Callable[[Appointment, Rules], bool]:
    """Whether something of the same practitioner lies within the buffers around a visit, but not beside it in time."""
    people = {visit.practitioner_id for visit in visits}
    spans: dict[UUID, list[tuple[dt.datetime, dt.datetime, UUID]]] = defaultdict(list)
    busy = Allocation.objects.filter(
        is_active=True, resource__practitioner__in=people, reservation__ends_at__gt=timezone.now()
    ).values_list("resource__practitioner", "reservation__starts_at", "reservation__ends_at", "reservation")
    for practitioner, starts_at, ends_at, reservation in busy:
        spans[practitioner].append((starts_at, ends_at, reservation))

    def is_near(visit: Appointment, rules: Rules) -> bool:
        if not rules.buffer_before and not rules.buffer_after:
            return False
        taken = visit.reservation
        first = taken.starts_at - dt.timedelta(minutes=rules.buffer_before)
        last = taken.ends_at + dt.timedelta(minutes=rules.buffer_after)
        return any(
            start < last and first < end and not (start < taken.ends_at and taken.starts_at < end)
            for start, end, reservation in spans[visit.practitioner_id]
            if reservation != taken.pk
        )

    return is_near


def _free(offerings: Sequence[Offering], rules: dict[int, Rules]) -> int:
    """How many free times these rules leave in the next two weeks; several practitioners at one minute count each."""
    now = timezone.now()
    seated = chairs(offerings)
    look = Outlook.load(seated, now, now + SHOWN, rules=rules)
    return sum(1 for chair in seated for _minute in look.starts(chair))


def preview_need(offering: Offering, resources: Iterable[Resource]) -> Preview:
    """Booked visits that have none of these resources."""
    wanted = [resource.pk for resource in resources]
    visits = _booked([offering])
    have = set(
        Allocation.objects.filter(
            reservation__in=[visit.reservation_id for visit in visits], resource__in=wanted, is_active=True
        ).values_list("reservation", flat=True)
    )
    reason = gettext("It was booked without one of these.")
    return Preview([], [Hit(visit, [reason]) for visit in visits if visit.reservation_id not in have])


def preview_steps(offering: Offering, steps: Sequence[PathwayStep]) -> Preview:
    """Booked visits that would not keep the days between them, and treatments that lack a visit."""
    by_pk = {step.pk: step for step in steps if step.pk}
    series: dict[UUID, list[Appointment]] = defaultdict(list)
    visits = _booked([offering])
    for visit in visits:
        if visit.series_id is not None and visit.step_id in by_pk:
            series[visit.series_id].append(visit)
    broken = {}
    for pk, those in series.items():
        placed = [
            (by_pk[each.step_id or 0], each.practitioner_id, each.reservation.starts_at, each.reservation.ends_at)
            for each in those
        ]
        codes = keeps_order(placed, those[0].place.zone)
        if codes:
            broken[pk] = [Conflict(code).reason for code in codes]
    hits = [Hit(visit, broken[visit.series_id]) for visit in visits if visit.series_id in broken]
    return Preview([], hits)
