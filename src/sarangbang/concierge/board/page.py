"""What the page of the board shows around its lines: groups, promises, proposals, filters, the last move."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sarangbang.concierge import queries
from sarangbang.concierge.desk.day import DAY, SILENT_AFTER
from sarangbang.concierge.desk.hands import Hand
from sarangbang.concierge.desk.job_page import actor_name
from sarangbang.concierge.models import FeedState, Proposal, Ride
from sarangbang.ui import locales

from . import promise_clock
from . import queries as board_queries
from .day import INTERPRETING, MOST_HANDS, RIDE, SERVICES, Board, Wanted
from .drawing import Drawing


@dataclass(frozen=True, slots=True)
class Seen:
    """What had been done in the house when a board was read: so many deeds after that row of the audit. ``until`` is
    the minute since 1970 from which on the board is another by itself."""

    mark: int
    deeds: int
    until: int = 0

    @classmethod
    def now(cls) -> Self:
        """Asked before the board is read: what is done meanwhile is seen next time. Two queries."""
        mark = board_queries.mark()
        return cls(mark, board_queries.deeds_since(mark))

    @classmethod
    def of(cls, text: str) -> Self | None:
        """As a board has sent it back; None if that is none."""
        found = re.fullmatch(r"(\d{1,15})-(\d{1,9})-(\d{1,9})", text, re.ASCII)
        return cls(*map(int, found.groups())) if found else None

    @property
    def text(self) -> str:
        return f"{self.mark}-{self.deeds}"

    def holds(self, now: dt.datetime) -> bool:
        """Whether nothing has been done since, and nothing has become late. One query."""
        return now.timestamp() < 60 * self.until and board_queries.deeds_since(self.mark) == self.deeds


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its name in the address, what it is called, what can be chosen, what is."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str


@dataclass(frozen=True, slots=True)
class Pressing:
    """The most pressing of a group, or all of it. ``count`` says how many there are, ``url`` shows all of them, or the
    most pressing again."""

    key: str
    title: str
    hands: list[Hand]
    count: int
    is_whole: bool
    url: str

    @property
    def more(self) -> int:
        return self.count - len(self.hands)


@dataclass(frozen=True, slots=True)
class Offered:
    """A proposal for this day, in one line."""

    title: str
    note: str
    url: str
    is_open: bool


@dataclass
class BoardPage:
    """The board and what stands beside it. ``moved_key`` names the move that the reader has just made, ``seen`` what
    had been done in the house when the board was read."""

    board: Board
    moved_key: str = ""
    seen: Seen = field(default_factory=Seen.now)

    @property
    def wanted(self) -> Wanted:
        return self.board.wanted

    @cached_property
    def drawing(self) -> Drawing:
        return Drawing(self.board)

    @property
    def before(self) -> dt.date:
        return self.board.day - DAY

    @property
    def after(self) -> dt.date:
        return self.board.day + DAY

    # The lines

    @cached_property
    def sections(self) -> list[tuple[str, str, SafeString]]:
        """Cars and interpreters with their lines; those without any are left out."""
        titles = {RIDE: _("Cars"), INTERPRETING: _("Interpreters")}
        drawn = [(service, titles[service], self.drawing.section(service)) for service in SERVICES]
        return [each for each in drawn if each[2]]

    @cached_property
    def now_css(self) -> str:
        return self.drawing.now_css

    # Beside them

    @cached_property
    def groups(self) -> list[Pressing]:
        """Of each kind the most pressing; of the one that is asked for, all."""
        counts = {key: len(blocks) for key, blocks in self.board.needing.items()}
        counts["late"] += len(self.board.hands.missed)
        found = []
        for each in self.board.hands.groups:
            is_whole = each.key == self.board.whole
            url = f"{self._address('' if is_whole else each.key)}#{each.key}"
            shown = each.hands if is_whole else each.hands[:MOST_HANDS]
            found.append(Pressing(each.key, each.title, shown, counts.get(each.key, len(each.hands)), is_whole, url))
        return found

    @property
    def hand_count(self) -> int:
        return sum(group.count for group in self.groups)

    @cached_property
    def clock(self) -> promise_clock.Clock:
        return promise_clock.clock(self.board.starts_at, self.board.ends_at, self.board.now)

    @cached_property
    def silent_feeds(self) -> list[FeedState]:
        return list(queries.silent_feeds(self.board.now - SILENT_AFTER)) if self.board.is_today else []

    @property
    def cars(self) -> tuple[int, int]:
        return self.board.counted[RIDE]

    @property
    def people(self) -> tuple[int, int]:
        return self.board.counted[INTERPRETING]

    @cached_property
    def _proposals(self) -> list[Proposal]:
        return board_queries.proposals_of(self.board.day)

    @cached_property
    def proposals(self) -> list[Offered]:
        """What waits for a decision, and what was decided last, with who decided it."""
        rows = [each for each in self._proposals if each != self.moved]
        waiting = [each for each in rows if each.status == Proposal.Status.OPEN and getattr(each, "size", 0) > 0]
        decided = [each for each in rows if each.status in (Proposal.Status.ACCEPTED, Proposal.Status.UNDONE)]
        shown = [*waiting, *decided[:1]]
        names = queries.names_of({each.undone_by or each.decided_by or each.made_by for each in shown}) if shown else {}
        return [self._offered(each, names) for each in shown]

    @staticmethod
    def _offered(proposal: Proposal, names: dict[str, tuple[str, str]]) -> Offered:
        size = int(getattr(proposal, "size", 0))
        changes = ngettext("%(number)s change", "%(number)s changes", size) % {"number": size}
        who = actor_name(proposal.undone_by or proposal.decided_by or proposal.made_by, names)
        at = proposal.undone_at or proposal.decided_at or proposal.made_at
        return Offered(
            title=f"{proposal.get_kind_display()} · {changes}",
            note=f"{proposal.get_status_display()} · {who}, {locales.clock(at)}",
            url=reverse("concierge:proposal", args=[proposal.pk]),
            is_open=proposal.status == Proposal.Status.OPEN,
        )

    @property
    def choices(self) -> list[Choice]:
        """The filters, with what this day has to choose from."""
        code = get_language() or "en"
        languages = sorted((locales.language_name(each, code), each) for each in self.board.languages)
        kinds = [(str(value), str(label)) for value, label in Ride.Kind.choices]
        return [
            Choice("only", _("Lines"), [(RIDE, _("Cars")), (INTERPRETING, _("Interpreters"))], self.wanted.show),
            Choice("language", _("Language"), [(each, name) for name, each in languages], self.wanted.language),
            Choice("kind", _("Kind"), [*kinds, (INTERPRETING, _("Interpreting"))], self.wanted.kind),
            Choice("institution", _("Institution"), self.board.institutions, self.wanted.institution),
        ]

    # The last move

    @cached_property
    def moved(self) -> Proposal | None:
        """The move that was just made, while it can be taken back."""
        accepted = (each for each in self._proposals if each.status == Proposal.Status.ACCEPTED)
        return next((each for each in accepted if str(each.pk) == self.moved_key), None)

    # Where it is

    @property
    def query(self) -> dict[str, str]:
        """What of the address makes this board, without the last move."""
        wanted = self.wanted
        found = {
            "day": self.board.day.isoformat(), "only": wanted.show, "language": wanted.language, "kind": wanted.kind,
            "institution": wanted.institution, "hand": "1" if wanted.hand else "", "all": self.board.whole,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    @property
    def here(self) -> str:
        return self._address(self.board.whole)

    def _address(self, whole: str) -> str:
        """The page of this board, with all of one group."""
        query = {name: value for name, value in {**self.query, "all": whole}.items() if value}
        return f"{reverse('concierge:timeline')}?{urlencode(query)}"

    @property
    def live_url(self) -> str:
        """Where the script asks whether anything has changed."""
        return f"{reverse('concierge:timeline_live')}?{urlencode(self.query)}"

    @property
    def seen_until(self) -> str:
        """What the script sends back with its next question: what was seen, and until which minute it stays true."""
        return f"{self.seen.text}-{int(self.board.fresh_until.timestamp()) // 60}"

    @cached_property
    def etag(self) -> str:
        """A digest of what is shown, without what the script of the page counts on by itself."""
        board = self.board
        shown = (
            self.groups, [replace(each, left="") for each in self.clock.dues], self.clock.more, self.proposals,
            [feed.pk for feed in self.silent_feeds], self.moved and self.moved.pk, self.cars, self.people,
            board.late_count, board.timeline.css, bool(self.now_css), self.drawing.is_dense,
        )  # fmt: skip
        digest = hashlib.md5(repr(shown).encode(), usedforsecurity=False)
        for _service, title, lines in self.sections:
            digest.update(title.encode())
            digest.update(lines.encode())
        return f'"{digest.hexdigest()}"'
