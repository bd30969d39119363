"""Querysets that are asked so often that putting their SQL together costs more than the answer: it is done once for
each shape, and afterwards only the values are put in."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

MOST_SHAPES = 200
EARLY = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)


class _Known(threading.local):
    """Compiler, text and parameters by shape; a compiler belongs to the connection of its thread."""

    def __init__(self) -> None:
        self.shapes: dict[Hashable, tuple[Any, str, list[int | tuple[Any]]]] = {}


class Prepared:
    """``build(fixed, *values)`` gives a queryset of ``values_list``. ``fixed`` is what changes its text: flags, limits,
    small numbers. Values are keys, texts, UUIDs, days, hours, moments, and lists of them that are not empty; each must
    become a parameter as it is."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self.here = _Known()

    def __call__(self, fixed: Hashable, *values: Any) -> list[tuple[Any, ...]]:
        """The rows, as iterating over the queryset would give them."""
        wanted = [_padded(value) if isinstance(value, list) else value for value in values]
        shape = (connection.vendor, fixed, tuple(len(each) if isinstance(each, list) else -1 for each in wanted))
        known = self.here.shapes
        if shape not in known:
            if len(known) >= MOST_SHAPES:
                known.clear()
            known[shape] = self._compiled(fixed, wanted)
        compiler, sql, slots = known[shape]
        flat = [_adapted(value) for value in _flat(wanted)]
        with connection.cursor() as cursor:
            cursor.execute(sql, [flat[slot] if isinstance(slot, int) else slot[0] for slot in slots])
            rows = cursor.fetchall()
        return list(compiler.results_iter(results=[rows], tuple_expected=True))

    def _compiled(self, fixed: Hashable, wanted: Sequence[Any]) -> tuple[Any, str, list[int | tuple[Any]]]:
        """Compile it with a mark in the place of each value, and see where the marks are."""
        marks: list[Any] = []
        marked: list[Any] = []
        for value in wanted:
            mine = [_mark(each, len(marks) + place) for place, each in enumerate(_flat([value]))]
            marks += mine
            marked.append(mine if isinstance(value, list) else mine[0])
        compiler = self.build(fixed, *marked).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        slot_of = {_adapted(mark): slot for slot, mark in enumerate(marks)}
        slots: list[int | tuple[Any]] = [slot_of.get(each, (each,)) for each in parameters]
        if {slot for slot in slots if isinstance(slot, int)} != set(range(len(marks))):
            raise TypeError("a value did not become a parameter")
        return compiler, sql, slots


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


def _adapted(value: Any) -> Any:
    """As the database's driver takes it."""
    match value:
        case UUID():
            return value if connection.features.has_native_uuid_field else value.hex
        case dt.datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case dt.date():
            return connection.ops.adapt_datefield_value(value)
        case dt.time():
            return connection.ops.adapt_timefield_value(value)
    return value
