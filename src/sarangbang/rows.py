"""Writing new rows with few words to the database.

A booking writes some thirty rows of fifteen models. One by one, each costs a statement that is put together anew and a
way to the database and back, which is most of the price of a booking. ``write`` puts new objects of any models down at
once; ``add`` leaves them for the end of the ``together`` around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

Statement = tuple[str, Sequence[Any]]
"""The text and its values."""

_LATER: ContextVar[list[models.Model] | None] = ContextVar("rows_later", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is added within is written at the end, and nothing of it when the end is an error. Call it in a transaction;
    one within another leaves its rows to the outer one. Until the end the rows cannot be read, and those whose key the
    database gives have none."""
    outer = _LATER.get()
    mine: list[models.Model] = []
    token = _LATER.set(mine)
    try:
        yield
    finally:
        _LATER.reset(token)
    if outer is None:
        write(mine)
    else:
        outer += mine


def add(*objects: models.Model) -> None:
    """Write new objects at the end of the ``together`` around this; without one, now."""
    later = _LATER.get()
    if later is None:
        write(objects)
    else:
        later += objects


def write(objects: Sequence[models.Model]) -> None:
    """Write new objects now, all or none: one statement for each model, in the order in which the models come first.
    Like ``bulk_create`` it gives keys, and sends no signals. Raises ``IntegrityError``."""
    here = connections[DEFAULT_DB_ALIAS]
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for each in objects:
        by_model.setdefault(type(each), []).append(each)
    inserts = [insert for model, part in by_model.items() for insert in _inserts(model, part, here)]
    if not inserts:
        return
    with transaction.atomic(savepoint=False):
        given = at_once([each.statement for each in inserts])
    for insert, keys in zip(inserts, given, strict=True):
        insert.written(keys)


def at_once(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """Carry out several statements that give rows, one after the other, and return these. They go to PostgreSQL as one
    text, and what they give comes back together."""
    here = connections[DEFAULT_DB_ALIAS]
    with here.cursor() as cursor:
        if len(statements) == 1 or not _takes_texts(here):
            found = []
            for each in statements:
                cursor.execute(*each)
                found.append(cursor.fetchall())
            return found
        cursor.execute("; ".join(_filled(statements, here)))
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
        return found


def _takes_texts(here: BaseDatabaseWrapper) -> bool:
    """Whether it takes several statements as one text: PostgreSQL, while the driver puts the values in."""
    return here.vendor == "postgresql" and not getattr(here.features, "uses_server_side_binding", True)


def _filled(statements: Sequence[Statement], here: BaseDatabaseWrapper) -> Iterator[str]:
    """The statements as PostgreSQL reads them, the values quoted by the driver."""
    from psycopg.adapt import Transformer  # who has SQLite need not have the driver

    quote = Transformer(here.connection).as_literal
    for text, values in statements:
        yield text % tuple(["NULL" if value is None else quote(value).decode() for value in values])


class Table(NamedTuple):
    """How rows of a model are inserted. ``key`` is the field whose value the database gives, if it does."""

    fields: list[models.Field[Any, Any]]
    key: models.Field[Any, Any] | None
    begin: str
    row: str
    end: str


@cache
def _table(model: type[models.Model]) -> Table:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    meta = model._meta  # noqa: SLF001 (public by Django's documentation)
    key = meta.auto_field
    fields = [field for field in meta.local_concrete_fields if field is not key]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return Table(
        fields,
        key,
        f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ",  # noqa: S608 (our own names)
        f"({', '.join(['%s'] * len(fields))})",
        f" RETURNING {quote(str(key.column)) if key is not None else 1}",
    )


class Insert(NamedTuple):
    """One statement with its values."""

    statement: Statement
    rows: Sequence[models.Model]
    key: models.Field[Any, Any] | None

    def written(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """The objects are saved now, and get the keys that the database gave."""
        if self.key is not None:
            for row, (key,) in zip(self.rows, keys, strict=True):
                setattr(row, self.key.attname, key)
        for row in self.rows:
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 (public by Django's documentation)


def _inserts(model: type[models.Model], objects: Sequence[models.Model], here: BaseDatabaseWrapper) -> Iterator[Insert]:
    """Statements of as many rows as one may have."""
    table = _table(model)
    most = max(1, here.ops.bulk_batch_size(table.fields, objects))
    for start in range(0, len(objects), most):
        rows = objects[start : start + most]
        values = [field.get_db_prep_save(field.pre_save(row, add=True), here) for row in rows for field in table.fields]
        yield Insert((table.begin + ", ".join([table.row] * len(rows)) + table.end, values), rows, table.key)
