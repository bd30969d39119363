"""``sarangbang demo load`` says what it did, and refuses with a reason and an exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sarangbang.demo import cli
from sarangbang.demo.sizes import TINY
from sarangbang.people.models import Guest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.SIZES, "small", TINY)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.commands, ["load", *words])


@pytest.mark.once
def test_it_says_what_was_made() -> None:
    result = run("--json", "--seed", "7", "--today", "2026-11-24", "--progress")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["loaded"], told["seed"], told["today"]) == (True, 7, "2026-11-24")
    assert told["rows"]["people.guest"] == Guest.objects.count()


@pytest.mark.once
def test_what_is_there_is_kept(district: Any) -> None:
    before = set(Guest.objects.values_list("pk", flat=True))
    assert run().exit_code == 1
    assert run("--if-empty").exit_code == 0
    assert set(Guest.objects.values_list("pk", flat=True)) == before
    assert run("--replace", "--seed", "5").exit_code == 0
    assert set(Guest.objects.values_list("pk", flat=True)).isdisjoint(before)


@pytest.mark.once
@pytest.mark.parametrize(
    "words", [("--size", "huge"), ("--seed", "-1"), ("--today", "soon"), ("--today", "1800-01-01")]
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, str]) -> None:
    assert run(*words).exit_code == 2
    assert not Guest.objects.exists()
