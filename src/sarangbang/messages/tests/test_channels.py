"""Each channel takes a message, or says whether trying again makes sense."""

from __future__ import annotations

import json
import smtplib
from pathlib import Path
from unittest import mock

import pytest
from django.core import mail

from sarangbang.messages.channels import PermanentFailure, TemporaryFailure, alimtalk, email, sender, sms
from sarangbang.messages.rendering import Rendered

WORDS = Rendered("제목", "본문\n", "짧은 글", "ko")
REFERENCE = "0b0f7e9a-0000-4000-8000-000000000001"


def test_an_email_is_plain_text_in_its_language_with_an_id_that_stays() -> None:
    assert email.send(WORDS, "a@example.org", REFERENCE) == "accepted"
    [letter] = mail.outbox
    raw = letter.message()
    assert (letter.subject, letter.body, letter.to) == ("제목", "본문\n", ["a@example.org"])
    assert raw["Message-ID"].startswith(f"<{REFERENCE}@")
    assert raw["Content-Language"] == "ko"
    assert raw["Auto-Submitted"] == "auto-generated"
    assert raw.get_content_type() == "text/plain"


@pytest.mark.parametrize("address", ["", "nobody", "a@b\nBcc: c@example.org", "+821012345678"])
def test_what_is_no_address_is_never_tried_again(address: str) -> None:
    with pytest.raises(PermanentFailure):
        email.send(WORDS, address, REFERENCE)
    assert not mail.outbox


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (ConnectionRefusedError(), TemporaryFailure),
        (TimeoutError(), TemporaryFailure),
        (smtplib.SMTPServerDisconnected(), TemporaryFailure),
        (smtplib.SMTPConnectError(554, b""), TemporaryFailure),
        (smtplib.SMTPAuthenticationError(535, b""), TemporaryFailure),
        (smtplib.SMTPDataError(451, b"later"), TemporaryFailure),
        (smtplib.SMTPDataError(554, b"never"), PermanentFailure),
        (smtplib.SMTPRecipientsRefused({"a@example.org": (450, b"busy")}), TemporaryFailure),
        (smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"unknown")}), PermanentFailure),
    ],
)
def test_a_mail_servers_answer_is_understood(trouble: Exception, kind: type[Exception]) -> None:
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=trouble), pytest.raises(kind) as raised:
        email.send(WORDS, "a@example.org", REFERENCE)
    assert "a@example.org" not in str(raised.value)


def test_phones_get_a_file_each_and_once(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_FOLDER, settings.ALIMTALK_FOLDER = tmp_path / "sms", tmp_path / "alimtalk"
    for _try in range(2):
        sms.send(WORDS, "010-1234-5678", REFERENCE)
        alimtalk.send(WORDS, "+82 10 1234 5678", REFERENCE)
    [written] = (tmp_path / "sms").iterdir()
    said = json.loads(written.read_text(encoding="utf-8"))
    assert (said["to"], said["text"], said["kind"]) == ("+821012345678", "짧은 글", "SMS")
    [written] = (tmp_path / "alimtalk").iterdir()
    assert json.loads(written.read_text(encoding="utf-8"))["fail_over"]["text"] == "짧은 글"


def test_a_folder_that_cannot_be_written_is_a_passing_trouble(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").touch()
    settings.SMS_FOLDER = tmp_path / "file"
    with pytest.raises(TemporaryFailure):
        sms.send(WORDS, "010-1234-5678", REFERENCE)


@pytest.mark.parametrize("address", ["", "a@example.org", "12", "\0"])
def test_what_is_no_number_is_never_tried_again(address: str) -> None:
    with pytest.raises(PermanentFailure):
        sms.send(WORDS, address, REFERENCE)


@pytest.mark.parametrize(
    ("text", "kind"), [("a" * 90, "SMS"), ("a" * 91, "LMS"), ("가" * 45, "SMS"), ("가" * 46, "LMS"), ("مرحبا", "LMS")]
)
def test_a_korean_sms_holds_ninety_bytes(text: str, kind: str) -> None:
    assert sms.kind_of(text) == kind


def test_a_provider_is_named_in_the_settings(settings) -> None:  # type: ignore[no-untyped-def]
    assert sender("email") is email.send
    settings.MESSAGE_CHANNELS = {"email": "sarangbang.messages.channels.sms.send"}
    assert sender("email") is sms.send
