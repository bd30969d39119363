"""Everything that is known of a window for those who can take a visit, and what is free of it.

An ``Outlook`` is loaded in a constant number of queries; ``starts`` and ``stands_against`` then ask no database.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from sarangbang.directory.models import Offering, PractitionerRole

from .availability import Span, free_starts, local_day, merged, minute_of, open_spans
from .models import Appointment
from .occupancy import Busy, Way, away_at, blocked, covers, meets, one_of_each
from .prepared import Question
from .public_holidays import with_declared
from .rosters import (
    Member,
    Offered,
    Pool,
    Roster,
    busy_allocations,
    companions,
    days_around,
    requirements,
    rules_for,
    surroundings,
    ways,
)
from .rules import Rules
from .sharing import TooMany, shared_out

MARGIN = dt.timedelta(hours=8)
"""So far outside of a window busy time is looked at: the longest buffers and ways."""


@dataclass(frozen=True, slots=True)
class Chair:
    """One practitioner's resource at the place of an offering. ``minutes`` is the length of the visit."""

    offering: Offering | Offered
    practitioner_id: UUID
    resource_id: int
    seats: int
    place_id: int
    zone: str
    minutes: int
    step_id: int | None = None

    @property
    def member(self) -> Member:
        return Member(self.resource_id, self.seats, moves=True, has_hours=True)


def chairs(offerings: Sequence[Offering], practitioner_id: UUID | None = None) -> list[Chair]:
    """Who can take a first visit for which offering: the department's practitioners at that institution."""
    roles = PractitionerRole.objects.filter(
        institution__in={offering.institution_id for offering in offerings},
        department__in={offering.department_id for offering in offerings},
        is_active=True,
        practitioner__resource__isnull=False,
    )
    if practitioner_id is not None:
        roles = roles.filter(practitioner=practitioner_id)
    rows: Iterable[tuple[Any, ...]] = roles.order_by("practitioner_id").values_list(
        "institution_id", "department_id", "practitioner_id", "practitioner__resource",
        "practitioner__resource__seats", "institution__place_id", "institution__place__zone",
    )  # fmt: skip
    by_room = defaultdict(list)
    for institution, department, *person in rows:
        by_room[institution, department].append(person)
    return [
        Chair(offering, practitioner, resource, seats, place, zone, offering.visit_minutes)
        for offering in offerings
        for practitioner, resource, seats, place, zone in by_room[offering.institution_id, offering.department_id]
    ]


@dataclass(slots=True)
class Outlook:
    """Rosters, closures, holidays, rules and pools around a window (minutes)."""

    window: Span
    now: dt.datetime
    party: int
    rules: dict[int, Rules]
    pools: dict[int, list[Pool]]
    rosters: dict[int, Roster]
    closures: dict[int, list[Span]]
    is_holiday: Callable[[dt.date], bool]
    way: Way
    visits: Counter[tuple[UUID, object, dt.date]] = field(default_factory=Counter)
    _blocked: dict[tuple[int, int, int], list[Span]] = field(default_factory=dict)
    _hours: dict[int, list[Span]] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        seated: Sequence[Chair],
        start: dt.datetime,
        end: dt.datetime,
        *,
        along: Sequence[Sequence[int]] = (),
        party: int = 1,
        ignoring: UUID | None = None,
        rules: dict[int, Rules] | None = None,
        pools: dict[int, list[Pool]] | None = None,
        is_holiday: Callable[[dt.date], bool] | None = None,
        shut: dict[int, list[Span]] | None = None,
        hours: bool = True,
        lock: Question | None = None,
    ) -> Outlook:
        """Look at a window for these chairs. Rules, pools, holidays and closures known already are not asked for again;
        without ``hours`` neither are those of the chairs, because the caller has their openings. Rosters and busy time
        are read after ``lock``."""
        offerings = {chair.offering.pk: chair.offering for chair in seated}
        if rules is None:
            rules = rules_for(offerings.values())
        if pools is None:
            pools = pools_for(offerings, along, party)
        members = {member.resource_id for pk in offerings for pool in pools[pk] for member in pool.members}
        resource_ids = members | {chair.resource_id for chair in seated}
        places = {chair.place_id for chair in seated}
        since, until = start - MARGIN, end + MARGIN
        known, closed, declared = surroundings(
            resource_ids,
            places if shut is None else (),
            since,
            until,
            ignoring=ignoring,
            hours_of=None if hours else members,
            holidays=days_around(start, end) if is_holiday is None else None,
            lock=lock,
        )
        elsewhere = {busy.place for roster in known.values() for busy in roster.busy if busy.place is not None}
        look = cls(
            window=(minute_of(start + dt.timedelta(seconds=59)), minute_of(end)),
            now=timezone.now(),
            party=party,
            rules=rules,
            pools=pools,
            rosters=known,
            closures=closed if shut is None else shut,
            is_holiday=is_holiday or with_declared(declared),
            way=ways(places | elsewhere),
        )
        if any(rules[pk].per_day is not None for pk in offerings):
            look.visits = _visits({chair.resource_id for chair in seated}, start, end, ignoring)
        return look

    def opening(self, chair: Chair) -> list[Span]:
        """When the practitioner receives at the place of the chair."""
        roster = self.rosters[chair.resource_id]
        return open_spans(roster.hours[chair.place_id], roster.extras[chair.place_id], self.window, self.is_holiday)

    def starts(self, chair: Chair, opening: Iterable[Span] | None = None) -> Iterator[int]:
        """The minutes at which a visit can be booked now, in order."""
        rules = self.rules[chair.offering.pk]
        since, until = self.bookable(rules)
        found = free_starts(
            self.opening(chair) if opening is None else opening,
            self.blocked(chair.member, chair.place_id, self.party),
            (max(self.window[0], since), min(self.window[1], until)),
            length=chair.minutes,
            step=rules.step_minutes,
            before=rules.buffer_before,
            after=rules.buffer_after,
        )
        for minute in found:
            if not self.is_full(chair, minute) and self.beside(chair, minute) is not None:
                yield minute

    def bookable(self, rules: Rules) -> Span:
        """After the notice, before the horizon."""
        return minute_of(self.now + rules.notice + dt.timedelta(seconds=59)), minute_of(self.now + rules.horizon)

    def claim(self, chair: Chair, minute: int) -> Span:
        """The time that a visit takes, with its buffers."""
        rules = self.rules[chair.offering.pk]
        return minute - rules.buffer_before, minute + chair.minutes + rules.buffer_after

    def is_full(self, chair: Chair, minute: int) -> bool:
        """Whether the practitioner takes no more visits on that day."""
        rules = self.rules[chair.offering.pk]
        if rules.per_day is None:
            return False
        scope = chair.offering.pk if rules.per_day_of_offering else chair.offering.institution_id
        return self.visits[chair.practitioner_id, scope, local_day(minute, chair.zone)] >= rules.per_day

    def beside(self, chair: Chair, minute: int, *, partly: bool = False) -> list[tuple[Member, int]] | None:
        """Who and what else goes with the visit: a different member of each pool, and how many seats of it. None when
        there are not enough of them; with ``partly``, those of the pools that have one."""
        pools = self.pools_of(chair)
        if not pools:
            return []
        free = [(pool, self.free_in(pool, chair, minute)) for pool in pools]
        if partly:
            free = [(pool, members) for pool, members in free if members]
        chosen = one_of_each([list(members) for _, members in free])
        while chosen is None and partly:  # the last one is wanted twice
            free.pop()
            chosen = one_of_each([list(members) for _, members in free])
        if chosen is None:
            return None
        return [(members[pk], pool.seats) for pk, (pool, members) in zip(chosen, free, strict=True)]

    def shared_out(self, visits: Sequence[tuple[Chair, int]]) -> list[list[tuple[Member, int]]]:
        """What goes ``beside`` each of several visits (chair, minute), so that all have enough where there is a way;
        where there is none or nothing is shared, nothing for any."""
        found: list[list[tuple[Member, int]]] = [[] for _ in visits]
        wanting = [(at, pool) for at in range(len(visits)) for pool in self.pools_of(visits[at][0])]
        if len(visits) == 1 or not wanting:
            return found
        spans = [Busy(*self.claim(*visit)).ticks for visit in visits]
        seated = [(chair.resource_id, span) for (chair, _), span in zip(visits, spans, strict=True)]

        def is_seated(pk: int, at: int) -> bool:  # with somebody else of these, at that time
            return any(pk == who and span[0] < spans[at][1] and spans[at][0] < span[1] for who, span in seated)

        free = [
            {pk: member for pk, member in self.free_in(pool, *visits[at]).items() if not is_seated(pk, at)}
            for at, pool in wanting
        ]
        copies = [
            list(self._several_of(pool, members.values(), *visits[at], most=len(wanting)))
            for (at, pool), members in zip(wanting, free, strict=True)
        ]
        try:
            chosen = shared_out([spans[at] for at, _pool in wanting], copies)
        except TooMany:
            return found
        for (at, pool), members, (pk, _copy) in zip(wanting, free, chosen or (), strict=False):
            found[at].append((members[pk], pool.seats))
        is_different = all(len({member for member, _seats in each}) == len(each) for each in found)
        return found if is_different else [[] for _ in visits]

    def _several_of(
        self, pool: Pool, members: Iterable[Member], chair: Chair, minute: int, *, most: int
    ) -> Iterator[tuple[int, int]]:
        """Each of these members as often as it has the seats that the pool asks for."""
        span = self.claim(chair, minute)
        for member in members:
            for copy in range(min(most, member.seats // pool.seats)):
                if copy and meets(self.blocked(member, chair.place_id, (copy + 1) * pool.seats), *span):
                    break
                yield member.resource_id, copy

    def pools_of(self, chair: Chair) -> list[Pool]:
        """What a visit of this practitioner needs beside them."""
        return [pool for pool in self.pools.get(chair.offering.pk, ()) if chair.resource_id not in pool.without]

    def free_in(self, pool: Pool, chair: Chair, minute: int) -> dict[int, Member]:
        """The members of a pool that could go with a visit, by key, in the order of the pool."""
        start, end = self.claim(chair, minute)
        return {
            member.resource_id: member
            for member in pool.members
            if member.resource_id != chair.resource_id
            and self.is_there(member, chair, minute)
            and not meets(self.blocked(member, chair.place_id, pool.seats), start, end)
        }

    def missing(self, chair: Chair, minute: int) -> list[str]:
        """The codes of the pools that have nobody for a visit."""
        pools = self.pools_of(chair)
        empty = [pool.code for pool in pools if not self.free_in(pool, chair, minute)]
        if not empty and pools and self.beside(chair, minute) is None:  # the last one is wanted twice
            empty = [pools[-1].code]
        return list(dict.fromkeys(empty))

    def assume(self, chair: Chair, minute: int, claim: Span, beside: Iterable[tuple[Member, int]]) -> None:
        """Go on as if a visit were booked, so that the next one of the same wish does not want the same."""
        for member, seats in ((chair.member, self.party), *beside):
            self.rosters[member.resource_id].busy += [Busy(*claim, chair.place_id)] * seats
            self._blocked = {key: spans for key, spans in self._blocked.items() if key[0] != member.resource_id}
        day = local_day(minute, chair.zone)
        for scope in (chair.offering.pk, chair.offering.institution_id):
            self.visits[chair.practitioner_id, scope, day] += 1

    def is_there(self, member: Member, chair: Chair, minute: int) -> bool:
        """Whether the visit lies in the hours of a member of a pool; at which place they are kept does not matter."""
        if member.term is not None and not covers([member.term], minute, minute + chair.minutes):
            return False
        if not member.has_hours:
            return True
        pk = member.resource_id
        if pk not in self._hours:
            roster = self.rosters[pk]
            wide = (self.window[0] - 24 * 60, self.window[1] + 24 * 60)
            self._hours[pk] = merged(
                span
                for place in {*roster.hours, *roster.extras}
                for span in open_spans(roster.hours[place], roster.extras[place], wide, self.is_holiday)
            )
        return covers(self._hours[pk], minute, minute + chair.minutes)

    def blocked(self, member: Member, place: int, wanted: int) -> list[Span]:
        """When so many seats of a resource cannot be had at a place, merged."""
        key = (member.resource_id, place, wanted)
        if key not in self._blocked:
            roster = self.rosters[member.resource_id]
            self._blocked[key] = blocked(
                roster.busy,
                [*roster.leave, *self.closures.get(place, ())],
                seats=member.seats,
                wanted=wanted,
                place=place if member.moves else None,
                way=self.way,
            )
        return self._blocked[key]

    def stands_against(self, chair: Chair, minute: int) -> list[str]:
        """The codes of everything that stands against a visit at that minute, in the order in which it is said."""
        rules, roster, place = self.rules[chair.offering.pk], self.rosters[chair.resource_id], chair.place_id
        since, until = self.bookable(rules)
        end = minute + chair.minutes
        claim = self.claim(chair, minute)
        seats = [each for each in roster.busy if each.place in (None, place)]
        taken = blocked(seats, (), seats=chair.seats, wanted=self.party)
        away = merged([*roster.leave, *self.closures.get(place, ())])
        travelling = merged(away_at(roster.busy, place, self.way))
        is_taken = meets(taken, minute, end) or any(
            meets([busy.ticks], minute, end) for busy in roster.busy if busy.place not in (None, place)
        )
        checks = (
            ("too_soon", minute < since),
            ("too_far", end > until),
            ("taken", is_taken),
            ("on_leave", meets(merged(roster.leave), minute, end)),
            ("closed", meets(self.closures.get(place, []), minute, end)),
            (self._hours_against(chair, minute), True),
            ("travel", not is_taken and meets(travelling, *claim)),
            ("buffer", any(meets(each, *claim) and not meets(each, minute, end) for each in (taken, away))),
            ("full_day", self.is_full(chair, minute)),
        )
        return [code for code, holds in checks if holds and code] + self.missing(chair, minute)

    def _hours_against(self, chair: Chair, minute: int) -> str:
        rules, roster = self.rules[chair.offering.pk], self.rosters[chair.resource_id]

        def fits(opening: Iterable[Span]) -> bool:
            return any(
                opens <= minute and minute + chair.minutes <= closes and (minute - opens) % rules.step_minutes == 0
                for opens, closes in opening
            )

        hours, extras = roster.hours[chair.place_id], roster.extras[chair.place_id]
        near = (minute, minute + chair.minutes)
        if fits(open_spans(hours, extras, near, self.is_holiday)):
            return ""
        return "holiday" if fits(open_spans(hours, extras, near, lambda _day: False)) else "outside_hours"


def pools_for(offerings: Iterable[int], along: Sequence[Sequence[int]], party: int) -> dict[int, list[Pool]]:
    """What each offering needs beside the practitioner: what its rows ask for, and what the caller takes along."""
    wanted = companions(along)
    needed = requirements(offerings, party)
    return {pk: [*needed.get(pk, ()), *wanted] for pk in offerings}


def _visits(
    resource_ids: Iterable[int], start: dt.datetime, end: dt.datetime, ignoring: UUID | None
) -> Counter[tuple[UUID, object, dt.date]]:
    """How many visits practitioners have on which local day, by offering and by institution."""
    day = dt.timedelta(days=1)
    taken = busy_allocations(list(resource_ids), start - day, end + day)
    if ignoring is not None:
        taken = taken.exclude(reservation=ignoring)
    rows = Appointment.objects.filter(reservation__in=taken.values("reservation")).values_list(
        "practitioner_id", "offering_id", "institution_id", "place__zone", "reservation__starts_at"
    )
    counted: Counter[tuple[UUID, object, dt.date]] = Counter()
    for practitioner, offering, institution, zone, starts_at in rows:
        on = local_day(minute_of(starts_at), zone)
        counted[practitioner, offering, on] += 1
        counted[practitioner, institution, on] += 1
    return counted
