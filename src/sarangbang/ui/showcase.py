"""What the component page shows: one form with every kind of field, and made-up people, times and amounts."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import fields, locales
from .context import Link
from .forms import RoomForm
from .timeline import Timeline

# Fictional values that a form refuses, to show how it says so.
REFUSED = {
    "name": "12",
    "name_latin": "Батбаяр",
    "email": "sarnai@",
    "phone": "99112345",
    "arrives": "2026-02-30",
    "party": "40",
    "wish": "someone",
    "note": "a\x00b",
}


class GuestForm(RoomForm):
    name = fields.NameField(label=_("Name as you write it"), help_text=_("In your own letters."))
    name_latin = fields.LatinNameField(label=_("Name in Latin letters"), help_text=_("As in the passport."))
    email = fields.EmailField(label=_("E-mail"), required=False)
    phone = fields.PhoneField(label=_("Telephone"), help_text=_("With the country code."))
    nationality = fields.CountryField(label=_("Nationality"))
    spoken = fields.LanguageField(label=_("Language"))
    zone = fields.ZoneField(label=_("Time zone"))
    arrives = fields.DayField(label=_("You arrive"))
    lands = fields.ClockField(label=_("Time"), required=False)
    party = fields.WholeNumberField(label=_("Travellers"), min_value=1, max_value=9)
    wish = forms.ChoiceField(
        label=_("Interpreter"),
        choices=[("any", _("No wish")), ("woman", _("A woman")), ("man", _("A man"))],
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label=_("What do you need?"),
        choices=[("car", _("Car")), ("wheelchair", _("Wheelchair")), ("child", _("Child seat"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    code = fields.CodeField(label=_("Code"), help_text=_("Six digits from our message."), required=False)
    note = fields.TextField(label=_("Anything we should know"), required=False)
    agreed = forms.BooleanField(
        label=_("I agree that the clinic receives these details."),
        help_text=_("You can withdraw this at any time."),
    )


def samples(now: dt.datetime) -> dict[str, Any]:
    """Times around a fixed Tuesday, so that the page stays the same; only the countdown follows ``now``."""
    day = dt.datetime(2026, 12, 7, 21, 0, tzinfo=dt.UTC)  # Tuesday 8 December, 06:00 in Seoul

    def at(hours: float) -> dt.datetime:
        return day + dt.timedelta(hours=hours)

    board = Timeline(first=day, hours=14)
    clinic = Timeline(first=at(3), hours=8)
    return {
        "zone": "Asia/Ulaanbaatar",
        "far_zone": "America/Los_Angeles",
        "now": now,
        "until": now + dt.timedelta(minutes=10),
        "until_epoch": int(now.timestamp()) + 600,
        "moments": [at(4.5), at(8), at(27.5)],
        "landing": at(-0.67),
        "exam": at(4.5),
        "back": at(8),
        "back_end": at(8.75),
        "every_language": locales.LANGUAGES,
        "staff_nav": [
            Link(gettext("Today"), "#", current=True),
            Link(gettext("Guests"), "#"),
            Link(gettext("Messages"), "#", count=3),
        ],
        "bottom_nav": [
            Link(gettext("My stay"), "#", icon="calendar-days", current=True),
            Link(gettext("Card"), "#", icon="id-card"),
            Link(gettext("Messages"), "#", icon="message-circle"),
            Link(gettext("Help"), "#", icon="life-buoy"),
        ],
        "pages": Paginator(range(95), 10).page(3),
        "board": board,
        "board_now": board.mark(at(2.05)),
        "lines": [_line(board, at, *line) for line in _LINES],
        "clinic": clinic,
        "columns": [_column(clinic, at, number) for number in range(5)],
        "figures": [(2019, 131808), (2021, 23734), (2023, 185559), (2024, 377043)],
        "most": 377043,
        "problem_kinds": [
            "400",
            "403",
            "404",
            "429",
            "500",
            "csrf",
            "expired",
            "revoked",
            "used",
            "unknown",
            "forged",
        ],
        "names": ["Батбаяр Сарнай", "山本 花子", "محمد الفارسي", "Nguyễn Thị Lan Anh", "สมชาย ใจดี"],
    }


_LINES: list[tuple[str, list[tuple[float, float, str, str, str]]]] = [
    (
        "Staria 12가",
        [(0.3, 1.6, "", "Сарнай", "T1"), (3.2, 1, "done", "Haneul", "T1"), (7, 1.8, "", "Tanaka", "GMP")],
    ),
    ("Carnival 31나", [(1, 1.9, "late", "Омаров", "T2"), (5, 1.2, "", "Nurlan", "T1")]),
    (
        "Aigerim · ru",
        [(2.6, 1.6, "late", "Омаров", "KNEE"), (3.4, 2, "asked", "Нурлан", "MRI"), (11, 3, "off", "", "")],
    ),
    (
        "Huda · ar",
        [(-1, 2, "", "الفارسي", "T1"), (5, 1.4, "asked", "الفارسي", "DENT"), (13, 3, "", "الفارسي", "T1")],
    ),
]


def _line(board: Timeline, at: Any, name: str, jobs: list[tuple[float, float, str, str, str]]) -> dict[str, Any]:
    placed = [
        SimpleNamespace(place=board.place(at(start), at(start + length)), state=state, who=who, where=where)
        for start, length, state, who, where in jobs
    ]
    return {"name": name, "jobs": placed}


def _column(clinic: Timeline, at: Any, number: int) -> dict[str, Any]:
    visits = [
        (4.5, 0.75, "", "Батбаяр Сарнай"),
        (6, 0.5, "done", "山本 花子"),
        (8 - number / 4, 1, "asked", "Al Farsi"),
    ]
    shown = [
        SimpleNamespace(place=clinic.place(at(start), at(start + length)), state=state, who=who, start=at(start))
        for start, length, state, who in visits[: 3 - number % 3]
    ]
    return {"day": at(24 * number), "today": number == 0, "visits": shown, "now": clinic.mark(at(5.3))}
