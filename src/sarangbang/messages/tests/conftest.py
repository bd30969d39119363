"""A mail server that can be switched off, and letters to send through it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sarangbang.messages.actions import post
from sarangbang.messages.channels import TemporaryFailure
from sarangbang.messages.models import Message


@pytest.fixture(autouse=True)
def _letters(settings: Any) -> None:
    """The templates and addresses of these tests."""
    settings.ROOT_URLCONF = "sarangbang.messages.tests.urls"
    settings.UI_NAV = settings.UI_FOOT = ""
    settings.LINK_VIEWS = {"stay": "stay", "hold": "stay"}
    settings.SITE_URL = "https://house.example"
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates


class Server:
    """Takes the place of a channel. ``trouble`` is what it answers instead of yes."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.sent: list[tuple[str, str, str]] = []

    def __call__(self, rendered: Any, address: str, reference: str) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((address, rendered.subject, reference))
        return "accepted"

    def down(self) -> None:
        self.trouble = TemporaryFailure("connection refused")

    def up(self) -> None:
        self.trouble = None


SERVER = Server()


@pytest.fixture
def server(settings: Any) -> Server:
    SERVER.__init__()  # type: ignore[misc]
    settings.MESSAGE_CHANNELS = {"email": "sarangbang.messages.tests.conftest.SERVER"}
    return SERVER


@pytest.fixture
def letter(db: None) -> Callable[..., Message]:
    """``letter(address=…)``: a plain message in the outbox."""

    def make(**changes: Any) -> Message:
        wanted = {"kind": "test_plain", "address": "sarnai@example.org", "language": "en", **changes}
        return post(wanted.pop("kind"), **wanted)

    return make
