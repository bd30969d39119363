"""What a coordinator sends from the board: a job dropped somewhere, news to mend, a decision on a proposal."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from sarangbang.concierge.days.news import KINDS, MOST_MINUTES, TIMED, News
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Job
from sarangbang.ui.forms import ClockField, DayField, PlainCharField, RoomForm, WholeNumberField


class DropForm(RoomForm):
    """A job (its subject, "ride:<id>") dropped on a crew (its key; empty: on nobody). ``at`` is the instant at which it
    shall begin, ``clock`` the same as a Korean time on the job's day; neither: the time stays. ``seen`` is the job's
    sequence on the page."""

    job = PlainCharField(max_length=60)
    crew = PlainCharField(required=False, max_length=40)
    at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])
    clock = ClockField(required=False)
    seen = WholeNumberField(required=False, min_value=0, max_value=2**31 - 1)

    def begins(self, job: Job) -> dt.datetime | None:
        """The instant that was asked for; None when the time stays."""
        at, clock = self.cleaned_data.get("at"), self.cleaned_data.get("clock")
        if at is None and clock is not None:
            at = dt.datetime.combine(job.starts_at.astimezone(SEOUL).date(), clock, tzinfo=SEOUL)
            if at == job.starts_at.replace(second=0, microsecond=0):
                return None
        return None if at is None or at == job.starts_at else at.astimezone(dt.UTC)


NEWS_WORDS = {
    "flight_delay": _("A flight is late"),
    "late": _("A guest or a crew is late"),
    "no_show": _("A guest does not come"),
    "ill": _("An interpreter is ill"),
    "broken": _("A car is out of order"),
    "clinic_late": _("A clinic runs late"),
}


class NewsForm(RoomForm):
    """What happened, to whom, and by how many minutes. ``choices`` are the things of the day that it can be about, in
    groups, by subject."""

    day = DayField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What happened"), choices=list(NEWS_WORDS.items()), widget=forms.RadioSelect)
    subject = forms.ChoiceField(label=_("To whom or what"))
    minutes = WholeNumberField(
        label=_("By how many minutes"), required=False, min_value=0, max_value=MOST_MINUTES,
        help_text=_("For a flight it may stay empty: then the airport's time counts."),
    )  # fmt: skip

    def __init__(self, *args: object, choices: list[tuple[str, list[tuple[str, str]]]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["subject"].choices = [("", _("Please choose")), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        kind, subject = str(given.get("kind", "")), str(given.get("subject", ""))
        if kind in KINDS and subject and subject.partition(":")[0] not in KINDS[kind]:
            self.add_error("subject", _("This cannot happen to what you chose."))
        if kind in TIMED and kind != "flight_delay" and not given.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", _("Please say by how many minutes."))
        return given

    @property
    def news(self) -> News:
        given = self.cleaned_data
        minutes = given["minutes"] or 0 if given["kind"] in TIMED else 0
        return News(given["kind"], given["subject"], minutes)
