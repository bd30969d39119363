"""How people and things are shared out among visits of a party, so that each visit has somebody. Pure; knows no
database.

Nobody is at two visits that overlap. Where visits lie side by side or apart this is matching, and is answered at once.
Where they overlap in part it is known to be hard; then so many ways are tried.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Generic, TypeVar

TRIES = 2000

Who = TypeVar("Who", bound=Hashable)
Span = tuple[Any, Any]
"""Begin and end, both minutes or both instants."""


class TooMany(Exception):
    """So many ways were tried, and none was found yet."""


def shared_out(spans: Sequence[Span], free: Sequence[Sequence[Who]]) -> list[Who] | None:
    """For each span one of those who are free at it, the first ones where that will do; None when there is no way.
    Raises ``TooMany``."""
    for begin in {begin for begin, _end in spans}:
        at_once = [number for number, (start, end) in enumerate(spans) if start <= begin < end]
        if _match([free[number] for number in at_once]) is None:
            return None
    chosen: dict[int, Who] = {}
    for numbers in _overlapping(spans):
        mine = [free[number] for number in numbers]
        is_side_by_side = len({spans[number] for number in numbers}) == 1
        found = _match(mine) if is_side_by_side else _Search([spans[number] for number in numbers], mine).found()
        if found is None:
            return None
        chosen |= zip(numbers, found, strict=True)
    return [chosen[number] for number in range(len(spans))]


def _overlapping(spans: Sequence[Span]) -> Iterator[list[int]]:
    """Which spans hang together, because one overlaps the next; each such heap in the order of time."""
    heap: list[int] = []
    until: Any = None
    for number in sorted(range(len(spans)), key=lambda number: spans[number]):
        begin, end = spans[number]
        if heap and begin >= until:
            yield heap
            heap = []
        until = end if not heap else max(until, end)
        heap.append(number)
    if heap:
        yield heap


def _match(free: Sequence[Sequence[Who]]) -> list[Who] | None:
    """A different one for each, all of which are wanted at once: augmenting paths."""
    has: dict[Who, int] = {}

    def finds(number: int, seen: set[Who]) -> bool:
        for who in free[number]:
            if who not in seen:
                seen.add(who)
                if who not in has or finds(has[who], seen):
                    has[who] = number
                    return True
        return False

    if not all(finds(number, set()) for number in range(len(free))):
        return None
    return sorted(has, key=lambda who: has[who])


class _Search(Generic[Who]):
    """Tries one way after the other, in the order of time."""

    def __init__(self, spans: Sequence[Span], free: Sequence[Sequence[Who]]) -> None:
        self.spans, self.free, self.left = spans, free, TRIES

    def found(self, *taken: Who) -> list[Who] | None:
        """The rest for those who are taken for the first spans."""
        number = len(taken)
        if number == len(self.spans):
            return list(taken)
        self.left -= 1
        if self.left < 0:
            raise TooMany
        begin, _end = self.spans[number]
        busy = {who for who, (_start, end) in zip(taken, self.spans, strict=False) if end > begin}
        for who in self.free[number]:
            if who not in busy and (found := self.found(*taken, who)) is not None:
                return found
        return None
