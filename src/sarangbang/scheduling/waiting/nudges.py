"""Asking the waiting list after the commit, once for everything that one transaction frees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction

from . import queries
from .queries import Freed

Where = Mapping[str, Iterable[Any]]
"""Names of ``Freed`` with keys; everywhere for ``{}``."""


def nudge(where: Where) -> None:
    """Time may become free there: after the commit, those who wait for it are asked. What is lost in a crash is found
    by the round."""
    asking = _of_this_transaction()
    asking.freed.add(where)
    transaction.on_commit(asking.ask, robust=True)


def look_again(offering_id: int) -> None:
    """After the commit, ask those who wait for this offering."""
    asking = _of_this_transaction()
    asking.known.add(offering_id)
    transaction.on_commit(asking.ask, robust=True)


class _Asking:
    """What one transaction freed. ``known`` are offerings for which somebody waits. Every nudge lets it ask after the
    commit, for a savepoint may take any of them back; the first that is left asks for all, also for what a savepoint
    took back, which does no harm."""

    def __init__(self) -> None:
        self.freed, self.known = Freed(), set[int]()

    def ask(self) -> None:
        from sarangbang.scheduling.tasks import offer_freed_times

        freed, asked = self.freed, self.known
        self.freed, self.known = Freed(), set()
        if freed and queries.anybody_waits():
            asked.update(queries.offerings_waited_for(freed))
        for pk in sorted(asked):
            offer_freed_times.enqueue(pk)


def _of_this_transaction() -> _Asking:
    waiting = (getattr(entry[1], "__self__", None) for entry in connection.run_on_commit)
    return next((each for each in waiting if isinstance(each, _Asking)), None) or _Asking()
