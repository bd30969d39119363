"""How much interpreters have done and have before them, in minutes as ``allowance`` counts them: planned times of jobs
that are theirs, in a constant number of queries."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField, Q, QuerySet, Sum
from django.db.models.sql.compiler import SQLCompiler

from sarangbang.concierge import lifecycle, months
from sarangbang.concierge.models import Interpreter, Interpreting

from .allowance import Allowance, share_of_four_weeks

DAY = dt.timedelta(days=1)
BEFORE = 27 * DAY
"""With the day itself, the rolling four weeks."""
DONE = frozenset({lifecycle.MET, lifecycle.FINISHED})
STANDING = lifecycle.WITH_CREW | DONE


class _Seconds(Func):
    """A moment as seconds, so that the database itself can add up lengths."""

    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS BIGINT)"
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any) -> Any:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra_context)


LENGTH = _Seconds("ends_at") - _Seconds("starts_at") + 899
COUNTED = LENGTH - LENGTH % 900
"""Seconds of quarter hours begun (``allowance.counted``)."""


def _counted(within: Q) -> Sum:
    return Sum(COUNTED, filter=within, default=0)


def _by_person(jobs: QuerySet[Interpreting], first: Sum, second: Sum) -> Iterator[tuple[str, tuple[int, int]]]:
    """Two sums of each interpreter's jobs, in minutes, by key."""
    sums = jobs.order_by().values("interpreter").annotate(first=first, second=second)
    for key, one, other in sums.values_list("interpreter", "first", "second"):
        yield str(key), (int(one) // 60, int(other) // 60)


@dataclass(frozen=True, slots=True)
class Load:
    """Beside one day: ``month`` on the other days of its Korean calendar month, ``recent`` in the 27 days before."""

    month: int = 0
    recent: int = 0


def loads(day: dt.date, people: Iterable[UUID] | None = None, *, but: UUID | None = None) -> dict[str, Load]:
    """The load of interpreters (all, or ``people``) beside a day, by key; ``but`` is a job that is left out. Who has
    none is left out. One query."""
    start = months.midnight(day)
    first = day.replace(day=1)
    begin, end = months.midnight(first), months.midnight(months.after(first))
    jobs = Interpreting.objects.filter(
        interpreter__isnull=False, status__in=STANDING, starts_at__gte=min(begin, start - BEFORE), starts_at__lt=end
    )
    if but is not None:
        jobs = jobs.exclude(pk=but)
    if people is not None:
        jobs = jobs.filter(interpreter__in=list(people))
    others = Q(starts_at__gte=begin) & (Q(starts_at__lt=start) | Q(starts_at__gte=start + DAY))
    recent = Q(starts_at__gte=start - BEFORE, starts_at__lt=start)
    found = _by_person(jobs, _counted(others), _counted(recent))
    return {key: Load(*minutes) for key, minutes in found}


def allowance(person: Interpreter, day: dt.date, load: Load, held: int = 0) -> Allowance | None:
    """What the month allows them on a day; None when no most was entered."""
    most = person.most_hours
    return None if most is None else Allowance(day, most * 60, load.month, held)


def allowances(people: Iterable[Interpreter], day: dt.date, *, but: UUID | None = None) -> dict[str, Allowance]:
    """The same for some, by key, with all that they have but this job. One query, none when nobody has a most."""
    bound = {str(one.pk): one for one in people if one.most_hours is not None}
    known = loads(day, [one.pk for one in bound.values()], but=but) if bound else {}
    found = {key: allowance(one, day, known.get(key, Load())) for key, one in bound.items()}
    return {key: each for key, each in found.items() if each is not None}


def agreed_minutes(person: Interpreter, day: dt.date) -> int | None:
    """What was agreed on for four weeks, at the rate of the day's month; who has only a most shares work by it. None
    when neither was entered."""
    hours = person.agreed_hours or person.most_hours
    return None if hours is None else share_of_four_weeks(hours, calendar.monthrange(day.year, day.month)[1])


@dataclass(frozen=True, slots=True)
class MonthOfWork:
    """An interpreter's month in minutes: ``done``, and ``ahead`` (assigned, not met yet)."""

    done: int = 0
    ahead: int = 0

    @property
    def total(self) -> int:
        return self.done + self.ahead


def month_of_work(first: dt.date, people: Iterable[UUID] | None = None) -> Mapping[str, MonthOfWork]:
    """Who has what in a Korean calendar month, by key; who has nothing is left out. One query."""
    jobs = jobs_of_month(first)
    if people is not None:
        jobs = jobs.filter(interpreter__in=list(people))
    done = Q(status__in=DONE)
    found = _by_person(jobs, _counted(done), _counted(~done))
    return {key: MonthOfWork(*minutes) for key, minutes in found}


def jobs_of_month(first: dt.date) -> QuerySet[Interpreting]:
    """What interpreters have, or did, in a Korean calendar month, by time."""
    begin, end = months.midnight(first), months.midnight(months.after(first))
    jobs = Interpreting.objects.filter(
        interpreter__isnull=False, status__in=STANDING, starts_at__gte=begin, starts_at__lt=end
    )
    return jobs.order_by("starts_at", "pk")
