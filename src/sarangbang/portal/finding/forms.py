"""What guests can ask of the finding pages. All are GET forms: an address can be kept and sent on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.directory import queries as directory
from sarangbang.scheduling.queries import house_rules
from sarangbang.ui import locales
from sarangbang.ui.forms import DayField, RoomForm, SearchField, ZoneField

LONGEST_STAY = dt.timedelta(days=90)
"""Longest stay that is searched: that of a C-3-3 visa."""


class StayDates(RoomForm):
    """Days of arrival and departure, Korean calendar days, both optional."""

    all_optional = True
    arrive = DayField(label=_("You arrive"), required=False)
    leave = DayField(label=_("You leave"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("arrive", "leave"):
            self.fields[name].widget.attrs["min"] = directory.today().isoformat()

    def clean_arrive(self) -> dt.date | None:
        return self._bookable(self.cleaned_data["arrive"], dt.timedelta())

    def clean_leave(self) -> dt.date | None:
        return self._bookable(self.cleaned_data["leave"], LONGEST_STAY)

    def _bookable(self, day: dt.date | None, beyond: dt.timedelta) -> dt.date | None:
        if day is not None and day < directory.today():
            raise forms.ValidationError(_("This day is over. Please choose a later one."), code="past")
        if day is not None:
            horizon = house_rules().horizon
            if day > directory.today() + horizon + beyond:
                said = _("Times can be booked up to %(days)s days ahead.")
                raise forms.ValidationError(said, code="far", params={"days": horizon.days})
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        arrive, leave = cleaned.get("arrive"), cleaned.get("leave")
        if arrive and leave and leave < arrive:
            self.add_error("leave", _("You leave before you arrive. Please look at both days."))
        return cleaned


class SearchForm(StayDates):
    """The question on the first page."""

    q = SearchField(
        label=_("What do you need?"),
        required=False,
        widget=SearchField.widget(attrs={"placeholder": _("knee, cataract, double eyelid …")}),
    )
    field_order = ("q", "arrive", "leave")


def language_choices() -> list[tuple[str, Any]]:
    reader = get_language() or "en"
    names = [(each.code, locales.language_name(each.code, reader)) for each in locales.LANGUAGES]
    return [("", _("Any language")), *names]


def _landmark_choices() -> list[tuple[str, Any]]:
    """The Center, stations and hotels by name, each kind under its own heading."""
    in_korean = get_language() == "ko"
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in directory.landmarks():
        name = place.name if in_korean else place.name_latin
        groups.setdefault(str(place.get_kind_display()), []).append((place.code, name))
    return [("", _("Anywhere")), *groups.items()]


class NarrowForm(StayDates):
    """Narrows the institutions that offer one procedure."""

    class Sort:
        FREE, DISTANCE, NAME = "free", "distance", "name"
        choices = ((FREE, _("First free time")), (DISTANCE, _("Distance")), (NAME, _("Name")))

    language = forms.ChoiceField(label=_("A doctor speaks"), required=False, choices=language_choices)
    near = forms.ChoiceField(label=_("Near"), required=False, choices=_landmark_choices)
    sort = forms.ChoiceField(label=_("Sorted by"), required=False, choices=Sort.choices)
    all = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("sort") == self.Sort.DISTANCE and not cleaned.get("near") and "near" not in self.errors:
            self.add_error("near", _("Please choose a place from which to measure the distance."))
        return cleaned


def _department_choices() -> list[tuple[str, Any]]:
    rooms = [(room.slug, room.name) for room in directory.departments_of_institutions()]
    return [("", _("All departments")), *sorted(rooms, key=lambda room: room[1])]


class InstitutionsForm(RoomForm):
    """Narrows the list of all registered institutions."""

    all_optional = True
    q = SearchField(label=_("Name"), required=False)
    department = forms.ChoiceField(label=_("Department"), required=False, choices=_department_choices)
    language = forms.ChoiceField(label=_("A doctor speaks"), required=False, choices=language_choices)


class MyZoneForm(RoomForm):
    """Whose clock is shown beside Seoul's."""

    zone = ZoneField(label=_("My time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("zone"):
            self.fields["zone"].widget.attrs["data-fill-zone"] = "kept"
