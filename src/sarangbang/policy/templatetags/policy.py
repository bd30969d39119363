"""Amounts of the ripple effect in templates."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from sarangbang.policy import presenting

register = template.Library()


@register.filter
def billion(value: float) -> str:
    """Billion won, to the next tenth of a billion."""
    return presenting.amount(round(Decimal(str(value)), 1), "krw_bn")


@register.filter
def people(value: float) -> str:
    """Persons, to the next ten: more would pretend to know."""
    return presenting.number(round(Decimal(str(value)), -1))


@register.filter
def fixed(value: float, places: int) -> str:
    """With exactly so many decimals."""
    return presenting.fixed(value, places)


@register.filter
def breakable(text: str) -> SafeString:
    """Text in which a long word, as a hash is one, may be broken."""
    words = str(text).split(" ")
    return mark_safe(
        " ".join("<wbr>".join(escape(word[at : at + 16]) for at in range(0, len(word), 16)) for word in words)
    )


@register.filter
def hundred(share: float) -> str:
    """A share as a number of per cent, to a tenth."""
    return presenting.number(round(100 * share, 1))


@register.filter
def rounded(value: Decimal, places: int) -> str:
    """A number with so many decimals at most."""
    return presenting.number(round(value, places))
