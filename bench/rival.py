"""The other side of the comparison: pretix, the ticket shop, as its handbook installs it.

It gets a virtual environment of its own in the user's cache folder, the same PostgreSQL server, a Redis for cache and
queue (its recommended set-up), and the same web server with the same settings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from .servers import Postgres, Server, free_port

VERSION = "2026.8.0"
GRANIAN = "2.8.7"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sarangbang-bench"
VENV = CACHE / f"pretix-{VERSION}"
HERE = Path(__file__).parent
THREADS, IDLE_SECONDS = 4, 600
"""As ``sarangbang serve``."""


class NotHere(RuntimeError):
    """pretix cannot be measured on this machine; says why."""


def install() -> Path:
    """pretix in its own environment; returns its Python. Built once. Raises ``NotHere``."""
    python = VENV / "bin" / "python"
    ready = VENV / "ready"
    if ready.exists():
        return python
    if shutil.which("redis-server") is None:
        raise NotHere("redis-server is missing: apt-get install redis-server")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.parent.mkdir(parents=True, exist_ok=True)
    print(f"Installing pretix {VERSION} into {VENV}; this takes some minutes the first time.", flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        with (VENV / "install.log").open("wb") as log:
            subprocess.run(
                [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--prefer-binary",
                 f"pretix=={VERSION}", f"granian=={GRANIAN}"],
                check=True, stdout=log, stderr=log,
            )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotHere(f"pretix could not be installed: {error}") from error
    ready.touch()
    return python


class Redis:
    """A Redis on a socket in a folder, for pretix's cache, sessions and queue; nothing is kept on disk."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
            cwd=self.socket.parent,
        )
        deadline = time.monotonic() + 10
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NotHere("redis-server did not start")
            time.sleep(0.05)

    def ask(self, *words: str) -> str:
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), *words], check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


class Pretix:
    """One pretix shop with ``products`` products: its server, and what a client needs to order."""

    def __init__(self, folder: Path, postgres: Postgres, products: int) -> None:
        self.folder, self.postgres, self.products = folder, postgres, products
        self.python = install()
        self.redis = Redis(folder)
        self.shop: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.redis.start()
        self.postgres.make("pretix")
        (self.folder / "data").mkdir()
        (self.folder / "pretix.cfg").write_text(
            "[pretix]\n"
            f"instance_name=bench\nurl=http://127.0.0.1\ndatadir={self.folder / 'data'}\n"
            "trust_x_forwarded_for=off\n"
            "[database]\n"
            f"backend=postgresql\nname=pretix\nuser=postgres\nhost={self.postgres.folder}\n"
            "[mail]\nfrom=bench@pretix.example\nhost=127.0.0.1\n"
            "[redis]\n"
            f"location=unix://{self.redis.socket}?db=0\nsessions=true\n"
            "[celery]\n"
            f"backend=redis+socket://{self.redis.socket}?virtual_host=1\n"
            f"broker=redis+socket://{self.redis.socket}?virtual_host=2\n"
        )
        self._tables()
        self.shop = json.loads(self._run(str(HERE / "rival_data.py"), str(self.products)))
        return self

    def __exit__(self, *_error: object) -> None:
        self.redis.stop()

    @property
    def environment(self) -> dict[str, str]:
        return {"PRETIX_CONFIG_FILE": str(self.folder / "pretix.cfg"), "DJANGO_SETTINGS_MODULE": "pretix.settings"}

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [str(self.python), *words], env={**os.environ, **self.environment}, cwd=self.folder, check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return done.stdout

    def _tables(self) -> None:
        """pretix's tables. Its migrations take minutes, so what they made is kept beside the environment."""
        kept = VENV / "tables.dump"
        programs = self.postgres.cluster.programs
        address = f"postgresql://postgres@/pretix?host={self.postgres.folder}"
        if kept.exists():
            subprocess.run([str(programs / "pg_restore"), "-d", address, "--no-owner", str(kept)], check=True)
            return
        print("Making pretix's tables; this takes some minutes the first time.", flush=True)
        self._run("-m", "pretix", "migrate", "--verbosity", "0")
        subprocess.run([str(programs / "pg_dump"), "-Fc", "-f", str(kept), address], check=True)

    def server(self, processes: int) -> Server:
        """pretix's WSGI application behind granian, with the settings of ``sarangbang serve``."""
        port = free_port()
        command = [
            str(self.python), "-m", "granian", "pretix.wsgi:application", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--workers", str(processes), "--blocking-threads", str(THREADS),
            "--blocking-threads-idle-timeout", str(IDLE_SECONDS), "--no-ws", "--respawn-failed-workers",
        ]  # fmt: skip
        return Server(command, port, self.folder / "web.log", self.environment, self.folder)

    def queued(self) -> int:
        """How many e-mails wait in the queue."""
        return int(self.postgres.ask("SELECT count(*) FROM pretixbase_outgoingmail", "pretix"))
