"""Mending a day on which something went wrong: cars, interpreters and appointments in one proposal."""

from __future__ import annotations

import time
from collections.abc import Callable

from sarangbang.dispatch.solving import ready

from .facts import facts
from .model import (
    Agreement,
    Appointment,
    ArrivesLate,
    CarBroken,
    Carried,
    ClinicLate,
    GuestLate,
    InterpreterOut,
    JobChange,
    Moved,
    News,
    NoShow,
    Prices,
    Proposal,
    RideChange,
    Situation,
    Slot,
    Unmendable,
    Unmended,
)
from .search import Search
from .telling import proposal

__all__ = [
    "Agreement", "Appointment", "ArrivesLate", "CarBroken", "Carried", "ClinicLate", "GuestLate", "InterpreterOut",
    "JobChange", "Moved", "News", "NoShow", "Prices", "Proposal", "RideChange", "Situation", "Slot", "Unmendable",
    "Unmended", "mend",
]  # fmt: skip


def mend(
    situation: Situation,
    news: News | tuple[News, ...],
    *,
    seconds: float = 1.0,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Proposal:
    """The least disturbing way out of what has happened.

    Judged by: rides and appointments that stay unmended, jobs that stay without interpreter (by priority), how many
    appointments move, ``Proposal.cost``. Never moved are what has happened, guests aboard (their drop-off may), stops
    and jobs about to begin, promised pick-ups, frozen assignments, fixed appointments; of what the news is about, the
    guests' own pick-ups are released, because they cannot stay. Rides without a car that are not among
    ``Situation.seeking`` and jobs without interpreter are not this verb's business: they stay so.

    Answers within ``seconds`` of ``clock``, everything included. Raises ``Unmendable`` for unknown names.
    """
    ready()
    begun = clock()
    happened = facts(situation, news if isinstance(news, tuple) else (news,))
    search = Search(happened, clock, begun + 0.7 * seconds)
    search.run()
    search.polish(begun + 0.9 * seconds - clock(), seed)
    return proposal(search, clock() - begun)
