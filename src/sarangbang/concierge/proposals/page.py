"""A proposal put side by side: what is now and what would be, for whom, who must agree, what it costs, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sarangbang.concierge import queries, wording
from sarangbang.concierge.actions import CannotUndo
from sarangbang.concierge.board import queries as board_queries
from sarangbang.concierge.board.forms import NEWS_WORDS
from sarangbang.concierge.desk.job_page import actor_name, changed_sentence
from sarangbang.concierge.models import Agreement, Job, Proposal, ProposedChange, Ride, ServiceStatus
from sarangbang.directory.models import Institution, Place
from sarangbang.ui import locales

from . import agreeing
from .agreeing import Who
from .wording import COSTS, left_why

AGREE: dict[str, Lazy | str] = {
    "guest": gettext_lazy("the guest"),
    "institution": gettext_lazy("the institution"),
    "interpreter": gettext_lazy("the interpreter"),
}


def isolated(name: str) -> str:
    """A name in plain text, so that its direction does not carry away what stands beside it."""
    return f"\u2068{name}\u2069"


def decided_sentence(proposal: Proposal) -> str:
    """That somebody was quicker: who, what and when."""
    who = actor_name(
        proposal.undone_by or proposal.decided_by, queries.names_of([proposal.decided_by, proposal.undone_by])
    )
    at = proposal.undone_at or proposal.decided_at or proposal.made_at
    words = {"who": who, "status": proposal.get_status_display(), "time": locales.clock(at)}
    return _("%(who)s was quicker: %(status)s, %(time)s.") % words


def undo_sentence(why: CannotUndo) -> str:
    """Why a proposal cannot be taken back as a whole."""
    said = str(UNDO.get(why.code, UNDO["changed"]))
    return f"{changed_sentence(why.step)} {said}" if why.step is not None else said


UNDO: dict[str, Lazy | str] = {
    "not_accepted": gettext_lazy("This proposal is not in force; there is nothing to take back."),
    "changed": gettext_lazy("Something has changed since; nothing was taken back."),
    "taken": gettext_lazy("The time has been given to somebody else since; nothing was taken back."),
    "past": gettext_lazy("The time has passed; nothing was taken back."),
}


PEOPLE = {"crew", "practitioner"}


@dataclass(frozen=True, slots=True)
class Side:
    """How one thing stands before or after: words by name; empty where nothing is said."""

    crew: str = ""
    time: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One change in words."""

    title: str
    time: str
    guest: str
    latin: str
    where: str
    url: str
    before: Side
    after: Side
    why: str
    asks: list[str]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who must agree: who it is, what they said last ("" while nothing), and in which way, by whom, when."""

    who: Who
    title: str
    name: str
    answer: str
    said: str
    note: str


@dataclass
class ProposalPage:
    """What the page of a proposal shows, in a constant number of queries."""

    proposal: Proposal

    @property
    def title(self) -> str:
        if self.proposal.kind == Proposal.Kind.MEND:
            return _("Mend the day")
        return _("Plan the day")

    @property
    def before_label(self) -> str:
        return _("Now") if self.is_open else _("Before")

    @property
    def after_label(self) -> str:
        return _("Then")

    @property
    def is_open(self) -> bool:
        return self.proposal.status == Proposal.Status.OPEN

    @property
    def can_undo(self) -> bool:
        return self.proposal.status == Proposal.Status.ACCEPTED

    # Who must agree

    @cached_property
    def _asked(self) -> dict[Who, list[ProposedChange]]:
        return agreeing.must_agree(self._changes)

    @cached_property
    def said(self) -> dict[Who, Agreement]:
        """What each was asked or answered last."""
        return agreeing.said(self.proposal)

    @property
    def is_missing(self) -> bool:
        """Whether somebody who must agree has not."""
        return bool(agreeing.missing(self._asked, self.said))

    @property
    def may_ask(self) -> bool:
        """Whether somebody can be written to who was not."""
        return any(who not in self.said for who in self._asked)

    @property
    def parties(self) -> list[Party]:
        """Everybody who must agree, in the order of the changes."""
        return [self._party(who, changes[0]) for who, changes in self._asked.items()]

    def _party(self, who: Who, change: ProposedChange) -> Party:
        last = self.said.get(who)
        names = self._guest_names(change) if who.party == Agreement.Party.GUEST else self._names.get(who.key, ("", ""))
        note: list[str] = []
        if last is not None:
            by = "" if last.way == Agreement.Way.PAGE else actor_name(last.actor, self._people)
            note = [str(last.get_way_display()), by, locales.moment(last.at, _code())]
        return Party(
            who=who,
            title=str(Agreement.Party(who.party).label),
            name=names[0] if get_language() == "ko" or who.party == Agreement.Party.GUEST else names[1],
            answer=last.answer if last is not None else "",
            said=str(last.get_answer_display()) if last is not None else "",
            note=", ".join(part for part in note if part),
        )

    @staticmethod
    def _guest_names(change: ProposedChange) -> tuple[str, str]:
        job = change.ride or change.interpreting
        visit = change.appointment
        guest = job.stay.guest if job is not None else visit.guest if visit is not None else None
        return (guest.name, guest.name_latin) if guest is not None else ("", "")

    def shown_for(self, who: Who) -> list[Shown]:
        """The changes that one of them must agree to."""
        return [self._shown(change) for change in self._asked.get(who, [])]

    @cached_property
    def _changes(self) -> list[ProposedChange]:
        return board_queries.changes_of(self.proposal)

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        sides = [side for each in self._changes for side in (each.before, each.after)]
        keys = {str(side[name]) for side in sides for name in ("crew", "practitioner") if side.get(name)}
        keys |= {key for kind, _colon, key in self._parts if kind != "flight"} | {who.key for who in self._asked}
        return board_queries.crews_named(keys)

    @cached_property
    def _flights(self) -> dict[str, str]:
        return board_queries.flight_numbers(key for kind, _colon, key in self._parts if kind == "flight")

    @property
    def _parts(self) -> list[tuple[str, str, str]]:
        return [subject.partition(":") for subject in self._subjects]

    @property
    def _subjects(self) -> list[str]:
        return [str(each.get("subject", "")) for each in (*self.proposal.news, *self.proposal.unmended)]

    @cached_property
    def _jobs(self) -> dict[str, dict[str, Any]]:
        """The jobs that news and what is left speak of."""
        return queries.jobs_named(self._subjects)

    def _crew(self, key: object) -> str:
        if not key:
            return _("Not assigned yet")
        name, latin = self._names.get(str(key), ("", ""))
        return name if get_language() == "ko" else latin

    @cached_property
    def changes(self) -> list[Shown]:
        return [self._shown(each) for each in self._changes]

    def _shown(self, change: ProposedChange) -> Shown:
        job: Job | None = change.ride or change.interpreting
        korean = get_language() == "ko"
        where: Place | Institution
        if job is None:
            visit = change.appointment
            assert visit is not None  # noqa: S101 (a constraint of the database)
            guest, where = visit.guest, visit.institution
            title, url = _("Appointment"), ""
            begins, ends = visit.reservation.starts_at, visit.reservation.ends_at
        else:
            guest, where = job.stay.guest, job.destination if isinstance(job, Ride) else job.place
            title = str(job.get_kind_display()) if isinstance(job, Ride) else _("Interpreter: %(language)s") % {
                "language": locales.language_name(job.language, get_language() or "en")
            }  # fmt: skip
            url = reverse(f"concierge:{job.service}", args=[job.pk])
            begins, ends = job.starts_at, job.ends_at
        return Shown(
            title=title,
            time=f"{locales.clock(begins)}–{locales.clock(ends)}",
            guest=guest.name if guest else "",
            latin=guest.name_latin if guest and guest.name_latin != guest.name else "",
            where=where.name if korean else where.name_latin,
            url=url,
            before=self._side(change.before, begins, ends),
            after=self._side(change.after, begins, ends),
            why=wording.step_reason(change.reason) if change.reason else "",
            asks=[str(AGREE.get(each, each)) for each in change.asks],
        )

    def _side(self, values: Mapping[str, Any], begins: dt.datetime, ends: dt.datetime) -> Side:
        starts_at, ends_at = _instant(values.get("starts_at")), _instant(values.get("ends_at"))
        time = f"{locales.clock(starts_at or begins)}–{locales.clock(ends_at or ends)}" if starts_at or ends_at else ""
        status = values.get("status", "")
        named = status in ServiceStatus.values and values.get("status") not in ("assigned", "granted")
        return Side(
            crew=self._crew(values.get("crew", values.get("practitioner"))) if values.keys() & PEOPLE else "",
            time=time,
            status=str(ServiceStatus(status).label) if named else "",
        )

    # What happened, what is left, what it costs

    @property
    def news(self) -> list[str]:
        return [self._told(each) for each in self.proposal.news]

    def _told(self, news: Mapping[str, Any]) -> str:
        parts = [str(NEWS_WORDS.get(str(news.get("kind")), "")), self._named(str(news.get("subject", "")))]
        if news.get("minutes"):
            parts.append(locales.duration(int(news["minutes"]), get_language() or "en"))
        return " · ".join(part for part in parts if part)

    def _named(self, subject: str) -> str:
        """The thing of a subject in a few words: a job by guest and time, a flight by number, others by name."""
        row = self._jobs.get(subject)
        if row is not None:
            return f"{isolated(str(row['guest_name']))}, {locales.clock(row['starts_at'])}"
        kind, _colon, key = subject.partition(":")
        if kind == "flight":
            return self._flights.get(key, "")
        names = self._names.get(key)
        return (names[0] if get_language() == "ko" else names[1]) if names else ""

    @property
    def left(self) -> list[tuple[str, str, str]]:
        """What, why, and where to go on: jobs for which nothing was found."""
        found = []
        for each in self.proposal.unmended:
            subject = str(each.get("subject", ""))
            service, _colon, key = subject.partition(":")
            known = service in ("ride", "interpreting") and queries.is_uuid(key)
            url = reverse(f"concierge:{service}", args=[key]) if known else ""
            found.append((self._named(subject), left_why(each), url))
        return found

    @property
    def costs(self) -> list[tuple[str, str]]:
        """What the changes cost, by kind; amounts of nothing are left out."""
        code = get_language() or "en"
        return [
            (str(COSTS[kind]), locales.number(round(amount, 1), code))
            for kind, amount in self.proposal.cost.items()
            if amount and kind in COSTS
        ]

    # Who did what

    @cached_property
    def _people(self) -> dict[str, tuple[str, str]]:
        actors = {self.proposal.made_by, self.proposal.decided_by, self.proposal.undone_by}
        actors |= {each.actor for each in self.said.values()}
        return queries.names_of({*actors, *(step.actor for step in self._meanwhile)} - {""})

    @property
    def history(self) -> list[tuple[str, str, dt.datetime]]:
        """What became of the proposal: what, by whom, when."""
        proposal = self.proposal
        said = [(_("Proposed"), proposal.made_by, proposal.made_at)]
        if proposal.decided_at is not None:
            status = Proposal.Status.ACCEPTED if proposal.undone_at else Proposal.Status(proposal.status)
            said.append((str(status.label), proposal.decided_by, proposal.decided_at))
        if proposal.undone_at is not None:
            said.append((str(Proposal.Status.UNDONE.label), proposal.undone_by, proposal.undone_at))
        return [(what, actor_name(who, self._people), at) for what, who, at in said]

    @cached_property
    def _meanwhile(self) -> list[Any]:
        if self.proposal.status not in (Proposal.Status.OPEN, Proposal.Status.OUTDATED):
            return []
        return board_queries.later_steps(self.proposal, self._changes)

    @property
    def meanwhile(self) -> list[str]:
        """Who changed what of these jobs since the proposal was made: why it may not hold any more."""
        said = []
        for step in self._meanwhile:
            job = step.ride or step.interpreting
            words = {
                "who": actor_name(step.actor, self._people), "guest": isolated(job.stay.guest.name),
                "status": step.get_status_display(), "time": locales.clock(step.at),
            }  # fmt: skip
            said.append(_("%(time)s, %(who)s: %(guest)s: %(status)s") % words)
        return said


def _code() -> str:
    return get_language() or "en"


def _instant(text: object) -> dt.datetime | None:
    return dt.datetime.fromisoformat(str(text)) if text else None
