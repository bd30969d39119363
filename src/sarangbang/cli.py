"""The command line: ``sarangbang --help``."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import click
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError

from sarangbang.config import running
from sarangbang.config.rooms import COMMANDS, OUTDOORS

PORT = click.IntRange(1, 65535)


@functools.cache
def room_commands(name: str) -> click.Command:
    """The group that a room brings; the house is opened when a command that needs it runs, not for its help."""
    module, _help = COMMANDS[name]
    group: click.Group = importlib.import_module(module).commands
    for command in group.commands.values():
        if command.callback and name not in OUTDOORS:
            command.callback = _opened(command.callback)
    return group


def _opened(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_in_house(*words: Any, **options: Any) -> Any:
        if running.use_local_house():
            click.echo(f"Using the demo house in {os.environ['SARANGBANG_HOME']}.", err=True)
            running.setup()
            running.prepare(static=False)
        running.setup()
        return callback(*words, **options)

    return run_in_house


class Rooms(click.Group):
    """Commands of the house and of those rooms that bring some; a room is imported only when it is asked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return room_commands(cmd_name) if cmd_name in COMMANDS else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, short) for name, (_module, short) in COMMANDS.items()]
        rows += [(name, command.get_short_help_str(80)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sarangbang")
def house() -> None:
    """Sarangbang receives medical guests from abroad and looks after residents' health.

    \b
    To look at it:   sarangbang run
    To install it:   set SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL, then
                     sarangbang migrate; sarangbang serve; sarangbang worker
    """


@house.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="Port to listen on.")
@click.option(
    "--workers", default=2, envvar="WEB_WORKERS", show_default=True, type=click.IntRange(1, 64), help="Processes."
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages and the API."""
    running.setup()
    running.serve(host, port, workers)


@house.command()
def worker() -> None:
    """Send messages and tidy up, until stopped."""
    running.setup()
    from sarangbang.messages.worker import run as run_worker

    run_worker()


@house.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="Port to listen on.")
def run(host: str, port: int) -> None:
    """Prepare the demo district and run web and worker until Ctrl-C."""

    def load() -> None:
        from sarangbang.demo.cli import bars
        from sarangbang.demo.loading import is_empty
        from sarangbang.demo.loading import load as load_demo

        if is_empty():
            click.echo("Loading the demo district, once. This takes about half a minute.")
            with bars() as tell:
                load_demo(progress=tell)

    sys.exit(running.run(host, port, load, welcome))


@house.command()
def migrate() -> None:
    """Bring database, static files and catalogues up to date."""
    running.setup()
    running.prepare()


@house.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": [], "allow_interspersed_args": False}
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def manage(words: tuple[str, ...]) -> None:
    """Any command of Django's manage.py, as `manage check --deploy`."""
    from django.core.management import execute_from_command_line

    running.name_settings()
    from django.conf import settings

    _ = settings.SECRET_KEY  # Django would go on without settings for its help; we say what is missing
    execute_from_command_line(["sarangbang manage", *words])


@house.group()
def translations() -> None:
    """The texts in ten languages."""


@translations.command()
def compile() -> None:  # noqa: A001 (the command's name)
    """Make the catalogues that the pages read (needs no gettext)."""
    from sarangbang.config import catalogues

    click.echo(f"{catalogues.compile_all()} catalogues compiled.")


@translations.command()
def extract() -> None:
    """Bring the .po files up to date with code and templates (needs Debian's gettext)."""
    from sarangbang.config import catalogues

    os.environ.setdefault("DEBUG", "1")
    running.setup()
    catalogues.extract()


@translations.command()
@click.option("--language", "only", help="Only this language, as zh-hans.")
def check(only: str | None) -> None:
    """Say what is not translated; exit code 1 when anything is missing."""
    from sarangbang.config import catalogues

    missing = catalogues.missing()
    if only is not None and only not in missing:
        raise click.BadParameter(f"is not one of {', '.join(missing)}", param_hint="--language")
    shown = {only: missing[only]} if only else missing
    for language, texts in shown.items():
        for text in texts:
            click.echo(f"{language}: {text[:100]!r}")
    count = sum(map(len, shown.values()))
    click.echo(f"{count} texts are missing.")
    sys.exit(1 if count else 0)


def welcome(address: str) -> str:
    """What ``run`` prints when the house is open."""
    from sarangbang.demo.accounts import ACCOUNTS
    from sarangbang.people.queries import DEMO_PASSWORD

    rows = "\n".join(f"    {account.email:<28} {account.what}" for account in ACCOUNTS)
    return f"""
  Sarangbang is open:  {address}/

  Try:
    {address}/en/                        the public site, in ten languages
    {address}/en/search/?q=쌍꺼풀          find a procedure in any of them
    {address}/en/desk/                   the coordinator's day
    {address}/en/outbox/                 every message that was sent
    {address}/api/v1/openapi.json        for programs

  Sign in at {address}/en/accounts/login/ (password of all: {DEMO_PASSWORD})
{rows}

  Everything and everybody here is fictional. Ctrl-C ends web and worker.
"""


def main(*words: Any) -> None:
    """What the program ``sarangbang`` calls."""
    try:
        house(*words)
    except ImproperlyConfigured as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)
    except OperationalError as refusal:
        click.echo(f"The database does not answer as it should: {str(refusal).splitlines()[0]}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
