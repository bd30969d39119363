"""The interpreters of a month at the desk, put together: what was agreed on, what is done and booked, what is left."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils import timezone

from sarangbang.concierge import months, wording
from sarangbang.concierge.choosing.keeping import Kept, kept_by_resource
from sarangbang.concierge.models import Interpreter, Interpreting

from .allowance import counted
from .workload import MonthOfWork, jobs_of_month, month_of_work


def interpreters() -> QuerySet[Interpreter]:
    """Interpreters with what their page shows."""
    return Interpreter.objects.prefetch_related("languages").order_by("name_latin", "pk")


@dataclass(frozen=True, slots=True)
class Row:
    """One interpreter's month. Minutes."""

    person: Interpreter
    work: MonthOfWork

    @property
    def languages(self) -> list[str]:
        return sorted(each.language for each in self.person.languages.all())

    @property
    def agreed(self) -> int:
        return (self.person.agreed_hours or 0) * 60

    @property
    def most(self) -> int:
        return (self.person.most_hours or 0) * 60

    @property
    def left(self) -> int | None:
        """What may still be given to them; None when nothing bounds it."""
        return max(0, self.most - self.work.total) if self.most else None

    @property
    def beyond(self) -> int:
        """What they have beyond the most."""
        return max(0, self.work.total - self.most) if self.most else 0

    @property
    def lacking(self) -> int:
        """What is missing to the hours that were agreed on."""
        return max(0, self.agreed - self.work.total)


@dataclass
class MonthPage:
    """A page of one month, with ways to those beside it."""

    month: dt.date

    @property
    def before(self) -> dt.date:
        return months.before(self.month)

    @property
    def after(self) -> dt.date:
        return months.after(self.month)


@dataclass
class InterpretersPage(MonthPage):
    """Everybody who is appointed in a month, or has work in it. Three queries."""

    @cached_property
    def rows(self) -> list[Row]:
        work = month_of_work(self.month)
        appointed = Q(appointed_from__lt=self.after, appointed_until__gte=self.month)
        people = interpreters().filter(appointed | Q(pk__in=list(work)))
        return [Row(person, work.get(str(person.pk), MonthOfWork())) for person in people]


@dataclass
class InterpreterPage(MonthPage):
    """One interpreter's month with its jobs."""

    person: Interpreter

    @cached_property
    def row(self) -> Row:
        work = month_of_work(self.month, [self.person.pk])
        return Row(self.person, work.get(str(self.person.pk), MonthOfWork()))

    @cached_property
    def kept(self) -> list[tuple[Kept, str]]:
        """What visits keep of their time in the month from now on, with why."""
        now = timezone.now()
        begin, end = max(now, months.midnight(self.month)), months.midnight(self.after)
        mine = [] if end <= begin else kept_by_resource(begin, end, {self.person.resource_id}).values()
        return [(each, wording.why_kept(each)) for kept in mine for each in kept]

    @cached_property
    def jobs(self) -> list[tuple[Interpreting, int]]:
        """Their jobs of the month with the minutes that each counts."""
        jobs = jobs_of_month(self.month).filter(interpreter=self.person).select_related("place")
        return [(job, counted(job.starts_at, job.ends_at)) for job in jobs]
