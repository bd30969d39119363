"""Which year and month of operations."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import get_month_names
from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.ui import locales
from sarangbang.ui.fields import Line
from sarangbang.ui.forms import RoomForm

from .windows import MONTHS, SEOUL, Window, year_or_month


def month_name(month: int, language_code: str) -> str:
    """The name of a month as it stands alone: October, 10월."""
    return get_month_names("wide", context="stand-alone", locale=locales.language(language_code).babel)[month]


def year_field(**more: Any) -> forms.IntegerField:
    """A line of text, because a control for numbers forgets what is none."""
    marks = {"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
    return forms.IntegerField(label=_("Year"), min_value=2000, max_value=2200, widget=Line(attrs=marks), **more)


class WindowForm(RoomForm):
    """A Korean calendar year, or one month of it; the present year when nothing is said."""

    all_optional = True
    year = year_field(required=False)
    month = forms.TypedChoiceField(label=_("Month"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any, *, now: dt.datetime, language_code: str) -> None:
        self.now = now
        this_year = now.astimezone(SEOUL).year
        said = data.copy()
        if not said.get("year"):
            said["year"] = str(this_year)
        super().__init__(said)
        names = [(month, month_name(month, language_code)) for month in range(1, MONTHS + 1)]
        self.fields["month"].choices = [("", _("The whole year")), *names]  # type: ignore[attr-defined]

    def window(self) -> Window:
        """What was asked for; of a form that is valid."""
        return year_or_month(self.cleaned_data["year"], self.cleaned_data["month"], self.now)
