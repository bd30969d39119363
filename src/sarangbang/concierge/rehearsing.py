"""What a web process does once before somebody asks, so that nobody's first board or first mending is a slow one."""

from __future__ import annotations

import gc
import logging

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.dispatch import compiling

from .board.day import Board
from .board.page import BoardPage
from .days import mending
from .months import day_of

LANGUAGES = ("ko", "en")
"""In which the desk works."""

logger = logging.getLogger(__name__)


def rehearse() -> None:
    """Draw today's board for nobody, and load the engine that mends days. Reads only."""
    try:
        for language in LANGUAGES:
            with translation.override(language):
                draw_board()
    except DatabaseError as away:
        logger.warning("No board was drawn ahead, the first one takes longer: %s", away)
    if engine_is_made():
        mending.rehearse()
        gc.freeze()  # the engine stays until the end, as the pages do that ``config.wsgi`` has loaded
    else:
        logger.warning("The first mending makes the engine's machine code, for a minute: `sarangbang dispatch compile`")


def engine_is_made() -> bool:
    """Whether the engine's machine code is there to be loaded. To make it keeps a processor busy for a minute, in each
    web process; requests should not stand beside that unasked."""
    places = [compiling.folder(half) for half in compiling.KERNELS]
    return all(place is not None and any(place.rglob("*.nbi")) for place in places)


def draw_board() -> str:
    """Today's board as a page in the present language: afterwards templates, holidays, queries and the tags of its jobs
    are known."""
    request = HttpRequest()
    request.method, request.path, request.user = "GET", reverse("concierge:timeline"), AnonymousUser()
    request.META["HTTP_HOST"] = "localhost"
    now = timezone.now()
    page = BoardPage(Board(day_of(now), now))
    return render_to_string("concierge/board_day.html", {"page": page}, request=request)
