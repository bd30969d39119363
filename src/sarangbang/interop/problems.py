"""Errors of REST v1: one shape for all of them, each with a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from django import forms
from django.core import validators
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.responses import Response

from sarangbang.ui.forms import DayField, PlainCharField

Sentence = str | Promise

STATUSES: dict[int, tuple[str, Sentence]] = {
    400: ("unreadable", _("We could not read this request")),
    404: ("not_found", _("There is nothing here.")),
    405: ("method_not_allowed", _("This address does not answer to this method.")),
    413: ("too_large", _("This request is too large.")),
    415: ("not_json", _("Please send JSON, with the content type application/json.")),
    500: ("broken", _("Something broke on our side")),
}
"""Code and sentence of an error of which nothing is known but its status."""

_REQUIRED: Sentence = forms.Field.default_error_messages["required"]
_UNCLEAR: Sentence = validators.RegexValidator.message
_WHOLE: Sentence = forms.IntegerField.default_error_messages["invalid"]
_CHOICE: Sentence = forms.ModelChoiceField.default_error_messages["invalid_choice"]
_UUID: Sentence = forms.UUIDField.default_error_messages["invalid"]
_OBJECT: Sentence = _("Please send an object with named fields.")
_UNPRINTABLE: Sentence = PlainCharField.default_error_messages["unprintable"]

SENTENCES: dict[str, Sentence] = {
    "missing": _REQUIRED,
    "string_too_short": _("Please use at least %(min_length)s characters."),
    "string_too_long": _("Please use at most %(max_length)s characters."),
    "unprintable": _UNPRINTABLE,
    "string_unicode": _UNPRINTABLE,
    "extra_forbidden": _("This field is not known here."),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "greater_than_equal": validators.MinValueValidator.message,
    "less_than_equal": validators.MaxValueValidator.message,
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "uuid_type": _UUID,
    "uuid_parsing": _UUID,
    "list_type": forms.MultipleChoiceField.default_error_messages["invalid_list"],
    "string_type": _("Please send a text in quotation marks."),
    "bool_type": _("Please send true or false, without quotation marks."),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "string_pattern_mismatch": _("Please use this form: %(pattern)s"),
    "too_long": _("Please send no more than %(max_length)s of these."),
    "too_short": _("Please send at least %(min_length)s of these."),
    "date_parsing": DayField.default_error_messages["invalid"],
    "date_from_datetime_parsing": DayField.default_error_messages["invalid"],
    "instant": _("Please give an instant with its offset, for example 2026-12-08T14:30:00+09:00."),
    "day": DayField.default_error_messages["invalid"],
    "outside_calendar": _("This date is outside the calendar."),
}
"""What is said of a field, by the kind of error that pydantic or ``schemas`` names."""


MOST_ERRORS, LONGEST_NAME = 50, 120
"""So many errors are told, and so much of a name that is not ours: an answer is not longer than its question."""


class ApiProblem(Exception):
    """An answer that is an error: HTTP status, stable code, sentence, and what else helps a program."""

    def __init__(
        self,
        status: int,
        code: str = "",
        detail: Sentence = "",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        usual_code, usual_detail = STATUSES.get(status, STATUSES[400])
        self.status, self.headers = status, headers or {}
        self.body = {"code": code or usual_code, "detail": str(detail or usual_detail), "errors": [], **more}
        super().__init__(self.body["code"])

    def answer(self) -> HttpResponse:
        return Response(self.body, status=self.status, headers=dict(self.headers))


def invalid(errors: Iterable[dict[str, str]]) -> ApiProblem:
    """422 with what is wrong, field by field."""
    return ApiProblem(422, "invalid", _("Please check the marked fields."), errors=list(errors))


def wrong(field: str, message: Sentence, code: str = "invalid") -> dict[str, str]:
    """What is wrong with one field."""
    return {"field": field, "message": str(message), "code": code}


def refused(found: Iterable[Mapping[str, Any]]) -> ApiProblem:
    """The answer to what pydantic found wrong. An address that cannot name anything names nothing: 404."""
    errors = []
    for error in islice(found, MOST_ERRORS):
        place, *names = error["loc"]
        if place == "path":
            return ApiProblem(404)
        if place == "body":  # the first name is that of our own argument
            names = names[1:] or ["body"]
        errors.append(wrong(".".join(map(str, names))[:LONGEST_NAME], _sentence(error), error["type"]))
    return invalid(errors)


def _sentence(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    if error["type"] == "said":  # a form field has spoken already
        return str(error["msg"])
    limit = context.get("ge", context.get("le"))
    return str(SENTENCES.get(error["type"], _UNCLEAR)) % {**context, "limit_value": limit}
