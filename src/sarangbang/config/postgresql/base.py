"""PostgreSQL as Django speaks to it, with fewer ways there and back.

Whether a kept connection still stands is seen without a question. Several statements travel as one text (``tell``), the
first of a transaction with its BEGIN. New rows whose answer nobody waits for (``later``) travel with whatever is said
next, at the latest with the COMMIT.
"""

from __future__ import annotations

import selectors
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus

Rows = list[tuple[Any, ...]]
FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


class Later(NamedTuple):
    """A statement that waits, and what is to be done with its answer."""

    text: str
    then: Callable[[Rows], object]


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of one thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: list[Later] = []
        self.execute_wrappers.append(self._after_waiting)

    def driver(self) -> psycopg.Connection[Any]:
        """The driver's connection, looked after as Django does before it makes a cursor."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        return self.connection

    def tell(self, texts: Sequence[str]) -> list[Rows]:
        """Carry out statements, one after the other, and return the rows that each gives. What waits goes first."""
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        driver = self.connection or self.driver()
        first, self.waiting = self.waiting, []
        said = [*[each.text for each in first], *texts]
        begins = not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE
        text = "; ".join([_beginning(driver), *said] if begins else said)
        with debug_transaction(self, text), self.wrap_database_errors:
            found = _exchange(driver, text)[begins:]
        for each, answer in zip(first, found, strict=False):
            each.then(answer)
        return found[len(first) :]

    def later(self, text: str, then: Callable[[Rows], object] = len) -> None:
        """Carry out a statement before anything else is asked, at the latest with the commit. Call it in a transaction.
        What refuses it is raised there; when the transaction (or savepoint) is undone before, it is never said."""
        self.validate_no_broken_transaction()
        self.waiting.append(Later(text, then))

    def _after_waiting(self, execute: Callable[..., Any], *words: Any) -> Any:
        """Around each statement of a cursor."""
        if self.waiting:
            self.tell([])
        return execute(*words)

    def _set_autocommit(self, autocommit: bool) -> None:
        self.waiting = []
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out

    def _commit(self) -> None:
        if self.waiting:
            self.tell(["COMMIT"])
        else:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out

    def _rollback(self) -> None:
        self.waiting = []
        super()._rollback()  # type: ignore[misc]  # the stubs leave it out

    def _savepoint_rollback(self, sid: str) -> None:
        self.waiting = []  # all of it came after the savepoint, which is a statement, too
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs leave it out

    def is_usable(self) -> bool:
        """Between requests a server that is there says nothing. When there is something to read (its farewell, the end
        of the connection, a notice), it is asked."""
        if self.connection is None or self.connection.closed:
            return False
        with selectors.DefaultSelector() as watched:
            watched.register(self.connection, selectors.EVENT_READ)
            is_silent = not watched.select(timeout=0)
        return is_silent or super().is_usable()


def _beginning(driver: psycopg.Connection[Any]) -> str:
    level = driver.isolation_level  # where the settings of the database name one
    return "BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}"


def _exchange(driver: psycopg.Connection[Any], text: str) -> list[Rows]:
    """Send one text of several statements, and read what each gives. A cursor of the driver would do the same, and
    much beside."""
    with driver.lock:
        driver.pgconn.send_query(text.encode())
        results = driver.wait(execute(driver.pgconn))
    reader = Transformer(driver)
    found: list[Rows] = []
    for result in results:
        if result.status not in FINE:
            raise error_from_result(result, encoding=reader.encoding)
        if result.ntuples:
            reader.set_pgresult(result)
            found.append(reader.load_rows(0, result.ntuples, tuple))
        else:
            found.append([])
    return found
