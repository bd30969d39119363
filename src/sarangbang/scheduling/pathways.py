"""Visits that follow each other: consultation, operation at least a day later, check some days after that.

``keeps_order`` says whether visits keep the days between them; ``free_series`` finds times for all of them in one
search, the earliest end first, and ``series_by_day`` one for each day on which they can begin.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from sarangbang.directory.models import Offering, PractitionerLanguage

from .availability import DAY_MINUTES, Span, local_day, minute_of, moment_of
from .free import FreeTime, free_time
from .models import PathwayStep
from .outlook import Chair, Outlook, chairs
from .search import PARTS_OF_DAY

Visit = tuple[PathwayStep | None, UUID, dt.datetime, dt.datetime]
"""Step, practitioner, start and end."""


@dataclass(frozen=True, slots=True)
class FreeSeries:
    """Times for all visits of one pathway, in the order of its steps."""

    offering_id: int
    times: tuple[FreeTime, ...]

    @property
    def starts_at(self) -> dt.datetime:
        return self.times[0].starts_at

    @property
    def ends_at(self) -> dt.datetime:
        return self.times[-1].ends_at


def steps_of(offering: Offering) -> list[PathwayStep]:
    """The visits that an offering takes, in order; empty when it is one visit."""
    return list(PathwayStep.objects.filter(offering=offering).order_by("position"))


def takes_several_visits(offering: Offering) -> bool:
    """Whether a treatment there is a pathway."""
    return PathwayStep.objects.filter(offering=offering).exists()


def steps_by_offering(offerings: Iterable[Offering]) -> dict[int, list[PathwayStep]]:
    """The visits of each of these offerings that takes several, in order; those of one visit are not in it."""
    steps: dict[int, list[PathwayStep]] = defaultdict(list)
    wanted = [offering.pk for offering in offerings]
    for step in PathwayStep.objects.filter(offering__in=wanted).order_by("offering", "position"):
        steps[step.offering_id].append(step)
    return dict(steps)


def keeps_order(visits: Iterable[Visit], zone: str) -> list[str]:
    """What is broken between visits of one pathway, as codes. Where the step between two was cancelled, the fewest days
    of the later one hold, and neither its most days nor its practitioner."""
    placed = [(step, doctor, start, end) for step, doctor, start, end in visits if step is not None]
    broken = []
    for one, next_one in pairwise(sorted(placed, key=lambda visit: visit[0].position)):
        (before, doctor, _, ended_at), (step, next_doctor, starts_at, _) = one, next_one
        days = (local_day(minute_of(starts_at), zone) - local_day(minute_of(ended_at), zone)).days
        too_late = (
            step.position == before.position + 1 and step.days_after_high is not None and days > step.days_after_high
        )
        if starts_at < ended_at or days < step.days_after_low or too_late:
            broken.append("out_of_order")
        if step.same_practitioner and doctor != next_doctor and step.position == before.position + 1:
            broken.append("other_practitioner")
    return list(dict.fromkeys(broken))


@dataclass(slots=True)
class _Node:
    """A free time of one step, and the earliest time of the step before from which it can be reached."""

    minute: int
    end: int
    day: int
    chair: Chair
    before: _Node | None = None

    def order(self) -> tuple[int, UUID]:
        return self.minute, self.chair.practitioner_id


@dataclass(frozen=True, slots=True)
class Search:
    """Who can take the visits of one pathway, the visits, what is known of the window, when visits may begin, and what
    else is asked of each."""

    seated: Sequence[Chair]
    steps: Sequence[PathwayStep | None]
    look: Outlook
    part_of_day: str = "any"
    asked: Callable[[FreeTime], bool] | None = None

    def times(self) -> Iterator[tuple[PathwayStep | None, list[_Node]]]:
        """The free times of each step, in order of time."""
        openings = {chair.resource_id: self.look.opening(chair) for chair in self.seated}
        for step in self.steps:
            found = []
            for chair in self.seated:
                sized = chair if step is None else replace(chair, minutes=step.visit_minutes, step_id=step.pk)
                for minute in self.look.starts(sized, openings[chair.resource_id]):
                    if self.suits(minute, sized):
                        day = local_day(minute, chair.zone).toordinal()
                        found.append(_Node(minute, minute + sized.minutes, day, sized))
            found.sort(key=_Node.order)
            yield step, found

    def suits(self, minute: int, chair: Chair) -> bool:
        """Whether a visit may begin at this minute of the day."""
        if self.part_of_day != "any":
            opens, closes = PARTS_OF_DAY[self.part_of_day]
            if not opens <= moment_of(minute).astimezone(ZoneInfo(chair.zone)).time() < closes:
                return False
        return self.asked is None or self.asked(free_time(chair, minute))

    def within(self, window: Span) -> Search:
        return replace(self, look=replace(self.look, window=window))

    def between(self, start: dt.datetime, end: dt.datetime) -> Search:
        """The part of it that lies between two instants."""
        since, until = self.look.window
        return self.within((max(since, minute_of(start)), min(until, minute_of(end))))


def _searches(
    offerings: Sequence[Offering],
    start: dt.datetime,
    end: dt.datetime,
    *,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
    language: str = "",
    part_of_day: str = "any",
) -> dict[int, Search]:
    """What there is to search, by offering, in a constant number of queries."""
    steps = steps_by_offering(offerings)
    seated = chairs(offerings)
    if language:
        people = {chair.practitioner_id for chair in seated}
        speakers = PractitionerLanguage.objects.filter(language=language, practitioner__in=people)
        able = set(speakers.values_list("practitioner", flat=True))
        seated = [chair for chair in seated if chair.practitioner_id in able]
    look = Outlook.load(seated, start, end, along=along, party=party)
    by_offering: dict[int, list[Chair]] = defaultdict(list)
    for chair in seated:
        by_offering[chair.offering.pk].append(chair)
    return {pk: Search(those, steps.get(pk) or [None], look, part_of_day) for pk, those in by_offering.items()}


def free_series(
    offerings: Sequence[Offering],
    start: dt.datetime,
    end: dt.datetime,
    *,
    limit: int = 3,
    practitioner_id: UUID | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
    language: str = "",
    part_of_day: str = "any",
) -> list[FreeSeries]:
    """Times for all visits of a pathway between two instants (arrival and departure), over these offerings, those that
    end earliest first, in a constant number of queries. The caller passes offerings of institutions that may receive.

    ``practitioner_id`` is who sees the guest first; ``language`` must be spoken by everybody who sees them, and every
    visit begins in ``part_of_day`` (of ``PARTS_OF_DAY``, or "any"). An offering without steps is one visit.
    """
    if start >= end:
        return []
    searches = _searches(offerings, start, end, along=along, party=party, language=language, part_of_day=part_of_day)
    found: list[FreeSeries] = []
    for search in searches.values():
        if len(found) == limit:  # what ends later than all of these is of no use
            since, until = search.look.window
            search = search.within((since, min(until, minute_of(found[-1].ends_at))))
        found += _first_series(search, practitioner_id, limit)
        found = sorted(found, key=lambda series: (series.ends_at, series.starts_at, series.offering_id))[:limit]
    return found


def first_series(
    offerings: Sequence[Offering], start: dt.datetime, end: dt.datetime, *, language: str = "", part_of_day: str = "any"
) -> dict[int, FreeSeries]:
    """Of each offering the times for all its visits that end first; an offering that has none is not in it. As
    ``free_series``; ``language`` must be spoken by whoever sees the guest, ``part_of_day`` is of ``PARTS_OF_DAY``."""
    if start >= end or not offerings:
        return {}
    searches = _searches(offerings, start, end, language=language, part_of_day=part_of_day)
    found = {pk: _first_series(search, None, 1) for pk, search in searches.items()}
    return {pk: series[0] for pk, series in found.items() if series}


def series_by_day(
    offering: Offering,
    start: dt.datetime,
    end: dt.datetime,
    *,
    limit: int = 6,
    language: str = "",
    part_of_day: str = "any",
) -> list[FreeSeries]:
    """For each day on which the visits of a pathway can begin, the times that end first; the first ``limit`` days. So
    a reader has whole proposals that differ. Parameters as ``first_series``."""
    if start >= end:
        return []
    searches = _searches([offering], start, end, language=language, part_of_day=part_of_day)
    return [series for search in searches.values() for series in islice(_by_day(search), limit)]


def _by_day(search: Search) -> Iterator[FreeSeries]:
    """The times of each step are looked for once, and joined anew for each first day."""
    (_first, firsts), *later = search.times()
    for _day, nodes in groupby(firsts, key=lambda node: node.day):
        best = next(_ending_first(list(nodes), later), None)
        if best is not None:
            yield best


def search_of(offering: Offering, start: dt.datetime, end: dt.datetime) -> Search | None:
    """What there is to search for an offering between two instants, to be asked several times with ``every_series``.
    The caller passes an offering of an institution that may receive; None when nobody takes it."""
    return _searches([offering], start, end).get(offering.pk) if start < end else None


def every_series(
    search: Search | None,
    start: dt.datetime,
    end: dt.datetime,
    *,
    suits: Callable[[FreeTime], bool],
    practitioner_id: UUID | None = None,
    each_day: int | None = None,
) -> Iterator[FreeSeries]:
    """The times for all visits between two instants, each of which suits: by the day on which they begin, of one day
    those that end first, at most ``each_day`` of them. ``practitioner_id`` is who sees the guest first."""
    if search is None:
        return
    (_first, found), *later = replace(search.between(start, end), asked=suits).times()
    firsts = [node for node in found if practitioner_id in (None, node.chair.practitioner_id)]
    if next(_ending_first(firsts, later), None) is None:  # said at once, not day by day
        return
    for _day, nodes in groupby(firsts, key=lambda node: node.day):
        yield from islice(_ending_first(list(nodes), later), each_day)


def times_of_each(
    search: Search | None, start: dt.datetime, end: dt.datetime, *, suits: Callable[[FreeTime], bool]
) -> list[tuple[PathwayStep, list[FreeTime]]]:
    """The free times of each visit between two instants that suit, in the order of (start, practitioner)."""
    if search is None:
        return []
    found = replace(search.between(start, end), asked=suits).times()
    return [(step, [free_time(each.chair, each.minute) for each in times]) for step, times in found if step is not None]


LOOK_AHEAD = (3, 10, 40)
"""So many days beyond the shortest pathway are looked at before the whole window is."""


def _first_series(search: Search, first: UUID | None, limit: int) -> list[FreeSeries]:
    """What ends first is found in a short window, if enough is found there: nothing that ends later comes before it."""
    since, until = search.look.window
    shortest = sum(step.days_after_low for step in search.steps if step is not None)
    for days in LOOK_AHEAD:
        near = since + (shortest + days) * DAY_MINUTES
        if near < until:
            found = list(islice(_series_of(search.within((since, near)), first), limit))
            if len(found) == limit:
                return found
    return list(islice(_series_of(search, first), limit))


def _series_of(search: Search, first: UUID | None) -> Iterator[FreeSeries]:
    (_first, firsts), *later = search.times()
    return _ending_first([node for node in firsts if first in (None, node.chair.practitioner_id)], later)


def _ending_first(
    firsts: Sequence[_Node], later: Iterable[tuple[PathwayStep | None, list[_Node]]]
) -> Iterator[FreeSeries]:
    """What begins with one of these times, by its end; of several that end at the same minute the first."""
    reached = firsts
    for step, times in later:
        if step is not None:
            reached = _after(reached, times, step)
    ends: set[int] = set()
    for node in sorted(reached, key=lambda node: (node.end, node.minute)):
        if node.end not in ends:
            ends.add(node.end)
            yield _told(node)


def _after(reached: Sequence[_Node], times: Iterable[_Node], step: PathwayStep) -> list[_Node]:
    """Which times of a step follow one of those that were reached before it; each with the earliest of them."""
    groups: dict[UUID | None, list[_Node]] = defaultdict(list)
    for node in reached:
        groups[node.chair.practitioner_id if step.same_practitioner else None].append(node)
    days = {who: [node.day for node in nodes] for who, nodes in groups.items()}
    result = []
    for time in times:
        who = time.chair.practitioner_id if step.same_practitioner else None
        nodes = groups.get(who)
        if not nodes:
            continue
        at = 0 if step.days_after_high is None else bisect_left(days[who], time.day - step.days_after_high)
        # Those before are in order of time, so the earliest that is not too early is the first to ask.
        if at < len(nodes) and nodes[at].day <= time.day - step.days_after_low and nodes[at].end <= time.minute:
            time.before = nodes[at]
            result.append(time)
    return result


def _told(last: _Node) -> FreeSeries:
    nodes = [last]
    while nodes[-1].before is not None:
        nodes.append(nodes[-1].before)
    nodes.reverse()
    return FreeSeries(last.chair.offering.pk, tuple(free_time(node.chair, node.minute) for node in nodes))
