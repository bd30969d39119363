"""Visits that follow each other: consultation, operation at least a day later, check some days after that.

``keeps_order`` says whether visits keep the days between them; ``free_series`` finds times for all of them in one
search, the earliest end first.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from sarangbang.directory.models import Offering

from .availability import DAY_MINUTES, local_day, minute_of
from .free import FreeTime, free_time
from .models import PathwayStep
from .outlook import Chair, Outlook, chairs

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


def free_series(
    offerings: Sequence[Offering],
    start: dt.datetime,
    end: dt.datetime,
    *,
    limit: int = 3,
    practitioner_id: UUID | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
) -> list[FreeSeries]:
    """Times for all visits of a pathway between two instants (arrival and departure), over these offerings, those that
    end earliest first, in a constant number of queries. The caller passes offerings of institutions that may receive.

    ``practitioner_id`` is who sees the guest first. An offering without steps is one visit.
    """
    if start >= end:
        return []
    steps: dict[int, list[PathwayStep]] = defaultdict(list)
    for step in PathwayStep.objects.filter(offering__in=offerings).order_by("offering", "position"):
        steps[step.offering_id].append(step)
    seated = chairs(offerings)
    look = Outlook.load(seated, start, end, along=along, party=party)
    by_offering: dict[int, list[Chair]] = defaultdict(list)
    for chair in seated:
        by_offering[chair.offering.pk].append(chair)
    found: list[FreeSeries] = []
    for pk, those in by_offering.items():
        found += _first_series(those, steps[pk], look, practitioner_id, limit)
    found.sort(key=lambda series: (series.ends_at, series.starts_at, series.offering_id))
    return found[:limit]


LOOK_AHEAD = (10, 40)
"""So many days beyond the shortest pathway are looked at before the whole window is."""


def _first_series(
    seated: Sequence[Chair], steps: Sequence[PathwayStep], look: Outlook, first: UUID | None, limit: int
) -> list[FreeSeries]:
    """What ends first is found in a short window, if enough is found there: nothing that ends later comes before it."""
    since, until = look.window
    shortest = sum(step.days_after_low for step in steps)
    for days in LOOK_AHEAD:
        near = since + (shortest + days) * DAY_MINUTES
        if near < until:
            found = list(_series_of(seated, steps, replace(look, window=(since, near)), first, limit))
            if len(found) == limit:
                return found
    return list(_series_of(seated, steps, look, first, limit))


def _series_of(
    seated: Sequence[Chair], steps: Sequence[PathwayStep], look: Outlook, first: UUID | None, limit: int
) -> Iterator[FreeSeries]:
    openings = {chair.resource_id: look.opening(chair) for chair in seated}

    def free(step: PathwayStep | None) -> Iterator[_Node]:
        """Free times of one step in order of time."""
        for chair in seated:
            sized = chair if step is None else replace(chair, minutes=step.visit_minutes, step_id=step.pk)
            for minute in look.starts(sized, openings[chair.resource_id]):
                yield _Node(minute, minute + sized.minutes, local_day(minute, chair.zone).toordinal(), sized)

    firsts = [node for node in free(steps[0] if steps else None) if first in (None, node.chair.practitioner_id)]
    reached = sorted(firsts, key=_Node.order)
    for step in steps[1:]:
        reached = _after(reached, sorted(free(step), key=_Node.order), step)
    ends: set[int] = set()
    for node in sorted(reached, key=lambda node: (node.end, node.minute)):
        if len(ends) == limit:
            return
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
