"""Writers of SQLite wait for each other: each gets its turn, or hears that it is not coming."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction

from sarangbang.config.sqlite import base

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@contextmanager
def somebody_writing():
    """Another writer, who has the lock inside, or until it is let go."""
    has_it, lets_go = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            has_it.set()
            assert lets_go.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        try:
            assert has_it.wait(20)
            yield lets_go
        finally:
            lets_go.set()
            written.result(20)


def busy_timeout():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return cursor.fetchone()[0]


def test_all_who_wait_get_their_turn():
    def write():
        try:
            with transaction.atomic():
                return connection.in_atomic_block
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        with somebody_writing():
            writers = [pool.submit(write) for _ in range(8)]
            assert not any(each.done() for each in writers)
        assert [each.result(20) for each in writers] == [True] * 8


def test_whoever_waits_looks_again_and_again(monkeypatch):
    begun, looks, thrice = base.DatabaseWrapper._begun, [], threading.Event()

    def look(self, deadline):
        looks.append(begun(self, deadline))
        if looks[-3:] == [False] * 3:
            thrice.set()
        return looks[-1]

    def write():
        with transaction.atomic():
            pass
        connection.close()

    with ThreadPoolExecutor(1) as pool, somebody_writing() as lets_go:
        monkeypatch.setattr(base.DatabaseWrapper, "_begun", look)
        written = pool.submit(write)
        assert thrice.wait(20)
        lets_go.set()
        written.result(20)
    assert looks[-1]
    assert not any(looks[:-1])


def test_a_lock_that_never_comes_is_an_error_and_the_connection_goes_on(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    with somebody_writing(), pytest.raises(OperationalError, match="locked"), transaction.atomic():
        raise AssertionError("not mine")
    assert busy_timeout() == 50
    monkeypatch.undo()
    with transaction.atomic():
        pass
    assert busy_timeout() == 20_000
