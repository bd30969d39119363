"""Form fields of whoever asks for a stay: a flight, a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Place
from sarangbang.ui.forms import PlainCharField

from .entries import name_of

FLIGHT_NUMBER = re.compile(r"(?:[A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z])\d{1,4}[A-Z]?")
"""Airline by IATA (two characters, one of them a letter) or ICAO (three letters), number, perhaps one more letter."""


class FlightNumberField(PlainCharField):
    """A flight number as on a ticket: OM 301, KAL868. Kept in capitals, without spaces."""

    default_max_length = 12
    default_direction = "ltr"
    default_error_messages = {
        "flight": _("Please write the flight number as on your ticket, for example OM 301 or KE868."),
    }

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        if not value:
            return value
        plain = re.sub(r"[\s-]", "", value).upper()
        if FLIGHT_NUMBER.fullmatch(plain) is None or len(plain) > 8:
            raise forms.ValidationError(self.error_messages["flight"], code="flight")
        return plain


class PlaceField(forms.ChoiceField):
    """One of some places, by its code; cleaned to the place. Listed by kind when there are several kinds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places: dict[str, Place] = {}

    def offer(self, places: Sequence[Place]) -> None:
        """Which places can be chosen, in this order."""
        self.places = {place.code: place for place in places}
        groups: dict[str, list[tuple[str, str]]] = {}
        for place in self.places.values():
            groups.setdefault(str(place.get_kind_display()), []).append((place.code, name_of(place)))
        flat = [row for rows in groups.values() for row in rows]
        listed: list[Any] = list(groups.items()) if len(groups) > 1 else flat
        self.choices = [("", _("Please choose")), *listed]

    def clean(self, value: Any) -> Any:
        code = super().clean(value)
        return self.places.get(code) if code else None
