"""What would help a job for which nobody fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .fitting import Reason

EASIEST = (
    "way_after", "way_before", "busy", "hours", "wish", "field", "luggage", "child_seats", "seats", "wheelchair",
    "certificate", "term", "language",
)  # fmt: skip
"""``fitting.AGAINST``, what is changed most easily first."""


def would_help(against: Iterable[Sequence[Reason]]) -> str:
    """The easiest of the reasons that alone keep somebody from the job; empty when everybody has more than one.
    ``against`` has everything that speaks against each candidate."""
    alone = {codes.pop() for reasons in against if len(codes := {reason.code for reason in reasons}) == 1}
    return next((code for code in EASIEST if code in alone), "")
