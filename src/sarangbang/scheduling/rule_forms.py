"""What staff of a clinic type about booking rules. A length of time is a number with a unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.ui.forms import PlainCharField, RoomForm, WholeNumberField

from .models import BookingRule, PathwayStep, Resource

UNITS = ((1, _("minutes")), (60, _("hours")), (60 * 24, _("days")))
MONTHS_2 = 60 * 24 * 60
"""Minutes: the longest notice, cut-off, and so on."""
MOST_REMINDERS = 4


class LengthWidget(forms.MultiWidget):
    """A number beside its unit; each says what it is to those who cannot see the other. ``unit`` is the size of the one
    that stands there at first."""

    template_name = "scheduling/length.html"

    def __init__(self, unit: int = 60) -> None:
        self.unit = unit
        number = forms.NumberInput(attrs={"dir": "ltr", "inputmode": "numeric", "aria-label": _("How many")})
        units = forms.Select(choices=UNITS, attrs={"aria-label": _("Unit")})
        super().__init__([number, units])

    def decompress(self, value: Any) -> list[Any]:
        if value in (None, ""):
            return [None, self.unit]
        unit = next(size for size, _name in reversed(UNITS) if int(value) % size == 0)
        return [int(value) // unit, unit]


class LengthField(forms.MultiValueField):
    """Minutes, or None when empty."""

    default_error_messages = {"long": _("This is too long."), "short": _("This is too short.")}

    def __init__(self, *, low: int = 0, high: int = MONTHS_2, unit: int = 60, **kwargs: Any) -> None:
        self.low, self.high = low, high
        fields = (
            forms.IntegerField(min_value=0, max_value=MONTHS_2),
            forms.TypedChoiceField(choices=UNITS, coerce=int),
        )
        kwargs = {"required": False, "require_all_fields": False, "widget": LengthWidget(unit), **kwargs}
        super().__init__(fields, **kwargs)

    def clean(self, value: Any) -> Any:
        number = value[0] if isinstance(value, list | tuple) and value else value
        return super().clean(None if number in (None, "") else value)

    def compress(self, data_list: Sequence[Any]) -> int | None:
        if not data_list or data_list[0] is None:
            return None
        minutes = int(data_list[0]) * int(data_list[1] or 1)
        if minutes > self.high:
            raise ValidationError(self.error_messages["long"], code="long")
        if minutes < self.low:
            raise ValidationError(self.error_messages["short"], code="short")
        return minutes


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or as the wider rule says."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", _("As the wider rule says")), ("yes", _("Yes")), ("no", _("No"))]
        super().__init__(choices=choices, coerce=lambda said: said == "yes", empty_value=None, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value) if not isinstance(value, str) else value


LABELS: dict[str, Lazy | str] = {
    "notice_minutes": _("Notice"),
    "horizon_days": _("Days ahead that can be booked"),
    "cut_off_minutes": _("Free changes end"),
    "step_minutes": _("Visits begin every"),
    "buffer_before_minutes": _("Kept free before a visit"),
    "buffer_after_minutes": _("Kept free after a visit"),
    "open_per_person": _("Bookings ahead of one person"),
    "per_day": _("Visits a day of one doctor"),
    "remote": _("Also by video or by telephone"),
    "waiting_to_all": _("Freed times go to all who wait at once"),
    "waiting_answer_minutes": _("Time to answer an offered time"),
    "waiting_stop_minutes": _("Nothing is offered later than"),
}
HINTS: dict[str, Lazy | str] = {
    "notice_minutes": _("So long before a time it can be booked at the latest."),
    "cut_off_minutes": _("So long before a visit guests change or cancel by themselves."),
    "open_per_person": _("The visits of one treatment count as one."),
    "waiting_stop_minutes": _("So long before a freed time."),
}


class RulesForm(RoomForm):
    """The rules of an institution or of one offering; what is empty is as the wider rule says."""

    all_optional = True
    notice_minutes = LengthField()
    horizon_days = WholeNumberField(min_value=1, max_value=730, required=False)
    cut_off_minutes = LengthField()
    step_minutes = LengthField(low=5, high=480, unit=1)
    buffer_before_minutes = LengthField(high=240, unit=1)
    buffer_after_minutes = LengthField(high=240, unit=1)
    open_per_person = WholeNumberField(min_value=1, max_value=100, required=False)
    per_day = WholeNumberField(min_value=1, max_value=500, required=False)
    remote = YesNoField()
    waiting_to_all = YesNoField()
    waiting_answer_minutes = LengthField(low=20, high=24 * 60, unit=1)
    waiting_stop_minutes = LengthField()

    def __init__(self, *args: Any, wider: dict[str, str], **kwargs: Any) -> None:
        """``wider`` says of each field what holds when it is empty."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = str(LABELS[name])
            empty = _("Empty: %(value)s.") % {"value": wider[name]}
            field.help_text = f"{HINTS[name]} {empty}" if name in HINTS else str(empty)


class NeedForm(RoomForm):
    """What a visit needs beside the doctor."""

    name = PlainCharField(label=_("Name"), max_length=80, help_text=_("For example: treatment room, laser."))
    resources = forms.MultipleChoiceField(
        label=_("One of these"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whichever of them is free is booked with the visit."),
    )

    def __init__(self, *args: Any, rooms: Iterable[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {str(room.pk): room for room in rooms}
        choices = [(key, f"{room.label} ({room.get_kind_display()})") for key, room in self.rooms.items()]
        self.fields["resources"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> list[Resource]:
        return [self.rooms[key] for key in self.cleaned_data["resources"]]


class StepForm(RoomForm):
    """One visit of a treatment that takes several. The first has no days before it."""

    kind = forms.ChoiceField(label=_("Kind of visit"), choices=PathwayStep.Kind.choices)
    visit_minutes = WholeNumberField(label=_("Length in minutes"), min_value=5, max_value=720)
    days_after_low = WholeNumberField(
        label=_("At least so many days after the visit before"), min_value=0, max_value=180, initial=1
    )
    days_after_high = WholeNumberField(
        label=_("At most so many days after it"), min_value=0, max_value=180, required=False
    )
    same_practitioner = forms.BooleanField(label=_("By the same doctor as the visit before"), required=False)

    def __init__(self, *args: Any, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_first = is_first
        if is_first:
            for name in ("days_after_low", "days_after_high", "same_practitioner"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        low, high = given.get("days_after_low"), given.get("days_after_high")
        if low is not None and high is not None and high < low:
            self.add_error("days_after_high", _("This is less than the fewest days."))
        return given

    def values(self) -> dict[str, Any]:
        """By ``ruling.STEP_FIELDS``."""
        first = {"days_after_low": 0, "days_after_high": None, "same_practitioner": True}
        return {**(first if self.is_first else {}), **self.cleaned_data}


class RemindersForm(RoomForm):
    """How long before a visit guests are reminded; all empty is as the house does."""

    all_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_REMINDERS + 1):
            label = _("Reminder %(number)s") % {"number": number}
            self.fields[f"before_{number}"] = LengthField(label=label, low=30)

    def minutes(self) -> list[int]:
        return [value for value in self.cleaned_data.values() if value is not None]


class ChangeRoomForm(RoomForm):
    """The name and seats of a room, a device or a session."""

    label = PlainCharField(label=_("Name"), max_length=120)
    seats = WholeNumberField(label=_("Seats"), min_value=1, max_value=500)


def typed_of(rule: BookingRule | None) -> dict[str, Any]:
    """A row as ``initial`` of its form."""
    return {name: getattr(rule, name) for name in RulesForm.base_fields} if rule is not None else {}
