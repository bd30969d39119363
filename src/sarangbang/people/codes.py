"""One-time codes: six digits, sent to an address, prove once that somebody reads it.

Only a keyed hash is kept. A code lives 15 minutes and allows five attempts; the newest code of a purpose and subject
replaces those before it. That a code is taken only once is decided by the database: the conditional UPDATE which
consumes it changes one row for one caller, however many press at once.
"""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from .models import OneTimeCode

DIGITS = 6
LIFE = dt.timedelta(minutes=15)
ATTEMPTS = 5
CODES_PER_ADDRESS = 5
ADDRESS_WINDOW = dt.timedelta(minutes=15)


class CodeProblem(Exception):
    """A code was not given or not taken. ``str()`` is a sentence in the reader's language."""

    reason: Lazy | str = ""

    def __str__(self) -> str:
        return str(self.reason)


class TooManyCodes(CodeProblem):
    """This address has asked for too many codes; none was made."""

    reason = _("We have sent several codes to this address. Please wait 15 minutes and try again.")


class CodeWrong(CodeProblem):
    """These are not the digits, or no code was asked for."""

    reason = _("This is not the code that we sent. Please look again.")


class CodeExpired(CodeProblem):
    """The digits are too old, or a newer code has replaced them."""

    reason = _("This code is no longer valid. Please ask for a new one.")


class CodeUsed(CodeProblem):
    """The code was taken before, or at this moment by another request."""

    reason = _("This code has been used. Please ask for a new one if you need it.")


class TooManyAttempts(CodeProblem):
    """Wrong digits five times; only a new code helps."""

    reason = _("This code was typed wrongly too often. Please ask for a new one.")


def _hash(code: OneTimeCode, digits: str) -> str:
    return salted_hmac(f"sarangbang.people.codes.{code.purpose}", f"{code.id}:{digits}", algorithm="sha256").hexdigest()


def check_may_start(address: str) -> None:
    """Raises ``TooManyCodes`` after five codes to one address within 15 minutes, for whatever purpose."""
    since = timezone.now() - ADDRESS_WINDOW
    if OneTimeCode.objects.filter(address=_plain(address), created_at__gt=since).count() >= CODES_PER_ADDRESS:
        raise TooManyCodes


@transaction.atomic
def start(purpose: str, subject: object, address: str) -> str:
    """The digits of a new code for this subject, to be sent to ``address`` in the same transaction.

    Codes for the same subject which were not used expire now. Raises ``TooManyCodes``.
    """
    check_may_start(address)
    now = timezone.now()
    OneTimeCode.objects.filter(purpose=purpose, subject=str(subject), used_at__isnull=True, expires_at__gt=now).update(
        expires_at=now
    )
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code = OneTimeCode(purpose=purpose, subject=str(subject), address=_plain(address), expires_at=now + LIFE)
    code.code_hash = _hash(code, digits)
    code.save(force_insert=True)
    return digits


def check(purpose: str, subject: object, digits: str) -> OneTimeCode:
    """Take the code: once, and only with the right digits. Raises a ``CodeProblem`` otherwise.

    The attempt is counted in a transaction of its own, before the digits are compared, so that a caller's rollback
    cannot give an attempt back. Do not call this inside ``atomic()``: it refuses with ``RuntimeError``.
    """
    code = _newest(purpose, subject)
    _check_open(code)
    with transaction.atomic(durable=True):
        counted = (
            OneTimeCode.objects.filter(
                pk=code.pk, used_at__isnull=True, attempts__lt=ATTEMPTS, expires_at__gt=timezone.now()
            ).update(attempts=F("attempts") + 1)
            == 1
        )
    if not counted:
        _check_open(_newest(purpose, subject))
        raise CodeExpired
    if not constant_time_compare(code.code_hash, _hash(code, digits)):
        raise TooManyAttempts if code.attempts + 1 >= ATTEMPTS else CodeWrong
    taken = OneTimeCode.objects.filter(pk=code.pk, used_at__isnull=True).update(used_at=timezone.now())
    if not taken:
        raise CodeUsed
    return code


def is_right(purpose: str, subject: object, digits: str) -> bool:
    """Whether these are the digits of the newest code, be it used or not, while it lives.

    For whoever presses twice. Wrong digits count as an attempt like any other, so a used code cannot be guessed either;
    right ones do not.
    """
    try:
        code = _newest(purpose, subject)
    except CodeWrong:
        return False
    alive = OneTimeCode.objects.filter(pk=code.pk, attempts__lt=ATTEMPTS, expires_at__gt=timezone.now())
    if not alive.update(attempts=F("attempts") + 1):
        return False
    right = constant_time_compare(code.code_hash, _hash(code, digits))
    if right:
        OneTimeCode.objects.filter(pk=code.pk).update(attempts=F("attempts") - 1)
    return right


def _newest(purpose: str, subject: object) -> OneTimeCode:
    codes = OneTimeCode.objects.filter(purpose=purpose, subject=str(subject))
    code = codes.order_by("-created_at", "-expires_at").first()
    if code is None:
        raise CodeWrong
    return code


def _check_open(code: OneTimeCode) -> None:
    if code.used_at is not None:
        raise CodeUsed
    if code.expires_at <= timezone.now():
        raise CodeExpired
    if code.attempts >= ATTEMPTS:
        raise TooManyAttempts


def _plain(address: str) -> str:
    return address.strip().casefold()
