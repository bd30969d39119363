"""Querysets that are asked so often that putting their SQL together costs more than the answer: it is done once for
each shape in a process, and afterwards only the values are put in."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

from sarangbang import rows

MOST_SHAPES = 200
EARLY = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)


Rows = list[tuple[Any, ...]]


class Question(NamedTuple):
    """A statement, and how the rows that it gives are read."""

    statement: rows.Statement
    read: Callable[[Rows], list[Any]]


def ask(*questions: Question) -> list[list[Any]]:
    """What each gives, as it reads it; one way to PostgreSQL and back for all of them."""
    found = rows.at_once([each.statement for each in questions]) if questions else []
    return [each.read(answer) for each, answer in zip(questions, found, strict=True)]


def ask_those(questions: Sequence[Question | None]) -> list[list[Any]]:
    """The same for questions of which some are left out: these give nothing."""
    answers = iter(ask(*[each for each in questions if each is not None]))
    return [[] if each is None else next(answers) for each in questions]


class _Text(NamedTuple):
    """What all threads of a process share: the query as it was built, the columns that it gives, its text, and for each
    parameter the place of its value, or the parameter itself."""

    query: Query
    selected: Sequence[Any]
    sql: str
    slots: Sequence[int | tuple[Any]]


class _Readers(threading.local):
    """How rows are read, by shape: a compiler, and what converts its columns, belong to the connection of a thread. No
    other thread keeps them, so a connection goes with its thread."""

    def __init__(self) -> None:
        self.by_shape: dict[Hashable, tuple[SQLCompiler, Any]] = {}


class Prepared:
    """``build(fixed, *values)`` gives a queryset of ``values_list``. ``fixed`` is what changes its text: flags, limits,
    small numbers. Values are keys, texts, UUIDs, days, hours, moments, and lists of them that are not empty; each must
    become a parameter as it is."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self.texts: dict[Hashable, _Text] = {}
        self.readers = _Readers()

    def __call__(self, fixed: Hashable, *values: Any) -> Rows:
        """The rows, as iterating over the queryset would give them."""
        return ask(self.question(fixed, *values))[0]

    def question(self, fixed: Hashable, *values: Any) -> Question:
        """The same, to be asked together with others."""
        here = connections[DEFAULT_DB_ALIAS]
        wanted = [_padded(value) if isinstance(value, list) else value for value in values]
        shape = (here.vendor, fixed, tuple(len(each) if isinstance(each, list) else -1 for each in wanted))
        text = self.texts.get(shape)
        if text is None:  # two threads may do it at once: they come to the same
            if len(self.texts) >= MOST_SHAPES:
                self.texts.clear()
            self.texts[shape] = text = self._compiled(fixed, wanted, here)
        compiler, converters = self._reader(shape, text, here)
        flat = [_adapted(value, here) for value in _flat(wanted)]
        put_in = [flat[slot] if isinstance(slot, int) else slot[0] for slot in text.slots]

        def read(found: Rows) -> Rows:
            return list(map(tuple, compiler.apply_converters(found, converters))) if converters else found

        return Question((text.sql, put_in), read)

    def _reader(self, shape: Hashable, text: _Text, here: BaseDatabaseWrapper) -> tuple[SQLCompiler, Any]:
        mine = self.readers.by_shape
        if shape not in mine or mine[shape][0].connection is not here:
            if len(mine) >= MOST_SHAPES:
                mine.clear()
            compiler = text.query.get_compiler(connection=here)
            mine[shape] = compiler, compiler.get_converters(text.selected)
        return mine[shape]

    def _compiled(self, fixed: Hashable, wanted: Sequence[Any], here: BaseDatabaseWrapper) -> _Text:
        """Compile it with a mark in the place of each value, and see where the marks are."""
        marks: list[Any] = []
        marked: list[Any] = []
        for value in wanted:
            mine = [_mark(each, len(marks) + place) for place, each in enumerate(_flat([value]))]
            marks += mine
            marked.append(mine if isinstance(value, list) else mine[0])
        query = self.build(fixed, *marked).query
        compiler = query.get_compiler(connection=here)
        sql, parameters = compiler.as_sql()
        slot_of = {_adapted(mark, here): slot for slot, mark in enumerate(marks)}
        slots: list[int | tuple[Any]] = [slot_of.get(each, (each,)) for each in parameters]
        if {slot for slot in slots if isinstance(slot, int)} != set(range(len(marks))):
            raise TypeError("a value did not become a parameter")
        selected = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
        return _Text(query, selected, sql, slots)


def _padded(values: list[Any]) -> list[Any]:
    """As long as the next power of two, so that there are few shapes; the last value again changes nothing."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))


def _flat(values: Sequence[Any]) -> list[Any]:
    return [each for value in values for each in (value if isinstance(value, list) else [value])]


def _mark(value: Any, number: int) -> Any:
    """A value of the same kind that nothing else in the query is."""
    match value:
        case int():
            return 2_000_000_000 + number
        case UUID():
            return UUID(int=2**100 + number)
        case dt.datetime():
            return EARLY + dt.timedelta(seconds=number)
        case dt.date():
            return EARLY.date() + dt.timedelta(days=number)
        case dt.time():
            return dt.time(3, 33, 33, number + 1)
        case str():
            return f"\x01{number}"
    raise TypeError(value)


def _adapted(value: Any, here: BaseDatabaseWrapper) -> Any:
    """As the database's driver takes it."""
    match value:
        case UUID():
            return value if here.features.has_native_uuid_field else value.hex
        case dt.datetime():
            return here.ops.adapt_datetimefield_value(value)
        case dt.date():
            return here.ops.adapt_datefield_value(value)
        case dt.time():
            return here.ops.adapt_timefield_value(value)
    return value
