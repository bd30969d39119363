"""Opening hours are the union of the rosters of a day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.portal.finding.hours import Clock, joined

EIGHT, DAY = 8 * 60, 24 * 60


def clock(minute: int) -> dt.time:
    return dt.time(minute % DAY // 60, minute % 60)


spans = st.lists(
    # From eight in the morning until before eight in the next.
    st.tuples(st.integers(EIGHT, DAY - 1), st.integers(1, DAY)).map(
        lambda pair: (clock(pair[0]), clock(min(pair[0] + pair[1], DAY + EIGHT - 1)))
    ),
    max_size=8,
)


def is_open(hours: list[Clock], minute: int) -> bool:
    """At a minute of that day or of the next one."""
    begins = [(starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute) for starts, ends in hours]
    return any(start <= minute < (end if end > start else end + DAY) for start, end in begins)


def test_who_is_there_day_and_night_is_there_all_day() -> None:
    assert joined([(clock(0), clock(DAY - 1)), (clock(DAY - 60), clock(60))]) == [(clock(0), clock(DAY - 1))]


@given(spans)
@settings(max_examples=50)
def test_joined_hours_cover_the_same_minutes_without_touching(given_spans: list[Clock]) -> None:
    result = joined(given_spans)
    for minute in range(0, 2 * DAY, 11):
        assert is_open(result, minute) == is_open(given_spans, minute)
    assert all(before[1] < after[0] for before, after in pairwise(result))
