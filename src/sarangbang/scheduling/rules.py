"""How something may be booked: notice, horizon, cut-off, step, buffers, limits. Pure; knows no database.

The narrower rule decides, line by line: the offering's, then its institution's, then the house's, then ``HOUSE``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


class Row(Protocol):
    """What a row of ``BookingRule`` says; None is for "ask the wider rule"."""

    notice_minutes: int | None
    horizon_days: int | None
    cut_off_minutes: int | None
    step_minutes: int | None
    buffer_before_minutes: int | None
    buffer_after_minutes: int | None
    open_per_person: int | None
    per_day: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force for one offering. Steps and buffers are minutes.

    ``open_per_person`` is how many bookings still ahead one guest may have at the institution, ``per_day`` how many
    visits a practitioner takes there on one local day: of this offering if ``per_day_of_offering``, else of all.
    """

    notice: dt.timedelta = dt.timedelta(hours=3)
    horizon: dt.timedelta = dt.timedelta(days=180)
    cut_off: dt.timedelta = dt.timedelta(hours=24)
    step_minutes: int = 30
    buffer_before: int = 0
    buffer_after: int = 0
    open_per_person: int | None = None
    per_day: int | None = None
    per_day_of_offering: bool = False

    def window(self, start: dt.datetime, end: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """The part of a window in which one may book at ``now``: after the notice, before the horizon."""
        return max(start, now + self.notice), min(end, now + self.horizon)


HOUSE = Rules()
"""What holds where no row says otherwise."""


def resolve(offering: Row | None, *wider: Row | None) -> Rules:
    """The rules of an offering from its own row and those of its institution and the house, narrowest first."""
    rows = [row for row in (offering, *wider) if row is not None]

    def said(name: str) -> int | None:
        return next((value for row in rows if (value := getattr(row, name)) is not None), None)

    def minutes(name: str, otherwise: dt.timedelta) -> dt.timedelta:
        value = said(name)
        return otherwise if value is None else dt.timedelta(minutes=value)

    days = said("horizon_days")
    return Rules(
        notice=minutes("notice_minutes", HOUSE.notice),
        horizon=HOUSE.horizon if days is None else dt.timedelta(days=days),
        cut_off=minutes("cut_off_minutes", HOUSE.cut_off),
        step_minutes=said("step_minutes") or HOUSE.step_minutes,
        buffer_before=said("buffer_before_minutes") or 0,
        buffer_after=said("buffer_after_minutes") or 0,
        open_per_person=said("open_per_person"),
        per_day=said("per_day"),
        per_day_of_offering=offering is not None and offering.per_day is not None,
    )
