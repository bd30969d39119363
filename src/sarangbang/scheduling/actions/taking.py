"""Take the time of visits with everything they need, all or nothing: choose, lock, check under the lock, reserve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection, transaction

from sarangbang import rows
from sarangbang.directory.models import Institution
from sarangbang.people.models import Guest
from sarangbang.scheduling.availability import minute_of, moment_of
from sarangbang.scheduling.checking import (
    Booking,
    facts_against,
    has_too_many,
    order_against,
    rules_against,
    seat_question,
)
from sarangbang.scheduling.models import Appointment, Override, Reservation, Resource
from sarangbang.scheduling.outlook import Chair, Outlook, pools_for
from sarangbang.scheduling.prepared import Question, ask
from sarangbang.scheduling.refusals import Conflict, NotBookable, Overriding, Taken, check
from sarangbang.scheduling.reminders import leads_question
from sarangbang.scheduling.rosters import Member, Pool, rules_question
from sarangbang.scheduling.rules import Rules

from .reserving import Taking, Wanted, end_expired_holds, locking, write

ATTEMPTS = 5
"""So often another member of a pool is tried when somebody was quicker."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the time is taken: by whom, held or booked, for whom, in place of what, against which rules; whether its rows
    wait for the end of the caller's ``rows.together`` (``reserving.write``)."""

    actor: str
    status: str = Reservation.Status.BOOKED
    hold_minutes: int | None = None
    guest: Guest | None = None
    instead_of: Appointment | None = None
    override: Overriding | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Visits:
    """What is to be taken together, with the rules, times of reminders and pools that hold for it. All of one party,
    with the same pools along."""

    bookings: Sequence[Booking]
    seated: Sequence[Chair]
    rules: dict[int, Rules]
    leads: dict[int, list[int]]
    pools: dict[int, list[Pool]]
    may_meet_late_holds: bool

    @classmethod
    def of(cls, bookings: Sequence[Booking]) -> Visits:
        """Raises ``NotBookable`` for what is so whatever the rules."""
        offerings = {booking.offering.pk: booking.offering for booking in bookings}
        told = ask(
            rules_question(list(offerings.values())), leads_question(list(offerings)), *map(seat_question, bookings)
        )
        rules, leads, *seats = (answer for (answer,) in told)
        for booking, seat in zip(bookings, seats, strict=True):
            check(facts_against(booking, seat))
        first, needs_more = bookings[0], any(seat.needs_more for seat in seats)
        pools = pools_for(offerings, first.along, first.party) if needs_more or first.along else {}
        beside = {pk: [*pools.get(pk, ()), *first.company] for pk in offerings}
        return cls(
            bookings,
            [seat.chair for seat in seats if seat.chair is not None],
            rules,
            leads,
            beside,
            any(beside.values()) or any(seat.has_late_holds for seat in seats),
        )

    @property
    def in_the_way(self) -> list[Wanted]:
        """All time that may be taken, of whomever."""
        wanted = []
        for booking, chair in zip(self.bookings, self.seated, strict=True):
            rules = self.rules[booking.offering.pk]
            claim = (
                booking.starts_at - dt.timedelta(minutes=rules.buffer_before),
                booking.ends_at + dt.timedelta(minutes=rules.buffer_after),
            )
            members = [member for pool in self.pools[booking.offering.pk] for member in pool.members]
            wanted += [Wanted(_resource(member), *claim) for member in (chair.member, *members)]
        return wanted

    @property
    def has_pools(self) -> bool:
        return any(self.pools.values())

    def look(self, only: set[int] | None = None, lock: Question | None = None) -> Outlook:
        """An outlook that covers all of them; with ``only``, of no other members of the pools; after ``lock``."""
        start = min(booking.starts_at for booking in self.bookings)
        end = max(booking.ends_at for booking in self.bookings)
        pools = (
            self.pools if only is None else {pk: [_only(pool, only) for pool in self.pools[pk]] for pk in self.pools}
        )
        return Outlook.load(
            self.seated, start, end, party=self.bookings[0].party, rules=self.rules, pools=pools, lock=lock
        )


def _only(pool: Pool, those: set[int]) -> Pool:
    return replace(pool, members=tuple(member for member in pool.members if member.resource_id in those))


def _resource(member: Member) -> Resource:
    return rows.new(Resource, id=member.resource_id, seats=member.seats)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One visit with what was chosen for it, the rules that are set aside, and the time it claims (minutes)."""

    booking: Booking
    chair: Chair
    beside: Sequence[tuple[Member, int]]
    conflicts: Sequence[Conflict]
    claim: tuple[int, int]


@transaction.atomic(savepoint=False)
def take(visits: Visits, terms: Terms) -> list[Reservation]:
    """Reserve these visits together, all or none. Raises ``NotBookable`` or ``Taken``, with which the caller's
    transaction (or savepoint) has to end; then nothing has changed."""
    if visits.may_meet_late_holds:
        end_expired_holds(visits.in_the_way)
    if not visits.has_pools or not connection.features.has_select_for_update:
        return _take(visits, terms, only=None)
    for _ in range(ATTEMPTS):
        chosen = {member.resource_id for plan in _plans(visits, terms, visits.look()) for member, _ in plan.beside}
        try:
            with transaction.atomic():
                return _take(visits, terms, only=chosen)
        except NotBookable as refusal:  # somebody was quicker: look again, and another member is chosen
            if refusal.code not in ("no_room", "no_companion"):
                raise
    raise Taken


def _take(visits: Visits, terms: Terms, *, only: set[int] | None) -> list[Reservation]:
    locked = {chair.resource_id for chair in visits.seated} | (only or set())
    plans = _plans(visits, terms, visits.look(only, lock=locking(locked)))
    against = _person_against(visits, terms)
    check(against, override=terms.override)
    reservations = write([_taking(plan, terms) for plan in plans], actor=terms.actor, locked=locked, waits=terms.waits)
    if terms.override is not None:
        Override.objects.bulk_create(
            Override(reservation=reservation, rule=rule, reason=terms.override.reason[:300], actor=terms.override.actor)
            for reservation, plan in zip(reservations, plans, strict=True)
            for rule in dict.fromkeys(each.code for each in (*plan.conflicts, *against))
        )
    return reservations


def _plans(visits: Visits, terms: Terms, look: Outlook) -> list[_Plan]:
    """Choose what goes with each visit. Raises ``NotBookable`` or ``Taken`` for what is not set aside."""
    plans = []
    minutes = [minute_of(booking.starts_at) for booking in visits.bookings]
    shared = look.shared_out(list(zip(visits.seated, minutes, strict=True)))
    for booking, chair, minute, company in zip(visits.bookings, visits.seated, minutes, shared, strict=True):
        conflicts = rules_against(booking, chair, look)
        if terms.instead_of is not None:
            conflicts += order_against(terms.instead_of, booking)
        check(conflicts, override=terms.override)
        codes = {each.code for each in conflicts}
        beside = company or look.beside(chair, minute, partly=bool(codes & {"no_room", "no_companion"})) or []
        # Where a buffer is set aside only the visit itself is claimed.
        claim = (minute, minute + chair.minutes) if "buffer" in codes else look.claim(chair, minute)
        look.assume(chair, minute, claim, beside)
        plans.append(_Plan(booking, chair, beside, conflicts, claim))
    return plans


def _person_against(visits: Visits, terms: Terms) -> list[Conflict]:
    if terms.guest is None:
        return []
    offering = visits.bookings[0].offering
    return person_against(terms.guest, offering.institution_id, visits.rules[offering.pk], but=terms.instead_of)


def person_against(
    guest: Guest, institution_id: UUID, rules: Rules, *, but: Appointment | None = None
) -> list[Conflict]:
    """The limit per person. Of two who book at once for the same person the second waits at the institution's row."""
    if rules.open_per_person is None:
        return []
    list(Institution.objects.select_for_update(no_key=True).filter(pk=institution_id).values_list("pk"))
    mine = [] if but is None else [but.pk]
    if but is not None and but.series_id is not None:
        mine += Appointment.objects.filter(series=but.series_id).values_list("pk", flat=True)
    return [Conflict("too_many", rules)] if has_too_many(guest, institution_id, rules, but=mine) else []


def _taking(plan: _Plan, terms: Terms) -> Taking:
    starts_at, ends_at = map(moment_of, plan.claim)
    if not plan.booking.is_on_the_minute:
        starts_at = min(starts_at, plan.booking.starts_at)
        ends_at = max(ends_at, plan.booking.ends_at)
    wanted = [
        Wanted(_resource(member), starts_at, ends_at, plan.chair.place_id, seats)
        for member, seats in ((plan.chair.member, plan.booking.party), *plan.beside)
    ]
    return Taking(wanted, plan.booking.starts_at, plan.booking.ends_at, terms.status, terms.hold_minutes)
