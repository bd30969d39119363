"""What may be offered to those who wait for an offering: its free times, or the free visits of a whole treatment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sarangbang.directory.models import Offering
from sarangbang.scheduling.models import WaitingEntry
from sarangbang.scheduling.pathways import Search, every_series, search_of, takes_several_visits, times_of_each
from sarangbang.scheduling.queries import FreeTime, free_times

from . import families, wishes
from .queries import time_of
from .understanding import Understanding
from .wishes import Terms, Time, Wish


@dataclass(slots=True)
class Ahead:
    """The free times of one offering between two instants, read when somebody asks and again after they changed."""

    offering: Offering
    start: dt.datetime
    end: dt.datetime
    several: bool
    _single: list[Time] | None = field(default=None, init=False)
    _whole: Search | None = field(default=None, init=False)
    _was_searched: bool = field(default=False, init=False)
    effort: families.Effort = field(default_factory=families.Effort, init=False)
    _languages: dict[str, Understanding] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, offering: Offering, entries: Sequence[WaitingEntry], earliest: dt.datetime) -> Ahead:
        """For all of these entries, in a constant number of queries."""
        start = max(earliest, min(entry.earliest_at for entry in entries))
        end = max(entry.latest_at for entry in entries)
        return cls(offering, start, max(start, end), takes_several_visits(offering))

    def candidates(self, entry: WaitingEntry, wish: Wish, now: dt.datetime, terms: Terms) -> Iterator[tuple[Time, ...]]:
        """What may be offered to an entry, what begins first before the rest; ``effort`` says whether there may be
        more."""
        self.effort = families.Effort()
        wish = self.with_language(wish, entry.language)
        if not self.several or entry.appointment_id is not None:  # one booking moves, whatever comes after it
            yield from families.candidates(wish, self.single(), now, terms, self.effort)
            return
        suits = partial(_fits, wishes.of_several_visits(wish), now, terms)
        span = (max(self.start, wish.earliest_at), wish.latest_at)
        if entry.party > 1:
            stages = [
                families.Stage(
                    step.days_after_low, step.days_after_high, step.same_practitioner, [time_of(each) for each in times]
                )
                for step, times in times_of_each(self.whole(), *span, suits=suits)
            ]
            if stages:
                yield from families.whole(wish, stages, partial(wishes.was_refused, wish), self.effort)
            return
        for series in every_series(self.whole(), *span, suits=suits, practitioner_id=wish.practitioner_id):
            times = tuple(time_of(each) for each in series.times)
            if not wishes.was_refused(wish, times):
                yield times

    def was_cut(self, language: str) -> bool:
        """Whether there may be more than was found for the last entry, which asked for this language."""
        return self.effort.was_cut or (language in self._languages and self._languages[language].gave_up)

    def with_language(self, wish: Wish, language: str) -> Wish:
        """The wish with the question whether the guest would be understood; without a language nothing is asked."""
        if not language:
            return wish
        if language not in self._languages:
            self._languages[language] = Understanding(self.offering, language, self.start, self.end)
        self._languages[language].gave_up = False
        return replace(wish, attended=self._languages[language].attended)

    def single(self) -> list[Time]:
        if self._single is None:
            self._single = [time_of(time) for time in free_times(self.offering, self.start, self.end)]
        return self._single

    def whole(self) -> Search | None:
        if not self._was_searched:
            self._whole = search_of(self.offering, self.start, self.end)
            self._was_searched = True
        return self._whole

    def without(self, taken: Sequence[Time]) -> None:
        """These are kept for somebody now."""
        if taken and self._single is not None:
            self._single = [time for time in self._single if not any(time.meets(each) for each in taken)]
        if taken:
            self._whole, self._was_searched = None, False
            self._languages.clear()  # nor are the interpreters who are kept with them


def _fits(wish: Wish, now: dt.datetime, terms: Terms, free: FreeTime) -> bool:
    return wishes.fits(wish, time_of(free), now, terms)
