"""What the outbox is narrowed by."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.ui.forms import RoomForm
from sarangbang.ui.locales import LANGUAGES

from .models import Message

ALL = ("", _("All"))


class OutboxFilter(RoomForm):
    status = forms.ChoiceField(label=_("Status"), choices=[ALL, *Message.Status.choices], required=False)
    channel = forms.ChoiceField(label=_("Channel"), choices=[ALL, *Message.Channel.choices], required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[ALL, *((each.code, each.autonym) for each in LANGUAGES)],
        required=False,
    )

    def wanted(self) -> dict[str, str]:
        """What was chosen; an impossible choice narrows nothing, its field says so."""
        if not self.is_bound:
            return {}
        self.is_valid()
        return {key: value for key, value in self.cleaned_data.items() if value}
