"""The queue of tasks in this database: what is to be done is written with the deed that asks for it, in one commit."""

from __future__ import annotations

from typing import Any

from django_tasks.signals import task_enqueued
from django_tasks_db import DatabaseBackend

from sarangbang import rows


class Queue(DatabaseBackend):
    """The library's queue, whose rows are written as all others of a deed are (``rows.add``)."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        from django_tasks_db.models import DBTaskResult, get_date_max

        self.validate_task(task)
        row: DBTaskResult[Any, Any] = rows.new(
            DBTaskResult,
            args_kwargs={"args": list(args), "kwargs": dict(kwargs)},
            priority=task.priority,
            task_path=task.module_path,
            queue_name=task.queue_name,
            run_after=task.run_after or get_date_max(),
            backend_name=self.alias,
        )
        rows.add(row)
        result = row.task_result  # put together anew each time
        task_enqueued.send(type(self), task_result=result)
        return result
