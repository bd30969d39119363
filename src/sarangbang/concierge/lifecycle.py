"""The one table of a ride's and an interpreting's allowed moves. The diagram in ``docs/concierge.md`` is made
from it, and a test keeps the two equal."""

from __future__ import annotations

WAITING, GRANTED, ASSIGNED, UNDER_WAY = "waiting", "granted", "assigned", "under_way"
MET, FINISHED, DECLINED, CANCELLED = "met", "finished", "declined", "cancelled"

MOVES: dict[str, frozenset[str]] = {
    WAITING: frozenset({GRANTED, ASSIGNED, DECLINED, CANCELLED}),
    # Back to "waiting" takes a grant back.
    GRANTED: frozenset({WAITING, ASSIGNED, DECLINED, CANCELLED}),
    # "assigned" again is another car or person; back to "granted" is when they cannot come.
    ASSIGNED: frozenset({WAITING, GRANTED, ASSIGNED, UNDER_WAY, MET, FINISHED, DECLINED, CANCELLED}),
    UNDER_WAY: frozenset({WAITING, GRANTED, ASSIGNED, MET, FINISHED, CANCELLED}),
    # Back to the step before corrects a wrong tap.
    MET: frozenset({UNDER_WAY, FINISHED}),
    FINISHED: frozenset({MET}),
    # Out of these only by taking the step back.
    DECLINED: frozenset({WAITING, GRANTED, ASSIGNED}),
    CANCELLED: frozenset({WAITING, GRANTED, ASSIGNED, UNDER_WAY}),
}

UNASSIGNED = frozenset({WAITING, GRANTED})
WITH_CREW = frozenset({ASSIGNED, UNDER_WAY, MET})
LIVE = UNASSIGNED | WITH_CREW
"""Something is still to happen."""
OFF = frozenset({DECLINED, CANCELLED})

UNDOABLE = frozenset({GRANTED, ASSIGNED, DECLINED, CANCELLED})
"""Steps of the desk that can be taken back, each once; what a crew tapped is corrected by a further step."""

PLANNED, MENDED, MOVED, TAKEN_BACK = "planned", "mended", "moved", "proposal_undone"
"""Reasons of steps that a proposal took."""

FOLLOWED = frozenset(
    {"asked_again", "appointment_moved", "appointment_cancelled", "flight_changed", "consent_withdrawn"}
    | {PLANNED, MENDED, MOVED, TAKEN_BACK, "no_show"}
)
"""Reasons of steps that followed from something else; what they did is taken back where it came from."""

WORDS: dict[str, tuple[str, ...]] = {
    "ride": ("on_the_way", "at_place", "met", "dropped"),
    "interpreting": ("on_the_way", "at_place", "met", "told", "started", "finished"),
}
"""What a crew can tap, in the usual order."""

NO_SHOW = "no_show"
"""What a crew says when the guest did not come. It moves nothing: a coordinator decides."""

STATUS_OF_WORD = {
    "on_the_way": UNDER_WAY,
    "at_place": UNDER_WAY,
    "met": MET,
    "started": MET,
    "dropped": FINISHED,
    "finished": FINISHED,
}
"""Where a word takes the job; words that are not here are written down and move nothing."""

_RANK = {ASSIGNED: 0, UNDER_WAY: 1, MET: 2, FINISHED: 3}


def may_move(current: str, target: str) -> bool:
    """Whether a ride or interpreting may go from ``current`` to ``target``."""
    return target in MOVES[current]


def may_say(service: str, word: str) -> bool:
    """Whether a crew can say this of such a job."""
    return word == NO_SHOW or word in WORDS[service]


def goes_forward(current: str, target: str) -> bool:
    """Whether a tap moves the job on. A word that arrives after a later one is kept and changes nothing; a
    missing one is leapt over."""
    return current in _RANK and _RANK[target] > _RANK[current]


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> waiting", "    [*] --> granted"]
    lines += [f"    {current} --> {target}" for current, targets in MOVES.items() for target in sorted(targets)]
    lines += [f"    {state} --> [*]" for state in (FINISHED, DECLINED, CANCELLED)]
    return "\n".join(lines)
