"""The web server is killed (SIGKILL) while clients book: every answer that somebody was given is true afterwards.

The long version with 10,000 requests and five kills, also of the database, is ``make bench-kill``.
"""

from pathlib import Path

import pytest
from bench import audit, world
from bench.kill import work
from bench.servers import House
from django.db import connection

CLIENTS, OPERATIONS = 8, 120


def address() -> str:
    """Of the database of this test."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={known['OPTIONS']['host']}"


@pytest.mark.django_db(transaction=True)
def test_a_killed_server_forgets_nothing_and_books_nothing_twice(tmp_path: Path) -> None:
    known = {"offers": world.fill(2, 2), "visits": world.visits()[:20]}
    house = House(tmp_path, address())
    done = work(house, known, clients=CLIENTS, operations=OPERATIONS, kills=1, processes=1, seed=7)
    assert done.problems() == []
    assert done.kills == 1
    assert done.book.lost > 0
    assert {"holds", "confirm", "move", "cancel"} <= {name.split()[0] for name in done.book.told}
    assert audit.problems(done.book.as_json()) == []
    freed = audit.free_all_holds()
    assert freed["still held"] == freed["claims of ended holds"] == 0
    assert [*audit.twice(), *audit.claims_and_busy_time(), *audit.histories()] == []
