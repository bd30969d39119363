"""Rows that are kept as they were written: a correction is a further row."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models


class Written(Exception):
    """Something tried to change or remove a row that is kept as it was written."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Adds rows and never changes them."""

    def update(self, **_values: Any) -> NoReturn:
        raise Written("A figure is never overwritten; add a revision.")

    def delete(self) -> NoReturn:
        raise Written("A figure is never removed; add a revision that says why it no longer holds.")

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        raise Written("A figure is never overwritten; add a revision.")


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class AppendOnly(models.Model):
    objects = AppendOnlyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise Written("This row is kept as it was written.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Written("This row is kept as it was written.")
