"""What staff of a clinic type: hours, leave, closures, rooms. Times are on the clock of the place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Place, Sex
from sarangbang.ui.forms import (
    ClockField,
    CountryField,
    DayField,
    EmailField,
    LanguageField,
    LatinNameField,
    NameField,
    PhoneField,
    PlainCharField,
    RoomForm,
    WholeNumberField,
)

from .availability import Hours
from .diary import name_of
from .models import Appointment, Resource, RosterException, WeeklyRule
from .rostering import today

FAR = dt.timedelta(days=3660)
"""Ten years: further ahead nobody plans a roster."""

MIDNIGHT = dt.time()
DAY = dt.timedelta(days=1)

OVER_MIDNIGHT = _(
    "An end before the beginning lies on the next day: 22:00–06:00 is a night and belongs to the day on which it "
    "begins. 23:59 means until midnight."
)


class NearDayField(DayField):
    """A day within ten years of today."""

    default_error_messages = {"far": _("This date is outside the calendar.")}

    def to_python(self, value: Any) -> Any:
        day = super().to_python(value)
        if day is not None and abs(day - today()) > FAR:
            raise ValidationError(self.error_messages["far"], code="far")
        return day


class WithPlace(RoomForm):
    """A form that asks for one of several places; with one it does not ask."""

    place = forms.ChoiceField(label=_("Place"))

    def __init__(self, *args: Any, houses: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.houses = {str(house.place_id): house for house in houses}
        field = self.fields["place"]
        field.choices = [(key, name_of(house)) for key, house in self.houses.items()]  # type: ignore[attr-defined]
        if len(self.houses) == 1:
            field.widget = forms.HiddenInput()
            field.initial = next(iter(self.houses))

    def clean_place(self) -> Place:
        return self.houses[self.cleaned_data["place"]].place


class HoursForm(WithPlace):
    """Weekly hours, from a day on."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), choices=list(WEEKDAYS.items()), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = ClockField(label=_("Begins"))
    ends = ClockField(label=_("Ends"), help_text=OVER_MIDNIGHT)
    valid_from = NearDayField(label=_("First day"), help_text=_("From today on; what was before stays as it was."))
    valid_until = NearDayField(label=_("Last day"), required=False)
    every_weeks = WholeNumberField(
        label=_("Every how many weeks"),
        min_value=1,
        max_value=52,
        initial=1,
        help_text=_("2 is every other week, counted from the week of the first day."),
    )
    on_holidays = forms.BooleanField(label=_("Also on Korean public holidays"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("starts") is not None and given.get("starts") == given.get("ends"):
            self.add_error("ends", _("These hours would end when they begin."))
        first, last = given.get("valid_from"), given.get("valid_until")
        if first is not None and first < today():
            self.add_error("valid_from", _("This lies in the past, which stays as it was."))
        if first is not None and last is not None and last < first:
            self.add_error("valid_until", _("The end is before the beginning."))
        return given

    def wanted(self) -> list[Hours]:
        """The hours that were typed, one for each weekday. Only of a valid form."""
        given = self.cleaned_data
        return [
            Hours(
                weekday, given["starts"], given["ends"], given["valid_from"], given["valid_until"],
                given["place"].zone, given["on_holidays"], given["every_weeks"],
            )
            for weekday in sorted(set(given["weekdays"]))
        ]  # fmt: skip


def typed_of(rule: WeeklyRule) -> dict[str, Any]:
    """A rule as ``initial`` of the form that changes it from today on."""
    return {
        "weekdays": [rule.weekday], "starts": rule.starts, "ends": rule.ends, "place": str(rule.place_id),
        "valid_from": max(rule.valid_from, today()), "valid_until": rule.valid_until,
        "every_weeks": rule.every_weeks, "on_holidays": rule.on_holidays,
    }  # fmt: skip


class EndForm(RoomForm):
    """The last day on which hours apply."""

    last_day = NearDayField(label=_("Last day"))


class SpanForm(WithPlace):
    """From a day, perhaps at an hour, to a day, perhaps until an hour."""

    first_day = NearDayField(label=_("First day"))
    starts = ClockField(label=_("Begins"), required=False, help_text=_("Empty for the whole day."))
    last_day = NearDayField(label=_("Last day"))
    ends = ClockField(label=_("Ends"), required=False, help_text=_("Empty for the whole day."))
    reason = PlainCharField(label=_("Reason"), required=False, max_length=200, help_text=_("Only the clinic sees it."))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last, place = given.get("first_day"), given.get("last_day"), given.get("place")
        if first is None or last is None or place is None or "starts" not in given or "ends" not in given:
            return given
        zone = ZoneInfo(place.zone)
        given["starts_at"] = dt.datetime.combine(first, given["starts"] or MIDNIGHT, tzinfo=zone)
        until = dt.datetime.combine(last, given["ends"], tzinfo=zone) if given["ends"] else None
        given["ends_at"] = until or dt.datetime.combine(last + DAY, MIDNIGHT, tzinfo=zone)
        if given["starts_at"] >= given["ends_at"]:
            self.add_error("last_day", _("The end is before the beginning."))
        return given


class ExceptionForm(SpanForm):
    """Leave, or extra hours at a place."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RosterException.Kind.choices, widget=forms.RadioSelect)

    field_order = ["kind", "first_day", "starts", "last_day", "ends", "place", "reason"]


class ClosureForm(SpanForm):
    """A place is shut."""

    field_order = ["place", "first_day", "starts", "last_day", "ends", "reason"]


class RoomResourceForm(RoomForm):
    """A room, a device or a session."""

    house = forms.ChoiceField(label=_("Institution"))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (kind.value, kind.label) for kind in (Resource.Kind.ROOM, Resource.Kind.DEVICE, Resource.Kind.SESSION)
        ],
    )
    label = PlainCharField(label=_("Name"), max_length=120)
    seats = WholeNumberField(label=_("Seats"), min_value=1, max_value=500, initial=1)

    def __init__(self, *args: Any, houses: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.houses = {house.slug: house for house in houses}
        field = self.fields["house"]
        field.choices = [(slug, name_of(house)) for slug, house in self.houses.items()]  # type: ignore[attr-defined]
        if len(self.houses) == 1:
            field.widget = forms.HiddenInput()
            field.initial = next(iter(self.houses))

    def clean_house(self) -> Institution:
        return self.houses[self.cleaned_data["house"]]


class ReasonForm(RoomForm):
    """Why something is done; it stays in the history."""

    reason = PlainCharField(
        label=_("Reason"), max_length=300, help_text=_("For our own record; the guest does not see it.")
    )


class SureForm(RoomForm):
    """That the desk wants this time. ``seen`` are the rules against it that its reader saw; with any, a reason is
    needed. ``key`` makes sending twice book once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = PlainCharField(required=False, max_length=300, widget=forms.HiddenInput)
    reason = PlainCharField(
        label=_("Reason"), required=False, max_length=300, help_text=_("For our own record; the guest does not see it.")
    )

    def __init__(self, *args: Any, conflicts: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts = conflicts
        if conflicts:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _("Please say why the rules are set aside.")
        else:
            self.fields["reason"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if set(filter(None, self.conflicts.split(","))) - set(str(given.get("seen", "")).split(",")):
            raise ValidationError(_("Something stands against this time now. Please read it and decide again."))
        return given


class BookForm(SureForm):
    """Book for a guest who is known."""

    mode = forms.ChoiceField(label=_("How it takes place"), choices=Appointment.Mode.choices)


class NewGuestForm(BookForm):
    """Book for somebody new: what the house must know of a guest, and that they agreed."""

    name = NameField(label=_("Name"), help_text=_("As the guest writes it"), autocomplete="off")
    name_latin = LatinNameField(label=_("Name in Latin letters"), help_text=_("As in the passport."))
    nationality = CountryField(label=_("Nationality"))
    birth_year = WholeNumberField(label=_("Year of birth"), min_value=1900, max_value=2100)
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", _("Please choose")), *Sex.choices])
    email = EmailField(label=_("E-mail"), help_text=_("The confirmation goes there."), autocomplete="off")
    phone = PhoneField(label=_("Telephone"), required=False)
    language = LanguageField(label=_("Language in which we write to the guest"), initial="")
    agreed = forms.BooleanField(
        label=_("The guest has agreed: to the booking, and that health information is kept for it."),
        error_messages={"required": _("Without this consent we cannot book for the guest.")},
    )

    field_order = [
        "name", "name_latin", "nationality", "birth_year", "sex", "email", "phone", "language", "mode", "reason",
        "agreed",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = self.fields["language"]
        languages.choices = [("", _("Please choose")), *languages.choices]  # type: ignore[attr-defined]

    def clean_birth_year(self) -> int:
        year = int(self.cleaned_data["birth_year"])
        if year > today().year:
            raise ValidationError(_("This year is in the future."))
        return year

    def told(self) -> dict[str, Any]:
        """What ``people.actions.register_guest`` takes."""
        return {**self.cleaned_data, "phone": str(self.cleaned_data.get("phone") or "")}
