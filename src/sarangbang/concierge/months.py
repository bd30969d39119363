"""Korean calendar days, and months, each named by its first day. Pure."""

from __future__ import annotations

import datetime as dt
import re

from .entitlement import SEOUL


def asked_for(text: str, this: dt.date) -> dt.date:
    """The month of an address like "2026-11"; ``this`` one for what is none."""
    try:
        return dt.date.fromisoformat(f"{text}-01") if re.fullmatch("20[0-9]{2}-[0-9]{2}", text) else this
    except ValueError:
        return this


def after(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=32)).replace(day=1)


def before(first: dt.date) -> dt.date:
    return (first - dt.timedelta(days=1)).replace(day=1)


def day_of(moment: dt.datetime) -> dt.date:
    """The Korean calendar day of an instant."""
    return moment.astimezone(SEOUL).date()


def month_of(moment: dt.datetime) -> dt.date:
    """The first day of the Korean calendar month of an instant."""
    return day_of(moment).replace(day=1)


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a Korean calendar day."""
    return dt.datetime.combine(day, dt.time(), tzinfo=SEOUL)
