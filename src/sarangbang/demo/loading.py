"""Make the demo district: everything, or nothing."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from sarangbang.directory.actions import load_reference
from sarangbang.directory.models import Department, Institution
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest, User
from sarangbang.policy.actions import load_reference as load_figures

from .accounts import make_accounts, make_memberships
from .crew import make_crew
from .guests import GuestMaker, Story
from .honours import make_awards
from .institutions import make_institutions
from .places import make_hosts, make_public_places
from .practice import make_practice
from .reported import make_reported
from .services import Asks, Assigner
from .sizes import SMALL, Size
from .telling import tell_service, tell_stay
from .town import SEOUL, Progress, Town
from .waiting import MOST, make_waiting, may_wait

DESK_OPENS = 10 * 60
"""Minutes after midnight at which the coordinator looks at a day that was given by ``today``."""

KEPT_ON_REPLACE = frozenset({"auth", "contenttypes", "sites"})


class NotEmpty(Exception):
    """The database holds data already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was made: rows by model label."""

    size: str
    seed: int
    today: dt.date
    moment: dt.datetime
    rows: Mapping[str, int]


def is_empty() -> bool:
    """Whether nobody has put anything of their own into the database."""
    return not (Institution.objects.exists() or Guest.objects.exists() or User.objects.exists())


def holds_demo() -> bool:
    """Whether what is in the database is a demo district."""
    return User.objects.filter(is_demo=True).exists() and not User.objects.filter(is_demo=False).exists()


def check_load(*, replace: bool) -> None:
    """Raises ``NotEmpty`` when loading would mix with, or destroy, somebody's data."""
    if is_empty():
        return
    if not replace:
        raise NotEmpty("The database is not empty. Give --replace to make the demo district anew.")
    if not holds_demo():
        raise NotEmpty("The database holds accounts that are no demo accounts; it is never replaced.")


def load(
    size: Size = SMALL,
    *,
    seed: int = 1,
    today: dt.date | None = None,
    moment: dt.datetime | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Make the district in one transaction. The same seed, day and moment give the same rows.

    ``today`` is a Korean calendar day. Without ``moment`` it is looked at at ten in the morning, Korean time; without
    either, now. Raises ``NotEmpty``.
    """
    if today is None:
        moment = moment or timezone.now().replace(second=0, microsecond=0)
        today = timezone.localdate(moment, SEOUL)
    moment = moment or dt.datetime.combine(today, dt.time(), tzinfo=SEOUL) + dt.timedelta(minutes=DESK_OPENS)
    with transaction.atomic():
        check_load(replace=replace)
        if not is_empty():
            _clear()
        load_reference()
        load_figures()
        town = Town(size, seed, today, moment, progress or _silence)
        with _rarely_collecting():
            _make(town)
        audit("system", "load_demo", town.users["administrator"], size=size.name, seed=seed)
    return Loaded(size.name, seed, today, moment, dict(sorted(town.writer.written.items())))


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Looking for garbage again and again among hundreds of thousands of rows took a seventh of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _silence(what: str, done: int, of: int) -> None:
    """Nobody is told."""


def _make(town: Town) -> None:
    town.departments = {department.slug: department for department in Department.objects.all()}
    make_accounts(town)
    make_public_places(town)
    make_hosts(town)
    make_institutions(town)
    make_memberships(town)
    cars, speakers = make_crew(town)
    maker, asks = GuestMaker(town), Asks(town)
    waiters: list[Story] = []
    for number, story in enumerate(maker.stories(), start=1):
        asks.take(story)
        if len(waiters) < MOST and may_wait(town, story):
            waiters.append(story)
        if story.is_recent:
            tell_stay(town, story)
        town.writer.relieve()
        town.progress("guests", number, maker.total)
    assigner = Assigner(town, cars, speakers)
    for number, ask in enumerate(assigner.write(asks.all), start=1):
        if ask.story.is_recent:
            tell_service(town, ask)
        town.writer.relieve()
        town.progress("cars and interpreters", number, len(asks.all))
    make_practice(town)
    make_waiting(town, waiters)
    town.writer.flush()
    make_reported(town)
    make_awards(town)


def _clear() -> None:
    """Empty every table of the house, and count keys from one again."""
    models = [model._meta for model in apps.get_models(include_auto_created=True)]  # noqa: SLF001 (public in Django)
    tables = [
        model.db_table
        for model in models
        if model.managed and not model.proxy and model.app_label not in KEPT_ON_REPLACE
    ]
    if connection.vendor == "postgresql":
        connection.check_constraints()  # TRUNCATE does not wait for what is deferred
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=False):
            cursor.execute(statement)
