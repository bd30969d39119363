"""A file of figures or awards through a page: looked through first, every refusal with row and reason, then loaded.

What was sent stays in the page as text. It can be mended where it stands and looked through again, so that nothing is
typed twice, and the server keeps nothing between the two steps.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from sarangbang.directory.importing.columns import Layout
from sarangbang.directory.importing.problems import RowError, UnusableFile
from sarangbang.people.access import staff_required
from sarangbang.people.models import User
from sarangbang.ui.fields import Lines, TextField
from sarangbang.ui.forms import RoomForm, bind

from . import presenting
from .awards import importing as award_importing
from .awards.evidence import digest
from .awards.importing import AWARDS
from .awards.words import Level
from .importing import Change, load_file
from .reading import Refused, as_text
from .reading_figures import FIGURES
from .reading_series import SERIES_TABLE
from .reasons import in_words
from .vocabulary import PLACES, UNITS

MOST_BYTES = 700_000
"""So much comes back in a page; the command line takes more."""
SHOWN = 200


class TableForm(RoomForm):
    """A file, or its content. ``place`` is asked for figures only."""

    file = forms.FileField(label=_("File"), required=False, help_text=_("CSV, XLSX or JSON."))
    table = TextField(
        label=_("Or the table itself"), required=False, max_length=MOST_BYTES, strip=False, direction="ltr",
        widget=Lines(attrs={"rows": 12, "wrap": "off", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("With its titles in the first row. A file is shown here once it was read, and can be mended here."),
    )  # fmt: skip
    place = forms.ChoiceField(
        label=_("Place, when no column says so"), required=False, choices=[("", "–"), *PLACES.items()]
    )

    def __init__(self, *args: Any, layouts: Sequence[Layout], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layouts = layouts
        if SERIES_TABLE not in layouts:
            del self.fields["place"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload = cleaned.get("file")
        if upload:
            cleaned["table"] = self._read(upload)
        elif not self.errors and not (cleaned.get("table") or "").strip():
            self.add_error("file", gettext("Choose a file, or paste the table."))
        elif len((cleaned.get("table") or "").encode()) > MOST_BYTES:
            self.add_error("table", self._too_large())
        return cleaned

    def _read(self, upload: Any) -> str:
        if upload.size > MOST_BYTES * 4:
            self.add_error("file", self._too_large())
            return ""
        with written(upload.read()) as path:
            try:
                text = unicodedata.normalize("NFC", as_text(path, self.layouts))
            except UnusableFile as problem:
                self.add_error("file", in_words(str(problem)))
                return ""
        if len(text.encode()) > MOST_BYTES:
            self.add_error("file", self._too_large())
            return ""
        return text

    def _too_large(self) -> str:
        return gettext("This is too large for a page; “sarangbang policy load” on the command line takes it.")


@contextmanager
def written(content: bytes) -> Iterator[Path]:
    """The content as a file of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        path.write_bytes(content)
        yield path


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the preview: where it stands in the file, what becomes of it, and in words what it says."""

    number: int
    kind: str
    code: str
    now: str
    before: str = ""


@dataclass(slots=True)
class Looked:
    """What a table would bring, or did bring."""

    created: int = 0
    revised: int = 0
    unchanged: int = 0
    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    problem: str = ""

    @property
    def is_clean(self) -> bool:
        return not (self.errors or self.problem)

    @property
    def brings(self) -> bool:
        return self.is_clean and bool(self.created or self.revised)


Take = Callable[[Path, str, str, bool], Looked]


def take_figures(path: Path, place: str, actor: str, apply: bool) -> Looked:
    found = load_file(path, actor=actor, place=place, apply=apply)
    rows = [_figure_row(change) for change in found.changes]
    return Looked(found.created, found.revised, found.unchanged, rows)


def _figure_row(change: Change) -> Row:
    record, before = change.record, change.before
    where = ", ".join(filter(None, (presenting.place(record.geography), presenting.period(record.period))))
    before_text = presenting.amount(before.value, before.unit) if before else ""
    value = presenting.amount(record.value, record.unit) if record.unit in UNITS else str(record.value)
    return Row(record.row, change.kind, record.code, f"{where}: {value}", before_text)


def take_awards(path: Path, place: str, actor: str, apply: bool) -> Looked:
    found = award_importing.load_awards(path, actor=actor, apply=apply)
    rows = []
    for line, kind, code in found.changes:
        told = line.told
        parts = [told.title, told.giver, Level(told.level).label, (told.received_on or told.due_on or "")]
        if told.prize_krw:
            parts.append(presenting.amount(Decimal(told.prize_krw), "krw"))
        rows.append(Row(line.row, kind, code, " · ".join(str(part) for part in parts if part)))
    return Looked(found.created, found.revised, found.unchanged, rows)


def look(take: Take, text: str, place: str, actor: str, *, apply: bool) -> Looked:
    """Take a table, or say everything that is wrong with it; then nothing was written."""
    try:
        with written(text.encode()) as path:
            return take(path, place, actor, apply)
    except UnusableFile as problem:
        return Looked(problem=in_words(str(problem)))
    except Refused as refusal:
        return Looked(errors=[replace(error, reason=in_words(error.reason)) for error in refusal.errors])
    except IntegrityError:
        return Looked(problem=gettext("Others are writing at this moment. Please try again."))


def _page(
    request: HttpRequest, *, layouts: Sequence[Layout], take: Take, title: Any, back: str, columns: str, example: str
) -> HttpResponseBase:
    form = bind(TableForm, request, layouts=layouts)
    looked, text = None, ""
    actor = f"user:{request.user.pk}" if isinstance(request.user, User) else ""
    if form.is_bound and form.is_valid():
        text, place = form.cleaned_data["table"], form.cleaned_data.get("place", "")
        # What was looked through is what is loaded: a table that was changed afterwards is looked through again.
        seen = request.POST.get("step") == "load" and not form.cleaned_data["file"]
        apply = seen and request.POST.get("looked") == _mark(text, place)
        looked = look(take, text, place, actor, apply=apply)
        if apply and looked.is_clean:
            messages.success(request, _loaded(looked))
            return HttpResponseRedirect(reverse(back))
        form = TableForm(initial={"table": text, "place": place}, layouts=layouts)
    context = {
        "base": "ui/staff.html", "form": form, "looked": looked, "title": title, "back": reverse(back),
        "columns": columns, "example": example, "keep_form": "table",
        "mark": _mark(text, form.initial.get("place", "")) if looked and looked.brings else "",
        "rows": sorted(looked.rows, key=lambda row: (row.kind == "unchanged", row.number))[:SHOWN] if looked else [],
        "more": max(0, len(looked.rows) - SHOWN) if looked else 0,
        "errors": looked.errors[:SHOWN] if looked else [],
        "more_errors": max(0, len(looked.errors) - SHOWN) if looked else 0,
    }  # fmt: skip
    return render(request, "policy/upload.html", context)


def _mark(text: str, place: str) -> str:
    """The table by its content, whatever a browser makes of the ends of its lines."""
    return digest("\n".join([place, *text.splitlines()]))


def _loaded(looked: Looked) -> str:
    """How many rows were written."""
    count = looked.created + looked.revised
    return ngettext("%(count)s row was loaded.", "%(count)s rows were loaded.", count) % {"count": count}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def figures(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """Figures from a file, as ``sarangbang policy load`` takes them."""
    columns = ", ".join(column.titles[0] for column in FIGURES.columns)
    example = (
        "code,value,unit,measure,period,geography,source\n"
        "patients.gangnam-gu.2025,400000,persons,patients,2025,gangnam-gu,https://example.org/report\n"
    )
    return _page(request, layouts=(FIGURES, SERIES_TABLE), take=take_figures, title=_("Load figures"),
                 back="figures:all", columns=columns, example=example)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def awards(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """Awards from a file."""
    columns = ", ".join(column.titles[0] for column in AWARDS.columns)
    example = (
        "title,giver,level,received_on,prize_krw,evidence,source\n"
        "Best district for visitors,Ministry,national,2025-11-20,10000000,patients.gangnam-gu.2024,letter 12/2025\n"
    )
    return _page(request, layouts=(AWARDS,), take=take_awards, title=_("Load awards"), back="policy:awards",
                 columns=columns, example=example)  # fmt: skip
