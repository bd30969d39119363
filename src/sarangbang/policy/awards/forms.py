"""Forms of the awards ledger."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.policy import presenting, shelf
from sarangbang.policy.overview import HOME
from sarangbang.ui.fields import DayField, Line, Lines, PlainCharField, TextField
from sarangbang.ui.forms import RoomForm

from .actions import Refused, Told
from .words import MOST_WON, Level, State


class WonField(forms.IntegerField):
    """Whole won as people type them: 12,000,000 or 12000000원. The control keeps what was typed."""

    widget = Line(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"})

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = re.sub(r"[\s,]|원$", "", value.strip())
        return super().to_python(value)


class AwardForm(RoomForm):
    """What is said of an award. ``evidence``: figures of the district to tick; ``names``: codes of others."""

    title = PlainCharField(label=_("Title"), max_length=200)
    giver = PlainCharField(label=_("Giver"), max_length=200)
    level = forms.ChoiceField(label=_("Level"), choices=[("", _("Please choose")), *Level.choices])
    state = forms.ChoiceField(label=_("State"), choices=State, initial=State.RECEIVED)
    received_on = DayField(label=_("Received on"), required=False)
    due_on = DayField(label=_("To be applied for by"), required=False)
    prize_krw = WonField(
        label=_("Prize money, won"), min_value=0, max_value=MOST_WON, required=False,
        help_text=_("Of an open call: what is promised. It enters no sum until it is received."),
    )  # fmt: skip
    prize_reference = PlainCharField(
        label=_("Reference of the payment"), max_length=100, required=False, direction="ltr",
        help_text=_("Two awards with one reference are one payment and count once."),
    )  # fmt: skip
    achievement = PlainCharField(label=_("Given for"), max_length=300, required=False)
    criteria = TextField(label=_("Criteria"), max_length=1000, required=False, widget=Lines(attrs={"rows": 3}))
    evidence = forms.MultipleChoiceField(
        label=_("Evidence: figures of the district"), required=False, widget=forms.CheckboxSelectMultiple
    )
    names = PlainCharField(
        label=_("Codes of other figures"), max_length=2000, required=False, direction="ltr",
        help_text=_("Parted by commas; each figure shows its code. Guests served on this platform: guests-served.2025"),
    )  # fmt: skip
    source = PlainCharField(label=_("Source"), max_length=600, required=False)
    note = PlainCharField(label=_("Note"), max_length=600, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].choices = evidence_choices()  # type: ignore[attr-defined]

    def told(self) -> Told:
        """What was said; of a form that is valid."""
        said = dict(self.cleaned_data)
        others = re.findall(r"[^\s;,|]+", said.pop("names"))
        names = tuple(dict.fromkeys([*said.pop("evidence"), *others]))
        said.pop("reason", None)
        return Told(**{**said, "prize_krw": said["prize_krw"] or 0}, names=names)


class CorrectionForm(AwardForm):
    reason = PlainCharField(label=_("What was changed, and why"), max_length=300)


class UseForm(RoomForm):
    """What prize money was used for."""

    amount_krw = WonField(label=_("Amount, won"), min_value=1, max_value=MOST_WON)
    used_on = DayField(label=_("Used on"))
    purpose = PlainCharField(label=_("Used for"), max_length=300)
    reference = PlainCharField(label=_("Reference of the payment"), max_length=100, required=False, direction="ltr")


class TakeBackForm(RoomForm):
    use = forms.IntegerField(min_value=1, max_value=30_000, widget=forms.HiddenInput)
    why = PlainCharField(label=_("Why this use was not so"), max_length=300)


def evidence_choices() -> list[tuple[str, str]]:
    """Figures in force of the district that stand for all its patients, the latest first."""
    departments = shelf.department_names()
    found = [figure for figure in shelf.chosen(measure="", place=HOME, year=None) if not figure.group]
    shown = [presenting.shown(figure, departments) for figure in found]
    return [
        (one.figure.code, f"{one.label}: {one.value}" + (f" ({one.counted_by})" if one.counted_by else ""))
        for one in shown
    ]


def initial_of(told: Told) -> dict[str, Any]:
    """An award as it stands in its form."""
    known = {code for code, _label in evidence_choices()}
    return {
        **{name: getattr(told, name) for name in AwardForm.base_fields if name not in {"evidence", "names"}},
        "prize_krw": told.prize_krw or "",
        "evidence": [name for name in told.names if name in known],
        "names": ", ".join(name for name in told.names if name not in known),
    }


def show_refusal(form: RoomForm, refusal: Refused) -> None:
    """Put each reason beside its field, and what concerns no field above them all."""
    for name, reason in refusal.reasons.items():
        form.add_error(name if name in form.fields else None, reason)
