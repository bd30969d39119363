"""Narrowing the count down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Department
from sarangbang.ui import locales
from sarangbang.ui.fields import Line

from .queries import Selection
from .vocabulary import MEASURES, PLACES


class SelectionForm(forms.Form):
    """Year, nationality, department, language; all may be left open."""

    # A line of text, because a control for numbers forgets what is none.
    year = forms.IntegerField(
        label=_("Year"),
        min_value=2000,
        max_value=2200,
        required=False,
        widget=Line(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    nationality = forms.ChoiceField(label=_("Nationality"), required=False)
    department = forms.ChoiceField(label=_("Department"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, data: Any, *, language_code: str) -> None:
        super().__init__(data)
        every = ("", _("All"))
        departments = [(item.slug, item.name) for item in Department.objects.all()]
        languages = [(item.code, locales.language_name(item.code, language_code)) for item in locales.LANGUAGES]
        for name, choices in (
            ("nationality", locales.countries(language_code)),
            ("department", departments),
            ("language", languages),
        ):
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label, required=False, choices=[every, *choices]
            )
        self.department_names = dict(departments)

    def selection(self) -> Selection:
        """What was chosen; ask a form that is valid."""
        return Selection(**{name: self.cleaned_data.get(name) or None for name in self.fields})


class FiguresForm(forms.Form):
    """Which figures of the shelf; all may be left open."""

    measure = forms.ChoiceField(label=_("What exactly is counted"), required=False)
    place = forms.ChoiceField(label=_("Place"), required=False)
    year = forms.IntegerField(
        label=_("Year"), min_value=1900, max_value=2200, required=False,
        widget=Line(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for name, words in (
            ("measure", {code: measure.name for code, measure in MEASURES.items()}),
            ("place", PLACES),
        ):
            label = self.fields[name].label
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[("", _("All")), *words.items()])
