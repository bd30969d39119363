"""What a coordinator enters for a guest who asks by telephone, e-mail, messenger or at the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreting, RequestSource, Ride
from sarangbang.directory.models import Place, Sex
from sarangbang.stays.fields import FlightNumberField, PlaceField
from sarangbang.stays.rules import FARTHEST
from sarangbang.ui import locales
from sarangbang.ui.forms import ClockField, DayField, RoomForm, SearchField, WholeNumberField

WAYS = (RequestSource.PHONE, RequestSource.EMAIL, RequestSource.MESSENGER, RequestSource.WALK_IN)
"""The ways by which a request reaches the desk."""


class FindForm(RoomForm):
    """Whose stay: a name in any script, a flight number, or the Korean day of an appointment or a flight."""

    all_optional = True
    q = SearchField(label=_("Name or flight number"), required=False)
    on = DayField(label=_("Day of an appointment or a flight"), required=False)


class _Request(RoomForm):
    """What every request says: by which way it came, and that the guest agrees where they have not yet."""

    source = forms.ChoiceField(
        label=_("Asked by way of"), choices=[(way.value, way.label) for way in WAYS], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, ask_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ask_consent:
            self.fields["consent"] = forms.BooleanField(
                label=_("The guest agrees that driver and interpreter learn their name and where to meet them."),
                error_messages={"required": _("Without this consent nobody can meet the guest.")},
            )


class RideRequestForm(_Request):
    """A car of one kind. Pick-up and ride back hang on a flight, the others on two places; times are Korean."""

    number = FlightNumberField(label=_("Flight number"))
    airport = PlaceField(label=_("Airport and terminal"))
    origin = PlaceField(label=_("Where from"))
    destination = PlaceField(label=_("Where to"))
    day = DayField(label=_("Date"), help_text=_("In Korea."))
    clock = ClockField(label=_("Time"), help_text=_("In Korea."))
    back = ClockField(label=_("Back at"), required=False, help_text=_("In Korea, on the same day."))
    party = WholeNumberField(label=_("How many ride"), min_value=1, max_value=20)
    luggage = WholeNumberField(label=_("Large suitcases"), min_value=0, max_value=40)
    wheelchairs = WholeNumberField(label=_("Wheelchairs"), min_value=0, max_value=4)
    child_seats = WholeNumberField(label=_("Child seats"), min_value=0, max_value=4)
    alone = forms.BooleanField(label=_("No other guest in the car, for example after anaesthesia"), required=False)

    def __init__(
        self, *args: Any, kind: str, airports: Sequence[Place], places: Sequence[Place], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name, offered in (("airport", airports), ("origin", places), ("destination", places)):
            self.fields[name].offer(offered)  # type: ignore[attr-defined]
        for name in UNASKED[kind]:
            del self.fields[name]
        if kind == Ride.Kind.PICK_UP:
            self.fields["clock"].label = _("Lands at")
        elif kind == Ride.Kind.SENDING:
            self.fields["clock"].label = _("Takes off at")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("origin") and given.get("origin") == given.get("destination"):
            self.add_error("destination", _("These are the same place. Please choose two different ones."))
        if given.get("wheelchairs") and given.get("party") and given["wheelchairs"] > given["party"]:
            self.add_error("wheelchairs", _("There are more wheelchairs than people."))
        if given.get("day") and given.get("clock") is not None:
            given["moment"] = dt.datetime.combine(given["day"], given["clock"], tzinfo=SEOUL)
            now = timezone.now()
            if given["moment"] <= now:
                self.add_error("day", _("This time has passed."))
            elif given["moment"] > now + FARTHEST:
                self.add_error("day", _("This date is outside the calendar."))
            if given.get("back") is not None:
                given["ends_at"] = dt.datetime.combine(given["day"], given["back"], tzinfo=SEOUL)
                if given["ends_at"] <= given["moment"]:
                    self.add_error("back", _("This is before the ride begins."))
        return given


UNASKED: dict[str, tuple[str, ...]] = {
    Ride.Kind.PICK_UP: ("origin", "back"),
    Ride.Kind.SENDING: ("destination", "back"),
    Ride.Kind.TRANSFER: ("number", "airport", "back"),
    Ride.Kind.PROGRAMME: ("number", "airport"),
}
"""Which fields a kind of ride does not have."""


class InterpreterRequestForm(_Request):
    """An interpreter at one of the appointments that the stay still has."""

    appointment = forms.ChoiceField(label=_("Appointment"), widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"))
    mode = forms.ChoiceField(label=_("Way"), choices=Interpreting.Mode.choices, widget=forms.RadioSelect)
    wish = forms.ChoiceField(
        label=_("Would the guest rather have a woman or a man?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[("", _("Either")), (Sex.FEMALE, _("A woman")), (Sex.MALE, _("A man"))],
    )

    def __init__(self, *args: Any, appointments: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["appointment"].choices = list(appointments)  # type: ignore[attr-defined]
        reader = get_language() or "en"
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (each.code, locales.language_name(each.code, reader)) for each in locales.LANGUAGES if each.code != "ko"
        ]
