"""The coordinators' board: one day of cars and interpreters as lines of blocks, what needs a hand, what was promised.

Reads everything once, in a constant number of queries, as lean rows; ``drawing`` writes the blocks.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.utils.translation import get_language

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.crew import queries as crew_queries
from sarangbang.concierge.crew import reports as crew_reports
from sarangbang.concierge.desk import hands, lateness
from sarangbang.concierge.desk.day import USUAL_HOURS, DeskDay
from sarangbang.concierge.desk.hands import DeskJob
from sarangbang.concierge.entitlement import SEOUL, rules_on
from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.directory.travel import drive_minutes
from sarangbang.scheduling.availability import merged, minute_of
from sarangbang.ui.timeline import Timeline

from . import rows as board_rows
from .rows import Crew, Span, Where, gaps

DAY = dt.timedelta(days=1)
RIDE, INTERPRETING = "ride", "interpreting"
SERVICES = (RIDE, INTERPRETING)
KINDS = (*Ride.Kind.values, INTERPRETING)
FRESH_FOR = dt.timedelta(minutes=5)
"""A board of today is read again after this time at the latest: not everything that it says is a deed of somebody."""
MOST_HANDS = 12
"""So many of each kind stand beside the board; all of them stand on it."""
AWAITED = frozenset({lifecycle.ASSIGNED, lifecycle.UNDER_WAY})
REMOTE = (Interpreting.Mode.VIDEO, Interpreting.Mode.PHONE)


@dataclass(slots=True)
class Block:
    """One job of the day, as a ``row`` of the database and with what was found about it. ``trouble`` are sentences;
    ``asked`` is the interpreter who may accept it now."""

    row: board_rows.Row
    service: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    leaves_at: dt.datetime | None
    answer_by: dt.datetime | None
    locked_at: dt.datetime | None
    pk: str
    status: str
    sequence: int
    guest: str
    latin: str
    has_visit: int
    language: str
    crew: str | None
    origin: int
    destination: int
    institution: str | None
    kind: str = ""
    party: int = 1
    wheelchairs: int = 0
    flight: str | None = None
    lands_at: dt.datetime | None = None
    trouble: tuple[str, ...] = ()
    asked: str = ""

    @property
    def is_open(self) -> bool:
        return self.status in lifecycle.UNASSIGNED

    @property
    def needs_hand(self) -> bool:
        return bool(self.trouble) or self.is_open

    @property
    def ends_where(self) -> int:
        """Where the crew is afterwards: from a programme the car comes back."""
        return self.origin if self.kind == Ride.Kind.PROGRAMME else self.destination

    @property
    def subject(self) -> str:
        return f"{self.service}:{self.pk}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader wants to see, as it stands in the address; empty is everything."""

    show: str = ""
    language: str = ""
    kind: str = ""
    institution: str = ""
    hand: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """From the address; what makes no sense there is everything."""
        return cls(
            show=query.get("only", "") if query.get("only") in SERVICES else "",
            language=query.get("language", "")[:10],
            kind=query.get("kind", "") if query.get("kind") in KINDS else "",
            institution=query.get("institution", "")[:36],
            hand=query.get("hand") == "1",
        )

    @property
    def is_everything(self) -> bool:
        return self == Wanted()

    @property
    def keeps_free(self) -> bool:
        """Whether lines without a job are shown: who is free matters while nothing but the service is chosen."""
        return self == Wanted(show=self.show)

    def takes(self, block: Block, houses: Mapping[int, set[str]]) -> bool:
        """Whether this job is wanted. ``houses`` are the institutions at a place."""
        if (self.show and block.service != self.show) or (self.hand and not block.needs_hand):
            return False
        if self.language and block.language != self.language:
            return False
        if self.kind and self.kind != (block.kind if block.service == RIDE else INTERPRETING):
            return False
        if not self.institution:
            return True
        near = houses.get(block.origin, set()) | houses.get(block.destination, set())
        return self.institution in near or self.institution == block.institution


@dataclass(slots=True)
class Line:
    """One car's or interpreter's day, or what nobody has yet (``crew`` is None). ``off`` is when they do not work,
    ``leave`` when they are away, in whole minutes since 1970; ``kept`` is what visits keep of an interpreter's time."""

    service: str
    crew: Crew | None
    blocks: list[Block]
    off: list[Span] = field(default_factory=list)
    leave: list[Span] = field(default_factory=list)
    hours: list[Span] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)


class Hands(DeskDay):
    """What needs a hand on this day, in groups, of jobs that are known already."""

    def __init__(self, day: dt.date, now: dt.datetime, jobs: list[DeskJob], given_back: dict[UUID, str]) -> None:
        super().__init__(day, now)
        self.jobs = jobs
        self.given_back = given_back


@dataclass
class Board:
    """One Korean calendar day. ``now`` decides what is late; of the group ``whole`` everything is said."""

    day: dt.date
    now: dt.datetime
    wanted: Wanted = Wanted()
    whole: str = ""

    @cached_property
    def starts_at(self) -> dt.datetime:
        return dt.datetime.combine(self.day, dt.time(), tzinfo=SEOUL).astimezone(dt.UTC)

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + DAY

    @property
    def window(self) -> board_rows.Window:
        return self.starts_at, self.ends_at

    @property
    def is_today(self) -> bool:
        return self.starts_at <= self.now < self.ends_at

    @cached_property
    def blocks(self) -> list[Block]:
        """All jobs of the day in the order of time, with what is wrong about them."""
        rides = [Block(row, RIDE, *row) for row in board_rows.rides(self.window)]
        jobs = [Block(row, INTERPRETING, *row) for row in board_rows.interpretings(self.window)]
        blocks = sorted([*rides, *jobs], key=lambda block: (block.starts_at, block.pk))
        self._find_lateness(blocks)
        asked = board_rows.offers(self.window) if jobs else {}
        for block in jobs:
            block.asked = asked.get(block.pk, "")
        return blocks

    @cached_property
    def spans(self) -> tuple[dt.timedelta, dt.timedelta]:
        """After how long without a word a job is late, and within how long a guest is met."""
        rules = rules_on(self.day)
        return rules.span("late_after"), rules.span("pick_up_met_within")

    def _find_lateness(self, blocks: list[Block]) -> None:
        spans = self.spans
        said = {code: hands.trouble(code) for code in lateness.ALONE}
        reports = {str(pk): said for pk, said in crew_reports.told(*self.window).items()}
        for block in blocks:
            if block.pk in reports:
                block.trouble = tuple(reports[block.pk])
            if block.status in AWAITED:
                lands_at = block.lands_at if block.kind == Ride.Kind.PICK_UP else None
                code = lateness.lateness(block.status, block.starts_at, lands_at, self.now, *spans)
                if code:
                    block.trouble += (said[code],)
            if not block.has_visit and block.status in lifecycle.LIVE:
                block.trouble += (said[lateness.NO_VISIT],)

    @cached_property
    def by_crew(self) -> dict[tuple[str, str], list[Block]]:
        """The jobs of each crew, with those that cannot both be kept marked."""
        found: dict[tuple[str, str], list[Block]] = defaultdict(list)
        for block in self.blocks:
            if block.crew is not None:
                found[block.service, block.crew].append(block)
        for blocks in found.values():
            standing = [block for block in blocks if block.status in lifecycle.WITH_CREW]
            for first, second, minutes in lateness.conflicts(standing, self._way):
                second.trouble += (hands.trouble(lateness.CONFLICT, ends_at=first.ends_at, minutes=minutes),)
        return found

    def _way(self, first: Block, second: Block) -> int:
        if first.kind in REMOTE or second.kind in REMOTE or first.ends_where == second.origin:
            return 0
        return drive_minutes(self.places[first.ends_where].point, self.places[second.origin].point)

    @cached_property
    def places(self) -> dict[int, Where]:
        keys = {block.origin for block in self.blocks} | {block.destination for block in self.blocks}
        return board_rows.places(keys)

    @cached_property
    def crews(self) -> list[tuple[str, Crew]]:
        wanted = self.wanted.show
        cars = board_rows.cars() if wanted != INTERPRETING else []
        people = board_rows.interpreters(self.day) if wanted != RIDE else []
        return [*((RIDE, car) for car in cars), *((INTERPRETING, person) for person in people)]

    @cached_property
    def _institutions(self) -> list[tuple[str, int, str, str]]:
        keys = {block.institution for block in self.blocks if block.institution is not None}
        return board_rows.institutions(keys, self.places.keys())

    @cached_property
    def shown(self) -> list[Block]:
        """The jobs that the reader wants to see."""
        _marked = self.by_crew
        if self.wanted.is_everything:
            return self.blocks
        houses: dict[int, set[str]] = defaultdict(set)
        for pk, place, _name, _latin in self._institutions:
            houses[place].add(pk)
        return [block for block in self.blocks if self.wanted.takes(block, houses)]

    @cached_property
    def lines(self) -> list[Line]:
        """For cars and for interpreters: what nobody has yet, then everybody who works or has a job on this day.
        With a filter, only lines on which something is left."""
        shown: dict[tuple[str, str], list[Block]] = defaultdict(list)
        for block in self.shown:
            shown[block.service, block.crew or ""].append(block)
        hours = board_rows.shifts(self.day, self.window)
        extra, leave = board_rows.exceptions(self.window)
        ends = minute_of(self.timeline.first), minute_of(self.timeline.last)
        lines = []
        for service in SERVICES:
            if shown.get((service, "")):
                lines.append(Line(service, None, shown[service, ""]))
            for each, crew in self.crews:
                if each != service:
                    continue
                blocks = shown.get((service, crew.key), [])
                kept = self.kept.get(crew.resource, [])
                works = crew.works and (crew.resource in hours or crew.resource in extra)
                if blocks or ((works or kept) and self.wanted.keeps_free):
                    spans = merged([*hours.get(crew.resource, ()), *extra.get(crew.resource, ())])
                    off = gaps(spans, *ends)
                    lines.append(Line(service, crew, blocks, off, leave.get(crew.resource, []), spans, kept))
        return lines

    @cached_property
    def kept(self) -> dict[int, list[Kept]]:
        """What visits keep of interpreters' time although nobody was sent there, by resource."""
        return kept_by_resource(self.starts_at, self.ends_at)

    @cached_property
    def timeline(self) -> Timeline:
        """The usual hours, and those that are used, of this one day."""
        first, last = USUAL_HOURS
        hour = dt.timedelta(hours=1)
        used = [(block.leaves_at or block.starts_at, block.ends_at) for block in self.blocks]
        used += [(each.starts_at, each.ends_at) for mine in self.kept.values() for each in mine]
        if used:
            begins = max(min(start for start, _end in used), self.starts_at)
            ends = min(max(end for _start, end in used), self.ends_at)
            first = min(first, (begins - self.starts_at) // hour)
            last = max(last, -((self.starts_at - ends) // hour))
        return Timeline(self.starts_at + first * hour, last - first)

    # What needs a hand

    @cached_property
    def hands(self) -> Hands:
        """The groups of the desk, of the most pressing jobs that are shown."""
        crews = {(service, crew.key): crew for service, crew in self.crews}
        given_back = crew_queries.given_back(*self.window)
        returned = {str(pk) for pk in given_back}
        pressing: list[Block] = []
        for key, blocks in self.needing.items():
            blocks.sort(key=lambda block: self._order(block, returned))
            pressing += blocks if key == self.whole else blocks[:MOST_HANDS]
        return Hands(self.day, self.now, [self._desk_job(block, crews) for block in pressing], given_back)

    @cached_property
    def needing(self) -> dict[str, list[Block]]:
        """The jobs that are shown and need a hand, by the key of their group."""
        return {
            "unassigned": [block for block in self.shown if block.is_open],
            "late": [block for block in self.shown if block.trouble and not block.is_open],
        }

    def _order(self, block: Block, returned: Collection[str]) -> tuple[int, dt.datetime, str]:
        """As ``hands.Hand.order``, before anything is put in words."""
        if not block.is_open:
            return hands.late_rank(block.starts_at, self.now), block.starts_at, block.pk
        until = hands.open_until(block.status, block.starts_at, block.answer_by)
        is_late = bool(block.trouble) or block.pk in returned
        return hands.open_rank(until, self.now, is_late=is_late), until, block.pk

    def _desk_job(self, block: Block, crews: Mapping[tuple[str, str], Crew]) -> DeskJob:
        to, crew = self.places[block.destination], crews.get((block.service, block.crew or ""))
        row = {
            "pk": UUID(block.pk), "status": block.status, "starts_at": block.starts_at, "ends_at": block.ends_at,
            "answer_by": block.answer_by, "guest_name": block.guest, "guest_latin": block.latin, "kind": block.kind,
            "language": block.language, "party": block.party, "wheelchairs": block.wheelchairs,
            "flight_number": block.flight, "to_name": to.name, "to_latin": to.latin, "crew": block.crew,
            "crew_name": crew.name if crew else "", "crew_latin": crew.latin if crew else "",
        }  # fmt: skip
        return DeskJob(block.service, row, list(block.trouble))

    @property
    def fresh_until(self) -> dt.datetime:
        """Until when nothing becomes late by itself; only a deed of somebody changes the board before."""
        offers = [each.offer_ends for mine in self.kept.values() for each in mine if each.offer_ends is not None]
        if not self.is_today:
            return min([self.starts_at if self.now < self.starts_at else self.now + DAY, *offers])
        turns = [self.now + FRESH_FOR, *offers]
        late_after, met_within = self.spans
        for block in self.blocks:
            if block.is_open or block.status in AWAITED:
                start = block.starts_at
                turns += (start, start + late_after, start + met_within)
                turns += (each for each in (block.lands_at, block.answer_by) if each is not None)
        return min(each for each in turns if each > self.now)

    # What can be chosen

    @property
    def languages(self) -> list[str]:
        return sorted({block.language for block in self.blocks} | ({self.wanted.language} - {""}))

    @property
    def institutions(self) -> list[tuple[str, str]]:
        """Key and name of the institutions of the day, as the reader can read it."""
        korean = get_language() == "ko"
        named = {pk: name if korean else latin for pk, _place, name, latin in self._institutions}
        return sorted(named.items(), key=lambda item: item[1])

    # The day in numbers

    @cached_property
    def counted(self) -> dict[str, tuple[int, int]]:
        """Of each service how many jobs somebody has, and how many there are."""
        every = Counter([block.service for block in self.blocks])
        nobodys = Counter([block.service for block in self.blocks if block.status in lifecycle.UNASSIGNED])
        return {service: (every[service] - nobodys[service], every[service]) for service in SERVICES}

    @cached_property
    def late_count(self) -> int:
        _marked = self.by_crew
        return len([block for block in self.blocks if block.trouble])

    def block(self, subject: str) -> Block | None:
        return next((block for block in self.blocks if block.subject == subject), None)
