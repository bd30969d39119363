"""Rows that many tests begin with: made once in a process, put back as they were for every test after.

Making the demo district takes half a second or more of computing, putting its rows back a tenth of that. Each test
still has rows of its own, in its own transaction.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

Made = TypeVar("Made")
NOT_OURS = frozenset({"auth", "contenttypes"})  # Django fills these itself
FILLED_BY_DJANGO = frozenset({"auth_permission", "django_content_type"})


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table: on PostgreSQL as ``COPY`` gives them, all together, on SQLite as values."""

    model: type[models.Model]
    rows: list[Any]

    @property
    def name(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    def read(self) -> Table:
        columns = _columns_of(self.model)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.name} ({', '.join(columns)}) TO STDOUT") as copy:
                    content = b"".join(copy)
                self.rows.extend([content] if content else [])
            else:
                # A plus keeps the value as it is stored; a bare column would come back as Python's time or truth.
                cursor.execute(f"SELECT {', '.join(f'+{column}' for column in columns)} FROM {self.name}")
                self.rows.extend(cursor.fetchall())
        return self

    def put_back(self) -> None:
        columns = ", ".join(_columns_of(self.model))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.name} ({columns}) FROM STDIN") as copy:
                    for piece in self.rows:
                        copy.write(piece)
            else:
                places = ", ".join(["%s"] * len(self.rows[0]))
                cursor.executemany(f"INSERT INTO {self.name} ({columns}) VALUES ({places})", self.rows)


@functools.cache
def _columns_of(model: type[models.Model]) -> list[str]:
    fields = model._meta.local_concrete_fields
    return [connection.ops.quote_name(field.column) for field in fields if field.column]


_KEPT: dict[Hashable, tuple[Any, list[Table]]] = {}


def made_once(make: Callable[..., Made], *arguments: Hashable, **named: Hashable) -> Made:
    """What ``make(…)`` returns, its rows in the database; keys go on counting after them.

    The rows may depend on the arguments and on the day in Korea, on nothing else, and ``make`` must find its tables
    empty: call this before a test makes rows of its own. What is returned is shared by all tests: nothing that one
    changes.
    """
    return _made(make, arguments, named)[0]


def made_for_each(make: Callable[..., Made], *arguments: Hashable, **named: Hashable) -> Made:
    """The same for what tests change: each has a copy."""
    made, is_kept = _made(make, arguments, named)
    return copy.deepcopy(made) if is_kept else made


def _made(make: Callable[..., Made], arguments: tuple[Hashable, ...], named: dict[str, Hashable]) -> tuple[Made, bool]:
    """What was made, and whether it is kept. It is not where a table that it fills has rows already."""
    key = (make.__module__, make.__qualname__, arguments, tuple(named.items()), _day_here())
    if key in _KEPT:
        made, tables = _KEPT[key]
        _put_back(tables)
        return made, True
    before = _rows()
    made = make(*arguments, **named)
    after = _rows()
    new = [table for model, table in after.items() if model not in before]
    is_kept = all(after[model].rows == table.rows for model, table in before.items())
    if is_kept:
        _KEPT[key] = made, new
    return made, is_kept


def _rows() -> dict[type[models.Model], Table]:
    """All tables that have any."""
    return {model: table for model in _ours() if (table := Table(model, []).read()).rows}


def _day_here() -> dt.date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


def _ours() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in NOT_OURS
    ]


def _put_back(tables: list[Table]) -> None:
    with transaction.atomic():
        for table in tables:
            table.put_back()
        keys = connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables])
        if keys:
            with connection.cursor() as cursor:
                cursor.execute(" ".join(keys))


def sweep() -> None:
    """Take away what a test has committed.

    Django would empty every table, full or not, and fill two of its own again: as much work as many a test.
    """
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # in whatever order tables refer to each other
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_asking_for_rows())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@functools.cache
def _asking_for_rows() -> str:
    """A question that the names of all tables with rows answer."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"
        for table in sorted(set(tables) - FILLED_BY_DJANGO)
    )
