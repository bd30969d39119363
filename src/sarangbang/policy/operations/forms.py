"""Which year and month of operations; who walked into the center."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import get_month_names
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.policy.models import CenterVisit
from sarangbang.ui import locales
from sarangbang.ui.fields import Line
from sarangbang.ui.forms import RoomForm

from .actions import MOST_AT_ONCE
from .windows import MONTHS, SEOUL, Window, year_or_month

ANOTHER = "other"
"""A language that is none of the ten."""


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


def _language_choices() -> list[tuple[str, Any]]:
    code = get_language() or "en"
    named = [(one.code, locales.language_name(one.code, code)) for one in locales.LANGUAGES]
    return [*named, (ANOTHER, _("another language"))]


class CenterVisitForm(RoomForm):
    """Nothing of the person: the language, what it was about, and how many came together."""

    language = forms.ChoiceField(label=_("Language"), choices=_language_choices, widget=forms.RadioSelect)
    about = forms.ChoiceField(label=_("What about"), choices=CenterVisit.About, widget=forms.RadioSelect)
    persons = forms.IntegerField(
        label=_("How many came together"), min_value=1, max_value=MOST_AT_ONCE, initial=1,
        widget=Line(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput)
