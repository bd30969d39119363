"""How messages leave: one module per channel, each with the same face.

A channel is a function ``send(rendered, address, reference) -> detail``. ``rendered`` holds the words, ``address`` is
an e-mail address or a telephone number, ``reference`` is the message's id, the same at every try, so that a provider
which knows it can drop a repetition. It returns what the provider answered, up to 300 characters, without the words
and without the address, and raises ``TemporaryFailure`` (try again later) or ``PermanentFailure`` (never will). It
must give up by itself within a minute: ``delivery.LEASE`` is longer than that.

Which function serves a channel is said by ``settings.MESSAGE_CHANNELS``, for example
``{"sms": "district.sens.send_sms"}``; what is not named there is served by the module here.
"""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from sarangbang.messages.rendering import Rendered

DEFAULTS = {
    "email": "sarangbang.messages.channels.email.send",
    "sms": "sarangbang.messages.channels.sms.send",
    "alimtalk": "sarangbang.messages.channels.alimtalk.send",
}


class TemporaryFailure(Exception):
    """The channel could not take the message now."""


class PermanentFailure(Exception):
    """The channel will never take this message: the address does not exist, the words are refused."""


class Send(Protocol):
    def __call__(self, rendered: Rendered, address: str, reference: str) -> str: ...


def sender(channel: str) -> Send:
    """The function that serves a channel."""
    chosen: dict[str, str] = {**DEFAULTS, **getattr(settings, "MESSAGE_CHANNELS", {})}
    found: Send = import_string(chosen[channel])
    return found
