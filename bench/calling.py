"""The client: threads with one kept connection each, who ask, wait for the answer, and ask again.

It shares the machine with the servers, so it does no more than it must: a request is one write, and of an answer
nothing is read but status, length and body.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
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
        self.headers = {"Host": f"127.0.0.1:{port}", "Accept-Language": "en", **(headers or {})}
        self.stream: io.BufferedRWPair | None = None
        self.used = time.monotonic()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and answer. Raises ``OSError`` when the answer is lost."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = b""
        if body is not None:
            data = json.dumps(body).encode()
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        if time.monotonic() - self.used > IDLE_SECONDS:  # the server has closed it, or will
            self.close()
        self.used = time.monotonic()
        try:
            status, content = self._exchange("\r\n".join(lines).encode() + data)
        except OSError:
            self.close()
            raise
        return status, json.loads(content) if content else None

    def close(self) -> None:
        """Hang up; the next request calls again."""
        if self.stream is not None:
            with contextlib.suppress(OSError):
                self.stream.close()
            self.stream = None

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self.stream is None:
            with socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.stream = connection.makefile("rwb")
        self.stream.write(request)
        self.stream.flush()
        status = int(self._line().split()[1])
        length, is_last = 0, False
        while line := self._line().lower():
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                raise NotImplementedError("an answer in chunks")
            elif name == b"connection":
                is_last = value.strip() == b"close"
        content = self.stream.read(length)
        if len(content) < length:
            raise ConnectionResetError
        if is_last:
            self.close()
        return status, content

    def _line(self) -> bytes:
        assert self.stream is not None
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError
        return line.rstrip()

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
            except OSError as error:
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
