"""The tables of the tests are made from the models, which takes a second; those of a house are made by the migrations.
Both must be the same."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlparse
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.state import ProjectState, get_related_models_tuples
from django.db.migrations.utils import resolve_relation
from django.db.models import Field
from django.test import override_settings


@contextmanager
def another_database(folder: Path) -> Iterator[None]:
    """The connection goes to an empty database of the same kind meanwhile."""
    name, other = connection.settings_dict["NAME"], str(folder / "migrated.sqlite3")
    if connection.vendor == "postgresql":
        other = f"{name}_migrated"
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{other}"')
    connection.close()
    connection.settings_dict["NAME"] = other
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{other}"')


@contextmanager
def nothing_done_twice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nearly all of migrating is Django's drawing models again after every operation, thousands of them: all that can be
    reached from the changed one, although its neighbours would do, and each field taken to pieces for it, although
    fields of a migration never change; the rest is looking for garbage meanwhile."""
    pieces: dict[int, tuple[Field, list[object], dict[str, object]]] = {}

    def clone(field: Field) -> Field:
        if id(field) not in pieces:  # the field is kept, too, so that no other gets its number
            pieces[id(field)] = (field, *field.deconstruct()[2:])
        _field, values, named = pieces[id(field)]
        return field.__class__(*values, **named)

    def neighbours(state: ProjectState, app: str, name: str, delay: bool = False) -> set[tuple[str, str]]:
        found = {(app, name)}
        with suppress(LookupError):  # it is only made now
            found |= get_related_models_tuples(state.apps.get_model(app, name))
        fields = state.models[app, name].fields.values()
        return found | {resolve_relation(field.remote_field.model, app, name) for field in fields if field.is_relation}

    gc.disable()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Field, "clone", clone)
            patch.setattr(ProjectState, "_find_reload_model", neighbours)
            yield
    finally:
        gc.enable()


def schema() -> dict[str, object]:
    """Columns, indexes and constraints of every table of the house's rooms."""
    found: dict[str, object] = {}
    look = connection.introspection
    rooms = tuple(f"{app.label}_" for app in apps.get_app_configs() if app.name.startswith("sarangbang."))
    with connection.cursor() as cursor:
        for table in filter(lambda name: name.startswith(rooms), look.table_names(cursor)):
            columns = {
                (each.name, str(each.type_code), each.null_ok) for each in look.get_table_description(cursor, table)
            }
            constraints = [
                sorted((key, str(value)) for key, value in each.items())
                for each in look.get_constraints(cursor, table).values()
            ]
            found[table] = (columns, sorted(constraints))
    return found


@pytest.mark.django_db(transaction=True)
def test_the_migrations_make_the_tables_of_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Django reads the words by which SQLite made a table five times for each, which is most of the work of looking.
    monkeypatch.setattr(sqlparse, "parse", functools.cache(sqlparse.parse))
    meant = schema()
    with another_database(tmp_path), override_settings(MIGRATION_MODULES={}):
        with nothing_done_twice(monkeypatch):
            call_command("migrate", verbosity=0)
        made = schema()
    assert made.keys() == meant.keys()
    for table, described in meant.items():
        assert made[table] == described, table
