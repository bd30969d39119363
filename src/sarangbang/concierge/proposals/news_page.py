"""What news can be about: the flights, jobs, crews and institutions of one day, in groups for a list of choices."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle
from sarangbang.concierge.board import queries as board_queries
from sarangbang.concierge.board.day import INTERPRETING, RIDE, Block, Board
from sarangbang.ui import locales

from .page import isolated

Group = tuple[str, list[tuple[str, str]]]


def subjects(day: dt.date, now: dt.datetime) -> list[Group]:
    """Titles with subjects ("ride:<id>") and names, in the order of time; groups without any are left out."""
    board = Board(day, now)
    live = [block for block in board.blocks if block.status in lifecycle.LIVE]
    flights = board_queries.landings(board.window)
    working = {(line.service, line.crew.key) for line in board.lines if line.crew is not None}
    crews = [(service, crew) for service, crew in board.crews if (service, crew.key) in working]
    korean = get_language() == "ko"
    landing = [(f"flight:{pk}", f"{locales.clock(at)} {number} · {isolated(name)}") for pk, at, number, name in flights]
    groups: list[Group] = [
        (_("Flights"), landing),
        (_("Cars for guests"), [(each.subject, _job(board, each)) for each in live if each.service == RIDE]),
        (_("Interpreting"), [(each.subject, _job(board, each)) for each in live if each.service == INTERPRETING]),
        (_("Interpreters"), [(f"interpreter:{crew.key}", crew.name if korean else crew.latin)
                             for service, crew in crews if service == INTERPRETING]),
        (_("Cars"), [(f"vehicle:{crew.key}", crew.name) for service, crew in crews if service == RIDE]),
        (_("Institutions"), [(f"institution:{key}", name) for key, name in board.institutions]),
    ]  # fmt: skip
    return [group for group in groups if group[1]]


def _job(board: Board, block: Block) -> str:
    place = board.places[block.destination]
    where = place.name if get_language() == "ko" else place.latin
    return f"{locales.clock(block.starts_at)} {isolated(block.guest)} · {where}"
