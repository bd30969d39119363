"""Many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models

Thing = TypeVar("Thing")
BATCH = 1000


def batches(things: Iterable[Thing], size: int = BATCH) -> Iterator[list[Thing]]:
    """The same things in lists of at most ``size``."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


def insert(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    for batch in batches(rows):
        model._default_manager.bulk_create(batch)  # noqa: SLF001 (public by Django's documentation)


def insert_values(model: type[models.Model], rows: Iterable[Sequence[Any]], names: Sequence[str]) -> None:
    """Insert rows of these fields, one prepared statement for all of them, in their order: for so many small rows that
    making objects of them takes longer than writing them. Only whole numbers and texts, which every database takes as
    they are; keys are named as such (``resource_id``)."""
    table = model._meta  # noqa: SLF001 (public by Django's documentation)
    by_name = {field.attname: field for field in table.concrete_fields}
    columns = ", ".join(_quoted(by_name[name]) for name in names)
    places = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {connection.ops.quote_name(table.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        for batch in batches(rows):
            cursor.executemany(statement, batch)


def _quoted(field: models.Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))


def update(model: type[models.Model], changes: Iterable[tuple[Any, dict[str, Any]]], names: Sequence[str]) -> None:
    """Set columns of many rows by primary key: pairs of key and new values, one prepared statement for all of them.
    (``bulk_update`` writes a CASE with a branch per row, which takes minutes for a national list.)"""
    table = model._meta  # noqa: SLF001 (public by Django's documentation)
    by_name = {field.name: field for field in table.concrete_fields}
    fields, key = [by_name[name] for name in names], table.pk
    setting = ", ".join(f"{_quoted(field)} = %s" for field in fields)
    statement = f"UPDATE {connection.ops.quote_name(table.db_table)} SET {setting} WHERE {_quoted(key)} = %s"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        for batch in batches(changes):
            cursor.executemany(
                statement,
                [
                    (
                        *(field.get_db_prep_save(values[field.name], connection) for field in fields),
                        key.get_db_prep_save(pk, connection),
                    )
                    for pk, values in batch
                ],
            )
