"""What somebody says who wants to wait for a time: which days, and, if nobody knows them yet, who they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Practitioner
from sarangbang.portal.finding.forms import language_choices
from sarangbang.scheduling.models import LARGEST_PARTY, WaitingEntry
from sarangbang.scheduling.waiting.joining import FARTHEST
from sarangbang.ui.forms import DayField, WholeNumberField

from .forms import AddForm, DetailsForm, names_of
from .times import DAY, midnight

WISH = ("part_of_day", "practitioner", "spoken", "party")
NOT_ASKED = ("companions", "arrives_on", "leaves_on")


class WishFields(forms.Form):
    """Which times would do. ``one`` for somebody whose booking is to move: it is one person's."""

    first_day = DayField(label=_("From this day"))
    last_day = DayField(label=_("Until this day"), help_text=_("The last day on which you could come."))
    part_of_day = forms.ChoiceField(label=_("Time of day"), choices=WaitingEntry.PartOfDay.choices)
    practitioner = forms.TypedChoiceField(label=_("Doctor"), required=False, empty_value=None)
    spoken = forms.ChoiceField(
        label=_("Language of the visit"),
        required=False,
        choices=language_choices,
        help_text=_("The doctor speaks it, or an interpreter is free at that time."),
    )
    party = WholeNumberField(
        label=_("For how many people"),
        min_value=1,
        max_value=LARGEST_PARTY,
        help_text=_("You get times for everybody, or none."),
        error_messages={
            "max_value": _(
                "At most %(limit_value)s people can wait together. "
                "For a larger group, please call the Medical Tour Center: it looks for times with you."
            )
        },
    )

    def __init__(self, *args: Any, practitioners: Sequence[Practitioner], one: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(("first_day", "last_day", *WISH))  # as on the page, so that errors are listed from above
        self.people = {str(person.pk): person for person in practitioners}
        choices = [(pk, names_of(person)) for pk, person in self.people.items()]
        self.fields["practitioner"].choices = [("", _("Whoever is free")), *choices]  # type: ignore[attr-defined]
        for name in ("first_day", "last_day"):
            self.fields[name].widget.attrs["min"] = directory.today().isoformat()
        if one:
            del self.fields["party"]

    @property
    def wish_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in WISH if name in self.fields]

    def clean_last_day(self) -> dt.date:
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data["last_day"]
        if first is not None and last < first:
            raise forms.ValidationError(_("The last day is before the first."), code="order")
        if last < directory.today():
            raise forms.ValidationError(_("This day is over. Please choose a later one."), code="past")
        if last - directory.today() > FARTHEST:
            raise forms.ValidationError(_("This date is outside the calendar."), code="far")
        day: dt.date = last
        return day

    def wish(self) -> dict[str, Any]:
        """What ``scheduling.waiting.joining.join`` takes. Days are Korean days."""
        given = self.cleaned_data
        return {
            "earliest_at": midnight(max(given["first_day"], directory.today())),
            "latest_at": midnight(given["last_day"] + DAY),
            "part_of_day": given["part_of_day"],
            "practitioner": self.people.get(given["practitioner"] or ""),
            "language": given["spoken"],
            "party": given.get("party") or 1,
        }


class WaitForm(WishFields, DetailsForm):
    """Somebody whom nobody knows yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, days=[directory.today()], **kwargs)
        for name in NOT_ASKED:
            del self.fields[name]
        self.fields["email"].help_text = _("We write to you there when a time is free.")

    def person(self) -> dict[str, Any]:
        """What ``stays.waiting.wait_as_new`` takes."""
        return self.intake()


class KnownWaitForm(WishFields, AddForm):
    """A guest who is known: only what is missing is asked."""

    def __init__(self, *args: Any, missing: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, missing=missing, **kwargs)

    @property
    def consent_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("consent_")]
