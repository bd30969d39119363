"""What comes round in this room."""

from __future__ import annotations

from django.core.management import call_command
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks_db import DatabaseBackend

from .periodic import every

KEEP_TASKS_DAYS = 7


@every(hours=6)
def forget_finished_tasks() -> None:
    """The queue's rows of the past; what was sent stays in the outbox."""
    if isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DatabaseBackend):
        call_command("prune_db_task_results", min_age_days=KEEP_TASKS_DAYS, verbosity=0)
