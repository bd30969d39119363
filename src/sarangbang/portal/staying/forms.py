"""What guests fill in while they book: choosing a time, their details, the code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Practitioner, Sex
from sarangbang.people.models import Consent
from sarangbang.portal.finding.pages import purposes
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.odd_hours import is_odd
from sarangbang.stays.models import Intake
from sarangbang.stays.rules import NEEDED_CONSENTS, OPTIONAL_CONSENTS, misfits
from sarangbang.ui import locales
from sarangbang.ui.forms import (
    CodeField,
    CountryField,
    DayField,
    EmailField,
    LanguageField,
    LatinNameField,
    NameField,
    PhoneField,
    RoomForm,
    WholeNumberField,
    ZoneField,
)

from . import odd


def names_of(practitioner: Practitioner) -> str:
    """A practitioner with the languages they speak, for a list of choices."""
    reader = get_language() or "en"
    name = practitioner.name if reader == "ko" else practitioner.name_latin
    spoken = sorted({each.language for each in practitioner.languages.all()} - {"ko"})
    said = " · ".join(locales.language_name(code, reader) for code in spoken)
    return f"{name} ({said})" if said else name


class TimesForm(RoomForm):
    """From which day on, and with whom."""

    arrive = DayField(label=_("From this day"), required=False)
    practitioner = forms.TypedChoiceField(label=_("Doctor"), required=False, empty_value=None)

    def __init__(
        self,
        *args: Any,
        practitioners: Sequence[Practitioner],
        modes: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if modes:
            self.fields["mode"] = forms.ChoiceField(label=_("How"), choices=modes, required=False)
        choices = [(str(one.pk), names_of(one)) for one in practitioners]
        self.fields["practitioner"].choices = [("", _("Whoever is free")), *choices]  # type: ignore[attr-defined]
        self.fields["arrive"].widget.attrs["min"] = directory.today().isoformat()


def consent_field(purpose: str) -> str:
    """The name of the box in which a consent is ticked."""
    return f"consent_{purpose}"


class DetailsForm(RoomForm):
    """Who comes. Everything that is typed stays with the held time until it is booked, and no longer."""

    name = NameField(label=_("Your name"), help_text=_("As you write it, in your own script."))
    name_latin = LatinNameField(label=_("Your name in Latin letters"), help_text=_("As in your passport."))
    nationality = CountryField(label=_("Nationality"))
    birth_year = WholeNumberField(
        label=_("Year of birth"),
        min_value=1900,
        max_value=2100,
        help_text=_("In the Gregorian calendar, four digits."),
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=Sex.choices,
        widget=forms.RadioSelect,
        help_text=_("The yearly report to the ministry asks for it, without names."),
    )
    email = EmailField(label=_("E-mail"), help_text=_("We send you a code there."))
    phone = PhoneField(label=_("Telephone"), required=False, help_text=_("With the country code, if we may call you."))
    language = LanguageField(label=_("Language in which we write to you"))
    zone = ZoneField(label=_("Your time zone at home"))
    companions = WholeNumberField(
        label=_("How many travel with you"), min_value=0, max_value=20, help_text=_("Without yourself.")
    )
    arrives_on = DayField(label=_("You arrive"), required=False)
    leaves_on = DayField(label=_("You leave"), required=False)

    def __init__(self, *args: Any, days: Sequence[dt.date], visit: Appointment | None = None, **kwargs: Any) -> None:
        """``days`` are the Korean days of the visits."""
        super().__init__(*args, **kwargs)
        self.days = days
        if visit is not None:
            self._ask_for_remote(visit)
        for (label, told), purpose in zip(purposes(), Consent.Purpose, strict=True):
            needed = purpose in NEEDED_CONSENTS
            self.fields[consent_field(purpose)] = forms.BooleanField(
                label=label,
                help_text=told,
                required=needed,
                error_messages={"required": _("Without this consent we cannot book for you.")},
            )

    def _ask_for_remote(self, visit: Appointment) -> None:
        """A visit by telephone needs a number; one in the guest's night a word that it is meant."""
        self.fields["phone"].required = visit.mode == Appointment.Mode.PHONE
        zone, starts_at = str(self["zone"].value() or ""), visit.reservation.starts_at
        if locales.is_zone(zone) and is_odd(visit.mode, starts_at, zone):
            self.fields[odd.FIELD] = odd.field(starts_at, zone)

    @property
    def odd_hour(self) -> forms.BoundField | None:
        return self[odd.FIELD] if odd.FIELD in self.fields else None

    def parts(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def who(self) -> list[forms.BoundField]:
        return self.parts(("name", "name_latin", "nationality", "birth_year", "sex"))

    @property
    def contact(self) -> list[forms.BoundField]:
        return self.parts(("email", "phone", "language", "zone"))

    @property
    def needed_consents(self) -> list[forms.BoundField]:
        return self.parts(map(consent_field, NEEDED_CONSENTS))

    @property
    def optional_consents(self) -> list[forms.BoundField]:
        return self.parts(map(consent_field, OPTIONAL_CONSENTS))

    def clean(self) -> dict[str, Any]:
        super().clean()
        told = {name: self.cleaned_data.get(name) for name in ("birth_year", "arrives_on", "leaves_on")}
        for day in sorted({min(self.days), max(self.days)}):
            for misfit in misfits(**told, visit_on=day, today=timezone.localdate()):
                if misfit.field not in self.errors:
                    self.add_error(misfit.field, forms.ValidationError(str(misfit.reason), code=misfit.code))
        return self.cleaned_data

    def intake(self) -> dict[str, Any]:
        """What ``stays.actions.save_intake`` takes."""
        given = dict(self.cleaned_data)
        ticked = [purpose for purpose in Consent.Purpose if given.pop(consent_field(purpose), False)]
        return {**given, "consents": [str(purpose) for purpose in ticked]}


def typed_before(intake: Intake) -> dict[str, Any]:
    """What was typed before, as ``initial`` of the form; consents are asked anew, they are never pre-ticked."""
    names = [name for name in DetailsForm.base_fields if hasattr(intake, name)]
    return {name: getattr(intake, name) for name in names}


class CodeForm(RoomForm):
    """The six digits from the message."""

    code = CodeField(label=_("The six digits from our message"))


class NewLinkForm(RoomForm):
    """Where to send a new link."""

    email = EmailField(label=_("E-mail"), help_text=_("The address with which you booked."))


class AddForm(RoomForm):
    """One more appointment for a guest who is known: only what is missing is asked."""

    def __init__(
        self, *args: Any, missing: Iterable[str], visit: Appointment | None = None, zone: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if visit is not None and is_odd(visit.mode, visit.reservation.starts_at, zone):
            self.fields[odd.FIELD] = odd.field(visit.reservation.starts_at, zone)
        for (label, told), purpose in zip(purposes(), Consent.Purpose, strict=True):
            if purpose in missing:
                self.fields[consent_field(purpose)] = forms.BooleanField(
                    label=label,
                    help_text=told,
                    error_messages={"required": _("Without this consent we cannot book for you.")},
                )

    def consents(self) -> list[str]:
        ticked = [name for name, given in self.cleaned_data.items() if given and name.startswith("consent_")]
        return [name.removeprefix("consent_") for name in ticked]
