"""What a coordinator and a crew send: the move, for whom, why, and which state of the job they looked at."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import SessionNote, Tap
from sarangbang.concierge.models.crews import MOST_HOURS
from sarangbang.ui.forms import ClockField, DayField, PlainCharField, RoomForm, TextField, WholeNumberField

MOVES = ("assign", "unassign", "offer", "stop_offering", "undo", "grant", "decline", "cancel", "mark", "lock", "unlock")
WORDS = (*Tap.Word.values, *SessionNote.Kind.values, "cannot_come")


class MoveForm(RoomForm):
    """One move of the desk. ``seen`` is the job's sequence when the page was made."""

    do = forms.ChoiceField(choices=[(move, move) for move in MOVES], widget=forms.HiddenInput)
    seen = WholeNumberField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    crew = PlainCharField(required=False, max_length=40, widget=forms.HiddenInput)
    status = forms.ChoiceField(
        required=False,
        choices=[(status, status) for status in ("", "under_way", "met", "finished")],
        widget=forms.HiddenInput,
    )
    reason = PlainCharField(
        label=_("Reason"), required=False, max_length=300, help_text=_("For our own record; the guest does not see it.")
    )

    despite = PlainCharField(required=False, max_length=300, widget=forms.HiddenInput)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if given.get("do") == "decline" and not given.get("reason"):
            self.add_error("reason", _("Please say why it is not possible."))
        return given


class DespiteForm(RoomForm):
    """Why somebody gets a job although something speaks against it; sent with the move itself."""

    despite = PlainCharField(
        label=_("Why they get the job all the same"),
        max_length=300,
        help_text=_("It stands in the history of the job."),
    )


HOURS = {"required": False, "min_value": 1, "max_value": MOST_HOURS}


class MonthHoursForm(RoomForm):
    """An interpreter's hours of a month. ``was_agreed`` and ``was_most`` are those that the page showed."""

    agreed = WholeNumberField(
        label=_("Agreed hours a month"), help_text=_("What they were promised. Work is shared out by it."), **HOURS
    )
    most = WholeNumberField(
        label=_("Most hours a month"),
        help_text=_("What contract or law allows. Nobody is given more without a reason. Empty: no limit."),
        **HOURS,
    )
    was_agreed = WholeNumberField(widget=forms.HiddenInput, **HOURS)
    was_most = WholeNumberField(widget=forms.HiddenInput, **HOURS)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        agreed, most = given.get("agreed"), given.get("most")
        if isinstance(agreed, int) and isinstance(most, int) and agreed > most:
            self.add_error("most", _("This is less than the hours that were agreed on."))
        return given

    def seen(self, agreed: int | None, most: int | None) -> None:
        """The page shows these now; what was typed stays."""
        typed = {name: self.data.get(name, "") for name in ("agreed", "most")}
        self.data = {**typed, "was_agreed": agreed or "", "was_most": most or ""}


class LandingForm(RoomForm):
    """When a flight lands, as a coordinator knows it: a Korean day and time, or both empty for what the guest told."""

    day = DayField(label=_("Day of landing"), required=False)
    clock = ClockField(label=_("Time of landing, in Korea"), required=False)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if bool(given.get("day")) != bool(given.get("clock")) and not self.errors:
            self.add_error("clock" if given.get("day") else "day", _("Please give both, or neither."))
        return given

    @property
    def landing(self) -> dt.datetime | None:
        """The instant that was given, None for what the guest told."""
        day, clock = self.cleaned_data["day"], self.cleaned_data["clock"]
        return dt.datetime.combine(day, clock, tzinfo=SEOUL) if day and clock else None


class TapForm(RoomForm):
    """One tap or note of a crew. ``at`` is the phone's clock in seconds since 1970 (UTC); one that cannot be read is no
    reason to lose the tap, the server's clock is used then. ``key`` is made by the phone, or by the page without one.
    """

    job = forms.UUIDField()
    word = forms.ChoiceField(choices=[(word, word) for word in WORDS])
    at = PlainCharField(required=False, max_length=40)
    reason = PlainCharField(required=False, max_length=200)
    text = TextField(required=False, max_length=1000)
    key = forms.UUIDField(required=False)

    def clean_at(self) -> dt.datetime | None:
        text = self.cleaned_data["at"]
        if not re.fullmatch("[0-9]{1,10}", text):
            return None
        return dt.datetime.fromtimestamp(int(text), tz=dt.UTC)


class OfferForm(RoomForm):
    """An interpreter's answer to an offered job. ``seen`` is the job's sequence when the page was made."""

    answer = forms.ChoiceField(choices=[("accept", "accept"), ("decline", "decline")])
    seen = WholeNumberField(min_value=0, max_value=2**31 - 1)


class CorrectionForm(RoomForm):
    """What an amount of the ledger shall be, in whole won, and why."""

    amount = WholeNumberField(label=_("Amount in won"), min_value=0, max_value=100_000_000)
    reason = PlainCharField(label=_("Reason"), max_length=300, help_text=_("It stands in the statement."))


RATINGS = [
    ("5", _("Very good")), ("4", _("Good")), ("3", _("Fair")), ("2", _("Poor")), ("1", _("Very poor")),
]  # fmt: skip


def _rating(label: Any, *, required: bool = False) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=RATINGS, coerce=int, empty_value=None, required=required, widget=forms.RadioSelect
    )


class SurveyForm(RoomForm):
    """What a guest says of the service; ``questions`` are those about what they had. Only the last one is needed."""

    reception = _rating(_("How were you received?"))
    car = _rating(_("How was the ride?"))
    interpreter = _rating(_("How was the interpreting?"))
    overall = _rating(_("And the service as a whole?"), required=True)
    comment = TextField(label=_("What should we do better?"), required=False, max_length=1000)

    def __init__(self, *args: Any, questions: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reception", "car", "interpreter", "overall"):
            if name not in questions:
                del self.fields[name]
