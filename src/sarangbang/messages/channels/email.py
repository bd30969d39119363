"""E-mail through Django's backends (``settings.EMAIL_BACKEND``), in plain text, with what is attached."""

from __future__ import annotations

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from sarangbang.messages.rendering import Rendered
from sarangbang.ui.locales import language

from . import PermanentFailure, TemporaryFailure


def send(rendered: Rendered, address: str, reference: str) -> str:
    """Hand the message to the mail server. Its Message-ID is the same at every try, so that a mailbox that got it twice
    (the worker was killed between sending and writing it down) can show it once."""
    try:
        validate_email(address)
    except ValidationError:
        raise PermanentFailure("not an e-mail address") from None
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage(
        subject=rendered.subject,
        body=rendered.body,
        to=[address],
        headers={
            "Message-ID": f"<{reference}@{host}>",
            "Content-Language": language(rendered.language).tag,
            # No out-of-office answers, please (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
    )
    for each in rendered.attachments:
        message.attach(each.filename, each.content, each.media_type)
    try:
        accepted = message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _answer = next(iter(error.recipients.values()), (550, b""))
        raise (_refusal(code))(f"recipient refused ({code})") from error
    except smtplib.SMTPResponseException as error:
        # Authentication and connection trouble is ours, never the message's, whatever its number.
        ours = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError)
        kind = TemporaryFailure if ours else _refusal(error.smtp_code)
        raise kind(f"{type(error).__name__} ({error.smtp_code})") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(type(error).__name__) from error
    if not accepted:
        raise TemporaryFailure("the mail backend took nothing")
    return "accepted"


def _refusal(code: int) -> type[TemporaryFailure | PermanentFailure]:
    """RFC 5321: 4yz may succeed later, 5yz will not."""
    return PermanentFailure if 500 <= code < 600 else TemporaryFailure
