"""Writing new rows with few words to the database.

A booking writes some thirty rows of fifteen models. One by one, each costs a statement that is put together anew and a
way to the database and back, which is most of the price of a booking. ``write`` puts new objects of any models down at
once; ``add`` leaves them for the end of the ``together`` around it; ``insert_values`` and ``update_values`` are for
thousands of small rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

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


def write(objects: Sequence[models.Model], also: Sequence[Statement] = ()) -> list[list[tuple[Any, ...]]]:
    """Write new objects now, all or none: one statement for each model, in the order in which the models come first.
    Like ``bulk_create`` it gives keys, and sends no signals. Returns what ``also`` gives, statements that are carried
    out after these and travel along. Raises ``IntegrityError``."""
    here = connections[DEFAULT_DB_ALIAS]
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for each in objects:
        by_model.setdefault(type(each), []).append(each)
    inserts = [insert for model, part in by_model.items() for insert in _inserts(model, part, here)]
    if not inserts and not also:
        return []
    with transaction.atomic(savepoint=False):
        given = at_once([*(each.statement for each in inserts), *also])
    for insert, keys in zip(inserts, given, strict=False):
        insert.written(keys)
    return given[len(inserts) :]


def at_once(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """Carry out several statements, one after the other, and return the rows that each gives. They go to PostgreSQL as
    one text, and what they give comes back together."""
    here = connections[DEFAULT_DB_ALIAS]
    with here.cursor() as cursor:
        if here.vendor != "postgresql":
            found = []
            for each in statements:
                cursor.execute(*each)
                found.append(cursor.fetchall())
            return found
        with here.wrap_database_errors:  # the driver refuses some values
            text = "; ".join(_texts(statements, here))
        cursor.execute(text)
        return _answers(cursor.cursor, here)


def _answers(cursor: Any, here: BaseDatabaseWrapper) -> list[list[tuple[Any, ...]]]:
    """What each of the statements gave, from the driver's own cursor."""
    with here.wrap_database_errors:
        found = [cursor.fetchall() if cursor.pgresult.ntuples else []]
        while cursor.nextset():
            found.append(cursor.fetchall() if cursor.pgresult.ntuples else [])
        return found


MOST_VALUES, MOST_PLANNED = 300, 200
"""What has more values hardly comes a second time; when a connection has planned more statements, it begins anew."""

ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
"""Left to itself PostgreSQL plans anew at nearly every call of a statement with a list, because it believes that the
values matter; ours go through the same indexes whatever they are. Said with every new plan, because a transaction that
is undone takes the setting back, but not the plans."""

_PLANNED: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
"""By connection of the driver, the statements that PostgreSQL has read and planned for it, with their names."""

_NUMBERS = count()


def _texts(statements: Sequence[Statement], here: BaseDatabaseWrapper) -> Iterator[str]:
    """The statements as PostgreSQL reads them, the values quoted by the driver. To read and plan a statement costs
    PostgreSQL more than to carry it out, so that is done once for each connection."""
    from psycopg.adapt import Transformer  # who has SQLite need not have the driver

    quote = Transformer(here.connection).as_literal
    planned: dict[str, str] = {}
    if not here.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):  # behind a pooler the server keeps nothing for us
        planned = _planned({text: len(values) for text, values in statements if len(values) <= MOST_VALUES}, here)
    for text, values in statements:
        if text not in planned:
            yield text % tuple(["NULL" if value is None else quote(value).decode() for value in values])
            continue
        quoted = ["NULL" if value is None else _quickly(value) or quote(value).decode() for value in values]
        yield f"EXECUTE {planned[text]}({', '.join(quoted)})" if quoted else f"EXECUTE {planned[text]}"


_HARMLESS = re.compile(r"[A-Za-z0-9 @:;,./_+=-]*").fullmatch
_QUICK: dict[type, Callable[[Any], str | None]] = {
    bool: lambda value: "true" if value else "false",
    dt.date: lambda value: f"'{value}'",
    dt.datetime: lambda value: None if value.tzinfo is None else f"'{value}'",
    int: str,
    str: lambda value: f"'{value}'" if _HARMLESS(value) else None,
    UUID: lambda value: f"'{value}'",
}


def _quickly(value: Any) -> str | None:
    """The literal for a place whose type PostgreSQL knows, where the driver has nothing to escape; None where it is
    asked, which takes many times as long."""
    literal = _QUICK.get(type(value))
    return None if literal is None else literal(value)


def _planned(texts: Mapping[str, int], here: BaseDatabaseWrapper) -> dict[str, str]:
    """The names under which PostgreSQL knows these statements on this connection, and others. ``texts`` come with the
    number of their values."""
    known = _PLANNED.setdefault(here.connection, {})
    with here.wrap_database_errors:
        if len(known) > MOST_PLANNED:
            here.connection.execute("DEALLOCATE ALL")
            known.clear()
        new = {text: f"planned_{next(_NUMBERS)}" for text in texts if text not in known}
        if new:
            plans = [f"PREPARE {name} AS {_numbered(text, texts[text])}" for text, name in new.items()]
            here.connection.execute("; ".join([ONE_PLAN, *plans]))
            known.update(new)
    return known


def _numbered(text: str, values: int) -> str:
    """With $1, $2 … in the places of the values."""
    return text % tuple([f"${number + 1}" for number in range(values)])


AS_THEY_ARE: dict[type[models.Field[Any, Any]], type] = {
    models.BigAutoField: int,
    models.BigIntegerField: int,
    models.BooleanField: bool,
    models.CharField: str,
    models.EmailField: str,
    models.IntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.SlugField: str,
    models.SmallIntegerField: int,
    models.TextField: str,
}
"""Values of these classes go from these fields to the driver as they are."""
AS_THEY_ARE_TO_POSTGRESQL = AS_THEY_ARE | {
    models.DateField: dt.date,
    models.DateTimeField: dt.datetime,
    models.UUIDField: UUID,
}


class Column(NamedTuple):
    """A field of a model. Values of the class ``as_they_are`` are stored so, and nothing as nothing; to ask the field
    about every value would cost more than all else."""

    field: models.Field[Any, Any]
    as_they_are: type | None

    def value(self, row: models.Model, here: BaseDatabaseWrapper) -> Any:
        """What the driver takes for this field of a new row."""
        value = getattr(row, self.field.attname)
        if self.as_they_are is not None and (value is None or type(value) is self.as_they_are):
            return value
        if self.as_they_are is str and isinstance(value, models.TextChoices):
            return value.value
        return self.field.get_db_prep_save(self.field.pre_save(row, add=True), here)


def _column(field: models.Field[Any, Any], here: BaseDatabaseWrapper) -> Column:
    """A field that fills itself in (``auto_now``) is always asked."""
    kinds = AS_THEY_ARE_TO_POSTGRESQL if here.vendor == "postgresql" else AS_THEY_ARE
    stored = field.target_field if isinstance(field, models.ForeignKey) else field
    fills_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return Column(field, None if fills_itself else kinds.get(type(stored)))


class Table(NamedTuple):
    """How rows of a model are inserted. ``key`` is the field whose value the database gives, if it does."""

    columns: list[Column]
    key: models.Field[Any, Any] | None
    begin: str
    row: str
    end: str


@cache
def _table(model: type[models.Model]) -> Table:
    here = connections[DEFAULT_DB_ALIAS]
    quote = here.ops.quote_name
    meta = model._meta  # noqa: SLF001 (public by Django's documentation)
    key = meta.auto_field
    fields = [field for field in meta.local_concrete_fields if field is not key]
    names = ", ".join(quote(str(field.column)) for field in fields)
    return Table(
        [_column(field, here) for field in fields],
        key,
        f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ",  # noqa: S608 (our own names)
        f"({', '.join(['%s'] * len(fields))})",
        f" RETURNING {quote(str(key.column))}" if key is not None else "",
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
    most = max(1, here.ops.bulk_batch_size([column.field for column in table.columns], objects))
    for start in range(0, len(objects), most):
        rows = objects[start : start + most]
        values = [column.value(row, here) for row in rows for column in table.columns]
        yield Insert((table.begin + ", ".join([table.row] * len(rows)) + table.end, values), rows, table.key)


Thing = TypeVar("Thing")
BATCH = 1000


def batches(things: Iterable[Thing], size: int = BATCH) -> Iterator[list[Thing]]:
    """The same things in lists of at most ``size``."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


def insert_values(model: type[models.Model], values: Iterable[Sequence[Any]], names: Sequence[str]) -> None:
    """Insert rows of these fields in their order, where making objects of them would take longer than writing them: a
    few in one statement, many with one that is prepared for all of them. Only whole numbers and texts, which every
    database takes as they are; keys are named as such (``resource_id``)."""
    here = connections[DEFAULT_DB_ALIAS]
    quote = here.ops.quote_name
    meta = model._meta  # noqa: SLF001 (public by Django's documentation)
    by_name = {field.attname: quote(str(field.column)) for field in meta.concrete_fields}
    columns = ", ".join(by_name[name] for name in names)
    begin = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES "  # noqa: S608 (our own names)
    row = f"({', '.join(['%s'] * len(names))})"
    for batch in batches(values):
        if len(batch) * len(names) <= MOST_VALUES:
            at_once([(begin + ", ".join([row] * len(batch)), [value for each in batch for value in each])])
            continue
        with here.cursor() as cursor:
            cursor.executemany(begin + row, batch)


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
