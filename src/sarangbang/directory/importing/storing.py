"""Many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from sarangbang.rows import batches


def insert(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    for batch in batches(rows):
        model._default_manager.bulk_create(batch)  # noqa: SLF001 (public by Django's documentation)


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
