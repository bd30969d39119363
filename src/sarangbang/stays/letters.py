"""Letters to a guest: one for each change, or one for several changes that belong together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sarangbang.messages.actions import draft, post, post_all
from sarangbang.people.models import SecureLink

from .models import Stay


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to a guest that was not posted."""

    stay: Stay
    kind: str
    context: Mapping[str, Any]


_HELD_BACK: ContextVar[list[Letter] | None] = ContextVar("letters_held_back", default=None)


@contextmanager
def held_back() -> Iterator[list[Letter]]:
    """What ``tell`` is asked for within is not posted but listed: the caller writes one letter of it."""
    letters: list[Letter] = []
    token = _HELD_BACK.set(letters)
    try:
        yield letters
    finally:
        _HELD_BACK.reset(token)


def tell(stay: Stay, kind: str, *, dedupe_key: str | None = None, **context: Any) -> None:
    """Post a message to the guest. Links travel as ids, times as ISO 8601; nothing says why somebody comes."""
    letters = _HELD_BACK.get()
    if letters is not None:
        letters.append(Letter(stay, kind, context))
        return
    post(kind, dedupe_key=dedupe_key, **_addressed(stay, context))


def tell_all(letters: Sequence[Letter]) -> None:
    """``tell`` for many letters at once."""
    post_all([draft(each.kind, **_addressed(each.stay, each.context)) for each in letters])


def _addressed(stay: Stay, context: Mapping[str, Any]) -> dict[str, Any]:
    """What the outbox needs to know of a letter."""
    guest = stay.guest
    return {
        "address": guest.email,
        "language": guest.language,
        "zone": guest.zone,
        "guest": guest,
        "context": {key: _plain(value) for key, value in context.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, SecureLink):
        return str(value.pk)
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
