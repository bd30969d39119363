"""What an interpreter types about their own time: weekly hours, leave, extra hours. Times are Korean."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.scheduling.availability import Hours
from sarangbang.scheduling.forms import OVER_MIDNIGHT, NearDayField
from sarangbang.scheduling.models import RosterException, WeeklyRule
from sarangbang.scheduling.rostering import today
from sarangbang.ui.forms import ClockField, PlainCharField, RoomForm

DAY = dt.timedelta(days=1)


class WeeklyForm(RoomForm):
    """Weekly hours, from a day on."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"), choices=list(WEEKDAYS.items()), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    starts = ClockField(label=_("Begins"))
    ends = ClockField(label=_("Ends"), help_text=OVER_MIDNIGHT)
    valid_from = NearDayField(label=_("First day"), help_text=_("From today on; what was before stays as it was."))
    valid_until = NearDayField(label=_("Last day"), required=False)
    on_holidays = forms.BooleanField(label=_("Also on Korean public holidays"), required=False)

    def wanted(self) -> list[Hours]:
        """The hours that were typed, one for each weekday. Only of a valid form."""
        given = self.cleaned_data
        return [
            Hours(
                weekday, given["starts"], given["ends"], given["valid_from"], given["valid_until"], str(SEOUL),
                given["on_holidays"],
            )
            for weekday in sorted(set(given["weekdays"]))
        ]  # fmt: skip


def typed_of(rule: WeeklyRule) -> dict[str, Any]:
    """Weekly hours as they stand, for the form that changes them from today on."""
    return {
        "weekdays": [rule.weekday], "starts": rule.starts, "ends": rule.ends, "on_holidays": rule.on_holidays,
        "valid_from": max(rule.valid_from, today()), "valid_until": rule.valid_until,
    }  # fmt: skip


class AwayForm(RoomForm):
    """Leave or extra hours: from a day, perhaps at an hour, to a day, perhaps until an hour."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RosterException.Kind.choices, widget=forms.RadioSelect)
    first_day = NearDayField(label=_("First day"))
    starts = ClockField(label=_("Begins"), required=False, help_text=_("Empty for the whole day."))
    last_day = NearDayField(label=_("Last day"))
    ends = ClockField(label=_("Ends"), required=False, help_text=_("Empty for the whole day."))
    reason = PlainCharField(label=_("Reason"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first is None or last is None or "starts" not in given or "ends" not in given:
            return given
        given["starts_at"] = dt.datetime.combine(first, given["starts"] or dt.time(), tzinfo=SEOUL)
        until = dt.datetime.combine(last, given["ends"], tzinfo=SEOUL) if given["ends"] else None
        given["ends_at"] = until or dt.datetime.combine(last + DAY, dt.time(), tzinfo=SEOUL)
        if given["starts_at"] >= given["ends_at"]:
            self.add_error("last_day", _("The end is before the beginning."))
        return given
