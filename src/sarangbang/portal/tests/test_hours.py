"""Opening hours are the union of the rosters of a day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sarangbang.portal.finding.hours import Clock, joined

minutes = st.integers(0, 23 * 60 + 59)


def clock(minute: int) -> dt.time:
    return dt.time(minute // 60, minute % 60)


spans = st.lists(
    st.tuples(minutes, minutes)
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: (clock(pair[0]), clock(pair[1]))),
    max_size=8,
)


@given(spans)
def test_joined_hours_cover_the_same_minutes_without_touching(given_spans: list[Clock]) -> None:
    result = joined(given_spans)
    for minute in range(0, 24 * 60, 7):
        now = clock(minute)
        assert any(starts <= now < ends for starts, ends in result) == any(
            starts <= now < ends for starts, ends in given_spans
        )
    assert all(before[1] < after[0] for before, after in pairwise(result))
