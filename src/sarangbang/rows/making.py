"""Objects of models without Django's way of making them, which sends two signals for each and asks a descriptor about
every field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from inspect import getattr_static
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute

PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)
"""Attributes that keep a value as it is."""

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
            state[name] = make()
    if blank.plain.issuperset(values):
        state.update(values)
        return row
    for name, value in values.items():
        if name in blank.plain:
            state[name] = value
        elif name in blank.others:
            _relate(row, blank.others[name], value)
        else:
            setattr(row, blank.named(name), value)
    return row


def known(model: type[Row], names: Sequence[str], values: Iterable[Any]) -> Row:
    """An object of a row that was read, as ``from_db`` makes it but without a signal. Only plain fields are named;
    those that are not are looked up when they are wanted."""
    row = model.__new__(model)
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    row.__dict__.update(zip(names, values, strict=True), _state=state)
    return row


def _relate(row: models.Model, field: models.ForeignKey[Any, Any], other: models.Model | None) -> None:
    """Another object is known on a new one, and of one to one the new one on the other."""
    row.__dict__[field.attname] = None if other is None else getattr(other, field.target_field.attname)
    field.set_cached_value(row, other)
    if other is not None and not field.remote_field.multiple:
        field.remote_field.set_cached_value(other, row)


class Blank(NamedTuple):
    """What an object of a model has before values are given: the same for all, and made anew for each. ``plain`` are
    attributes that take a value as it is, ``others`` those that take another object; of the rest a descriptor takes
    it."""

    model: type[models.Model]
    constants: dict[str, Any]
    makes: list[tuple[str, Callable[[], Any]]]
    plain: frozenset[str]
    others: dict[str, models.ForeignKey[Any, Any]]
    names: frozenset[str]

    def named(self, name: str) -> str:
        if name not in self.names:
            raise TypeError(f"{self.model.__name__} has no field {name}")
        return name


@cache
def _blank(model: type[models.Model]) -> Blank:
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 (public)
    plain = frozenset(name for name in fields if type(getattr_static(model, name)) in PLAIN)
    makes = {name: fields[name].default for name in plain if fields[name].has_default()}
    makes = {name: make for name, make in makes.items() if callable(make)}
    blank = model()
    return Blank(
        model,
        {name: blank.__dict__[name] for name in fields if name not in makes and name in blank.__dict__},
        list(makes.items()),
        plain,
        {field.name: field for field in fields.values() if isinstance(field, models.ForeignKey)},
        frozenset(field.name for field in fields.values()) | fields.keys(),
    )
