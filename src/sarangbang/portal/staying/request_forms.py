"""What a guest asks of the concierge: a car from or to the airport, a car in between, an interpreter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.times import earliest_back
from sarangbang.directory import queries as directory
from sarangbang.directory.models import Place, Sex
from sarangbang.stays.fields import FlightNumberField, PlaceField
from sarangbang.stays.rules import FARTHEST
from sarangbang.ui import locales
from sarangbang.ui.forms import ClockField, DayField, RoomForm, WholeNumberField

MOST_RIDE = 20
"""How many one request carries."""


class _Party(RoomForm):
    """Who and what has to fit into the car."""

    party = WholeNumberField(label=_("How many ride"), min_value=1, max_value=MOST_RIDE, help_text=_("With yourself."))
    luggage = WholeNumberField(label=_("Large suitcases"), min_value=0, max_value=40)
    wheelchairs = WholeNumberField(
        label=_("Wheelchairs"), min_value=0, max_value=4, help_text=_("In which somebody sits during the ride.")
    )
    child_seats = WholeNumberField(
        label=_("Child seats"), required=False, min_value=0, max_value=4, help_text=_("For children under six.")
    )
    alone = forms.BooleanField(label=_("We would like to ride alone, for example after anaesthesia"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["child_seats"] = cleaned.get("child_seats") or 0
        party, wheelchairs = cleaned.get("party"), cleaned.get("wheelchairs")
        if party is not None and wheelchairs is not None and wheelchairs > party:
            self.add_error("wheelchairs", _("There are more wheelchairs than people."))
        return cleaned


def _add_consent(form: RoomForm, needed: bool) -> None:
    """Crews learn name and place only with consent; asked where it is needed, when it is needed."""
    if needed:
        form.fields["consent"] = forms.BooleanField(
            label=_("I agree that driver and interpreter learn my name and where to meet me."),
            help_text=_("Drivers never learn what you are treated for."),
            error_messages={"required": _("Without this consent nobody can meet you.")},
        )


def moment_in_korea(day: dt.date, clock: dt.time) -> dt.datetime:
    """What stands on a Korean clock, as an instant."""
    return dt.datetime.combine(day, clock, tzinfo=directory.KOREA)


def check_ahead(moment: dt.datetime) -> None:
    """Refuse what is over and what is too far away."""
    now = timezone.now()
    if moment <= now:
        raise forms.ValidationError(_("This time has passed."), code="past")
    if moment > now + FARTHEST:
        raise forms.ValidationError(_("This date is outside the calendar."), code="far")


class FlightRideForm(_Party):
    """A flight and the car that belongs to it. ``direction`` is "arrival" or "departure"."""

    number = FlightNumberField(label=_("Flight number"))
    airport = PlaceField(label=_("Airport and terminal"))
    day = DayField(label=_("Date"), help_text=_("In Korea."))
    clock = ClockField(label=_("Time"), help_text=_("In Korea, as on your ticket."))
    place = PlaceField(label=_("Hotel or place"), required=False)
    field_order = (
        "number", "airport", "day", "clock", "place", "party", "luggage", "wheelchairs", "child_seats", "alone",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        direction: str,
        airports: Sequence[Place],
        places: Sequence[Place],
        ask_consent: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.direction = direction
        self.fields["airport"].offer(airports)  # type: ignore[attr-defined]
        self.fields["place"].offer(places)  # type: ignore[attr-defined]
        self.fields["place"].required = True
        arriving = direction == "arrival"
        self.fields["clock"].label = _("You land at") if arriving else _("You take off at")
        self.fields["place"].label = _("Where to") if arriving else _("Where from")
        self.fields["place"].help_text = _("If your hotel is not here, choose the Medical Tour Center and call us.")
        self.fields["day"].widget.attrs["min"] = directory.today().isoformat()
        _add_consent(self, ask_consent)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("day") and cleaned.get("clock") is not None:
            cleaned["scheduled_at"] = moment_in_korea(cleaned["day"], cleaned["clock"])
            try:
                check_ahead(cleaned["scheduled_at"])
            except forms.ValidationError as error:
                self.add_error("day", error)
        return cleaned


class TransferForm(_Party):
    """A car between two places of the stay, there only or, for a day trip, there and back."""

    origin = PlaceField(label=_("Where from"))
    destination = PlaceField(label=_("Where to"))
    day = DayField(label=_("Date"), help_text=_("In Korea."))
    clock = ClockField(label=_("Time"), help_text=_("In Korea."))
    returns = forms.BooleanField(label=_("A day trip: the car waits there and brings us back"), required=False)
    back = ClockField(label=_("Back by"), required=False, help_text=_("Only for a day trip, in Korea."))
    field_order = (
        "origin", "destination", "day", "clock", "returns", "back", "party", "luggage", "wheelchairs", "child_seats",
        "alone",
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[Place], ask_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("origin", "destination"):
            self.fields[name].offer(places)  # type: ignore[attr-defined]
        self.fields["day"].widget.attrs["min"] = directory.today().isoformat()
        _add_consent(self, ask_consent)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("origin") and cleaned.get("origin") == cleaned.get("destination"):
            self.add_error("destination", _("These are the same place. Please choose two different ones."))
        if cleaned.get("day") and cleaned.get("clock") is not None:
            cleaned["starts_at"] = moment_in_korea(cleaned["day"], cleaned["clock"])
            try:
                check_ahead(cleaned["starts_at"])
            except forms.ValidationError as error:
                self.add_error("day", error)
            self._clean_back(cleaned)
        return cleaned

    def _clean_back(self, cleaned: dict[str, Any]) -> None:
        """A day trip ends on its day, and not before both ways are driven."""
        cleaned["ends_at"] = None
        if not cleaned.get("returns") or cleaned.get("back") is None:
            return
        cleaned["ends_at"] = moment_in_korea(cleaned["day"], cleaned["back"])
        if cleaned.get("origin") and cleaned.get("destination"):
            places = cleaned["origin"], cleaned["destination"]
            if cleaned["ends_at"] < earliest_back(*places, cleaned["starts_at"]):
                self.add_error("back", _("The way there and back takes longer."))


class InterpreterForm(RoomForm):
    """An interpreter at one appointment: beside the guest, by video or by telephone; perhaps one they know already."""

    language = forms.ChoiceField(label=_("Language"))
    mode = forms.ChoiceField(
        label=_("How shall the interpreter help you?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("on_site", _("Beside you")), ("video", _("By video")), ("phone", _("By telephone"))],
    )
    wish = forms.ChoiceField(
        label=_("Would you rather have a woman or a man?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("", _("Either")), (Sex.FEMALE, _("A woman")), (Sex.MALE, _("A man"))],
    )

    def __init__(self, *args: Any, ask_consent: bool, known: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            self.fields["prefers"] = forms.ChoiceField(
                label=_("Would you like somebody you know?"),
                required=False,
                help_text=_("We ask them first. If they cannot come, somebody else does."),
                choices=[("", _("Whoever is free")), *known],
            )
        reader = get_language() or "en"
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (each.code, locales.language_name(each.code, reader)) for each in locales.LANGUAGES if each.code != "ko"
        ]
        _add_consent(self, ask_consent)
