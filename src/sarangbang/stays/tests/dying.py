"""A process that stops in the middle of a booking and waits to be killed: ``python -m sarangbang.stays.tests.dying
POINT APPOINTMENT``. It says "here" when it has come to the point. ``DYING_DATABASE`` names the test's database."""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest.mock import patch


def main(point: str, appointment_id: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = os.environ["DYING_DATABASE"]
    if point == "committed, not handed to the worker":  # a queue elsewhere; ours is written with the deed
        settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    django.setup()

    from sarangbang.messages import tasks
    from sarangbang.scheduling.models import Appointment
    from sarangbang.stays import actions
    from sarangbang.stays.models import Intake

    def stop(*_args: Any, **_kwargs: Any) -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        sys.stdin.read()  # the parent never writes

    where: dict[str, tuple[Any, str]] = {
        "time booked, no message yet": (actions, "tell"),
        "all written, not committed": (Intake, "delete"),
        "committed, not handed to the worker": (type(tasks.deliver_message), "enqueue"),
    }
    owner, name = where[point]
    with patch.object(owner, name, stop):
        actions.book_proven(Appointment.objects.select_related("reservation").get(pk=appointment_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
