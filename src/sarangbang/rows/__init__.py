"""Writing new rows with few words to the database.

A booking writes some thirty rows of fifteen models. One by one, each costs a statement that is put together anew and a
way to the database and back, which is most of the price of a booking. ``write`` puts new objects of any models down at
once; ``add`` leaves them for the end of the ``together`` around it; ``update_values`` is for thousands of small rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from .inserting import inserts_of
from .making import known, new
from .planned import Statement, told

__all__ = ["Statement", "add", "at_once", "batches", "known", "new", "together", "update_values", "write"]

_LATER: ContextVar[list[models.Model | Statement] | None] = ContextVar("rows_later", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is added within is written at the end, and nothing of it when the end is an error. Call it in a transaction;
    one within another leaves its rows to the outer one. Until the end the rows cannot be read, and those whose key the
    database gives have none."""
    outer = _LATER.get()
    mine: list[models.Model | Statement] = []
    token = _LATER.set(mine)
    try:
        yield
    finally:
        _LATER.reset(token)
    if outer is not None:
        outer += mine
        return
    here = connections[DEFAULT_DB_ALIAS]
    if here.vendor == "postgresql" and here.in_atomic_block:
        _leave(*_parted(mine), here)
    else:
        write(*_parted(mine))


def add(*objects: models.Model | Statement) -> None:
    """Write new objects at the end of the ``together`` around this; without one, now. A statement is carried out after
    all of them."""
    later = _LATER.get()
    if later is None:
        write(*_parted(objects))
    else:
        later += objects


def _parted(added: Sequence[models.Model | Statement]) -> tuple[list[models.Model], list[Statement]]:
    objects = [each for each in added if isinstance(each, models.Model)]
    return objects, [each for each in added if isinstance(each, tuple)]


def write(objects: Sequence[models.Model], also: Sequence[Statement] = ()) -> list[list[tuple[Any, ...]]]:
    """Write new objects now, all or none: one statement for each model, in the order in which the models come first.
    Like ``bulk_create`` it gives keys, and sends no signals. Returns what ``also`` gives, statements that are carried
    out after these and travel along. Raises ``IntegrityError``."""
    here = connections[DEFAULT_DB_ALIAS]
    inserts = inserts_of(objects, here)
    if not inserts and not also:
        return []
    with transaction.atomic(savepoint=False):
        given = at_once([*(each.statement for each in inserts), *also])
    for insert, keys in zip(inserts, given, strict=False):
        insert.written(keys)
    return given[len(inserts) :]


def _leave(objects: Sequence[models.Model], also: Sequence[Statement], here: Any) -> None:
    """Write new objects with what is said next, at the latest with the commit."""
    inserts = inserts_of(objects, here)
    here.driver()
    with here.wrap_database_errors:
        said = list(told([*(each.statement for each in inserts), *also], here))
    for insert, each in zip(inserts, said, strict=False):
        here.later(each, insert.written)
    for each in said[len(inserts) :]:
        here.later(each)


def at_once(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """Carry out several statements, one after the other, and return the rows that each gives. They go to PostgreSQL
    together, and what they give comes back together."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    if here.vendor == "postgresql":
        here.driver()
        with here.wrap_database_errors:  # the driver refuses some values
            said = list(told(statements, here))
        found: list[list[tuple[Any, ...]]] = here.tell(said)
        return found
    with here.cursor() as cursor:
        found = []
        for each in statements:
            cursor.execute(*each)
            found.append(cursor.fetchall())
        return found


Thing = TypeVar("Thing")
BATCH = 1000


def batches(things: Iterable[Thing], size: int = BATCH) -> Iterator[list[Thing]]:
    """The same things in lists of at most ``size``."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


def update_values(
    model: type[models.Model], changes: Iterable[tuple[Any, Mapping[str, Any]]], names: Sequence[str]
) -> None:
    """Set these fields of many rows: pairs of key and new values by name, one prepared statement for all of them.
    (``bulk_update`` writes a CASE with a branch per row, which takes minutes for a national list.)"""
    here = connections[DEFAULT_DB_ALIAS]
    quote = here.ops.quote_name
    meta = model._meta  # noqa: SLF001 (public by Django's documentation)
    by_name = {field.name: field for field in meta.concrete_fields}
    fields, key = [by_name[name] for name in names], meta.pk
    setting = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {setting} WHERE {quote(str(key.column))} = %s"  # noqa: S608 (our own names)
    with here.cursor() as cursor:
        for batch in batches(changes):
            cursor.executemany(
                statement,
                [
                    (
                        *(field.get_db_prep_save(values[field.name], here) for field in fields),
                        key.get_db_prep_save(pk, here),
                    )
                    for pk, values in batch
                ],
            )
