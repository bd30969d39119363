"""The table of moves: complete, without dead ends that are not meant, and equal to what the page of docs shows."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sarangbang.concierge import lifecycle
from sarangbang.concierge.models import ServiceStatus, Tap

PAGE = Path(__file__).parents[4] / "docs" / "concierge.md"


def test_the_table_knows_every_status_and_no_other():
    assert set(lifecycle.MOVES) == set(ServiceStatus.values)
    assert {target for targets in lifecycle.MOVES.values() for target in targets} <= set(ServiceStatus.values)


def test_every_word_of_a_crew_can_be_said_and_two_of_them_move_nothing():
    assert set(Tap.Word.values) - set(lifecycle.STATUS_OF_WORD) == {Tap.Word.TOLD, lifecycle.NO_SHOW}
    assert {word for words in lifecycle.WORDS.values() for word in words} == set(Tap.Word.values) - {lifecycle.NO_SHOW}
    assert all(lifecycle.may_say(service, lifecycle.NO_SHOW) for service in lifecycle.WORDS)
    assert not lifecycle.may_say("ride", "finished")


def test_from_everywhere_a_job_can_still_come_to_an_end():
    ends = {lifecycle.FINISHED, lifecycle.DECLINED, lifecycle.CANCELLED}
    reaches = set(ends)
    while more := {state for state, targets in lifecycle.MOVES.items() if targets & reaches} - reaches:
        reaches |= more
    assert reaches == set(lifecycle.MOVES)


@given(words=st.permutations(lifecycle.WORDS["ride"]))
def test_in_whatever_order_the_taps_arrive_the_job_ends_finished(words):
    status = lifecycle.ASSIGNED
    for word in words:
        target = lifecycle.STATUS_OF_WORD[word]
        if lifecycle.goes_forward(status, target):
            assert lifecycle.may_move(status, target)
            status = target
    assert status == lifecycle.FINISHED


def test_the_diagram_in_the_docs_is_made_from_the_table():
    assert lifecycle.diagram() in PAGE.read_text(encoding="utf-8")
