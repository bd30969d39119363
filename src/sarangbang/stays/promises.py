"""What is promised to a guest, in sentences.

``Promise.kind`` names a sentence of the table, ``params`` fill it; a promise is open until it is kept, late when its
time is over, and no longer due when it was withdrawn. Whoever promises says who they are: "center" is the Medical Tour
Center, anything else is shown as it is written (an institution, a driver).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sarangbang import rows

from .models import Promise, Stay

CENTER = "center"

SENTENCES: dict[str, Lazy | str] = {
    "time_kept": _("Your time is kept for you."),
    "ride_answer": _("You get an answer about your car."),
    "interpreting_answer": _("You get an answer about your interpreter."),
    "ride": _("A car waits for you."),
    "pick_up": _("A driver waits for you with your name on a board."),
    "interpreting": _("An interpreter is beside you."),
    "answer": _("You get an answer to your question."),
}


class State(StrEnum):
    OPEN = "open"
    LATE = "late"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Said:
    """A promise as it is shown. ``by`` and ``sentence`` are in the reader's language."""

    sentence: str
    by: str
    state: State
    due_at: dt.datetime | None
    kept_at: dt.datetime | None
    subject: str


def check_kind(kind: str) -> None:
    """A promise without a sentence cannot be shown to anybody."""
    if kind not in SENTENCES:
        raise ValueError(f"no sentence for the promise {kind!r}")


def state_of(promise: Promise, now: dt.datetime) -> State:
    """Kept wins over late: what was done too late was done."""
    if promise.kept_at is not None:
        return State.KEPT
    if promise.withdrawn_at is not None:
        return State.WITHDRAWN
    if promise.due_at is not None and promise.due_at < now:
        return State.LATE
    return State.OPEN


def said(promise: Promise, now: dt.datetime) -> Said:
    """The promise in words."""
    by = gettext("Medical Tour Center") if promise.promised_by == CENTER else promise.promised_by
    return Said(
        sentence=_filled(str(SENTENCES[promise.kind]), promise.params) if promise.kind in SENTENCES else "",
        by=by,
        state=state_of(promise, now),
        due_at=promise.due_at,
        kept_at=promise.kept_at,
        subject=promise.subject,
    )


def _filled(sentence: str, params: dict[str, Any]) -> str:
    return sentence % params if params and "%(" in sentence else sentence


def promise(
    stay: Stay,
    kind: str,
    *,
    by: str,
    due_at: dt.datetime | None = None,
    subject: str = "",
    is_first: bool = False,
    **params: Any,
) -> Promise:
    """Promise something to the guest. ``kind`` is a sentence of ``promises.SENTENCES``, ``by`` is "center" or a name.
    A new promise of the same kind about the same thing takes the place of an open one; one that ``is_first`` has none
    before it, for the stay was made in this transaction."""
    check_kind(kind)
    if subject and not is_first:
        Promise.objects.filter(
            stay=stay, kind=kind, subject=subject, kept_at__isnull=True, withdrawn_at__isnull=True
        ).update(withdrawn_at=timezone.now())
    made = rows.new(Promise, stay_id=stay.pk, kind=kind, promised_by=by, due_at=due_at, subject=subject, params=params)
    rows.add(made)
    return made


def keep_promise(subject: str, *, kind: str | None = None) -> int:
    """All open promises about this thing (of this kind) are kept; returns how many."""
    return _open_promises(subject, kind).update(kept_at=timezone.now())


def withdraw_promise(subject: str, *, kind: str | None = None) -> int:
    """All open promises about this thing (of this kind) are no longer due; returns how many."""
    return _open_promises(subject, kind).update(withdrawn_at=timezone.now())


def _open_promises(subject: str, kind: str | None) -> Any:
    found = Promise.objects.filter(subject=subject, kept_at__isnull=True, withdrawn_at__isnull=True)
    return found if kind is None else found.filter(kind=kind)
