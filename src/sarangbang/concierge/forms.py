"""What a coordinator and a crew send: the move, for whom, why, and which state of the job they looked at."""

from __future__ import annotations

import datetime as dt
import re

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.ui.forms import ClockField, DayField, PlainCharField, RoomForm, WholeNumberField

MOVES = ("assign", "unassign", "undo", "grant", "decline", "cancel", "mark")
WORDS = ("on_the_way", "met", "dropped", "started", "finished", "cannot_come")


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

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if given.get("do") == "decline" and not given.get("reason"):
            self.add_error("reason", _("Please say why it is not possible."))
        return given


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
    """One tap of a crew. ``at`` is the phone's clock in seconds since 1970 (UTC); one that cannot be read is no
    reason to lose the tap, the server's clock is used then."""

    job = forms.UUIDField()
    word = forms.ChoiceField(choices=[(word, word) for word in WORDS])
    at = PlainCharField(required=False, max_length=40)
    reason = PlainCharField(required=False, max_length=200)

    def clean_at(self) -> dt.datetime | None:
        text = self.cleaned_data["at"]
        if not re.fullmatch("[0-9]{1,10}", text):
            return None
        return dt.datetime.fromtimestamp(int(text), tz=dt.UTC)
