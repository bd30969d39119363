"""Writes the lines of the board as markup. A day may hold fifteen hundred blocks, so each is one short tag, written by
hand and not by a template; positions are classes, because the content security policy forbids inline styles.

A block stands on a grid of five minutes: ``at-26 o1`` begins 26 quarters and five minutes after the first hour,
``for-5 p2`` lasts five quarters and ten minutes, the first ``w4`` of its ticks are the way to the job.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle, wording
from sarangbang.concierge.choosing.keeping import Kept
from sarangbang.concierge.models import Ride
from sarangbang.scheduling.availability import minute_of
from sarangbang.ui import locales

from .day import INTERPRETING, RIDE, Block, Board, Line
from .rows import Crew, Span

TICK = 5
QUARTER = 3
LONGEST_WAY = 36
"""Ticks: a way of more than three hours is drawn as three."""
CLOCKS = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440))
NOBODY = "00000000-0000-0000-0000-000000000000"
DENSE_FROM = 60
"""So many lines with jobs, and each takes one row of text instead of two."""


_minute = lru_cache(maxsize=8192)(minute_of)
"""Jobs of a day begin and end on few different moments."""
_escape = lru_cache(maxsize=8192)(escape)
"""The same names, again and again."""


@lru_cache(maxsize=16384)
def place(at: int, end: int) -> str:
    """Classes of something from tick ``at`` to before tick ``end`` of the board."""
    size = max(1, end - at)
    words = [f"at-{at // QUARTER}"]
    if at % QUARTER:
        words.append(f"o{at % QUARTER}")
    if size >= QUARTER:
        words.append(f"for-{size // QUARTER}")
    if size % QUARTER:
        words.append(f"p{size % QUARTER}")
    return " ".join(words)


Key = tuple[Hashable, ...]
MOST_TAGS = 8192
_tags: dict[Key, str] = {}
"""Tags that were written before, by all that they say: a board is asked for again and again, and few of them differ."""


def _known(key: Key, write: Callable[[], str]) -> str:
    tag = _tags.get(key)
    if tag is None:
        if len(_tags) >= MOST_TAGS:
            _tags.clear()
        tag = _tags[key] = write()
    return tag


class Drawing:
    """The lines of one board in the reader's language."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.korean = get_language() == "ko"
        self.code = get_language() or "en"
        self.first = _minute(board.timeline.first)
        self.last = _minute(board.timeline.last)
        self.size = self.last - self.first
        self.midnight = _minute(board.starts_at)
        self.frame = (self.code, self.midnight, self.first, self.last)
        self.addresses = {
            service: reverse(f"concierge:{service}", args=[NOBODY]).split(NOBODY) for service in (RIDE, INTERPRETING)
        }
        self.late, self.open, self.locked, self.leave = _("late"), _("Not assigned yet"), _("Locked"), _("Leave")
        self.hold = reverse("concierge:interpreter_desk", args=[NOBODY]).split(NOBODY)
        self.hold[1] += f"?month={board.day:%Y-%m}#kept"
        self.said = {
            lifecycle.UNDER_WAY: _("On the way"),
            lifecycle.MET: _("Met"),
            lifecycle.FINISHED: _("Finished"),
        }
        self.asked = _("Asked")
        self.names = {crew.key: _escape(crew.name if self.korean else crew.latin) for _service, crew in board.crews}
        self.where = {pk: _escape(place.name if self.korean else place.latin) for pk, place in board.places.items()}

    def clock(self, minute: int) -> str:
        """Of a minute since 1970, on Korean clocks, which are never set forward or back."""
        return CLOCKS[(minute - self.midnight) % 1440]

    def tick(self, minute: int) -> int:
        if minute <= self.first:
            return 0
        return (minute - self.first if minute < self.last else self.size) // TICK

    def block(self, block: Block) -> str:
        """One job: a link with guest, time and where to, and in a word what is unusual about it."""
        asked = block.asked and (block.asked, self.names.get(block.asked))
        key = (self.frame, block.row, block.trouble, asked, self.where[block.destination])
        return _known(key, lambda: self._written(block))

    def _written(self, block: Block) -> str:
        begins, ends = _minute(block.starts_at), _minute(block.ends_at)
        leaves = begins if block.leaves_at is None else min(_minute(block.leaves_at), begins)
        at, end = self.tick(leaves), self.tick(ends + TICK - 1)
        way = min(self.tick(begins) - at, LONGEST_WAY, max(0, end - at - 1)) if leaves < begins else 0
        css = f"job {place(at, end)}"
        if way:
            css += f" w{way}"
        look, word = self._state(block)
        if look:
            css += f" {look}"
        if leaves < self.first:
            css += " cut-start"
        if ends > self.last:
            css += " cut-end"
        before, after = self.addresses[block.service]
        lock = f"<u>{self.locked}</u>" if block.locked_at else ""
        state = f"<i>{word}</i>" if word else ""
        title = f' title="{escape(" ".join(block.trouble))}"' if block.trouble else ""
        flight = self._flight(block)
        return (
            f'<a class="{css}" href="{before}{block.pk}{after}" data-s={block.sequence}{title}>{lock}{state}'
            f"<b dir=auto>{escape(block.guest)}</b><span dir=ltr><time>{self.clock(begins)}–{self.clock(ends)}</time> "
            f"{flight}{self.where[block.destination]}</span></a>"
        )

    def _flight(self, block: Block) -> str:
        """The flight, and when it lands for a pick-up."""
        if not block.flight:
            return ""
        if block.lands_at is None or block.kind != Ride.Kind.PICK_UP:
            return f"{block.flight} "
        return f"{block.flight} ↓{self.clock(_minute(block.lands_at))} "

    def _state(self, block: Block) -> tuple[str, str]:
        """How it looks, and the word for it; an agreed job that has not begun needs no word."""
        if block.trouble:
            return "late", self.late
        if block.is_open:
            if block.asked:
                return "asked", f"{self.asked}: {self.names.get(block.asked, '')}"
            return "asked", self.open
        if block.status == lifecycle.FINISHED:
            return "done", self.said[block.status]
        return ("", "") if block.status == lifecycle.ASSIGNED else (block.status, self.said[block.status])

    def kept(self, each: Kept, crew: Crew, leave: Iterable[Span]) -> str:
        """Time that a visit keeps: a link to who it is, with why and where; its sentence as a whole is the title. In
        leave that was entered later it is late: somebody else has to be found."""
        begins, ends = _minute(each.starts_at), _minute(each.ends_at)
        at, end = self.tick(begins), self.tick(ends + TICK - 1)
        if end <= at:
            return ""
        said, clinic = wording.why_kept(each), each.clinic[0 if self.korean else 1]
        is_away = any(start < ends and begins < finish for start, finish in leave)
        said, css = (f"{self.leave}! {said}", "hold late") if is_away else (said, "hold")
        address = self.hold[0] + crew.key + self.hold[1]
        return (
            f'<a class="{css} {place(at, end)}" href="{address}" title="{escape(wording.speaks_against(each.why))}">'
            f"<b dir=auto>{escape(said)}</b><span dir=ltr><time>{self.clock(begins)}–{self.clock(ends)}</time> "
            f"{escape(clinic)}</span></a>"
        )

    def grounds(self, line: Line) -> str:
        return self.ground(line.off, "off") + self.ground(line.leave, "leave", self.leave)

    def ground(self, spans: Iterable[Span], css: str, word: str = "") -> str:
        """Shaded hours of a line; ``word`` is read aloud and stands in the list."""
        found = []
        for begin, end in spans:
            at, finish = self.tick(begin), self.tick(end + TICK - 1)
            if finish > at:
                said = f"{word} {self.clock(begin)}–{self.clock(end)}" if word else ""
                found.append(f'<i class="{css} {place(at, finish)}">{said}</i>')
        return "".join(found)

    def landing(self, block: Block) -> str:
        """The mark of the landing that a pick-up waits for."""
        if block.lands_at is None or block.kind != Ride.Kind.PICK_UP:
            return ""
        minute = _minute(block.lands_at)
        if not self.first <= minute < self.last:
            return ""
        at = self.tick(minute)
        return f'<i class="lands {place(at, at + 1)}"></i>'

    def line(self, line: Line) -> str:
        blocks = "".join(map(self.block, line.blocks))
        marks = "".join(map(self.landing, line.blocks)) if line.service == RIDE else ""
        crew = line.crew
        holds = "".join(self.kept(each, crew, line.leave) for each in line.kept) if crew else ""
        if crew is None:
            ground, head = "", f"<b>{self.open}</b><small>{locales.number(len(line.blocks), self.code)}</small>"
        else:
            off, leave, hours = tuple(line.off), tuple(line.leave), tuple(line.hours)
            ground = _known((self.frame, off, leave), lambda: self.grounds(line))
            head = _known((self.frame, crew, hours), lambda: self.head(crew, line.service, hours))
        key = f"{line.service[0]}-{crew.key if crew else ''}"
        css = "line" if line.crew else "line nobody"
        if not line.blocks and not line.kept:
            css += " idle"
        track = f'<div class="track">{ground}{marks}{blocks}{holds}</div>'
        return f'<li class="{css}" id="{key}"><span>{head}</span>{track}</li>'

    def head(self, crew: Crew, service: str, spans: Iterable[Span]) -> str:
        """Who, and in small who drives or which languages, and the hours of the day."""
        note = crew.note if self.korean or not crew.also else crew.also
        if service == INTERPRETING:
            note = " · ".join(locales.language_name(each, self.code) for each in note.split())
        hours = ", ".join(f"{self.clock(begin)}–{self.clock(end)}" for begin, end in spans)
        said = " · ".join(part for part in (escape(note), f"<bdi>{hours}</bdi>" if hours else "") if part)
        return f"<b>{self.names[crew.key]}</b><small>{said}</small>"

    def section(self, service: str) -> SafeString:
        """All lines of cars, or of interpreters."""
        return mark_safe("".join(self.line(line) for line in self.board.lines if line.service == service))

    @property
    def now_css(self) -> str:
        """Where the line of now stands; empty on other days."""
        minute = _minute(self.board.now)
        if not self.first <= minute < self.last:
            return ""
        at = self.tick(minute)
        return place(at, at + 1)

    @property
    def hours(self) -> Sequence[tuple[str, str]]:
        """Class and clock of each full hour."""
        return [(css, locales.clock(moment)) for css, moment in self.board.timeline.marks]

    @property
    def is_dense(self) -> bool:
        return sum(bool(line.blocks) for line in self.board.lines) >= DENSE_FROM
