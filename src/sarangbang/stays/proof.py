"""Proving that a guest reads the address they typed: a six-digit code and a link, sent together.

Both are bound to the address. The subject names the appointment and a short hash of the address, so that a code or a
link that went to one address never proves another which was typed later.

Proving and booking are two steps: when the time is gone in between, the guest chooses another one and need not prove
anything again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

from django.db import transaction
from django.utils import timezone

from sarangbang.messages.actions import post
from sarangbang.people import codes, links
from sarangbang.people.models import OneTimeCode, SecureLink
from sarangbang.scheduling.models import Appointment

from .models import Intake

PURPOSE = "confirm"
LINK_LASTS = dt.timedelta(hours=24)
MOMENT = dt.timedelta(minutes=1)


def subject_of(appointment_id: uuid.UUID, email: str) -> str:
    """At most 64 characters: the appointment's id and 64 bits of the address's hash."""
    digest = hashlib.sha256(email.strip().casefold().encode()).hexdigest()[:16]
    return f"{appointment_id}:{digest}"


def appointment_id_of(subject: str) -> str:
    """The appointment's id in a subject."""
    return subject.partition(":")[0]


@transaction.atomic
def ask(intake: Intake, *, anew: bool = True) -> None:
    """Send code and link to the address. Without ``anew`` a code that was sent a moment ago is enough, so that a form
    which is sent twice does not make the first message's code worthless. Raises ``TooManyCodes``."""
    subject = subject_of(intake.appointment_id, intake.email)
    if not anew:
        list(Intake.objects.select_for_update().filter(pk=intake.pk))  # of two at once the second waits here
        if _just_sent(subject):
            return
    digits = codes.start(PURPOSE, subject, intake.email)
    link = links.issue(SecureLink.Purpose.CONFIRM, subject, expires_at=timezone.now() + LINK_LASTS)
    post(
        "stay_code",
        address=intake.email,
        language=intake.language,
        zone=intake.zone,
        expires_at=timezone.now() + codes.LIFE,
        context={
            "code": digits,
            "confirm_link": str(link.pk),
            "starts_at": intake.appointment.reservation.starts_at.isoformat(),
        },
    )


def _just_sent(subject: str) -> bool:
    now = timezone.now()
    sent = OneTimeCode.objects.filter(purpose=PURPOSE, subject=subject, used_at__isnull=True, expires_at__gt=now)
    return sent.filter(created_at__gt=now - MOMENT, attempts=0).exists()


def prove_by_code(appointment: Appointment, email: str, digits: str) -> None:
    """The guest typed the code that was sent to this address; typing the right one again proves the same again, so that
    pressing twice lands where pressing once does. Raises a ``CodeProblem``."""
    subject = subject_of(appointment.pk, email)
    try:
        codes.check(PURPOSE, subject, digits)
    except codes.CodeUsed:
        if not codes.is_right(PURPOSE, subject, digits):
            raise
    _proven(appointment, email)


def prove_by_link(appointment: Appointment, email: str, link: SecureLink) -> bool:
    """The guest opened the link and pressed the button; False when the address was changed since."""
    if link.subject != subject_of(appointment.pk, email):
        return False
    _proven(appointment, email)
    return True


def _proven(appointment: Appointment, email: str) -> None:
    Intake.objects.filter(appointment=appointment, email=email, email_proven_at__isnull=True).update(
        email_proven_at=timezone.now()
    )
