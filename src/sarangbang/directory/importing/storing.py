"""Many rows at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from sarangbang.rows import batches


def insert(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    for batch in batches(rows):
        model._default_manager.bulk_create(batch)  # noqa: SLF001 (public by Django's documentation)
