"""Text that is put together once for all threads of a process."""

from __future__ import annotations

import datetime as dt
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.prepared import Prepared

pytestmark = pytest.mark.once

AT = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
def asked():
    """A question about appointments, and how often its text was put together."""
    built = []

    def build(most, keys, since):
        built.append(most)
        found = Appointment.objects.filter(pk__in=keys, created_at__gte=since, sequence__lt=7).order_by("pk")
        return found.values_list("pk", "created_at")[:most]

    return Prepared(build), built


def in_threads(number, work):
    """What ``work`` gives in each of so many threads that are all alive at once."""
    begin, end = Barrier(number, timeout=10), Barrier(number, timeout=10)

    def one(place):
        begin.wait()
        try:
            return work(place)
        finally:
            end.wait()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.mark.django_db
def test_threads_share_the_text_and_each_puts_in_and_reads_its_own(asked):
    prepared, built = asked
    keys = [uuid4() for _ in range(4)]
    prepared.question(5, keys[:1], AT)
    row = (keys[0].hex, "2026-03-01 09:00:00")

    def ask(place):
        (sql, given), read = prepared.question(5, [keys[place]], AT + dt.timedelta(hours=place))
        return sql, [str(each) for each in given], read([row])

    answers = in_threads(4, ask)
    assert built == [5]
    assert len({sql for sql, _given, _read in answers}) == 1
    for place, (_sql, given, read) in enumerate(answers):
        assert any(each in given for each in (str(keys[place]), keys[place].hex))
        assert any(f"2026-03-01 {9 + place:02}:00:00" in each for each in given)
        assert read == [(UUID(row[0]), AT)]


@pytest.mark.django_db
def test_another_shape_is_another_text(asked):
    prepared, built = asked
    one, many = [uuid4()], [uuid4() for _ in range(3)]
    texts = {prepared.question(5, keys, AT).statement[0] for keys in (one, many, [*many, *one])}
    assert (len(texts), len(built)) == (2, 2)  # three are asked as four
    assert len(prepared.question(5, many, AT).statement[1]) == 6
    prepared.question(6, one, AT)
    assert built[-1] == 6


def test_what_a_thread_needs_to_read_goes_with_it(asked):
    """A connection that somebody keeps stays open when its thread has ended."""
    prepared, _built = asked

    def ask(_place):
        prepared.question(5, [uuid4()], AT)
        return weakref.ref(connections[DEFAULT_DB_ALIAS])

    [theirs] = in_threads(1, ask)
    gc.collect()
    assert theirs() is None
