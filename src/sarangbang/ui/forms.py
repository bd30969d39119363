"""Forms of the house: how they are drawn, and how a half-filled one survives a change of language."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, QueryDict

from .fields import (
    ClockField,
    CodeField,
    CountryField,
    DayField,
    EmailField,
    HangulNameField,
    LanguageField,
    LatinNameField,
    NameField,
    PhoneField,
    PlainCharField,
    SearchField,
    TextField,
    WholeNumberField,
    ZoneField,
    printable,
)

__all__ = [
    "ClockField",
    "CodeField",
    "CountryField",
    "DayField",
    "EmailField",
    "HangulNameField",
    "LanguageField",
    "LatinNameField",
    "NameField",
    "PhoneField",
    "PlainCharField",
    "RoomForm",
    "RoomModelForm",
    "RoomRenderer",
    "SearchField",
    "TextField",
    "WholeNumberField",
    "ZoneField",
    "bind",
    "is_submission",
]

KEEP = "_keep"
"""Name of the language switch's button. It travels in the body and not in the address, so that the form that
is then shown is sent normally."""

AnyForm = TypeVar("AnyForm", bound=forms.BaseForm)


class RoomRenderer(TemplatesSetting):
    """Draws every field with label, hint, error and control; named in FORM_RENDERER for all forms."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


class InTheRoom:
    """Mixin for forms that are drawn by the house."""

    default_renderer: Any = RoomRenderer
    required_css_class = "needed"
    error_css_class = "bad"


class RoomForm(InTheRoom, forms.Form):
    all_optional = False
    """A question in which every field may stay empty does not say so at each of them."""


class RoomModelForm(InTheRoom, forms.ModelForm):
    pass


def is_submission(request: HttpRequest) -> bool:
    """Whether the reader sent the form, rather than opened it or changed its language."""
    return request.method == "POST" and KEEP not in request.POST


def bind(form_class: type[AnyForm], request: HttpRequest, *, method: str = "post", **kwargs: Any) -> AnyForm:
    """The form as the request asks for it.

    - sent: bound to what was sent;
    - its language was changed: unbound and without errors, showing what was typed, except files;
    - opened: fresh, with ``initial`` if given.

    With ``method="get"`` (searches) the form is bound as soon as the address holds one of its fields.
    """
    if method == "get":
        fresh = form_class(**kwargs)
        names = {fresh.add_prefix(name) for name in fresh.fields}
        return form_class(data=request.GET, **kwargs) if names & set(request.GET) else fresh
    if is_submission(request):
        return form_class(data=request.POST, files=request.FILES, **kwargs)
    form = form_class(**kwargs)
    if request.method == "POST":
        form.initial = {**form.initial, **_typed(form, request.POST)}
    return form


def _typed(form: forms.BaseForm, data: QueryDict) -> dict[str, Any]:
    """What stands in each control, read by the control itself, so that lists and checkboxes come right."""
    typed = {}
    for name, field in form.fields.items():
        if isinstance(field, forms.FileField) or field.disabled:
            continue
        value = field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        typed[name] = printable(value) if isinstance(value, str) else value
    return typed
