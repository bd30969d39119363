"""Tables that readers take along."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import get_language, override

from sarangbang.ui.spreadsheets import harmless


class _Echo:
    """A file that hands back what is written to it, so that rows stream."""

    def write(self, value: str) -> str:
        return value


def csv_answer(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The rows as a file of that name, in the language of the page; text is no formula, numbers stay numbers."""
    writer, code = csv.writer(_Echo()), get_language() or "en"

    def lines() -> Iterator[str]:
        with override(code):  # rows are made while the answer is sent, when the request's language is over
            yield "\ufeff"  # spreadsheet programs read UTF-8 only with a mark
            for row in chain([header], rows):
                yield writer.writerow([harmless(cell) for cell in row])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{slugify(name)}.csv"', "Cache-Control": "no-store"},
    )
