"""A lost answer can be asked for again: a request that carries a key is done once, however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from sarangbang import rows
from sarangbang.scheduling.models import Appointment, KeyedRequest, Series
from sarangbang.scheduling.prepared import Question, ask
from sarangbang.scheduling.refusals import KeyReused

from .reserving import refused_as_taken

Made = Sequence[Appointment | Series]


def once(
    key: str | None,
    wish: Sequence[object],
    make: Callable[..., Made],
    *,
    appointment_id: UUID | None = None,
    question: Question | None = None,
) -> Made:
    """What ``make`` makes, or what it made when the key came before: as it is now, also when it was moved since.

    The key's row comes first, so a second request with it waits at the unique key until the first is through. When
    ``make`` raises, the key is free again. Raises ``KeyReused`` when the key came with another wish. A caller that
    chooses the key of the one appointment that is made names it, which saves a statement. ``question`` travels with the
    key's row, and ``make`` is called with its answer.
    """
    questions = [] if question is None else [question]
    if key is None:
        with refused_as_taken(), transaction.atomic():
            return make(*ask(*questions))
    digest, wish_digest = _digest(key), _digest(repr([str(part) for part in wish]))
    try:
        with transaction.atomic():
            first = rows.new(KeyedRequest, key_digest=digest, wish_digest=wish_digest, appointment_id=appointment_id)
            found = rows.write([first], [each.statement for each in questions])
            made = make(*(each.read(answer) for each, answer in zip(questions, found, strict=True)))
            for position, each in enumerate(made):
                field = "series" if isinstance(each, Series) else "appointment"
                if position == 0 and each.pk == appointment_id:
                    continue
                if position == 0:
                    KeyedRequest.objects.filter(pk=first.pk).update(**{field: each})
                else:
                    KeyedRequest.objects.create(
                        key_digest=digest, position=position, wish_digest=wish_digest, **{field: each}
                    )
            return made
    except IntegrityError:
        known = _answer(digest, wish_digest)
        if known:
            return known
        with refused_as_taken():
            raise


def made_with(key: str) -> Appointment | None:
    """The appointment that a request with this key made, whatever it asked for."""
    row = KeyedRequest.objects.filter(key_digest=_digest(key), appointment__isnull=False).order_by("position").first()
    return row.appointment if row is not None else None


def _answer(digest: str, wish_digest: str) -> Made:
    rows = KeyedRequest.objects.filter(key_digest=digest).order_by("position")
    rows = rows.select_related("appointment__reservation", "appointment__offering", "series")
    known = list(rows)
    if known and known[0].wish_digest != wish_digest:
        raise KeyReused
    return [made for row in known if (made := row.series or row.appointment) is not None]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
