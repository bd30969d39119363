"""What a web process has done before the first coordinator asks."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.concierge import rehearsing
from sarangbang.concierge.board.drawing import Drawing
from sarangbang.concierge.days import mending
from sarangbang.concierge.models import Ride
from sarangbang.dispatch import compiling

from .test_asking import pick_up


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """What was done, with an engine whose machine code lies in a folder."""
    done = []
    monkeypatch.setattr(rehearsing.logger, "warning", lambda said, *_: done.append(said))
    (tmp_path / "dispatch").mkdir()
    (tmp_path / "dispatch" / "search.nbi").touch()
    monkeypatch.setattr(compiling, "folder", lambda _half: tmp_path)
    monkeypatch.setattr(mending, "rehearse", lambda: done.append("engine"))
    monkeypatch.setattr(rehearsing.gc, "freeze", lambda: done.append("for good"))
    return done


@pytest.mark.once
def test_the_first_page_finds_its_tags_written(client, town, settings, engine, monkeypatch):
    settings.DEMO = True
    client.force_login(town.coordinator)
    ride = pick_up(town)
    noon = dt.datetime.combine(town.today, dt.time(12), tzinfo=dt.timezone(dt.timedelta(hours=9)))
    Ride.objects.filter(pk=ride.pk).update(starts_at=noon, ends_at=noon + dt.timedelta(hours=1))
    with translation.override("mn"):
        rehearsing.rehearse()
    assert engine == ["engine", "for good"]
    monkeypatch.setattr(Drawing, "_written", lambda *_: pytest.fail("written again"))
    for language in rehearsing.LANGUAGES:
        with translation.override(language):
            page = client.get(reverse("concierge:timeline"), {"day": timezone.localdate(noon).isoformat()})
        assert str(ride.pk) in page.content.decode()


def test_a_database_that_is_away_is_said_and_the_engine_loaded_all_the_same(engine, monkeypatch):
    def away() -> str:
        raise OperationalError("away")

    monkeypatch.setattr(rehearsing, "draw_board", away)
    rehearsing.rehearse()
    assert [said[:8] for said in engine] == ["No board", "engine", "for good"]


def test_machine_code_is_loaded_and_not_made(engine, monkeypatch, tmp_path):
    monkeypatch.setattr(rehearsing, "draw_board", lambda: "")
    (tmp_path / "dispatch" / "search.nbi").unlink()
    rehearsing.rehearse()
    [said] = engine
    assert "dispatch compile" in said


START = """
import sys, django
django.setup()
import sarangbang.config.urls
print(*sorted({"numba", "llvmlite", "highspy", "ortools"} & sys.modules.keys()))
"""


@pytest.mark.once
def test_a_start_of_the_platform_loads_no_engine():
    settings = {"DJANGO_SETTINGS_MODULE": "sarangbang.config.testing.settings"}
    started = subprocess.run(
        [sys.executable, "-c", START], env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True
    )
    assert started.stdout.split() == []
