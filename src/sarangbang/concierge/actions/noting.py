"""What an interpreter writes down about a job, exactly once: the phone makes the key and sends until it is answered."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.concierge.models import Interpreting, SessionNote
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink

from .steps import locked
from .tapping import EARLIEST, NotYours, TooEarly, actor_of_link

MOST_LETTERS = 1000


class NoText(ValueError):
    """An incident or a hand-over note says nothing."""


def note(
    link: SecureLink, job: Interpreting, kind: str, text: str, key: UUID, noted_at: dt.datetime | None = None
) -> SessionNote:
    """Write a note of the interpreter behind ``link`` down. The same ``key`` again returns the first; that teach-back
    was done is said once. ``noted_at`` is the phone's clock, bounded as in ``tap``.

    Raises ``NotYours``, ``TooEarly``, ``NoText``, and ``ValueError`` for an unknown kind or a key of another note.
    """
    if kind not in SessionNote.Kind.values:
        raise ValueError(kind)
    if kind != SessionNote.Kind.TEACH_BACK and not text.strip():
        raise NoText
    try:
        return _note(link, job, kind, text.strip()[:MOST_LETTERS], key, noted_at)
    except IntegrityError:  # the same key at the same moment for another job
        raise ValueError(key) from None


@transaction.atomic
def _note(
    link: SecureLink, job: Interpreting, kind: str, text: str, key: UUID, noted_at: dt.datetime | None
) -> SessionNote:
    job, actor, now = locked(job), actor_of_link(link), timezone.now()
    known = SessionNote.objects.filter(key=key).first()
    if known is not None:
        if (known.interpreting_id, known.actor) != (job.pk, actor):
            raise ValueError(key)
        return known
    if not _was_theirs(job, actor):
        raise NotYours
    if now < job.starts_at - EARLIEST:
        raise TooEarly
    if kind == SessionNote.Kind.TEACH_BACK:
        said = job.notes.filter(kind=kind, actor=actor).first()
        if said is not None:
            return said
    made = SessionNote.objects.create(
        interpreting=job, kind=kind, text=text, key=key, actor=actor, received_at=now,
        noted_at=min(max(noted_at or now, job.created_at), now),
    )  # fmt: skip
    audit(actor, f"note_{kind}", job)
    return made


def _was_theirs(job: Interpreting, actor: str) -> bool:
    """Whether they have the job or had begun it: who hands over writes when it is somebody else's already."""
    return (job.interpreter is not None and job.interpreter.actor == actor) or job.taps.filter(actor=actor).exists()
