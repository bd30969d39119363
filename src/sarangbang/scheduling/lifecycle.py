"""The one table of a reservation's allowed moves. The diagram in ``docs/scheduling.md`` is made from it."""

from __future__ import annotations

HELD, EXPIRED, BOOKED, ARRIVED, FULFILLED = "held", "expired", "booked", "arrived", "fulfilled"
RESCHEDULED, CANCELLED = "rescheduled", "cancelled"
NOSHOW_GUEST, NOSHOW_HOST = "noshow_guest", "noshow_host"

MOVES: dict[str, frozenset[str]] = {
    HELD: frozenset({BOOKED, EXPIRED, CANCELLED}),
    BOOKED: frozenset({ARRIVED, FULFILLED, RESCHEDULED, CANCELLED, NOSHOW_GUEST, NOSHOW_HOST}),
    # Back to "booked" corrects a wrong click; a guest who was late may still arrive.
    ARRIVED: frozenset({FULFILLED, NOSHOW_HOST, BOOKED}),
    NOSHOW_GUEST: frozenset({ARRIVED, BOOKED}),
    NOSHOW_HOST: frozenset({BOOKED}),
    FULFILLED: frozenset({ARRIVED}),
    EXPIRED: frozenset(),
    RESCHEDULED: frozenset(),
    CANCELLED: frozenset(),
}

FREEING = frozenset({EXPIRED, RESCHEDULED, CANCELLED})
"""Moves that give the time back."""

OVER = frozenset({FULFILLED, NOSHOW_GUEST, NOSHOW_HOST})
"""The visit's time has passed, whatever came of it."""


def may_move(current: str, target: str) -> bool:
    """Whether a reservation may go from ``current`` to ``target``."""
    return target in MOVES[current]


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> held", "    [*] --> booked"]
    lines += [f"    {current} --> {target}" for current, targets in MOVES.items() for target in sorted(targets)]
    lines += [f"    {state} --> [*]" for state, targets in MOVES.items() if not targets]
    return "\n".join(lines)
