"""Statements that insert new objects: one for each model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from inspect import getattr_static
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from .making import PLAIN
from .planned import Statement

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
    """A field of a model. Values of the classes ``as_they_are`` go to the driver so; to ask the field about every value
    would cost more than all else."""

    name: str
    as_they_are: frozenset[type]
    field: models.Field[Any, Any]


def _column(field: models.Field[Any, Any], here: BaseDatabaseWrapper) -> Column:
    """A field that fills itself in (``auto_now``) is always asked."""
    kinds = AS_THEY_ARE_TO_POSTGRESQL if here.vendor == "postgresql" else AS_THEY_ARE
    stored = field.target_field if isinstance(field, models.ForeignKey) else field
    kind = kinds.get(type(stored))
    fills_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if kind is None or fills_itself or type(getattr_static(field.model, field.attname)) not in PLAIN:
        return Column(field.attname, frozenset(), field)
    return Column(field.attname, frozenset([kind, type(None)]), field)


def _stored(column: Column, row: models.Model, here: BaseDatabaseWrapper) -> Any:
    """What the driver takes for another value of a new row."""
    value = column.field.pre_save(row, add=True)
    if str in column.as_they_are and isinstance(value, models.TextChoices):
        return value.value
    return column.field.get_db_prep_save(value, here)


class Table(NamedTuple):
    """How rows of a model are inserted. ``key`` is the field whose value the database gives, if it does."""

    fields: list[models.Field[Any, Any]]
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
        fields,
        [_column(field, here) for field in fields],
        key,
        f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ",  # noqa: S608 (our own names)
        f"({', '.join(['%s'] * len(fields))})",
        f" RETURNING {quote(str(key.column))}" if key is not None else "",
    )


@lru_cache(500)
def _insertion(model: type[models.Model], many: int) -> str:
    """The text of a statement that inserts so many rows; the same object each time, so that its hash, by which planned
    statements are found, is known."""
    table = _table(model)
    return table.begin + ", ".join([table.row] * many) + table.end


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
        values = [
            value if column[1] and type(value := state[column[0]]) in column[1] else _stored(column, row, here)
            for row in rows
            for state in [row.__dict__]
            for column in table.columns
        ]
        yield Insert((_insertion(model, len(rows)), values), rows, table.key)


def inserts_of(objects: Sequence[models.Model], here: BaseDatabaseWrapper) -> list[Insert]:
    """The statements, in the order in which the models come first."""
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for each in objects:
        by_model.setdefault(type(each), []).append(each)
    return [insert for model, part in by_model.items() for insert in _inserts(model, part, here)]
