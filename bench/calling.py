"""The client: threads with one kept connection each, who ask, wait for the answer, and ask again."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_SECONDS = 60
IDLE_SECONDS = 2
LEAD_SECONDS = 2.0


class Caller:
    """One connection that is kept open; made anew after a failure."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.headers = {"Accept-Language": "en", **(headers or {})}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.used = time.monotonic()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and answer. Raises ``OSError`` or ``http.client.HTTPException`` when the answer is lost."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        if time.monotonic() - self.used > IDLE_SECONDS:  # the server has closed it, or will
            self.connection.close()
        self.used = time.monotonic()
        try:
            self.connection.request(method, path, data, sent)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        return answer.status, json.loads(content) if content else None

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def get(self, path: str) -> tuple[int, Any]:
        return self.ask("GET", path)


@dataclass
class Round:
    """What one round brought: seconds of each piece of work that was done, and how long the round took."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    processor: float = 0.0
    """Seconds of processor time of the server."""

    @property
    def rate(self) -> float:
        """Pieces of work per second."""
        return len(self.took) / self.seconds if self.seconds else 0.0

    def quantile(self, part: float) -> float:
        """Seconds within which this part of the work was done."""
        return sorted(self.took)[min(len(self.took) - 1, int(part * len(self.took)))] if self.took else 0.0


def press(works: list[Callable[[], str | None]], seconds: float, processor: Callable[[], float] = lambda: 0.0) -> Round:
    """Each of ``works`` in a thread of its own, again and again until the time is over. A piece of work returns None,
    or what went wrong. What is done counts from the moment on at which all threads have been at work for a while.
    ``processor`` says how much processor time the server has used so far."""
    result = Round()
    counting, over = threading.Event(), threading.Event()

    def go(work: Callable[[], str | None]) -> None:
        while not over.is_set():
            began = time.perf_counter()
            try:
                problem = work()
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
            if over.is_set() or not counting.is_set():
                continue
            if problem is None:
                result.took.append(time.perf_counter() - began)
            else:
                result.failed.append(problem)

    threads = [threading.Thread(target=go, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    time.sleep(LEAD_SECONDS)
    began, used = time.perf_counter(), processor()
    counting.set()
    time.sleep(seconds)
    over.set()
    result.seconds, result.processor = time.perf_counter() - began, processor() - used
    for thread in threads:
        thread.join(TIMEOUT_SECONDS)
    return result
