"""Small jobs that come round: a room registers a function in its ``jobs.py``, the worker calls it when its time has
come.

    from sarangbang.messages.periodic import every

    @every(seconds=30)
    def free_expired_holds() -> None: ...

Each job runs in one worker at a time and not before its interval has passed since it last began, however many workers
there are: the row in ``PeriodicRun`` is claimed by a conditional UPDATE. Jobs must be short (seconds) and safe to
repeat.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from .models import PeriodicRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    name: str
    interval: dt.timedelta
    do: Callable[[], object]


JOBS: dict[str, Job] = {}


def every(
    *, seconds: int = 0, minutes: int = 0, hours: int = 0
) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a function to be called again and again. Its name is its module and its own."""

    def register(do: Callable[[], object]) -> Callable[[], object]:
        name = f"{do.__module__}.{do.__name__}".removeprefix("sarangbang.")
        JOBS[name] = Job(name, dt.timedelta(seconds=seconds, minutes=minutes, hours=hours), do)
        return do

    return register


def claim(job: Job, now: dt.datetime) -> bool:
    """Whether it is this worker's turn to do the job now."""
    ours = PeriodicRun.objects.filter(job=job.name, ran_at__lte=now - job.interval).update(ran_at=now)
    if ours or PeriodicRun.objects.filter(job=job.name).exists():
        return bool(ours)
    try:
        with transaction.atomic():
            PeriodicRun.objects.create(job=job.name, ran_at=now)
    except IntegrityError:
        return False
    return True


def run_due(between: Callable[[], bool] = lambda: True) -> list[str]:
    """Do every job whose time has come; returns their names. A job that fails is logged and comes round again.

    ``between`` is called before each job and ends the round by returning False. A database that cannot be reached is
    the worker's to bear, not a job's: it is raised.
    """
    done = []
    for job in list(JOBS.values()):
        if not between():
            break
        if not claim(job, timezone.now()):
            continue
        try:
            job.do()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("periodic job failed", extra={"job": job.name})
        done.append(job.name)
    return done
