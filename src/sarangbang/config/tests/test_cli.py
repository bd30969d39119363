"""The command line, as a stranger meets it."""

import os
import socket
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner
from django.db.utils import OperationalError

from sarangbang import cli
from sarangbang.config import catalogues, running


@pytest.fixture
def command():
    return lambda *words: CliRunner().invoke(cli.house, list(words))


def test_help_names_every_command(command):
    answer = command("--help")
    assert answer.exit_code == 0
    for name in ("serve", "worker", "run", "migrate", "manage", "demo", "directory", "translations"):
        assert f"  {name} " in answer.output


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["worker"],
        ["run"],
        ["demo"],
        ["demo", "load"],
        ["directory"],
        ["directory", "import"],
        ["translations"],
    ],
)
def test_every_command_explains_itself_without_settings(command, words):
    answer = command(*words, "--help")
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_an_impossible_port_is_refused(command):
    answer = command("serve", "--port", "70000")
    assert answer.exit_code == 2
    assert "65535" in answer.output


def test_what_a_child_leaves_behind_ends_with_it():
    grandchild = "import sys; sys.stdin.read()"
    forgetful = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}]); print(flush=True)"
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w"):
        child = subprocess.Popen(
            [sys.executable, "-c", forgetful], stdin=reading, stdout=subprocess.PIPE, start_new_session=True
        )
        assert child.stdout is not None
        child.wait()
        running._end(child)
        assert child.stdout.read() == b"\n"  # returns when nobody can write there any more
        child.stdout.close()


class TestDemoHouse:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch, tmp_path):
        for name in ("SECRET_KEY", "DATABASE_URL", "DEBUG", "DEMO", "HTTPS", "ALLOWED_HOSTS", "SITE_URL", "LOG_LEVEL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SARANGBANG_HOME", str(tmp_path / "house"))
        # What is set below must be gone afterwards.
        monkeypatch.setattr(os, "environ", dict(os.environ))

    def test_its_key_is_made_once_kept_and_for_its_owner_only(self, tmp_path):
        running.use_demo_house()
        key = os.environ["SECRET_KEY"]
        assert len(key) > 60
        assert stat.S_IMODE((tmp_path / "house/secret_key").stat().st_mode) == 0o600
        del os.environ["SECRET_KEY"]
        running.use_demo_house()
        assert os.environ["SECRET_KEY"] == key

    def test_the_environment_goes_before_its_wishes(self):
        os.environ["SITE_URL"] = "https://elsewhere.example"
        os.environ["SECRET_KEY"] = "mine"
        running.use_demo_house()
        assert os.environ["SITE_URL"] == "https://elsewhere.example"
        assert os.environ["SECRET_KEY"] == "mine"
        assert os.environ["DEMO"] == "1"

    def test_it_is_not_assumed_when_another_house_is_named(self):
        os.environ["DATABASE_URL"] = "postgresql://somewhere/else"
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        assert not running.use_local_house()
        assert "DEMO" not in os.environ

    def test_a_folder_that_cannot_be_used_is_named(self, tmp_path, monkeypatch, command):
        (tmp_path / "file").touch()
        monkeypatch.setitem(os.environ, "SARANGBANG_HOME", str(tmp_path / "file"))
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        answer = command("run", "--port", str(port))
        assert answer.exit_code == 1
        assert "SARANGBANG_HOME" in answer.output
        assert answer.exception is None or isinstance(answer.exception, SystemExit)

    @pytest.mark.parametrize("word", ["run", "serve"])
    def test_a_taken_port_is_said_before_anything_is_done(self, tmp_path, command, word):
        """Also by ``serve``: the kernel would let two houses share a port and deal out the requests."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            answer = command(word, "--port", str(port))
        assert answer.exit_code == 1
        assert f"Port {port} is taken" in answer.output
        assert not (tmp_path / "house").exists()


def test_a_database_that_is_away_is_said_in_one_line(monkeypatch, capsys):
    def away(*words):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(cli, "house", away)
    with pytest.raises(SystemExit) as end:
        cli.main("migrate")
    assert end.value.code == 1
    assert capsys.readouterr().err == "The database does not answer as it should: connection refused\n"


class TestCatalogues:
    @pytest.fixture
    def catalogue(self, monkeypatch, tmp_path):
        path = tmp_path / "locale/ko/LC_MESSAGES/django.po"
        path.parent.mkdir(parents=True)
        path.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
            'msgid "Room"\nmsgstr "방"\n\nmsgid "Guest"\nmsgstr ""\n\n'
            '#, fuzzy\nmsgid "Door"\nmsgstr "문?"\n',
            encoding="utf-8",
        )
        monkeypatch.setattr(catalogues, "PACKAGE", tmp_path)
        return path

    def test_they_are_compiled_when_older_or_absent(self, catalogue):
        assert catalogues.compile_all() == 1
        assert catalogues.compile_all() == 0
        later = catalogue.stat().st_mtime + 5
        os.utime(catalogue, (later, later))
        assert catalogues.compile_all() == 1

    def test_the_compiled_form_has_what_is_done_and_not_what_is_doubtful(self, catalogue):
        import gettext

        catalogues.compile_all()
        with catalogue.with_suffix(".mo").open("rb") as file:
            spoken = gettext.GNUTranslations(file)
        assert spoken.gettext("Room") == "방"
        assert spoken.gettext("Door") == "Door"

    def test_what_is_missing_is_named(self, catalogue):
        missing = catalogues.missing()["ko"]
        assert "Guest" in missing
        assert "Door" in missing
        assert "Room" not in missing
