"""The database ends connections when it restarts, and whoever comes next notices nothing of it."""

from concurrent.futures import ThreadPoolExecutor
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection, transaction

from sarangbang import rows

pytestmark = [pytest.mark.django_db, pytest.mark.server]


@pytest.fixture
def thread():
    """A thread of a web process, with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work, *words: pool.submit(work, *words).result()
        pool.submit(lambda: connection.close()).result()


def request():
    """One request with all that surrounds it: its status, and which connection it had."""
    environ = {"PATH_INFO": "/api/v1/procedures", "HTTP_HOST": "testserver"}
    setup_testing_defaults(environ)
    statuses = []
    response = WSGIHandler()(environ, lambda status, _headers: statuses.append(status))
    response.close()
    return statuses[0], process()


def process():
    """The number of PostgreSQL's process for this connection."""
    return rows.at_once([("SELECT pg_backend_pid()", [])])[0][0][0]


def end(number):
    """End that process, as a restart of the database does, and wait until it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
        assert cursor.fetchone() == (True,)


def test_a_connection_is_kept_and_after_a_restart_there_is_another(thread):
    status, first = thread(request)
    assert (status, thread(request)) == ("200 OK", ("200 OK", first))
    end(first)
    status, second = thread(request)
    assert status == "200 OK"
    assert second != first
    assert thread(request) == ("200 OK", second)


def test_a_connection_that_ends_amid_the_work_is_an_error_and_the_next_request_has_another(thread):
    def interrupted():
        with transaction.atomic():
            number = process()
            with ThreadPoolExecutor(1) as other:
                other.submit(end_and_close, number).result()
            process()

    def end_and_close(number):
        end(number)
        connection.close()

    _status, first = thread(request)
    with pytest.raises(OperationalError):
        thread(interrupted)
    status, second = thread(request)
    assert status == "200 OK"
    assert second != first
