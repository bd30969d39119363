"""What the worker does for the outbox, on the tasks interface."""

from __future__ import annotations

import uuid

from django_tasks import task

from . import delivery


@task()
def deliver_message(message_id: str) -> str:
    """Try one message now; what became of it."""
    return delivery.deliver(uuid.UUID(message_id))
