"""The words of the awards ledger."""

from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
MOST_WON = 10**12
"""No prize may be larger: a thousand times what the district says to have won in two and a half years."""


class Level(models.TextChoices):
    """Who gives: how far the giver's word reaches."""

    DISTRICT = "district", _("district")
    CITY = "city", _("city or province")
    NATIONAL = "national", _("national")
    INTERNATIONAL = "international", _("international")
    OTHER = "other", _("other")


class State(models.TextChoices):
    """Where an award stands."""

    CALLED = "called", _("call open")
    APPLIED = "applied", _("applied for")
    RECEIVED = "received", _("received")
    MISSED = "missed", _("not received")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPENINGS = frozenset({State.CALLED, State.APPLIED, State.RECEIVED})
"""How the first row of an award may stand."""
MOVES: dict[str, frozenset[str]] = {
    State.CALLED: frozenset({State.APPLIED, State.RECEIVED, State.MISSED, State.WITHDRAWN}),
    State.APPLIED: frozenset({State.RECEIVED, State.MISSED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.WITHDRAWN}),
    State.MISSED: frozenset({State.APPLIED, State.RECEIVED}),
    State.WITHDRAWN: frozenset({State.CALLED, State.APPLIED, State.RECEIVED}),
}
"""What may follow; that a row corrects words and stays where it stands is always allowed."""
AHEAD = frozenset({State.CALLED, State.APPLIED})


def may_follow(before: str, after: str) -> bool:
    return before == after or after in MOVES[before]
