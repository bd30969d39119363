"""PostgreSQL as Django speaks to it, with fewer ways there and back.

Whether a kept connection still stands is seen without a question. Several statements travel together (``tell``), the
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
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.waiting import Ready, Wait

Rows = list[tuple[Any, ...]]
FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


Said = tuple[str, Sequence[bytes | None] | None]
"""One statement: its text and None, or the name under which it is planned and its values as texts."""

COMMIT: Said = ("COMMIT", None)


class Later(NamedTuple):
    """A statement that waits, and what is to be done with its answer."""

    said: Said
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

    def tell(self, statements: Sequence[Said]) -> list[Rows]:
        """Carry out statements, one after the other, and return the rows that each gives. What waits goes first."""
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        driver = self.connection or self.driver()
        first, self.waiting = self.waiting, []
        said = [*[each.said for each in first], *statements]
        begins = not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE
        if begins:
            said.insert(0, _beginning(driver))
        shown = "; ".join(words for words, _values in said) if self.queries_logged else ""
        with debug_transaction(self, shown), self.wrap_database_errors:
            found = _exchange(driver, said)[begins:]
        for each, answer in zip(first, found, strict=False):
            each.then(answer)
        return found[len(first) :]

    def later(self, said: Said, then: Callable[[Rows], object] = len) -> None:
        """Carry out a statement before anything else is asked, at the latest with the commit. Call it in a transaction.
        What refuses it is raised there; when the transaction (or savepoint) is undone before, it is never said."""
        self.validate_no_broken_transaction()
        self.waiting.append(Later(said, then))

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
            self.tell([COMMIT])
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


def _beginning(driver: psycopg.Connection[Any]) -> Said:
    level = driver.isolation_level  # where the settings of the database name one
    return "BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}", None


def _exchange(driver: psycopg.Connection[Any], said: Sequence[Said]) -> list[Rows]:
    """Send statements together, and read what each gives; after one that is refused the others are not carried out.

    This is libpq's pipeline: values travel beside the statement, so nobody quotes them and PostgreSQL does not parse
    them. A cursor of the driver would do the same, and much beside."""
    line = driver.pgconn
    with driver.lock:
        line.enter_pipeline_mode()
        try:
            for words, values in said:
                if values is None:
                    line.send_query_params(words.encode(), None)
                else:
                    line.send_query_prepared(words.encode(), values)
            line.pipeline_sync()
            results = driver.wait(_answers(line))
            line.exit_pipeline_mode()
        except BaseException:
            driver.close()  # what it may still say answers nobody
            raise
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


def _answers(line: Any) -> PQGen[list[Any]]:
    """What the driver waits for: everything sent, then one result of each statement up to the end of the pipeline."""
    while line.flush():
        if (yield Wait.RW) & Ready.R:
            line.consume_input()
    results: list[Any] = []
    while True:
        while line.is_busy():
            if (yield Wait.R):
                line.consume_input()
        result = line.get_result()
        if result is None:  # between two statements
            if line.status == ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)
