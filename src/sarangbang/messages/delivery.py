"""Sending what is in the outbox: each message at its time, by one worker at a time, until it is out or given up.

The outbox row is the truth. A task, the sweep or a second worker may all try the same message; the conditional UPDATE
that takes the lease lets one of them through. A worker that dies in the middle leaves a lease behind which ends by
itself. The promise is "at least once": between the server's yes and our note of it lies a moment in which a killed
worker leads to a second try, which carries the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from .channels import PermanentFailure, TemporaryFailure, sender
from .models import Message, Receipt
from .rendering import SECRETS, CannotBeRendered, NoLongerNeeded, Rendered, render

logger = logging.getLogger(__name__)
chance = secrets.SystemRandom()

LEASE = dt.timedelta(minutes=5)
TRIES = 8
FIRST_WAIT = dt.timedelta(seconds=80)
WAIT_FACTOR = 3
JITTER = 0.15
HOUR = dt.timedelta(hours=1)
HOURLY_LIMIT = 30


def wait_after(tries: int, share: float) -> dt.timedelta:
    """How long to wait after the n-th failed try: 80 s, 4 min, 12 min … 16 h, together some 24 hours for eight tries.

    ``share`` from 0 to 1 spreads the tries by 15 % to either side, so that what failed together does not return
    together.
    """
    return FIRST_WAIT * WAIT_FACTOR ** (tries - 1) * (1 + JITTER * (2 * share - 1))


def deliver(message_id: uuid.UUID) -> str:
    """Try one message now. Returns what became of it: "sent", "retry", "failed", "dropped", "throttled", or "not due"
    (it is somebody else's, not due, or done)."""
    message = _lease(message_id)
    if message is None:
        return "not due"
    if message.expires_at is not None and message.expires_at <= timezone.now():
        return _finish(message, Message.Status.DROPPED, "too late to be of use")
    later = _throttled_until(message)
    if later is not None:
        return _postpone(message, later)
    try:
        rendered = render(message)
    except NoLongerNeeded:
        return _finish(message, Message.Status.DROPPED, "its link was withdrawn")
    except CannotBeRendered as error:
        logger.exception("message cannot be rendered", extra={"kind": message.kind, "message_id": str(message.pk)})
        return _finish(message, Message.Status.FAILED, f"cannot be rendered: {error}")
    return _send(message, rendered)


def due(now: dt.datetime) -> list[uuid.UUID]:
    """Messages whose time has come and that nobody is sending, oldest first, at most 200 at once."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    waiting = Message.objects.filter(free, status=Message.Status.QUEUED, due_at__lte=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:200])


def sweep(between: Callable[[], bool] = lambda: True) -> int:
    """Deliver what is due and was not enqueued: retries, later messages, and those whose task was lost in a crash.

    ``between`` is called before each message and ends the sweep by returning False. Returns how many were tried.
    """
    tried = 0
    for message_id in due(timezone.now()):
        if not between():
            break
        tried += deliver(message_id) != "not due"
    return tried


def _lease(message_id: uuid.UUID) -> Message | None:
    """The message, if it is due and nobody else has it: then it is ours until the lease ends."""
    now = timezone.now()
    until = now + LEASE
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    taken = Message.objects.filter(free, pk=message_id, status=Message.Status.QUEUED, due_at__lte=now).update(
        leased_until=until, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    return Message.objects.select_related("guest").filter(pk=message_id, leased_until=until).first()


def _throttled_until(message: Message) -> dt.datetime | None:
    """When this address may be written to again, if it has had its share of this hour."""
    limit = getattr(settings, "MESSAGE_HOURLY_LIMIT", HOURLY_LIMIT)
    since = timezone.now() - HOUR
    had = Receipt.objects.filter(
        accepted=True, at__gt=since, message__address=message.address, message__channel=message.channel
    )
    times = list(had.order_by("-at").values_list("at", flat=True)[:limit])
    return times[-1] + HOUR if limit and len(times) >= limit else None


def _send(message: Message, rendered: Rendered) -> str:
    try:
        detail = sender(message.channel)(rendered, message.address, str(message.pk))
    except PermanentFailure as error:
        return _finish(message, Message.Status.FAILED, str(error))
    except TemporaryFailure as error:
        return _again(message, str(error))
    except Exception as error:  # a sender's own mistake must not lose the message
        logger.exception("channel broke", extra={"channel": message.channel, "message_id": str(message.pk)})
        return _again(message, type(error).__name__)
    return _finish(message, Message.Status.SENT, detail)


def _again(message: Message, detail: str) -> str:
    if message.attempts >= TRIES:
        return _finish(message, Message.Status.FAILED, detail)
    due_at = timezone.now() + wait_after(message.attempts, chance.random())
    with transaction.atomic():
        if _held(message).update(due_at=due_at, leased_until=None):
            _note(message, detail, accepted=False)
    return "retry"


def _postpone(message: Message, until: dt.datetime) -> str:
    """Waiting for one's turn is no failed try."""
    _held(message).update(due_at=until, leased_until=None, attempts=F("attempts") - 1)
    return "throttled"


def _finish(message: Message, status: str, detail: str) -> str:
    """Write down the end and its receipt together. A lease that was lost meanwhile leaves the decision to its new
    holder."""
    sent = status == Message.Status.SENT
    with transaction.atomic():
        if _held(message).update(status=status, leased_until=None, context=_kept(message, status)) or sent:
            _note(message, detail, accepted=sent)
    if status == Message.Status.FAILED:
        logger.warning("message given up", extra={"kind": message.kind, "message_id": str(message.pk)})
    return status


def _held(message: Message) -> QuerySet[Message]:
    """The message, as long as our lease on it stands."""
    return Message.objects.filter(pk=message.pk, status=Message.Status.QUEUED, leased_until=message.leased_until)


def _note(message: Message, detail: str, *, accepted: bool) -> None:
    Receipt.objects.create(message=message, accepted=accepted, detail=detail[:300])


def _kept(message: Message, status: str) -> dict[str, object]:
    """The context without secrets once it is of no more use; the demo keeps them, because there the outbox is the
    mailbox."""
    secret = [key for key in SECRETS if key in message.context]
    if not secret or getattr(settings, "DEMO", False) or status == Message.Status.FAILED:
        return message.context
    kept = {key: value for key, value in message.context.items() if key not in secret}
    return {**kept, "_scrubbed": secret}
