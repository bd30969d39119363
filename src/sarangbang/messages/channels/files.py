"""What the channels for telephones have in common while no provider is connected: they write files."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import phonenumbers
from django.conf import settings

from . import PermanentFailure, TemporaryFailure


def number(address: str) -> str:
    """The telephone number in E.164; raises ``PermanentFailure`` for what is none."""
    try:
        parsed = phonenumbers.parse(address, "KR")
    except phonenumbers.NumberParseException:
        raise PermanentFailure("not a telephone number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise PermanentFailure("not a telephone number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def write(channel: str, reference: str, request: dict[str, Any]) -> str:
    """Write the request that a provider would get as ``<folder>/<reference>.json``: whole or not at all, and once,
    because a second try replaces the file of the first. The folder is ``settings.SMS_FOLDER`` or
    ``ALIMTALK_FOLDER``."""
    folder = Path(getattr(settings, f"{channel.upper()}_FOLDER"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(request, file, ensure_ascii=False, indent=2)
        Path(unfinished).replace(folder / f"{reference}.json")
    except OSError as error:
        raise TemporaryFailure(type(error).__name__) from error
    return f"written to {reference}.json"
