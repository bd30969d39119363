"""Alimtalk (KakaoTalk's business messages). As delivered it writes the request into a file; a provider replaces
``send``.

Alimtalk carries only text of templates that Kakao has approved, in Korean numbers' KakaoTalk; the provider therefore
gets the SMS text as fail-over (SENS: failoverConfig, SOLAPI: disableSms = false).
"""

from __future__ import annotations

from sarangbang.messages.rendering import Rendered

from . import files
from .sms import kind_of


def send(rendered: Rendered, address: str, reference: str) -> str:
    to = files.number(address)
    text = rendered.short
    return files.write(
        "alimtalk",
        reference,
        {"to": to, "text": text, "fail_over": {"kind": kind_of(text), "text": text}, "language": rendered.language},
    )
