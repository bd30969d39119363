"""The verbs of the outbox: put a message in, try one again that was given up."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks_db import DatabaseBackend

from sarangbang import rows
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest
from sarangbang.ui.locales import BY_CODE, HOUSE_ZONE, is_zone

from .models import Message

FEW = 20
"""So many messages at once are each given to the queue."""
KIND = re.compile(r"[a-z][a-z0-9_]{0,59}")


class CannotSendAgain(Exception):
    """Only a message that was given up can be sent again. ``str()`` is a sentence in the reader's language."""

    def __str__(self) -> str:
        return str(_("This message is not waiting for a decision any more."))


def draft(
    kind: str,
    *,
    address: str,
    language: str,
    zone: str = HOUSE_ZONE,
    context: dict[str, Any] | None = None,
    guest: Guest | None = None,
    channel: str = Message.Channel.EMAIL,
    due_at: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
    dedupe_key: str | None = None,
) -> Message:
    """A message as ``post`` would put it into the outbox, not saved: for ``post_all``. Raises ``ValueError`` as
    ``post``."""
    if not KIND.fullmatch(kind):
        raise ValueError(f"not a kind of message: {kind!r}")
    if channel not in Message.Channel.values:
        raise ValueError(f"not a channel: {channel!r}")
    if language not in BY_CODE:
        raise ValueError(f"not a language of the house: {language!r}")
    if not address.strip():
        raise ValueError("a message needs an address")
    return rows.new(
        Message,
        kind=kind,
        channel=channel,
        address=address.strip(),
        language=language,
        zone=zone if is_zone(zone) else HOUSE_ZONE,
        context=json.loads(json.dumps(context or {}, cls=DjangoJSONEncoder)),
        guest=guest,
        due_at=due_at or timezone.now(),
        expires_at=expires_at,
        dedupe_key=dedupe_key,
    )


def post(kind: str, *, address: str, language: str, **more: Any) -> Message:
    """Put a message into the outbox; call it in the transaction of the deed that it tells of.

    It is delivered after the commit. ``kind`` names the template ``messages/<kind>.txt``; what ``context`` may hold
    says ``messages.rendering``. ``language`` and ``zone`` are the recipient's. ``due_at`` sends later, ``expires_at``
    not after. The same ``dedupe_key`` twice gives the message that exists, however many post at once.

    Raises ``ValueError`` for what a programmer got wrong: an impossible kind or channel, no address, an unknown
    language. An unknown zone becomes Seoul's.
    """
    message = draft(kind, address=address, language=language, **more)
    earlier = _put_in(message)
    if earlier is not None:
        return earlier
    _deliver_after_commit(message)
    return message


def post_all(messages: Sequence[Message]) -> None:
    """Put many messages (``draft``, without keys) into the outbox in a constant number of statements. A few are
    delivered after the commit, one by one; of many the outbox row alone tells the worker, whose next sweep is seconds
    away."""
    rows.add(*messages)
    if len(messages) <= FEW:
        for message in messages:
            _deliver_after_commit(message)


def _put_in(message: Message) -> Message | None:
    """Insert it, or give back the message that has its key already. Only a key needs a savepoint to fall back to."""
    if message.dedupe_key is None:
        rows.add(message)
        return None
    try:
        with transaction.atomic():
            rows.write([message])
    except IntegrityError:
        earlier = Message.objects.filter(dedupe_key=message.dedupe_key).first()
        if earlier is None:
            raise
        return earlier
    return None


def hand_over(old: Guest, new: Guest) -> None:
    """What was written to one guest belongs to another: they turned out to be the same person."""
    Message.objects.filter(guest=old).update(guest=new)


def check_send_again(message: Message) -> None:
    """Raises ``CannotSendAgain`` unless the message was given up."""
    if message.status != Message.Status.FAILED:
        raise CannotSendAgain


@transaction.atomic
def send_again(message: Message, *, actor: str) -> None:
    """Begin anew with a message that was given up. Of two who press at once, one does it."""
    check_send_again(message)
    now = timezone.now()
    changed = Message.objects.filter(pk=message.pk, status=Message.Status.FAILED).update(
        status=Message.Status.QUEUED, attempts=0, due_at=now, leased_until=None
    )
    if not changed:
        raise CannotSendAgain
    audit(actor, "send_again", message)
    message.refresh_from_db()
    _deliver_after_commit(message)


def _deliver_after_commit(message: Message) -> None:
    """What is due later, and what could not be enqueued, is found by the sweep: the outbox row is the truth. A queue in
    this database is written with the deed, in one commit; any other hears of it afterwards."""
    from .tasks import deliver_message

    def enqueue() -> None:
        deliver_message.enqueue(str(message.pk))

    if message.due_at > timezone.now():
        return
    if isinstance(deliver_message.get_backend(), DatabaseBackend):
        enqueue()
    else:
        # robust: the deed is done, whatever happens to the queue.
        transaction.on_commit(enqueue, robust=True)
