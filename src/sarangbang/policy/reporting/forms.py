"""Reports through pages: files, one row of a yearly report, one report of an institution."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.importing.problems import CellProblem, RowError, UnusableFile
from sarangbang.directory.models import Sex
from sarangbang.policy.reading import Refused
from sarangbang.policy.reasons import in_words
from sarangbang.ui.fields import PlainCharField
from sarangbang.ui.forms import RoomForm

from . import cells
from .models import DAYS_OF_A_YEAR, LeftOut, Part, RemoteContent
from .rows import SEXES, ReportRow
from .words import FIELDS

MOST_UPLOAD = 5_000_000
SHOWN = 30


def refusal_lines(errors: list[RowError]) -> list[str]:
    """What is wrong in which row, the first so many of it."""
    lines = [
        gettext("Row %(row)s, %(column)s: %(reason)s")
        % {"row": error.row, "column": error.column, "reason": in_words(error.reason)}
        for error in errors[:SHOWN]
    ]
    if len(errors) > SHOWN:
        lines.append(gettext("And %(count)s more.") % {"count": len(errors) - SHOWN})
    return lines


class FileForm(RoomForm):
    """A CSV or XLSX file. ``take`` is called with it when all else is right; what it refuses stands at the field."""

    file = forms.FileField(label=_("File (CSV or XLSX)"))

    def taken(self, take: Callable[[Path], Any]) -> Any:
        """What ``take`` makes of the file; None when it was refused."""
        upload = self.cleaned_data["file"]
        if upload.size > MOST_UPLOAD:
            self.add_error("file", gettext("The file is too large."))
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upload"
            path.write_bytes(upload.read())
            try:
                return take(path)
            except UnusableFile as problem:
                self.add_error("file", in_words(str(problem)))
            except Refused as refusal:
                self.add_error("file", ValidationError(refusal_lines(refusal.errors)))
        return None


class ReportsForm(FileForm):
    """Institutions' reports with where they come from, and why, when they correct earlier ones."""

    source = PlainCharField(label=_("Source"), max_length=300, help_text=_("Where the numbers come from."))
    reason = PlainCharField(
        label=_("Reason"), max_length=300, required=False,
        help_text=_("Needed when the file corrects what was reported before."),
    )  # fmt: skip


class OneReportForm(RoomForm):
    """One institution's number of patients, typed by hand."""

    institution = PlainCharField(
        label=_("Institution"), max_length=200, help_text=_("Name, short name or number of the registration.")
    )
    year = PlainCharField(label=_("Year"), max_length=4, inputmode="numeric", direction="ltr")
    patients = PlainCharField(label=_("Foreign patients"), max_length=12, inputmode="numeric", direction="ltr")
    told_by = PlainCharField(label=_("Source"), max_length=300)
    why = PlainCharField(
        label=_("Reason"), max_length=300, required=False,
        help_text=_("Needed when the file corrects what was reported before."),
    )  # fmt: skip


class Parsed(PlainCharField):
    """A line that is read as the same cell of a file is."""

    def __init__(self, *, parse: cells.Parse, **more: Any) -> None:
        super().__init__(required=False, direction="ltr", autocomplete="off", **more)
        self.parse = parse

    def clean(self, value: Any) -> Any:
        line = super().clean(value)
        try:
            return self.parse(line)
        except CellProblem as problem:
            raise ValidationError(gettext("This %(reason)s.") % {"reason": in_words(str(problem))}) from None


def _chosen(label: Any, choices: list[tuple[str, Any]], nothing: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", nothing), *choices])


class RowForm(RoomForm):
    """What an institution completes of one row."""

    all_optional = True
    main_disease = Parsed(
        parse=cells.disease, label=FIELDS["main_disease"], max_length=10,
        help_text=_("The KCD code, as L70.0. No words: the report needs the code only."),
    )  # fmt: skip
    inpatient_days = Parsed(
        parse=cells.whole(DAYS_OF_A_YEAR), label=FIELDS["inpatient_days"], max_length=5, inputmode="numeric",
        help_text=_("0 when the patient was not admitted."),
    )  # fmt: skip
    outpatient_days = Parsed(
        parse=cells.whole(DAYS_OF_A_YEAR), label=FIELDS["outpatient_days"], max_length=5, inputmode="numeric",
        help_text=_("Empty: as counted from the visits on this platform."),
    )  # fmt: skip
    content = _chosen(FIELDS["content"], RemoteContent.choices, _("As the days of the visits tell"))
    sex = _chosen(FIELDS["sex"], [pair for pair in Sex.choices if pair[0] in SEXES], _("As the guest said"))
    left_out = _chosen(FIELDS["left_out"], LeftOut.choices, _("Not left out: a foreign patient"))

    def __init__(self, *args: Any, row: ReportRow, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("inpatient_days", "outpatient_days") if row.part == Part.REMOTE else ("content",):
            del self.fields[name]

    def told(self) -> dict[str, Any]:
        """What was typed, of a form that is valid; emptied text is empty, an emptied number is not said."""
        return dict(self.cleaned_data) | {"main_disease": self.cleaned_data.get("main_disease") or ""}
