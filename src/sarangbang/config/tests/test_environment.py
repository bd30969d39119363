"""A house that lacks something says what, once, in words; it does not start half."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.config.environment import Environment

PRODUCTION = {
    "SECRET_KEY": "a-long-random-text-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "medical.example",
    "DATABASE_URL": "postgresql://house:secret@db.example/house",
}


def sarangbang(*words, **environment):
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "sarangbang.cli", *words],
        env={**bare, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["manage", "check"], ["migrate"]])
def test_without_settings_it_refuses_and_names_what_is_missing(command, tmp_path):
    answer = sarangbang(*command)
    assert answer.returncode == 2
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"):
        assert name in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_only_the_missing_one_is_named():
    answer = sarangbang("serve", **{**PRODUCTION, "SECRET_KEY": ""})
    assert answer.returncode == 2
    assert "SECRET_KEY" in answer.stderr
    assert "DATABASE_URL" not in answer.stderr


def test_a_wildcard_host_needs_the_public_address():
    answer = sarangbang("serve", **{**PRODUCTION, "ALLOWED_HOSTS": "*"})
    assert "SITE_URL" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "oracle-of-delphi"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://host:port"),
        ("HTTPS", "perhaps"),
        ("RATE_CODE", "often"),
        ("HSTS_SECONDS", "-1"),
    ],
)
def test_an_unreadable_value_is_named_without_being_shown(name, value):
    answer = sarangbang("serve", **{**PRODUCTION, name: value})
    assert answer.returncode == 2
    assert name in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "secret@" not in answer.stderr


def test_in_production_djangos_deployment_check_is_clean():
    answer = sarangbang("manage", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_whole_numbers_are_read_or_refused(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_NUMBER", text)
        environment = Environment()
        number = environment.whole("A_NUMBER", 7, least=1, most=99)
        assert 1 <= number <= 99
        refused = bool(environment.unreadable)
        assert refused == (
            bool(text.strip()) and not (text.strip().isascii() and text.strip().isdigit() and 1 <= int(text) <= 99)
        )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "smtp+tls://me:p%40ss@mail.example",
            {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"},
        ),
        ("smtps://mail.example:999", {"EMAIL_PORT": 999, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
        ("smtp://localhost", {"EMAIL_PORT": 25, "EMAIL_HOST": "localhost"}),
        ("file:///srv/mail", {"EMAIL_FILE_PATH": "/srv/mail"}),
    ],
)
def test_mail_addresses(address, expected):
    settings = Environment().mail(address)
    assert expected.items() <= settings.items()


def test_insist_says_everything_at_once(monkeypatch):
    monkeypatch.delenv("ONE", raising=False)
    environment = Environment()
    environment.required("ONE", "the first", None)
    environment.required("TWO_OF_THEM", "the second", None)
    with pytest.raises(ImproperlyConfigured, match=r"ONE \(the first\), TWO_OF_THEM \(the second\)"):
        environment.insist()
