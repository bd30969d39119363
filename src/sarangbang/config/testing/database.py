"""``--database=postgresql`` runs the database tests on a throw-away PostgreSQL cluster of Debian's package.

The cluster lives in a temporary folder, listens on a Unix socket there and nowhere else, and is stopped at the end of
the run. ``initdb`` refuses root, so root starts it as the user ``postgres``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

PROGRAMS = "/usr/lib/postgresql"
# A cluster that lives for one run of tests need not survive a power cut, and no test cuts the power (those that kill a
# process kill one of ours). Locks, isolation and constraints are as everywhere. Whoever measures takes none of these.
IN_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
# SQLite waits for the disk at every commit, as in production: in memory, where there is room, that takes no time.
MEMORY, ROOM = Path("/dev/shm"), 1 << 30


class Cluster:
    """One PostgreSQL cluster in a folder of its own, with Debian's settings and those that are given."""

    def __init__(self, *settings: str) -> None:
        versions = sorted(Path(PROGRAMS).glob("*/bin/initdb"))
        if not versions:
            raise pytest.UsageError("PostgreSQL is not installed: apt-get install postgresql")
        self.programs = versions[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="sarangbang-pg-"))
        self.settings = ("listen_addresses=", "max_connections=120", *settings)
        self.prefix: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.prefix = ["runuser", "-u", "postgres", "--"]

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [*self.prefix, str(self.programs / program), *words], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )

    def start(self) -> str:
        """Starts it and returns its DATABASE_URL."""
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.open()
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def open(self) -> None:
        """Starts it on the data that it has."""
        options = " ".join([f"-k {self.folder}", *(f"-c {setting}" for setting in self.settings)])
        data = str(self.folder / "data")
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="where database tests run")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before Django reads its settings. Parallel workers share the cluster and have a folder of their own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        folder = os.environ["SARANGBANG_HOME"] + f"/{worker}"
        Path(folder).mkdir()
    else:
        has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
        folder = tempfile.mkdtemp(prefix="sarangbang-tests-", dir=MEMORY if has_room else None)
        early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["SARANGBANG_HOME"] = folder
    (Path(folder) / "static").mkdir()
    if early_config.known_args_namespace.database != "postgresql":
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/sarangbang.sqlite3"
    elif not worker:
        cluster = Cluster(*IN_HASTE)
        os.environ["DATABASE_URL"] = cluster.start()
        early_config.add_cleanup(cluster.stop)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``dispatch`` knows no database (pyproject.toml holds it to that), and reading its tests takes a while."""
    is_dispatch = collection_path.name == "tests" and collection_path.parent.name == "dispatch"
    return True if is_dispatch and config.getoption("--database") == "postgresql" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL runs what touches the database, without what is drawn in a browser or marked ``once``; on SQLite
    everything but what is marked ``server``."""
    is_kept = _touches_database if config.getoption("--database") == "postgresql" else _needs_no_server
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (kept if is_kept(item) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def _touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if not (item.get_closest_marker("django_db") or {"db", "transactional_db"} & fixtures):
        return False
    is_repeated = item.get_closest_marker("both") or not item.get_closest_marker("once")
    return bool(is_repeated and not item.get_closest_marker("browser"))


def _needs_no_server(item: pytest.Item) -> bool:
    return item.get_closest_marker("server") is None
