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
from inspect import getattr_static
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute

Statement = tuple[str, Sequence[Any]]
"""The text and its values."""

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
    inserts = _all_inserts(objects, here)
    if not inserts and not also:
        return []
    with transaction.atomic(savepoint=False):
        given = at_once([*(each.statement for each in inserts), *also])
    for insert, keys in zip(inserts, given, strict=False):
        insert.written(keys)
    return given[len(inserts) :]


def _leave(objects: Sequence[models.Model], also: Sequence[Statement], here: Any) -> None:
    """Write new objects with what is said next, at the latest with the commit."""
    inserts = _all_inserts(objects, here)
    here.driver()
    with here.wrap_database_errors:
        texts = list(_texts([*(each.statement for each in inserts), *also], here))
    for insert, text in zip(inserts, texts, strict=False):
        here.later(text, insert.written)
    for text in texts[len(inserts) :]:
        here.later(text)


def _all_inserts(objects: Sequence[models.Model], here: BaseDatabaseWrapper) -> list[Insert]:
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for each in objects:
        by_model.setdefault(type(each), []).append(each)
    return [insert for model, part in by_model.items() for insert in _inserts(model, part, here)]


def at_once(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    """Carry out several statements, one after the other, and return the rows that each gives. They go to PostgreSQL as
    one text, and what they give comes back together."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    if here.vendor == "postgresql":
        here.driver()
        with here.wrap_database_errors:  # the driver refuses some values
            texts = list(_texts(statements, here))
        found: list[list[tuple[Any, ...]]] = here.tell(texts)
        return found
    with here.cursor() as cursor:
        found = []
        for each in statements:
            cursor.execute(*each)
            found.append(cursor.fetchall())
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
    UUID: lambda value: f"'{value.hex}'",
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

    name: str
    as_they_are: type | None
    field: models.Field[Any, Any]

    def stored(self, value: Any, row: models.Model, here: BaseDatabaseWrapper) -> Any:
        """What the driver takes for another value of this field of a new row."""
        if value is None and self.as_they_are is not None:
            return None
        if self.as_they_are is str and isinstance(value, models.TextChoices):
            return value.value
        return self.field.get_db_prep_save(self.field.pre_save(row, add=True), here)


def _column(field: models.Field[Any, Any], here: BaseDatabaseWrapper) -> Column:
    """A field that fills itself in (``auto_now``) is always asked."""
    kinds = AS_THEY_ARE_TO_POSTGRESQL if here.vendor == "postgresql" else AS_THEY_ARE
    stored = field.target_field if isinstance(field, models.ForeignKey) else field
    fills_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return Column(field.attname, None if fills_itself else kinds.get(type(stored)), field)


Row = TypeVar("Row", bound=models.Model)


def new(model: type[Row], **values: Any) -> Row:
    """A new object as ``model(**values)`` makes it, but in a fifth of the time and without a signal: for rows that are
    written and hardly read. Only fields are named; keys of others as such (``guest_id``) cost least."""
    blank = _blank(model)
    row = model.__new__(model)
    state = row.__dict__
    state.update(blank.constants)
    state["_state"] = ModelState()
    for name, make in blank.makes:
        if name not in values:
            setattr(row, name, make())
    for name, value in values.items():
        if name in blank.plain:
            state[name] = value
        elif name in blank.names:
            setattr(row, name, value)
        else:
            raise TypeError(f"{model.__name__} has no field {name}")
    return row


class Blank(NamedTuple):
    """What an object of a model has before values are given: the same for all, and made anew for each. ``plain`` are
    attributes that take a value as it is; of other ``names`` a descriptor takes it."""

    constants: dict[str, Any]
    makes: list[tuple[str, Callable[[], Any]]]
    plain: frozenset[str]
    names: frozenset[str]


PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)


@cache
def _blank(model: type[models.Model]) -> Blank:
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 (public)
    plain = frozenset(name for name in fields if type(getattr_static(model, name)) in PLAIN)
    constant = {name for name in plain if not callable(fields[name].default)}
    return Blank(
        {name: fields[name].get_default() for name in constant},
        [(name, field.get_default) for name, field in fields.items() if name not in constant],
        plain,
        frozenset(field.name for field in fields.values()) | fields.keys(),
    )


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
        values = [
            value if type(value := getattr(row, column[0])) is column[1] else column.stored(value, row, here)
            for row in rows
            for column in table.columns
        ]
        yield Insert((table.begin + ", ".join([table.row] * len(rows)) + table.end, values), rows, table.key)


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
