"""Whether a guest would be understood at a time: by a practitioner who speaks their language, or by an interpreter who
is free then as the engine's pools say it (hours, leave, busy time, ways)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from sarangbang.directory.models import Offering, PractitionerLanguage
from sarangbang.scheduling.availability import Span, minute_of
from sarangbang.scheduling.calendar import SEOUL, day_span
from sarangbang.scheduling.interpreters import Speaking, interpreters_of
from sarangbang.scheduling.outlook import Chair, Outlook, chairs
from sarangbang.scheduling.rosters import Pool, companions
from sarangbang.scheduling.sharing import TooMany, shared_out

from .wishes import Time


@dataclass
class Understanding:
    """One language at one offering between two instants. What is read is read once, in a constant number of queries."""

    offering: Offering
    language: str
    start: dt.datetime
    end: dt.datetime
    gave_up: bool = field(default=False, init=False)
    """Whether there were times at which nobody knows, because there are too many ways to share out interpreters."""
    _free: dict[Time, frozenset[int]] = field(default_factory=dict, init=False)

    @property
    def is_possible(self) -> bool:
        """Whether anybody there speaks the language, or interprets it on any of these days."""
        return bool(self.speakers or self.interpreters)

    def attended(self, times: Sequence[Time]) -> bool:
        """Whether there is somebody at each of these times. One interpreter cannot be at two that overlap."""
        wanting = [each for each in times if each.practitioner_id not in self.speakers]
        free = [sorted(self.free_at(each)) for each in wanting]
        try:
            return shared_out([(each.starts_at, each.ends_at) for each in wanting], free) is not None
        except TooMany:
            self.gave_up = True
            return False

    @cached_property
    def speakers(self) -> frozenset[UUID]:
        spoken = PractitionerLanguage.objects.filter(language=self.language, practitioner__in=self._chairs)
        return frozenset(spoken.values_list("practitioner", flat=True))

    @cached_property
    def interpreters(self) -> list[Speaking]:
        first, last = (moment.astimezone(SEOUL).date() for moment in (self.start, self.end))
        return interpreters_of(self.language, self.offering.department_id, first, last)

    def free_at(self, time: Time) -> frozenset[int]:
        """Interpreters who are free for a visit, by resource."""
        key = replace(time, person=0)
        if key not in self._free:
            self._free[key] = frozenset(self._look_at(time))
        return self._free[key]

    def _look_at(self, time: Time) -> list[int]:
        seat = self._chairs.get(time.practitioner_id)
        if seat is None or not self.interpreters:
            return []
        chair = replace(seat, minutes=(time.ends_at - time.starts_at) // dt.timedelta(minutes=1))
        return list(self._look.free_in(self.pool, chair, minute_of(time.starts_at)))

    @cached_property
    def pool(self) -> Pool:
        """One of these interpreters comes along with a visit of whoever does not speak the language."""
        terms = {one.resource_id: self._minutes(one) for one in self.interpreters}
        (pool,) = companions([list(terms)])
        members = tuple(replace(member, term=terms[member.resource_id]) for member in pool.members)
        without = frozenset(self._chairs[practitioner].resource_id for practitioner in self.speakers)
        return replace(pool, members=members, without=without)

    def _minutes(self, one: Speaking) -> Span:
        """Of the days on which somebody is appointed those that matter here."""
        first = max(one.first, self.start.astimezone(SEOUL).date())
        last = min(one.last, self.end.astimezone(SEOUL).date())
        return day_span(first)[0], day_span(last)[1]

    @cached_property
    def _chairs(self) -> dict[UUID, Chair]:
        return {chair.practitioner_id: chair for chair in chairs([self.offering])}

    @cached_property
    def _look(self) -> Outlook:
        chairs = list(self._chairs.values())
        return Outlook.load(chairs, self.start, self.end, pools={self.offering.pk: [self.pool]})


def company_for(offering: Offering, language: str, times: Sequence[Time]) -> list[Pool]:
    """Of whom somebody has to come along, so that a guest is understood at these times; without a language nobody."""
    if not language:
        return []
    start, end = min(time.starts_at for time in times), max(time.ends_at for time in times)
    return [Understanding(offering, language, start, end).pool]
