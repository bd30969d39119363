"""Filters and tags with which all templates write days, places, amounts and words of other languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms, template
from django.http import QueryDict
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide

from sarangbang.ui import locales

register = template.Library()


def _code() -> str:
    return get_language() or "en"


def _moment(write: Any, value: Any, zone: str | None) -> str:
    """Nothing is written for nothing, so that templates need no ifs."""
    return write(value, _code(), zone or locales.HOUSE_ZONE) if value else ""


@register.filter
def day(value: dt.date | dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.day, value, zone)


@register.filter
def day_year(value: dt.date | dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.day_year, value, zone)


@register.filter
def short_day(value: dt.date | dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.short_day, value, zone)


@register.filter
def date_year(value: dt.date | dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.date_year, value, zone)


@register.filter
def month_year(value: dt.date | dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.month, value, zone)


@register.filter
def moment(value: dt.datetime | None, zone: str | None = None) -> str:
    return _moment(locales.moment, value, zone)


@register.filter
def clock(value: dt.datetime | dt.time | None) -> str:
    return locales.clock(value) if value is not None else ""


@register.filter
def clock_in(value: dt.datetime | None, zone: str | None) -> str:
    return locales.clock(value, zone or locales.HOUSE_ZONE) if value else ""


@register.filter
def iso(value: dt.date | dt.datetime | dt.time | None) -> str:
    return locales.iso(value) if value is not None else ""


@register.filter
def zone_city(zone: str | None) -> str:
    return locales.zone_city(zone, _code())


@register.filter
def country(alpha2: str | None) -> str:
    return locales.country(alpha2, _code())


@register.filter
def language_name(code: str | None) -> str:
    return locales.language_name(code, _code())


@register.filter
def autonym(code: str | None) -> str:
    """A language under its own name; the reader's name for it if the house does not speak it."""
    return locales.BY_CODE[code].autonym if code in locales.BY_CODE else locales.language_name(code, _code())


@register.filter
def won(amount: int | None) -> str:
    return locales.won(amount, _code()) if amount is not None else ""


@register.filter
def number(value: float | None) -> str:
    return locales.number(value, _code()) if value is not None else ""


@register.filter
def percent(share: float | None) -> str:
    return locales.percent(share, _code()) if share is not None else ""


@register.filter
def duration(minutes: int | dt.timedelta | None) -> str:
    if minutes is None:
        return ""
    whole = minutes.total_seconds() // 60 if isinstance(minutes, dt.timedelta) else minutes
    return locales.duration(int(whole), _code())


@register.filter
def working_time(minutes: int | None) -> str:
    return locales.duration(minutes, _code(), of_work=True) if minutes is not None else ""


@register.filter
def distance(meters: float | None) -> str:
    return locales.distance(meters, _code()) if meters is not None else ""


@register.filter
def direction(text: str | None) -> str:
    """``dir`` of a text whose script is not known, such as a guest's name."""
    return locales.script_direction(text or "")


@register.filter
def name_size(text: str | None) -> str:
    """Class that lets a name fill a name board, whole words on at most three lines: the longer, the smaller."""
    words = (text or "").split()
    width = max([locales.text_width(" ".join(words)) // 3, *map(locales.text_width, words)])
    return next((size for limit, size in ((7, "xl"), (10, "l"), (14, "m")) if width <= limit), "s")


@register.simple_tag
def when(value: dt.datetime | None, zone: str | None = None) -> SafeString:
    """<time> of a moment: "Wed 9 Dec, 10:30 (Seoul)"."""
    if value is None:
        return mark_safe("")
    return format_html('<time datetime="{}">{}</time>', locales.iso(value), moment(value, zone))


@register.simple_tag
def stretch(starts_at: dt.datetime, ends_at: dt.datetime) -> SafeString:
    """From when until when in Seoul: whole days as days, the last one included, otherwise with their hours."""
    first, last = locales.local(starts_at), locales.local(ends_at)
    if first.time() == last.time() == dt.time():
        days = dict.fromkeys(locales.day_year(each, _code()) for each in (first, last - dt.timedelta(days=1)))
        return format_html_join(" – ", "{}", ((said,) for said in days))
    if first.date() == last.date():
        hours = f"{locales.clock(first)}–{locales.clock(last)}"
        return format_html('{} <span class="num" dir="ltr">{}</span>', locales.day_year(first, _code()), hours)
    return format_html_join(
        " – ", "{} {}", ((locales.day_year(each, _code()), locales.clock(each)) for each in (first, last))
    )


@register.simple_tag
def double_clock(value: dt.datetime | None, zone: str | None = None, end: dt.datetime | None = None) -> SafeString:
    """Seoul large, home small. Home is left out while its clocks agree; its day is said when it differs."""
    if value is None:
        return mark_safe("")
    seoul = locales.clock(value) + (f"–{locales.clock(end)}" if end else "")
    large = format_html('<time class="seoul" dir="ltr" datetime="{}">{}</time>', locales.iso(value), seoul)
    here, home = locales.local(value), locales.local(value, zone or locales.HOUSE_ZONE)
    if here.utcoffset() == home.utcoffset():
        return format_html('<span class="clocks">{}</span>', large)
    other_day = locales.short_day(value, _code(), zone) if here.date() != home.date() else ""
    parts = [part for part in (other_day, locales.clock(value, zone), locales.zone_city(zone, _code())) if part]
    small = format_html_join(" ", "<span>{}</span>", ((part,) for part in parts))
    return format_html('<span class="clocks">{} <small class="home">{}</small></span>', large, small)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A lucide icon in the line weight of the house. Decorative unless a label is given."""
    said: dict[str, object] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return mark_safe(
        lucide(name, size=20, stroke_width="1.6", focusable="false", **{"class": f"icon lucide-{name}"}, **said)
    )


@register.simple_tag
def foreign(text: str | None, code: str = "", tag: str = "span") -> SafeString:
    """A fragment in another language, so that it is pronounced, set and ordered rightly.

    Without a language (a guest's name) its direction follows its letters.
    """
    if not text:
        return mark_safe("")
    if tag not in {"span", "b", "strong", "p", "h1", "h2", "h3", "em", "cite"}:
        raise ValueError(f"foreign text in <{tag}>")
    if not code:
        return format_html('<{0} dir="{1}">{2}</{0}>', mark_safe(tag), locales.script_direction(text), text)
    if code in ("und", "en-Latn"):
        return format_html('<{0} dir="ltr">{1}</{0}>', mark_safe(tag), text)
    spoken = locales.language(code)
    return format_html('<{0} lang="{1}" dir="{2}">{3}</{0}>', mark_safe(tag), spoken.tag, spoken.dir, text)


@register.inclusion_tag("ui/parts/error_summary.html")
def error_summary(*all_forms: forms.BaseForm) -> dict[str, Any]:
    """What is wrong, in one place at the top, each line leading to its field."""
    lines: list[tuple[str, Any, Any]] = []
    for form in all_forms:
        lines += [("", "", error) for error in form.non_field_errors()]
        for bound in form:
            lines += [(_first_control(bound), bound.label, error) for error in bound.errors]
    return {"lines": lines}


def _first_control(bound: forms.BoundField) -> str:
    """The id to which an error leads: in a group of choices that of the first."""
    return bound.id_for_label or f"{bound.auto_id}_0"


@register.filter
def is_tick(bound: forms.BoundField) -> bool:
    """Whether the control is a single checkbox, which stands before its label."""
    return isinstance(bound.field.widget, forms.CheckboxInput)


@register.filter
def has_optional(form: forms.BaseForm) -> bool:
    """Whether the reader must be told which fields may stay empty."""
    return any(not bound.field.required and not is_tick(bound) for bound in form.visible_fields())


@register.inclusion_tag("ui/parts/bar.html")
def bar(value: float, most: float, kind: str = "") -> dict[str, Any]:
    """A bar of a figure; the number itself stands beside it as text. ``kind``: "", "wait" or "bad"."""
    share = min(1.0, max(0.0, value / most)) if most else 0.0
    return {"width": f"{100 * share:.2f}", "kind": kind}


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """This page's query with some values changed (None removes): for pagination, sorting and tabs."""
    request = context.get("request")
    values = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        values.pop(key, None)
        if value is not None:
            values[key] = str(value)
    return f"?{values.urlencode()}"


@register.inclusion_tag("ui/parts/pagination.html", takes_context=True)
def pagination(context: Context, page: Any, key: str = "page", to: str = "") -> dict[str, Any]:
    """Previous, place, next for a Django Page. ``to`` is the fragment at which the next page is read on."""
    before = query(context, **{key: page.previous_page_number()}) + to if page.has_previous() else ""
    after = query(context, **{key: page.next_page_number()}) + to if page.has_next() else ""
    return {"page": page, "before": before, "after": after}
