"""Why a row was refused, in the reader's language.

Readers of files say their reasons in English, for the command line. Pages look the sentence up here; one that is not
here is shown as it was said.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

REASONS = (
    gettext_noop("is empty"),
    gettext_noop("is negative"),
    gettext_noop("is not a number"),
    gettext_noop("is not a whole number"),
    gettext_noop("is no whole number of persons"),
    gettext_noop("is too large or too small"),
    gettext_noop("has separators that can be read in two ways (expected as 1234.5 or 1,234.5)"),
    gettext_noop("has more than %(many)s decimals"),
    gettext_noop("is a share of more than 100 %%"),
    gettext_noop("is no share"),
    gettext_noop("is not between %(least)s and %(most)s"),
    gettext_noop("is no unit that is known (%(words)s)"),
    gettext_noop("is %(unit)s, but %(measure)s is counted in %(expected)s"),
    gettext_noop("is %(unit)s, but patients are counted in persons"),
    gettext_noop("is another unit than billion won (bn KRW)"),
    gettext_noop("%(code)s is no sector of the table (%(words)s)"),
    gettext_noop("is more than %(most)s billion won"),
    gettext_noop("is no country that is known: %(word)s"),
    gettext_noop("is no place that is known (%(words)s)"),
    gettext_noop("is none of %(words)s, and no definition says what is counted"),
    gettext_noop("is none of %(words)s"),
    gettext_noop("is no code (letters, digits, dots, dashes)"),
    gettext_noop("is no word of the vocabulary (small letters, digits, dashes)"),
    gettext_noop("is no period (expected as 2024 or 2025-01/2025-09)"),
    gettext_noop("is a day or month that does not exist"),
    gettext_noop("ends before it begins"),
    gettext_noop("is not a date (expected as 2026-01-31)"),
    gettext_noop("is a day that does not exist"),
    gettext_noop("is neither yes nor no"),
    gettext_noop("holds a formula; paste its value instead"),
    gettext_noop("holds the error %(word)s of a spreadsheet"),
    gettext_noop("holds characters that cannot be shown"),
    gettext_noop("holds a word longer than %(many)s characters"),
    gettext_noop("is longer than %(many)s characters"),
    gettext_noop("must be a single value"),
    gettext_noop("has more cells than there are titles; is a comma not quoted?"),
    gettext_noop("stands in row %(row)s already; a later revision says so in the column revision"),
    gettext_noop("stands in row %(row)s already"),
    gettext_noop("is there twice for the same area and group (see row %(row)s)"),
    gettext_noop("is empty, and so is the share"),
    gettext_noop("is %(told)s, but the rows make %(made)s"),
    gettext_noop("brings the shares of its year to %(sum)s %%"),
    gettext_noop("is %(told)s, but the years so far make %(made)s"),
    gettext_noop("%(revision)s of %(code)s is here with other content"),
    gettext_noop("%(revision)s of %(code)s follows none that is here"),
    gettext_noop("The file is empty."),
    gettext_noop("The file has no rows."),
    gettext_noop("The table has no rows below its titles."),
    gettext_noop("The column %(words)s is missing."),
    gettext_noop("Two columns mean the same: %(one)s and %(other)s."),
    gettext_noop("No column says which place the table is about (geography); name it with --place."),
    gettext_noop("The text is neither UTF-8 nor CP949. Is it a CSV file?"),
    gettext_noop("The CSV cannot be read after row %(row)s: %(problem)s."),
    gettext_noop("This is an old or encrypted Excel file. Save it as XLSX without a password, or as CSV."),
    gettext_noop("The XLSX is broken or no XLSX at all (%(problem)s)."),
    gettext_noop("The XLSX unpacks to more than %(many)s MB."),
    gettext_noop("The XLSX shows no sheet with cells. Name a hidden one with --sheet."),
    gettext_noop("The workbook holds macros. Save it as XLSX without them."),
    gettext_noop("The file is larger than %(many)s MB."),
    gettext_noop("The file has more than %(many)s rows."),
    gettext_noop("Row %(row)s has more than %(many)s columns."),
    gettext_noop("This is XML or HTML, perhaps an error page of the service. Ask it for JSON."),
)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for template in REASONS:
        parts = re.split(r"%\((\w+)\)s", template.replace("%%", "%"))
        pattern = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        found.append((re.compile(pattern, re.DOTALL), template))
    return tuple(found)


def template_of(reason: str) -> tuple[str, dict[str, str]] | None:
    """The sentence behind a reason and what stands in it; None for one that is not known."""
    for pattern, template in _patterns():
        match = pattern.fullmatch(reason)
        if match:
            return template, match.groupdict()
    return None


def in_words(reason: str) -> str:
    """The reason in the reader's language."""
    known = template_of(reason)
    return gettext(known[0]) % known[1] if known else reason
