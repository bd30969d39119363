"""SMS. As delivered it writes the request into a file; a provider replaces ``send`` (see ``docs/messages.md``).

The file holds what Korean providers ask for under neutral names: NAVER Cloud SENS calls ``kind`` type, ``text``
content and ``to`` messages[].to; SOLAPI calls them type, text and to.
"""

from __future__ import annotations

from sarangbang.messages.rendering import Rendered

from . import files

SHORT_BYTES = 90
"""A Korean SMS holds 90 bytes, two per Hangul syllable; what is longer travels as LMS."""


def kind_of(text: str) -> str:
    """Either "SMS" or "LMS", by length in the carriers' encoding. Scripts that it lacks are sent as LMS."""
    try:
        return "SMS" if len(text.encode("cp949")) <= SHORT_BYTES else "LMS"
    except UnicodeEncodeError:
        return "LMS"


def send(rendered: Rendered, address: str, reference: str) -> str:
    to = files.number(address)
    text = rendered.short
    return files.write(
        "sms",
        reference,
        {"kind": kind_of(text), "to": to, "text": text, "subject": rendered.subject, "language": rendered.language},
    )
