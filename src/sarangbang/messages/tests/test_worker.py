"""The worker does what waits, says that it lives, survives its database, and ends when told."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from sarangbang.messages import periodic
from sarangbang.messages.actions import FEW, draft, post_all
from sarangbang.messages.models import Message, PeriodicRun, WorkerHeartbeat
from sarangbang.messages.queries import last_heartbeat
from sarangbang.messages.worker import BATCH, Worker


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No job but two of our own; the list says which ran."""
    ran: list[str] = []
    monkeypatch.setattr(periodic, "JOBS", {})

    def sweep_floor() -> None:
        ran.append("floor")

    def break_cup() -> None:
        ran.append("cup")
        raise ValueError

    periodic.every(minutes=1)(break_cup)
    periodic.every(minutes=1)(sweep_floor)
    return ran


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_what_was_posted(server, letter) -> None:  # type: ignore[no-untyped-def]
    for _each in range(BATCH + 3):
        letter(address=f"a{_each}@example.org")
    Worker("a").work_once()
    assert len(server.sent) == BATCH + 3
    assert not DBTaskResult.objects.exclude(status="SUCCESSFUL").exists()
    assert not Message.objects.exclude(status="sent").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [3, FEW + 3])
def test_what_was_posted_at_once_is_sent_each_once(server, many) -> None:  # type: ignore[no-untyped-def]
    post_all([draft("test_plain", address=f"a{each}@example.org", language="en") for each in range(many)])
    assert DBTaskResult.objects.count() == (many if many <= FEW else 0)  # of many the rows alone tell
    Worker("a").work_once()
    assert sorted(address for address, *_rest in server.sent) == sorted(f"a{each}@example.org" for each in range(many))
    assert not Message.objects.exclude(status="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once(server, letter, at_once) -> None:  # type: ignore[no-untyped-def]
    for _each in range(12):
        letter(address=f"a{_each}@example.org")
    assert at_once([Worker("a").work_once, Worker("b").work_once]) == [None, None]
    Worker("c").work_once()
    assert len(server.sent) == len({reference for *_, reference in server.sent}) == 12


@pytest.mark.django_db
def test_the_heartbeat_is_kept_and_old_ones_are_forgotten() -> None:
    assert last_heartbeat() is None
    WorkerHeartbeat.objects.create(name="gone", beat_at=timezone.now() - dt.timedelta(days=2))
    worker = Worker("a")
    worker.beat()
    first = last_heartbeat()
    worker.beat()
    assert last_heartbeat() == first
    worker.beat(force=True)
    assert last_heartbeat() > first
    assert list(WorkerHeartbeat.objects.values_list("name", flat=True)) == ["a"]


@pytest.mark.django_db(transaction=True)
def test_told_to_stop_it_takes_no_more_work_and_takes_its_name_off_the_door(server, letter) -> None:  # type: ignore[no-untyped-def]
    letter()
    worker = Worker("a")
    worker.beat()
    worker.stop(signal.SIGTERM)
    worker.run()
    assert not server.sent
    assert last_heartbeat() is None


@pytest.mark.django_db
def test_a_database_that_is_away_ends_no_worker() -> None:
    worker = Worker("a")
    with mock.patch.object(worker, "beat", side_effect=OperationalError):
        assert worker._round() > 1
    with mock.patch.object(worker, "_tasks", side_effect=ValueError("a bad row")):
        assert worker._round() > 1


# Periodic jobs


@pytest.mark.django_db
def test_a_job_runs_when_its_time_has_come_and_a_broken_one_stops_nobody(jobs: list[str]) -> None:
    periodic.run_due()
    periodic.run_due()
    assert jobs == ["cup", "floor"]
    PeriodicRun.objects.update(ran_at=timezone.now() - dt.timedelta(minutes=1))
    periodic.run_due()
    assert jobs == ["cup", "floor", "cup", "floor"]


@pytest.mark.django_db
def test_a_round_of_jobs_can_be_ended(jobs: list[str]) -> None:
    assert periodic.run_due(lambda: False) == []
    assert jobs == []


@pytest.mark.django_db(transaction=True)
def test_of_workers_at_once_one_does_the_job(jobs: list[str], at_once) -> None:  # type: ignore[no-untyped-def]
    at_once([periodic.run_due] * 3)
    assert sorted(jobs) == ["cup", "floor"]
    PeriodicRun.objects.update(ran_at=timezone.now() - dt.timedelta(hours=1))
    at_once([periodic.run_due] * 3)
    assert sorted(jobs) == ["cup", "cup", "floor", "floor"]


@pytest.mark.django_db
def test_the_houses_own_jobs_run() -> None:
    assert "messages.jobs.forget_finished_tasks" in periodic.run_due()


# The process

PROCESS = """
import os, signal, sys, threading
import django
django.setup()
from sarangbang.messages import worker

class Idle(worker.Worker):
    def _round(self):
        if not getattr(self, "said", False):
            self.said = True
            print("working", flush=True)
        return 0.01

worker.Worker = Idle
worker.run()
print("ended", flush=True)
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly_even_without_a_database(told: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(told)
    process.send_signal(told)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "ended\n"), err
