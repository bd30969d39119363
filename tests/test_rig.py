"""The test rig keeps its promises, or every test built on it proves less than it says."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sarangbang.config.testing.kept import made_once
from sarangbang.demo.loading import load
from sarangbang.demo.sizes import TINY
from sarangbang.messages.models import WorkerHeartbeat
from sarangbang.people.models import AuditEntry, Guest

pytest_plugins = ["pytester"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_meet_in_the_database(at_once):
    def beat():
        WorkerHeartbeat.objects.create(name="the same", beat_at=timezone.now())
        return "first"

    results = at_once([beat] * 4)
    assert results.count("first") == 1
    assert sum(isinstance(result, IntegrityError) for result in results) == 3
    assert WorkerHeartbeat.objects.count() == 1


@pytest.mark.django_db
def test_sqlite_tests_run_as_production_does():
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    else:
        assert connection.vendor == "postgresql"


def every_row() -> dict[str, list[str]]:
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in {"auth", "contenttypes"}
    }


@pytest.mark.django_db
def test_rows_put_back_are_the_rows_that_were_made():
    rows = []
    for _time in range(2):  # the first may have to make them
        with transaction.atomic():
            made = made_once(load, TINY, seed=7)
            assert made.size == "tiny"
            assert Guest.objects.exists()
            rows.append(every_row())
            connection.check_constraints()
            assert AuditEntry.objects.create(actor="test", verb="test").pk  # keys go on behind those put back
            transaction.set_rollback(True)
    assert rows[0] == rows[1]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("javascript", [True, False])
def test_a_page_opens_in_the_browser(live_server, new_page, axe, javascript):
    page = new_page(locale="ar", width=375, javascript=javascript)
    page.goto(live_server.url)
    assert page.url == f"{live_server.url}/ar/"
    assert page.locator("html").get_attribute("dir") == "rtl"
    axe(page)
    page.evaluate("document.querySelector('h1').innerHTML += '<img src=/static/x.png>'")
    with pytest.raises(AssertionError, match=r"image-alt.*<img"):
        axe(page)


@pytest.mark.browser
def test_a_request_to_another_host_is_stopped(chromium):
    from playwright.sync_api import Error

    from sarangbang.config.testing import rig

    pages = rig.new_page.__wrapped__(chromium)
    page = next(pages)()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):  # the rig has cut it off before it left
        page.goto("https://elsewhere.example/x")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):  # addresses that are numbers as well
        page.goto("http://192.0.2.1/x")
    with pytest.raises(AssertionError, match=r"elsewhere.*192\.0\.2\.1"):
        next(pages)


def test_in_ci_nothing_is_skipped(pytester, monkeypatch):
    pytester.makepyfile("import pytest\n@pytest.mark.skip(reason='not today')\ndef test_it(): pass\n")
    plugin = ("-p", "sarangbang.config.testing.rig", "-p", "no:django", "-p", "no:cov", "-p", "no:schemathesis")
    monkeypatch.setenv("CI", "true")
    pytester.runpytest(*plugin).assert_outcomes(errors=1)
    monkeypatch.setenv("CI", "")
    pytester.runpytest(*plugin).assert_outcomes(skipped=1)
