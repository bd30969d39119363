"""Form fields that refuse what nobody types and carry what phones and screen readers need."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField  # type: ignore[import-untyped]
from phonenumber_field.phonenumber import PhoneNumber  # type: ignore[import-untyped]
from phonenumber_field.validators import validate_international_phonenumber  # type: ignore[import-untyped]

from . import locales

# Overrides of the bidirectional algorithm can make a name board show something other than what is stored.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LATIN_NAME = r"^[A-Za-z\u00c0-\u024f\u1e00-\u1eff][A-Za-z\u00c0-\u024f\u1e00-\u1eff '’.,\-]*$"


def is_unprintable(char: str, *, lines: bool = False) -> bool:
    """Control characters, lone surrogates and bidi overrides; line breaks if ``lines``."""
    if lines and char in "\n\r\t":
        return False
    return unicodedata.category(char) in ("Cc", "Cs") or char in _OVERRIDES


def has_unprintable(text: str, *, lines: bool = False) -> bool:
    """Whether there is one; of most texts Python knows at once that there is none."""
    return not text.isprintable() and any(is_unprintable(char, lines=lines) for char in text)


def printable(text: str) -> str:
    """The text with what cannot be shown replaced, so that a refused value can still be displayed."""
    return "".join("\ufffd" if is_unprintable(char, lines=True) else char for char in text)


class _Shown:
    """Shows a refused value without sending raw control characters or surrogates back."""

    def format_value(self, value: Any) -> Any:
        value = super().format_value(value)  # type: ignore[misc]
        return printable(value) if isinstance(value, str) else value


class Line(_Shown, forms.TextInput):
    """One line of text."""


class Lines(_Shown, forms.Textarea):
    """Several lines of text."""


class Search(_Shown, forms.TextInput):
    input_type = "search"


class Email(_Shown, forms.EmailInput):
    pass


class Phone(_Shown, forms.TextInput):
    input_type = "tel"


class Day(_Shown, forms.DateInput):
    """The browser's own date picker; the value travels as ISO 8601 whatever the page's language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class Clock(_Shown, forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class ZoneSelect(forms.Select):
    """Cities by zone. While nothing is chosen the script fills in the device's zone.

    A chosen zone that is not among the common ones is added to the list.
    """

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), "data-fill-zone": "kept" if value else ""})

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        if value and locales.is_zone(value[0]) and value[0] not in locales.COMMON_ZONES:
            city = locales.zone_city(value[0], get_language() or "en")
            extra = self.create_option(name, value[0], city, True, len(groups), attrs=attrs)
            groups.append((None, [extra], len(groups)))
        return groups


class PlainCharField(forms.CharField):
    """A line of text: bounded, composed (NFC), without characters that cannot be seen.

    ``autocomplete``, ``inputmode`` and ``direction`` become attributes of the control. Direction "auto"
    follows what is typed; "ltr" is for Latin, codes and numbers, also on a page that runs right to left.
    """

    widget: Any = Line
    lines = False
    default_max_length = 200
    default_direction = "auto"
    default_autocomplete = ""
    default_inputmode = ""
    default_error_messages = {
        "unprintable": _("This contains a character that cannot be shown. Please type it again."),
    }

    def __init__(
        self,
        *,
        max_length: int | None = None,
        autocomplete: str | None = None,
        inputmode: str | None = None,
        direction: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.direction = direction or self.default_direction
        self.autocomplete = self.default_autocomplete if autocomplete is None else autocomplete
        self.inputmode = self.default_inputmode if inputmode is None else inputmode
        super().__init__(max_length=max_length or self.default_max_length, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        named = {"dir": self.direction, "autocomplete": self.autocomplete, "inputmode": self.inputmode}
        attrs.update({key: value for key, value in named.items() if value})
        return attrs

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and has_unprintable(value, lines=self.lines):
            raise ValidationError(self.error_messages["unprintable"], code="unprintable")
        value = super().to_python(value)
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


class TextField(PlainCharField):
    """Several lines of text."""

    widget = Lines(attrs={"rows": 4})
    lines = True
    default_max_length = 2000


class SearchField(PlainCharField):
    """What a guest looks for, in any script."""

    widget = Search
    default_max_length = 100


class CodeField(PlainCharField):
    """A one-time code; spaces and dashes are dropped, digits of other scripts are understood."""

    default_max_length = 12
    default_direction = "ltr"
    default_autocomplete = "one-time-code"
    default_inputmode = "numeric"

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return "".join(_digit(char) for char in value if char not in " -\u2013\u00a0") if value else value


def _digit(char: str) -> str:
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)


class NameField(PlainCharField):
    """A person's name as they write it, in any script. One field: nobody has a first and a last name."""

    default_max_length = 120
    default_autocomplete = "name"
    default_error_messages = {"no_letter": _("Please write a name.")}

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        if value:
            value = " ".join(value.split())
            if not any(unicodedata.category(char).startswith("L") for char in value):
                raise ValidationError(self.error_messages["no_letter"], code="no_letter")
        return value


class LatinNameField(NameField):
    """A name in Latin letters, as in the passport."""

    default_direction = "ltr"
    default_autocomplete = "off"
    default_error_messages = {"invalid": _("Please use Latin letters, as in the passport.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(_LATIN_NAME, self.error_messages["invalid"], code="invalid"))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "lang": "en", "spellcheck": "false"}


class HangulNameField(NameField):
    """A name in Hangul, as a Korean desk reads it aloud."""

    default_autocomplete = "off"
    default_error_messages = {"invalid": _("Please use Hangul.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator("^[가-힣][가-힣 .·-]*$", self.error_messages["invalid"], code="invalid"))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "lang": "ko", "dir": "ltr", "spellcheck": "false"}


class EmailField(PlainCharField):
    """An e-mail address, always from left to right."""

    widget = Email
    default_max_length = 254
    default_direction = "ltr"
    default_autocomplete = "email"
    default_inputmode = "email"
    default_validators = forms.EmailField.default_validators


class PhoneField(PhoneNumberField):
    """A telephone number with its country code; cleaned to a PhoneNumber (E.164), or to the empty string."""

    default_error_messages = {
        "invalid": _("Please write the number with its country code, for example +976 9911 2345."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", Phone)
        super().__init__(**kwargs)
        self.error_messages["invalid"] = self.default_error_messages["invalid"]
        # Length and characters are looked at before it is a number; of a number each look would write it out again.
        self.validators = [validate_international_phonenumber]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.update({"dir": "ltr", "autocomplete": "tel", "inputmode": "tel"})
        return attrs

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > 40 or has_unprintable(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return value.as_international if isinstance(value, PhoneNumber) and value.is_valid() else value


class DayField(forms.DateField):
    """A day without a time zone. ``earliest`` and ``latest`` bound the picker; the view decides them."""

    widget = Day
    default_error_messages = {"invalid": _("Please give a day as year, month and day: 2026-12-08.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"])
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "dir": "ltr"}


class ClockField(forms.TimeField):
    """A time on a clock, to the minute."""

    widget = Clock
    default_error_messages = {"invalid": _("Please give a time as hours and minutes: 14:30.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%H:%M", "%H:%M:%S"])
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "dir": "ltr"}


class WholeNumberField(forms.IntegerField):
    """A whole number between bounds, which are required: an unbounded one ends in a database error."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "dir": "ltr", "inputmode": "numeric"}


class CountryField(forms.ChoiceField):
    """An ISO 3166 country, listed in the reader's language."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", _country_choices)
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "country"}

    def valid_value(self, value: Any) -> bool:
        """The names of the list need not be looked at to know a code."""
        return str(value) in _country_codes()


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(code for code, _name in locales.countries("en"))


def _country_choices() -> list[tuple[str, Any]]:
    return [("", _("Please choose")), *locales.countries(get_language() or "en")]


class LanguageField(forms.ChoiceField):
    """One of the ten languages of the house, each under its own name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", [(each.code, each.autonym) for each in locales.LANGUAGES])
        kwargs.setdefault("initial", lambda: locales.language(get_language()).code)
        super().__init__(**kwargs)


class ZoneField(forms.ChoiceField):
    """An IANA time zone. The common ones are listed by city; any other that the device knows is accepted."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", _zone_choices)
        kwargs.setdefault("widget", ZoneSelect)
        super().__init__(**kwargs)

    def valid_value(self, value: Any) -> bool:
        return locales.is_zone(str(value))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        return ZoneInfo(cleaned).key if cleaned else cleaned


def _zone_choices() -> list[tuple[str, Any]]:
    code = get_language() or "en"
    return [
        ("", _("Please choose")),
        *((zone, locales.zone_city(zone, code)) for zone in locales.COMMON_ZONES),
    ]
