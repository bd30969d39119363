"""Fixtures that every room may use: two actors at once, a browser that stays at home, axe, no silent skips."""

from __future__ import annotations

import gc
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# No test fails because the machine was busy; in CI the same examples are drawn every time.
hypothesis_settings.register_profile(
    "house",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("house")

# Reading four thousand tests leaves little garbage: look for it seldom.
gc.set_threshold(20_000, 20, 50)

# The one without a window first: it does the same with a third less of the processor.
PROGRAMS = ("chromium-headless-shell", "chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), "")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Drawn in the browser's own process, without pretending a graphics card: a fifth less work where there is none.
    "--in-process-gpu",
    "--disable-gpu-rasterization",
    # Other hosts do not exist. Routing every request through Python would stop them too, and the browser's cache.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE ::1",
]
AT_HOME = {"127.0.0.1", "localhost", "::1"}
# All rules of axe. What it found to be right stays in the browser: to send it takes as long as to find it.
VIOLATIONS = """
    axe.run({resultTypes: ["violations"]}).then(({violations}) =>
        violations.map(({id, nodes}) => [id, nodes.slice(0, 3).map(({html}) => html.slice(0, 160))]))
"""
PATIENCE_SECONDS = 60


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: no use in searching it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _fresh_start(request: pytest.FixtureRequest) -> Iterator[None]:
    """What outlives a test in memory: the cache (rates) and the language of the thread."""
    from django.core.cache import cache
    from django.utils import translation

    cache.clear()
    translation.activate("en")
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _swept_after_commits() -> Iterator[None]:
    """Tests that commit leave no rows, either."""
    from django.test import TransactionTestCase

    from .kept import sweep

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: sweep())
        yield


@pytest.fixture
def at_once() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Runs functions in threads that start together, each with its own database connection.

    Returns what each returned or raised, in order. The test must be ``django_db(transaction=True)``.
    """
    from django.db import connections

    def run(functions: list[Callable[[], Any]]) -> list[Any]:
        barrier = threading.Barrier(len(functions))
        results: list[Any] = [TimeoutError("did not come back")] * len(functions)

        def call(place: int) -> None:
            try:
                connections["default"].ensure_connection()  # so that what races is the work, not the connecting
                barrier.wait(timeout=PATIENCE_SECONDS)
                results[place] = functions[place]()
            except Exception as error:  # noqa: BLE001 (what it raised is the result)
                results[place] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=call, args=(place,), daemon=True) for place in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=PATIENCE_SECONDS)
        return results

    return run


@pytest.fixture
def district(db: None) -> Any:
    """A tiny demo district in the test's own transaction, anchored on the real today."""
    from sarangbang.demo.testing import load_district

    return load_district()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium through Playwright; the test is skipped without it (never in CI)."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell fonts-noto-core fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    # Playwright's loop in this thread makes Django think it is called from async code; every call here is synchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Makes pages: ``new_page(locale="ar", width=375, javascript=False)``.

    A request to another host, a script error or a refusal of the content security policy fails the test.
    """
    contexts: list[Any] = []
    strangers: list[str] = []
    errors: list[str] = []

    def at_home(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.hostname not in AT_HOME:
            strangers.append(request.url)

    def listen(message: Any) -> None:
        if "Content Security Policy" in message.text:
            errors.append(message.text)

    def make(
        *,
        locale: str = "en",
        width: int = 1440,
        height: int = 900,
        javascript: bool = True,
        zone: str = "Asia/Ulaanbaatar",
        **more: Any,
    ) -> Any:
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            timezone_id=zone,
            **more,
        )
        contexts.append(context)
        context.on("request", at_home)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.javascript = javascript
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", listen)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not strangers, f"requests to other hosts: {strangers}"
    assert not errors, f"script errors: {errors}"


@pytest.fixture
def axe() -> Iterator[Callable[[Any], None]]:
    """``axe(page)`` fails when axe finds a violation."""
    from axe_playwright_python.base import AXE_SCRIPT

    readers: dict[Any, Any] = {}

    def check(page: Any) -> None:
        page.wait_for_load_state()  # a click is over when the answer begins, not when all of it is there
        read = page
        if not getattr(page, "javascript", True):
            reader = readers.get(page) or page.context.browser.new_context().new_page()
            readers[page] = read = _copied_for_axe(page, reader)
        read.evaluate(AXE_SCRIPT)
        found = read.evaluate(VIOLATIONS)
        assert not found, f"{page.url}: {found}"

    yield check
    for reader in readers.values():
        reader.context.close()


def _copied_for_axe(page: Any, reader: Any) -> Any:
    """axe is a script: a page without JavaScript is read as a copy of what was built, its scripts taken out and what
    stands in ``<noscript>`` left visible."""
    address = page.url.partition("#")[0]
    built = re.sub(r"<script\b.*?</script>", "", page.content(), flags=re.DOTALL | re.IGNORECASE)
    built = re.sub(r"<(/?)noscript\b", r"<\1span", built, flags=re.IGNORECASE)
    reader.set_viewport_size(page.viewport_size)
    reader.unroute_all()
    reader.route(
        lambda url: url == address, lambda route: route.fulfill(body=built, content_type="text/html; charset=utf-8")
    )
    reader.goto(address)
    return reader


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """In CI nothing may be skipped but what is marked as optional."""
    report = yield
    return report if item.get_closest_marker("optional") else _without_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """Nor may a whole file."""
    return _without_skip((yield))


def _without_skip(report: Any) -> Any:
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
