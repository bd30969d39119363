"""Killed (SIGKILL) in the middle of a booking: booked with its message in the outbox, or not booked and the time free."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.db import connection

from sarangbang.messages.delivery import sweep
from sarangbang.messages.models import Message
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Claim, Reservation
from sarangbang.stays import actions
from sarangbang.stays.models import Intake, Stay

from .world import DETAILS, held, kinds_sent, let_run_out

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60


def kill_at(point: str, appointment: Appointment) -> None:
    """Another process books, comes to this point and is killed there."""
    with subprocess.Popen(
        [sys.executable, "-m", "sarangbang.stays.tests.dying", point, str(appointment.pk)],
        env={**os.environ, "DYING_DATABASE": str(connection.settings_dict["NAME"])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        process.wait(PATIENCE_SECONDS)
    assert said == "here\n"


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
    kill_at("committed, not handed to the worker", appointment)

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
