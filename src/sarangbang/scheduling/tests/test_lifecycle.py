"""The table of moves is complete, and the diagram in the docs is made from it."""

from pathlib import Path

from sarangbang.scheduling import lifecycle
from sarangbang.scheduling.models import Reservation


def test_every_status_is_in_the_table() -> None:
    assert set(lifecycle.MOVES) == set(Reservation.Status.values)
    assert set().union(*lifecycle.MOVES.values()) <= set(Reservation.Status.values)


def test_time_that_was_given_back_never_comes_back() -> None:
    for status in lifecycle.FREEING:
        assert not lifecycle.MOVES[status]


def test_the_docs_show_this_table() -> None:
    page = Path(__file__).parents[4] / "docs" / "scheduling.md"
    assert lifecycle.diagram() in page.read_text(encoding="utf-8")
