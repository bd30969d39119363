"""Things stand on a board where their time says, and never fall off its edges."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.ui.timeline import Timeline

SIX = dt.datetime(2026, 12, 7, 21, 0, tzinfo=dt.UTC)
BOARD = Timeline(first=SIX, hours=14)


def test_a_job_of_ninety_minutes_takes_six_quarters():
    assert BOARD.place(SIX + dt.timedelta(hours=3), SIX + dt.timedelta(hours=4.5)) == "at-12 for-6"


def test_what_begins_earlier_and_ends_later_is_cut_and_says_so():
    day = dt.timedelta(days=1)
    assert BOARD.place(SIX - day, SIX + day) == "at-0 for-56 cut-start cut-end"


def test_what_lies_outside_has_no_place():
    assert BOARD.place(SIX - dt.timedelta(hours=2), SIX) == ""
    assert BOARD.mark(BOARD.last) == ""
    assert BOARD.mark(SIX + dt.timedelta(minutes=31)) == "at-2"


def test_a_board_has_at_most_a_day():
    with pytest.raises(ValueError, match="24 hours"):
        Timeline(first=SIX, hours=25)


@given(start=st.integers(-2000, 2000), minutes=st.integers(0, 3000), hours=st.integers(1, 24))
def test_every_place_lies_on_the_board(start, minutes, hours):
    board = Timeline(first=SIX, hours=hours)
    begin = SIX + dt.timedelta(minutes=start)
    place = board.place(begin, begin + dt.timedelta(minutes=minutes))
    if place:
        at, length = map(int, re.findall(r"(?:at|for)-(\d+)", place))
        assert length >= 1
        assert 0 <= at < at + length <= 4 * hours
