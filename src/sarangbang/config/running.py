"""Starting the house: settings, web, worker, and both together with the demo district."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

THREADS = 4
"""Requests at once per web process; each holds a database connection while it works."""
IDLE_SECONDS = 600
"""So long a thread without requests is kept, with its connection and the statements that the database has planned for
it: the first request of a new one takes ten times as long."""
MOST_PORT = 65_535
GRACE_SECONDS = 15
START_SECONDS = 60
WARM_AFTER = 1.0
"""Seconds from the start of a web process, in which it says that it is ready."""
CHECKOUT = Path(__file__).resolve().parents[3]
PR_SET_PDEATHSIG = 1


def name_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sarangbang.config.settings")


def setup() -> None:
    """Make Django ready. Raises ImproperlyConfigured with one sentence when something is missing."""
    import django

    name_settings()
    django.setup()


class PortTaken(click.ClickException):
    """Somebody answers there. The kernel would let us share the port, and every other request would go to another
    house."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken. Choose another one, as PORT={port + 1 if port < MOST_PORT else 8000}.")


class NotWritable(click.ClickException):
    """The folder of the demo house cannot be used."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"{home} is no folder that can be written. Choose another one, as SARANGBANG_HOME=/tmp/house.")


def serve(host: str, port: int, workers: int) -> None:
    """Serve until stopped. Sync views run in threads, several processes side by side. Raises ``PortTaken``."""
    if _is_taken(host, port):
        raise PortTaken(port)
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from .logging import dictionary

    Granian(
        "sarangbang.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=IDLE_SECONDS,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.LOGGING["level"].lower()),
        log_dictconfig=dictionary(**settings.LOGGING),
    ).serve()


def prepare(*, static: bool = True) -> None:
    """Tables, the cache's table, catalogues, and (outside of development) static files with hashed names."""
    from django.conf import settings
    from django.core.management import call_command

    from . import catalogues

    settings.HOME.mkdir(parents=True, exist_ok=True)
    catalogues.compile_all()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    if static and not settings.DEBUG:
        _collect_static()


def warm(after: float = WARM_AFTER) -> threading.Thread:
    """Draw a first board and load the engine's machine code, for which the first coordinator would otherwise wait some
    seconds. Beside the requests, a moment after the process has begun to answer, and never in the way of its end."""
    thread = threading.Timer(after, _rehearse)
    thread.daemon = True
    thread.start()
    return thread


def _rehearse() -> None:
    from django.db import connections

    from sarangbang.concierge.rehearsing import rehearse

    try:
        rehearse()
    finally:
        connections.close_all()  # those of this thread, which nobody closes at the end of a request


def _collect_static() -> None:
    """Collect and compress the static files when one has changed since the last time; compressing takes seconds."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    found = [
        f"{path} {about.st_size} {about.st_mtime_ns}"
        for finder in get_finders()
        for path, storage in finder.list([])
        for about in [Path(storage.path(path)).stat()]
    ]
    fingerprint = hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()
    stamp = settings.HOME / "static.sha256"
    if stamp.exists() and stamp.read_text() == fingerprint and (settings.STATIC_ROOT / "staticfiles.json").exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(fingerprint)


def use_demo_house(site: str = "http://127.0.0.1:8000") -> None:
    """What a demonstration on one machine needs, unless the environment says otherwise. The key is kept."""
    home = Path(os.environ.setdefault("SARANGBANG_HOME", str(Path("var").absolute())))
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(home) from error
    if not os.access(home, os.W_OK):
        raise NotWritable(home)
    key = home / "secret_key"
    if "SECRET_KEY" not in os.environ:
        if not key.exists():
            descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(64))
        os.environ["SECRET_KEY"] = key.read_text().strip()
    usual = {"DEMO": "1", "HTTPS": "0", "ALLOWED_HOSTS": "*", "SITE_URL": site, "LOG_LEVEL": "WARNING"}
    for name, value in usual.items():
        os.environ.setdefault(name, value)


def use_local_house() -> bool:
    """In a source checkout, commands about data mean the house of ``sarangbang run`` when no other is named.

    ``serve`` and ``worker`` never assume it. Returns whether it was assumed.
    """
    named = {"SECRET_KEY", "DATABASE_URL", "DEBUG", "DJANGO_SETTINGS_MODULE"} & set(os.environ)
    if named or not (CHECKOUT / "pyproject.toml").exists():
        return False
    os.environ.setdefault("SARANGBANG_HOME", str(CHECKOUT / "var"))
    use_demo_house()
    return True


def run(host: str, port: int, load: Callable[[], object], welcome: Callable[[str], str]) -> int:
    """Prepare, ``load`` the demo, and run web and worker until a signal comes; returns the exit code.

    When one of the two dies, the other is stopped and the code is 1.
    """
    address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104 (compared, not bound)
    if _is_taken(host, port):
        raise PortTaken(port)
    use_demo_house(address)
    setup()
    prepare()
    load()
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    children = {
        "web": _start("serve", "--host", host, "--port", str(port)),
        "worker": _start("worker"),
    }
    deadline = time.monotonic() + START_SECONDS
    greeted = False
    while not stopped and all(child.poll() is None for child in children.values()):
        if not greeted and (_is_taken(host, port) or time.monotonic() > deadline):
            click.echo(welcome(address))
            greeted = True
        time.sleep(0.2)
    dead = [name for name, child in children.items() if child.poll() is not None]
    for child in children.values():
        _end(child)
    if dead and not stopped:
        click.echo(f"The {' and '.join(dead)} process ended unexpectedly; everything was stopped.", err=True)
        return 1
    click.echo("Web and worker have ended.")
    return 0


def _is_taken(host: str, port: int) -> bool:
    """Whether somebody answers there. A host that means nothing here is refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            return probe.connect_ex((host, port)) == 0
        except OSError:
            raise click.BadParameter(f"{host} is no address of this machine", param_hint="--host") from None


def _start(*words: str) -> subprocess.Popen[bytes]:
    """A command of ours as a process in a session of its own, so that Ctrl-C reaches only us and we end it in order."""
    return subprocess.Popen(  # noqa: S603 (our own words)
        [sys.executable, "-m", "sarangbang.cli", *words],
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    """Ask Linux to end this process when the one that started it is gone, also when that was killed."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End it in order, and then whatever it has left behind: a web server that is stopped while it starts forgets its
    processes."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
