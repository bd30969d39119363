"""What is measured: web processes of ours, and the services they need. Each is started here and ended here."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

from sarangbang.config.testing.database import Cluster

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
GRACE_SECONDS = 20


class DidNotStart(RuntimeError):
    """The server ended or stayed silent; its log says why."""


class Server:
    """A command that answers on a port of loopback, in a process group of its own."""

    def __init__(
        self, command: list[str], port: int, log: Path, environment: Mapping[str, str], cwd: Path = ROOT
    ) -> None:
        self.command, self.port, self.log, self.cwd = command, port, log, cwd
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises ``DidNotStart``."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                cwd=self.cwd,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise DidNotStart(f"{' '.join(self.command)}: see {self.log}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it in order; after a while without asking."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """SIGKILL to the process and to all that it started: nobody can tidy up."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def processor_seconds(self) -> float:
        """Processor time that its processes have used so far."""
        assert self.process is not None
        used = 0
        for about in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # After the name, which may hold spaces: state, parent, process group …, user and system ticks.
                said = about.read_text().rpartition(")")[2].split()
                if int(said[2]) == self.process.pid:
                    used += int(said[11]) + int(said[12])
        return used / os.sysconf("SC_CLK_TCK")

    def _signal(self, number: int) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)  # the group that we made for it


def stop_when_told() -> None:
    """Let SIGTERM end the program as Ctrl-C does: what it started is ended, and its folders are deleted."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(*servers: Server) -> Iterator[None]:
    """The servers answer inside, and have ended after."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


class House:
    """One installation of ours as it is in production, with a folder, a database and secrets of its own. Only the
    limits of requests per visitor are off, because here all visitors have one address."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "sarangbang.config.settings",
            "SARANGBANG_HOME": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": "only-for-measuring-" + "x" * 40,
            "ALLOWED_HOSTS": "127.0.0.1",
            "SITE_URL": "http://127.0.0.1",
            "HTTPS": "0",
            "DEBUG": "0",
            "DEMO": "0",
            "EMAIL_URL": f"file://{folder / 'mail'}",
            "RATELIMIT": "0",
        }

    @property
    def is_postgresql(self) -> bool:
        return self.environment["DATABASE_URL"].startswith("postgresql")

    def run(self, *words: str, **more: str) -> str:
        """Run Python with these words in the house, and return what it says."""
        done = subprocess.run(
            [sys.executable, *words], env={**os.environ, **self.environment, **more}, cwd=ROOT, check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return done.stdout

    def server(self, processes: int = 1) -> Server:
        """The web server, as ``sarangbang serve`` starts it."""
        port = free_port()
        return Server(
            [sys.executable, "-m", "sarangbang.cli", "serve", "--port", str(port), "--workers", str(processes)],
            port,
            self.folder / "web.log",
            self.environment,
        )


class Postgres:
    """A PostgreSQL cluster of its own, with the durability that Debian's package has by default."""

    def __init__(self) -> None:
        self.cluster = Cluster()

    def __enter__(self) -> Self:
        self.cluster.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.cluster.stop()

    @property
    def folder(self) -> Path:
        """Where its socket is."""
        return self.cluster.folder

    def make(self, name: str) -> str:
        """A new database; returns its address."""
        self.ask(f'CREATE DATABASE "{name}"')
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def ask(self, question: str, database: str = "postgres") -> str:
        """The first value that it answers."""
        import psycopg

        with psycopg.connect(f"postgresql://postgres@/{database}?host={self.folder}", autocommit=True) as connection:
            cursor = connection.execute(question)  # type: ignore[arg-type]  # our own words
            row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""

    def kill(self) -> None:
        """SIGKILL to the server that we started; its children end by themselves. Then start it again: it recovers from
        its log."""
        data = self.folder / "data"
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            time.sleep(1)  # its children see that it is gone, and let go of the memory
            try:
                self.cluster.open()
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def kill_every_second(self, number: int) -> None:
        """``kill`` with the second, the fourth … number."""
        if number % 2:
            self.kill()

    def statements(self, work: Callable[[], object]) -> int:
        """How many statements reach the server while this is done."""
        log = self.folder / "log"
        self.ask("ALTER SYSTEM SET log_statement = 'all'")
        self.ask("SELECT pg_reload_conf()")
        time.sleep(0.5)
        before = log.stat().st_size
        work()
        with log.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(before)
            found = sum(bool(re.search(r"LOG:  (statement|execute [^:]*):", line)) for line in lines)
        self.ask("ALTER SYSTEM RESET log_statement")
        self.ask("SELECT pg_reload_conf()")
        return found

    def durability(self) -> dict[str, str]:
        """What makes a commit survive a loss of power. Raises ``AssertionError`` when it does not."""
        found = {name: self.ask(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")}
        assert set(found.values()) == {"on"}, found
        return found
