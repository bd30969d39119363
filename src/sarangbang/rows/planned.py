"""How PostgreSQL is told a statement: planned once for each connection, then by its name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DataError
from django.db.backends.base.base import BaseDatabaseWrapper

Statement = tuple[str, Sequence[Any]]
"""The text and its values."""

MOST_VALUES, MOST_PLANNED = 300, 200
"""What has more values hardly comes a second time; when a connection has planned more statements, it begins anew."""

ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
"""Left to itself PostgreSQL plans anew at nearly every call of a statement with a list, because it believes that the
values matter; ours go through the same indexes whatever they are. Said with every new plan, because a transaction that
is undone takes the setting back, but not the plans."""

_PLANNED: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
"""By connection of the driver, the statements that PostgreSQL has read and planned for it, with their names."""

_NUMBERS = count()


def told(
    statements: Sequence[Statement], here: BaseDatabaseWrapper
) -> Iterator[tuple[str, Sequence[bytes | None] | None]]:
    """The statements as ``config.postgresql`` tells them. To read and plan a statement costs PostgreSQL more than to
    carry it out, so that is done once for each connection, and its values travel beside its name; of what is not
    planned the driver quotes them in the text."""
    from psycopg.adapt import PyFormat, Transformer  # who has SQLite need not have the driver

    driver = Transformer(here.connection)

    def dumped(value: Any) -> Any:
        return driver.get_dumper(value, PyFormat.TEXT).dump(value)

    # Behind a pooler the server keeps nothing for us.
    planned = {} if here.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS") else _planned(statements, here)
    as_text = _AS_TEXT.get
    for text, values in statements:
        if text in planned:
            yield planned[text], [None if each is None else as_text(type(each), dumped)(each) for each in values]
        else:
            quoted = ["NULL" if each is None else driver.as_literal(each).decode() for each in values]
            yield text % tuple(quoted), None


def _text(value: str) -> bytes:
    if "\0" in value:  # where the driver's library would end it
        raise DataError("a text with a null character")
    return value.encode()


_AS_TEXT: dict[type, Callable[[Any], bytes]] = {
    bool: lambda value: b"true" if value else b"false",
    dt.date: lambda value: str(value).encode(),
    dt.datetime: lambda value: str(value).encode(),
    int: lambda value: b"%d" % value,
    str: _text,
    UUID: lambda value: value.hex.encode(),
}
"""How values are written where PostgreSQL knows the type of the place. To ask the driver takes many times as long."""


def _planned(statements: Sequence[Statement], here: Any) -> Mapping[str, str]:
    """The names under which PostgreSQL knows these statements on this connection, and others."""
    known = _PLANNED.setdefault(here.connection, {})
    if all(text in known for text, _values in statements):
        return known
    with here.wrap_database_errors:
        if len(known) > MOST_PLANNED and not here.waiting:  # what waits will be told by its name
            here.connection.execute("DEALLOCATE ALL")
            known.clear()
        worth_it = {text: len(values) for text, values in statements if len(values) <= MOST_VALUES}
        new = {text: f"planned_{next(_NUMBERS)}" for text in worth_it if text not in known}
        if new:
            plans = [f"PREPARE {name} AS {_numbered(text, worth_it[text])}" for text, name in new.items()]
            here.connection.execute("; ".join([ONE_PLAN, *plans]))
            known.update(new)
    return known


def _numbered(text: str, values: int) -> str:
    """With $1, $2 … in the places of the values."""
    return text % tuple([f"${number + 1}" for number in range(values)])
