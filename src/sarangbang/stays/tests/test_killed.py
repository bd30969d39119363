"""Killed (SIGKILL) in the middle of a booking: booked with its message in the outbox, or not booked and the time free."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections
from django.test import override_settings

from sarangbang.messages import tasks
from sarangbang.messages.delivery import sweep
from sarangbang.messages.models import Message
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Claim, Reservation
from sarangbang.stays import actions
from sarangbang.stays.models import Intake, Stay

from .world import DETAILS, held, kinds_sent, let_run_out

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60
FORK = get_context("fork")  # a process with everything loaded
AFTER = "committed, not handed to the worker"
POINTS: dict[str, tuple[Any, str]] = {
    "time booked, no message yet": (actions, "tell"),
    "all written, not committed": (Intake, "delete"),
    AFTER: (type(tasks.deliver_message), "enqueue"),
}
QUEUE_ELSEWHERE = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}  # ours is written with the deed


def book(point: str, appointment_id: int, parent: Connection) -> None:
    """Book, and stop at this point, waiting to be killed."""

    def stop(*_args: Any, **_kwargs: Any) -> None:
        parent.send("here")
        signal.pause()

    owner, name = POINTS[point]
    queue = override_settings(TASKS=QUEUE_ELSEWHERE) if point == AFTER else nullcontext()
    with queue, patch.object(owner, name, stop):
        actions.book_proven(Appointment.objects.select_related("reservation").get(pk=appointment_id))


def kill_at(point: str, appointment: Appointment) -> None:
    """Another process books, comes to this point and is killed there."""
    connections.close_all()  # or the two would share them
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=book, args=(point, appointment.pk, theirs))
    process.start()
    theirs.close()
    assert ours.poll(PATIENCE_SECONDS)
    assert ours.recv() == "here"
    process.kill()
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("point", ["time booked, no message yet", "all written, not committed"])
def test_before_the_commit_nothing_happened(committed_town: SimpleNamespace, point: str) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    kill_at(point, appointment)

    appointment.refresh_from_db()
    assert (appointment.guest, appointment.reservation.status) == (None, Reservation.Status.HELD)
    assert Intake.objects.get().name == DETAILS["name"]  # what was typed is not lost
    assert not Stay.objects.exists()
    assert kinds_sent() == []

    let_run_out(appointment)  # and then the time is free for somebody else
    starts_at = appointment.reservation.starts_at
    other = scheduling.hold(committed_town.offering, committed_town.doctor, starts_at, actor="guest:new")
    assert other.reservation.starts_at == starts_at
    assert Claim.objects.count() == 6


def test_after_the_commit_it_is_booked_and_the_message_goes_out(committed_town: SimpleNamespace) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    kill_at(AFTER, appointment)

    appointment.refresh_from_db()
    assert appointment.reservation.status == Reservation.Status.BOOKED
    assert Stay.objects.get().guest == appointment.guest
    assert kinds_sent() == ["stay_booked"]
    sweep()
    assert Message.objects.get().status == Message.Status.SENT


def test_the_guest_goes_on_where_the_machine_stopped(committed_town: SimpleNamespace) -> None:
    appointment = held(committed_town)
    actions.save_intake(appointment, DETAILS)
    kill_at("all written, not committed", appointment)
    stay = actions.book_proven(Appointment.objects.select_related("reservation").get(pk=appointment.pk))
    assert stay == Stay.objects.get()
    assert kinds_sent() == ["stay_booked"]
