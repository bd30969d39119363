"""Who may look into the outbox."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from sarangbang.people.access import staff_required

PERMISSION = "outbox.see"


def outbox_door(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The outbox is for coordinators and administrators. In the demo, where nobody is real and it takes the place of
    everybody's mailbox, it is open to all who come by."""
    guarded = staff_required(PERMISSION)(view)

    @wraps(guarded)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if settings.DEMO else guarded(request, *args, **kwargs)

    return door
