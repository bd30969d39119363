"""Why a time cannot be booked: stable codes, words for the reader, and which of them staff may set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .rules import HOUSE, Rules

REASONS: dict[str, Lazy | str] = {
    "not_receiving": _("This institution does not receive guests from abroad at present."),
    "not_offered": _("This institution no longer offers this procedure."),
    "not_here": _("This doctor does not take this procedure here."),
    "past": _("This time has passed."),
    "not_remote": _("This visit is not offered by video or telephone."),
    "taken": _("Somebody else has just taken this time."),
    "outside_hours": _("There is no consultation at this time."),
    "on_leave": _("The doctor is away at this time."),
    "closed": _("The institution is closed at this time."),
    "holiday": _("There is no consultation on this public holiday."),
    "travel": _("The doctor is at another place shortly before or after this time."),
    "buffer": _("There is too little time between this visit and what comes before or after it."),
    "no_room": _("No room or device for this visit is free at this time."),
    "no_companion": _("Nobody who has to be there as well is free at this time."),
    "out_of_order": _("The visits of this treatment would not keep their order or the days between them."),
    "other_practitioner": _("This visit belongs to the same doctor as the visit before."),
}
"""Words by code; those with a number are in ``_with_number``."""

FACTS = frozenset({"not_receiving", "not_offered", "not_here", "past", "not_remote", "taken"})
"""What no member of staff can set aside: it is not a rule, it is so."""

OF_ONE = frozenset(
    {"not_here", "taken", "outside_hours", "on_leave", "holiday", "travel", "buffer", "full_day", "other_practitioner"}
)
"""What concerns one practitioner only: a colleague may still be free."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that stands against a time."""

    code: str
    rules: Rules = HOUSE

    @property
    def reason(self) -> str:
        """In the language in force, with the number of the rule."""
        return str(REASONS[self.code]) if self.code in REASONS else _with_number(self.code, self.rules)

    @property
    def may_override(self) -> bool:
        """Whether staff may book all the same, with a reason."""
        return self.code not in FACTS

    @property
    def is_of_one(self) -> bool:
        """Whether it concerns only this practitioner."""
        return self.code in OF_ONE


def _with_number(code: str, rules: Rules) -> str:
    if code == "too_soon":
        return _notice(rules.notice)
    if code == "too_far":
        count = rules.horizon.days
        said = ngettext(
            "This time is too far ahead; the calendar opens %(count)d day before.",
            "This time is too far ahead; the calendar opens %(count)d days before.",
            count,
        )
    elif code == "full_day":
        count = rules.per_day or 0
        said = ngettext(
            "The doctor takes no more than %(count)d such visit a day.",
            "The doctor takes no more than %(count)d such visits a day.",
            count,
        )
    elif code == "too_many":
        count = rules.open_per_person or 0
        said = ngettext(
            "This institution keeps no more than %(count)d booking at a time for one person.",
            "This institution keeps no more than %(count)d bookings at a time for one person.",
            count,
        )
    else:
        raise KeyError(code)
    return said % {"count": count}


def _notice(notice: dt.timedelta) -> str:
    minutes = int(notice.total_seconds()) // 60
    if minutes % 60:
        said = ngettext(
            "This time is too soon; the institution needs at least %(count)d minute's notice.",
            "This time is too soon; the institution needs at least %(count)d minutes' notice.",
            minutes,
        )
        return said % {"count": minutes}
    hours = minutes // 60
    if hours < 48 or hours % 24:
        said = ngettext(
            "This time is too soon; the institution needs at least %(count)d hour's notice.",
            "This time is too soon; the institution needs at least %(count)d hours' notice.",
            hours,
        )
        return said % {"count": hours}
    said = ngettext(
        "This time is too soon; the institution needs at least %(count)d day's notice.",
        "This time is too soon; the institution needs at least %(count)d days' notice.",
        hours // 24,
    )
    return said % {"count": hours // 24}


class Taken(Exception):
    """Somebody else has this time."""


class HoldExpired(Exception):
    """The ten minutes are over; the time may have gone to somebody else."""


class MoveNotAllowed(Exception):
    """This step is not possible from the present status."""

    def __init__(self, current: str, target: str) -> None:
        super().__init__(f"{current} -> {target}")
        self.current, self.target = current, target


class KeyReused(Exception):
    """The idempotency key came before, with another wish."""


class ReasonMissing(Exception):
    """A rule is set aside only with a reason."""


class NotBookable(Exception):
    """The time cannot be booked. ``conflicts`` are all the rules against it; ``code`` (stable) and ``reason`` (for the
    reader) are those of the first."""

    def __init__(self, *conflicts: str | Conflict, rules: Rules = HOUSE) -> None:
        self.conflicts = [each if isinstance(each, Conflict) else Conflict(each, rules) for each in conflicts]
        super().__init__(", ".join(each.code for each in self.conflicts))

    @property
    def code(self) -> str:
        return self.conflicts[0].code

    @property
    def reason(self) -> str:
        return self.conflicts[0].reason

    @property
    def is_of_one(self) -> bool:
        """Whether a colleague might still take the visit."""
        return all(each.is_of_one for each in self.conflicts)


@dataclass(frozen=True, slots=True)
class Overriding:
    """That a member of staff books against the rules, and why. Raises ``ReasonMissing`` without a reason."""

    actor: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ReasonMissing


def check(conflicts: Sequence[Conflict], *, override: Overriding | None = None) -> None:
    """Raise ``NotBookable`` or ``Taken`` for what stands against a time and is not set aside."""
    against = [each for each in conflicts if override is None or not each.may_override]
    if not against:
        return
    if against[0].code == "taken":
        raise Taken
    raise NotBookable(*against)
