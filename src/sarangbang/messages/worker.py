"""The platform's worker: the task queue, the outbox's sweep, periodic jobs, and a heartbeat, in one loop and one
thread.

The queue itself is django-tasks-db's: its ``Worker`` runs in batch mode, some tasks at a time, so that the heartbeat
is that of the loop which does the work. A thread of its own would go on beating while the work hangs.

SIGTERM and SIGINT end the worker after the delivery at hand (which is bounded, see ``channels``); a second signal
changes nothing, SIGQUIT ends at once. Whatever is not finished is found by the next worker.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import signal
import socket
import threading
import time
from types import FrameType

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks.signals import task_finished
from django_tasks_db import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker as QueueWorker

from . import delivery, periodic
from .models import WorkerHeartbeat

logger = logging.getLogger(__name__)

BEAT = 10.0
SWEEP = 5.0
PAUSE = 1.0
BATCH = 20
TROUBLE_PAUSE = 5.0
FORGOTTEN = dt.timedelta(days=1)


class Worker:
    """One process of background work. ``name`` is unique among the workers."""

    def __init__(self, name: str = "") -> None:
        self.name = name or f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self._queue: QueueWorker | None = None
        self._finished = 0
        self._beat_due = 0.0
        self._sweep_due = 0.0

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """End after what is at hand. Used as signal handler."""
        self.stopping.set()
        if self._queue is not None:
            self._queue.running = False

    def run(self) -> None:
        """Work until stopped. The database may come and go meanwhile."""
        try:
            while not self.stopping.is_set():
                pause = self._round()
                self.stopping.wait(pause)
            WorkerHeartbeat.objects.filter(name=self.name).delete()
        except (OperationalError, InterfaceError):
            logger.warning("the database was away at the end")

    def work_once(self) -> None:
        """Everything that is due now, once: for commands and tests."""
        self.beat(force=True)
        while self._tasks() >= BATCH:
            pass
        delivery.sweep(self._go_on)
        periodic.run_due(self._go_on)

    def beat(self, *, force: bool = False) -> None:
        """Say that the worker lives, every ten seconds, and forget workers that have not for a day."""
        if not force and time.monotonic() < self._beat_due:
            return
        now = timezone.now()
        WorkerHeartbeat.objects.update_or_create(name=self.name, defaults={"beat_at": now})
        WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGOTTEN).delete()
        self._beat_due = time.monotonic() + BEAT

    def _round(self) -> float:
        """One turn of the loop; returns how many seconds to rest."""
        try:
            close_old_connections()
            self.beat()
            more = self._tasks() >= BATCH
            if time.monotonic() >= self._sweep_due and self._go_on():
                delivery.sweep(self._go_on)
                periodic.run_due(self._go_on)
                self._sweep_due = time.monotonic() + SWEEP
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database is away", extra={"error": type(error).__name__})
            close_old_connections()
            return TROUBLE_PAUSE
        except Exception:  # one bad task row must not end the worker
            logger.exception("a round of the worker failed")
            return TROUBLE_PAUSE
        return 0.0 if more else PAUSE

    def _tasks(self) -> int:
        """Run what waits in the queue, at most a batch; returns how many tasks were done."""
        if not isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], DatabaseBackend):
            return 0  # another backend of the same interface brings its own workers
        self._finished = 0
        self._queue = QueueWorker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=0,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=BATCH,
            worker_id=self.name[:64],
        )
        self._queue.running = not self.stopping.is_set()
        task_finished.connect(self._on_task_finished)
        try:
            self._queue.run()
        finally:
            task_finished.disconnect(self._on_task_finished)
        return self._finished

    def _on_task_finished(self, **kwargs: object) -> None:
        self._finished += 1
        self.beat()

    def _go_on(self) -> bool:
        self.beat()
        return not self.stopping.is_set()


def run() -> None:
    """The worker as a process, until SIGTERM or SIGINT. Call it in the main thread."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    # The queue announces each batch, also when there is nothing to do.
    logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
    logger.info("worker started", extra={"worker": worker.name})
    worker.run()
    logger.info("worker ended", extra={"worker": worker.name})
