"""Prices on a core of their own, while another plans days anew at those that are known by then.

What the day has laid out is shared and never written; each thread has room of its own to work in, and copies of prices
are handed over.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from .ceiling import Ceiling, Prices

Work = Callable[[Ceiling, Callable[[], bool], Callable[[], bool]], None]
"""What is done there with a bound: the second hands on what is known and is true when nobody waits for it any more, the
third is true as long as somebody does."""


class Beside:
    """Does ``work`` in a thread while this lasts. What fails there is raised at the end."""

    def __init__(self, ceiling: Ceiling, work: Work) -> None:
        self._ceiling, self._work = ceiling, work
        self._shown: Prices | None = None
        self._over = False

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="prices")
        self._done: Future[None] = self._pool.submit(self._work, self._ceiling, self._show, lambda: not self._over)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._pool.shutdown()
        self._done.result()

    def _show(self) -> bool:
        self._shown = self._ceiling.found()
        return self._over

    def news(self) -> Prices | None:
        """What was shown since this was asked last."""
        shown, self._shown = self._shown, None
        return shown
