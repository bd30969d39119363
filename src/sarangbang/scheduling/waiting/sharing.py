"""Whether interpreters can be shared out among visits of a party. Pure; knows no database.

Nobody is at two visits that overlap. Where visits lie side by side or apart this is matching, and is answered at once.
Where they overlap in part it is known to be hard; then so many ways are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from .wishes import Time

TRIES = 2000


class TooMany(Exception):
    """So many ways were tried, and none was found yet."""


def can_be_shared_out(times: Sequence[Time], free_at: Callable[[Time], Collection[int]]) -> bool:
    """Whether each time can have somebody who is free at it. Raises ``TooMany``."""
    free = {time: sorted(free_at(time)) for time in times}
    beginnings = {time.starts_at: time for time in times}
    for first in beginnings.values():
        if not _match([time for time in times if time.starts_at <= first.starts_at < time.ends_at], free):
            return False
    if all(_is_beside_or_apart(first, time) for first in beginnings.values() for time in times):
        return True
    return _Search(sorted(times, key=lambda time: (time.starts_at, len(free[time]))), free).goes_on(0, ())


def _is_beside_or_apart(one: Time, other: Time) -> bool:
    is_beside = (one.starts_at, one.ends_at) == (other.starts_at, other.ends_at)
    return is_beside or one.ends_at <= other.starts_at or other.ends_at <= one.starts_at


def _match(times: Sequence[Time], free: dict[Time, list[int]]) -> bool:
    """Whether each of these times, all of which overlap, can have somebody of its own: augmenting paths."""
    has: dict[int, int] = {}

    def finds(number: int, seen: set[int]) -> bool:
        for who in free[times[number]]:
            if who not in seen:
                seen.add(who)
                if who not in has or finds(has[who], seen):
                    has[who] = number
                    return True
        return False

    return all(finds(number, set()) for number in range(len(times)))


class _Search:
    def __init__(self, times: Sequence[Time], free: dict[Time, list[int]]) -> None:
        self.times, self.free, self.left = times, free, TRIES

    def goes_on(self, number: int, taken: tuple[tuple[int, Time], ...]) -> bool:
        """Whether those from this number on can have somebody beside who is taken already."""
        if number == len(self.times):
            return True
        self.left -= 1
        if self.left < 0:
            raise TooMany
        time = self.times[number]
        at_once = {who for who, other in taken if other.ends_at > time.starts_at}
        return any(self.goes_on(number + 1, (*taken, (who, time))) for who in self.free[time] if who not in at_once)
