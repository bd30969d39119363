"""Alive and ready are two questions."""

import datetime as dt
import json

import pytest
from django.db import OperationalError
from django.utils import timezone

from sarangbang.config import health
from sarangbang.messages.models import WorkerHeartbeat


def answer(view, rf):
    response = view(rf.get("/"))
    return response.status_code, json.loads(response.content)


def test_alive_asks_nobody(rf, client):
    assert answer(health.healthz, rf) == (200, {"alive": True})
    assert client.get("/healthz").status_code == 200  # no database mark: a query would fail


@pytest.mark.django_db
class TestReady:
    def test_with_a_worker_that_beat_just_now(self, rf):
        WorkerHeartbeat.objects.create(name="one", beat_at=timezone.now() - dt.timedelta(days=3))
        WorkerHeartbeat.objects.create(name="two", beat_at=timezone.now() - dt.timedelta(seconds=20))
        assert answer(health.readyz, rf) == (
            200,
            {"ready": True, "database": True, "migrations": True, "worker": True},
        )

    def test_not_when_no_worker_lives(self, rf):
        assert answer(health.readyz, rf)[0] == 503
        WorkerHeartbeat.objects.create(name="one", beat_at=timezone.now() - dt.timedelta(seconds=61))
        status, checks = answer(health.readyz, rf)
        assert status == 503
        assert checks == {"ready": False, "database": True, "migrations": True, "worker": False}

    def test_not_when_a_migration_waits(self, rf, monkeypatch):
        monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)])
        status, checks = answer(health.readyz, rf)
        assert status == 503
        assert checks["migrations"] is False

    def test_not_when_the_database_is_away(self, rf, monkeypatch):
        def away():
            raise OperationalError("no")

        monkeypatch.setattr(health.connection, "cursor", away)
        assert answer(health.readyz, rf) == (
            503,
            {"ready": False, "database": False, "migrations": False, "worker": False},
        )

    def test_the_answer_is_never_cached(self, rf):
        assert "no-store" in health.readyz(rf.get("/"))["Cache-Control"]
