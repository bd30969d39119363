"""The first free times in the whole district: who is free for a procedure, best first.

Few candidates are looked at together, some days at a time. Many are not looked at at all until their turn comes: a day
of the district is a handful of opening hours; the rules that open at one hour are a ``_Stream`` in the order of their
resources, read in small parts, the one that can have the earliest time first, and only as far as the page needs. So
the first page costs about the same however many practitioners, days and bookings there are. Hours that pass midnight
are streams of their own, for they reach into the next day.

Times come in the order of (start, resource, offering). One is certain when no stream can still have an earlier one.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from django.core import signing
from django.utils import timezone

from .availability import DAY, Span, local_day, minute_of, moment_of, on_the_clock
from .candidates import Candidates, Opening
from .free import FreeTime, free_time
from .outlook import MARGIN, Chair, Outlook
from .public_holidays import with_declared
from .rosters import companions, days_around, surroundings

FEW = 60
"""So many candidates are looked at together."""
BLOCKS = (4, 12, 40, 120)
"""So many days at a time."""
FIRST_PART, LARGEST_PART = 48, 768
"""How many rules of a stream are read at first; the parts double when much is taken."""
LONGEST = dt.timedelta(days=400)
ALMOST_A_MINUTE = dt.timedelta(minutes=1, microseconds=-1)
MOST = 200

PARTS_OF_DAY = {
    "any": (dt.time(0), dt.time(23, 59, 59)),
    "morning": (dt.time(0), dt.time(12)),
    "afternoon": (dt.time(12), dt.time(17)),
    "evening": (dt.time(17), dt.time(23, 59, 59)),
}
"""Local to the place; a visit belongs to the part in which it begins."""

Key = tuple[int, int, int]
"""Start, resource, offering: the order of all times."""


class BadCursor(Exception):
    """The cursor is not one that a page of this search gave."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: a procedure, perhaps only at some institutions, by a practitioner who speaks a language,
    between two instants, in a part of the local day. ``along`` and ``party`` as in ``free_times``."""

    procedure_id: int
    start: dt.datetime
    end: dt.datetime
    institution_ids: Sequence[UUID] | None = None
    language: str = ""
    along: Sequence[Sequence[int]] = ()
    part_of_day: str = "any"
    party: int = 1

    @property
    def signer(self) -> signing.Signer:
        """Signs the cursors of this search, whichever window and page of it is asked for."""
        at = "" if self.institution_ids is None else ",".join(sorted(map(str, self.institution_ids)))
        asked = (self.procedure_id, at, self.language, self.part_of_day, self.party)
        return signing.Signer(sep=".", salt=f"scheduling.search {asked}")


@dataclass(frozen=True, slots=True)
class Page:
    """Free times in order; ``cursor`` leads on, empty when there are no more."""

    times: list[FreeTime]
    cursor: str


def first_free(wish: Wish, *, limit: int = 20, after: str = "") -> Page:
    """The earliest free times for a wish; with the cursor of a page, those that follow it.

    Raises ``BadCursor``, and ``KeyError`` for a part of the day that is none.
    """
    limit = max(1, min(limit, MOST))
    search = _Search(wish, _key(wish, after))
    found: list[tuple[Key, FreeTime]] = []
    for key, time in search.times():
        if len(found) == limit:
            return Page([each for _, each in found], wish.signer.sign(".".join(map(str, found[-1][0]))))
        found.append((key, time))
    return Page([each for _, each in found], "")


def _key(wish: Wish, cursor: str) -> Key | None:
    if not cursor:
        return None
    try:
        start, resource, offering = map(int, wish.signer.unsign(cursor).split("."))
    except signing.BadSignature:
        raise BadCursor from None
    return start, resource, offering


@dataclass(order=True, slots=True)
class _Stream:
    """The rules that open at one hour of one local day, those that pass midnight or those that do not. ``least`` is the
    earliest start that it can still have, and the resource from which it goes on; the pseudo-stream without ``zone``
    opens the next day."""

    least: tuple[int, int]
    day: int
    zone: str
    starts: dt.time
    is_night: bool = False
    many: int = FIRST_PART


Found = tuple[Key, int, Iterator[int], Chair]
"""The next time of a chair and the iterator of its later ones. The number keeps equal keys apart."""


class _Search:
    """One search: what was asked, what was read once, and the heap of what was found."""

    def __init__(self, wish: Wish, after: Key | None) -> None:
        self.wish, self.after = wish, after
        self.opens, self.closes = PARTS_OF_DAY[wish.part_of_day]
        self.candidates = Candidates(wish.procedure_id, wish.institution_ids, wish.language, wish.party, most=FEW)
        now = timezone.now()
        self.end = min(wish.end, now + LONGEST)
        soonest = max(wish.start, now + self.candidates.least_notice)
        self.start = moment_of(minute_of(soonest + ALMOST_A_MINUTE))  # visits begin on the minute
        if after is not None:
            self.start = max(self.start, moment_of(after[0]))
        self.heap: list[Found] = []
        self.count = 0

    def times(self) -> Iterator[tuple[Key, FreeTime]]:
        """All free times in order, read as they are asked for."""
        if self.start >= self.end or not self.candidates.rules:
            return
        known = self.candidates
        along = companions(self.wish.along)
        self.pools = {pk: [*known.needed.get(pk, ()), *along] for pk in known.rules}
        days = days_around(self.start, self.end)
        _, self.closures, declared = surroundings(
            (), known.by_place, self.start - MARGIN, self.end + MARGIN, holidays=days
        )
        self.is_holiday = with_declared(declared)
        last = self.after
        for key, time in self._of_few(known.few) if known.few is not None else self._of_many():
            if last is None or key > last:  # two rules of one doctor may open the same minute
                yield key, time
                last = key

    # Few candidates: some days at a time

    def _of_few(self, chairs: Sequence[Chair]) -> Iterator[tuple[Key, FreeTime]]:
        start, blocks = self.start, iter(BLOCKS)
        while chairs and start < self.end:
            end = min(self.end, start + dt.timedelta(days=next(blocks, BLOCKS[-1])))
            reach = min(self.end, end + dt.timedelta(minutes=max(chair.minutes for chair in chairs)))
            look = self._look(chairs, start, reach, hours=True)
            before = minute_of(end) if end < self.end else minute_of(self.end) + 1
            for chair in chairs:
                self._add(chair, takewhile(lambda minute, b=before: minute < b, look.starts(chair)))  # type: ignore[misc]
            yield from self._emit(None)
            start = end

    # Many candidates: streams

    def _of_many(self) -> Iterator[tuple[Key, FreeTime]]:
        zones = self.candidates.zones
        self.extras = self.candidates.extras(self.start, self.end)
        first = min(local_day(minute_of(self.start), zone) for zone in zones) - DAY  # whose nights may not be over
        streams: list[_Stream] = []
        heapq.heappush(streams, self._next_day(first, zones))
        while streams:
            yield from self._emit(streams[0].least)
            stream = heapq.heappop(streams)
            day = dt.date.fromordinal(stream.day)
            if not stream.zone:
                for opened in self._streams_of(day, zones):
                    heapq.heappush(streams, opened)
                following = self._next_day(day + DAY, zones)
                if following.least[0] < minute_of(self.end):
                    heapq.heappush(streams, following)
            elif self._read(stream, day):
                heapq.heappush(streams, stream)
        yield from self._emit(None)

    def _next_day(self, day: dt.date, zones: Iterable[str]) -> _Stream:
        midnight = min(_clock(day, dt.time.min, zone) for zone in zones)
        return _Stream((midnight, -1), day.toordinal(), "", dt.time.min)

    def _streams_of(self, day: dt.date, zones: Iterable[str]) -> Iterator[_Stream]:
        """The opening hours of a day; extra hours are read at once, for there are few."""
        known, part, is_holiday = self.candidates, (self.opens, self.closes), self.is_holiday(day)
        for zone in zones:
            window = self._window(day, zone)
            if window[0] < window[1]:
                self._take([opening for opening in self.extras if opening.chair.zone == zone], window)
                for starts in known.opening_hours(day, *part, is_holiday=is_holiday):
                    yield from self._stream(day, zone, starts, window)
            first, last = self._window(day, zone, is_night=True)
            for starts, ends in known.nights(day, *part, is_holiday=is_holiday):
                closes = max((span[1] for span in on_the_clock(day, starts, ends, zone)), default=0)
                if closes > first:
                    yield from self._stream(day, zone, starts, (first, min(last, closes)), is_night=True)

    def _stream(
        self, day: dt.date, zone: str, starts: dt.time, window: Span, *, is_night: bool = False
    ) -> Iterator[_Stream]:
        """What opens at that hour, unless it can have nothing in the window."""
        opens = _clock(day, starts, zone)
        least = min(opens + max(0, -(-(window[0] - opens) // step)) * step for step in self.candidates.steps)
        if least < window[1]:
            yield _Stream((least, -1), day.toordinal(), zone, starts, is_night)

    def _window(self, day: dt.date, zone: str, *, is_night: bool = False) -> Span:
        """The minutes of a local day, or of a night's both days, in which visits may begin."""
        first, last = (
            on_the_clock(each, self.opens, self.closes, zone) or ((0, 0),)
            for each in (day, day + DAY if is_night else day)
        )
        return max(first[0][0], minute_of(self.start)), min(last[-1][1] + 1, minute_of(self.end))

    def _read(self, stream: _Stream, day: dt.date) -> bool:
        """Read the next part of a stream; whether there is more of it."""
        window = self._window(day, stream.zone, is_night=stream.is_night)
        is_here = moment_of(window[0])
        openings = self.candidates.part(
            day,
            stream.zone,
            stream.starts,
            is_night=stream.is_night,
            after=stream.least[1],
            many=stream.many,
            until=is_here,
            is_holiday=self.is_holiday(day),
        )
        is_over = len(openings) < stream.many
        last = openings[-1].chair.resource_id if openings else 0
        if not is_over:  # the rest of the last one's rules may be in the next part
            whole = [opening for opening in openings if opening.chair.resource_id != last]
            openings = whole or openings
        if openings:
            self._take(openings, window)
            stream.least = (stream.least[0], openings[-1].chair.resource_id)
        stream.many = min(2 * stream.many, LARGEST_PART)
        return not is_over

    def _take(self, openings: Sequence[Opening], window: Span) -> None:
        """Look at what these openings have free, and put it on the heap."""
        spans = [(opening.chair, opening.spans(self.is_holiday, window)) for opening in openings]
        spans = [(chair, opened) for chair, opened in spans if opened]
        if not spans:
            return
        chairs = [chair for chair, _ in spans]
        longest = max(chair.minutes for chair in chairs)
        start, end = moment_of(window[0]), min(self.end, moment_of(window[1] + longest))
        look = self._look(chairs, start, end, hours=False)
        for chair, opened in spans:
            self._add(chair, takewhile(lambda minute: minute < window[1], look.starts(chair, opened)))

    # What both have in common

    def _look(self, chairs: Sequence[Chair], start: dt.datetime, end: dt.datetime, *, hours: bool) -> Outlook:
        return Outlook.load(
            chairs, start, end, party=self.wish.party, rules=self.candidates.rules, pools=self.pools, hours=hours,
            is_holiday=self.is_holiday, shut=self.closures,
        )  # fmt: skip

    def _add(self, chair: Chair, minutes: Iterator[int]) -> None:
        """Put the next time of a chair that is in the wished part of the day on the heap."""
        for minute in minutes:
            if self._is_in_part(minute, chair.zone):
                self.count += 1
                key = (minute, chair.resource_id, chair.offering.pk)
                heapq.heappush(self.heap, (key, self.count, minutes, chair))
                return

    def _is_in_part(self, minute: int, zone: str) -> bool:
        if self.wish.part_of_day == "any":
            return True
        day = local_day(minute, zone)
        return any(start <= minute < end for start, end in on_the_clock(day, self.opens, self.closes, zone))

    def _emit(self, least: tuple[int, int] | None) -> Iterator[tuple[Key, FreeTime]]:
        """What is certain: everything before the least that a stream can still have."""
        while self.heap and (least is None or self.heap[0][0][:2] <= least):
            key, _, minutes, chair = heapq.heappop(self.heap)
            self._add(chair, minutes)
            yield key, free_time(chair, key[0])


def _clock(day: dt.date, clock: dt.time, zone: str) -> int:
    """The minute at which the wall clock reads a time, or would."""
    spans = on_the_clock(day, clock, dt.time(23, 59, 59), zone)
    return spans[0][0] if spans else on_the_clock(day, dt.time.min, dt.time(23, 59, 59), zone)[-1][1]
