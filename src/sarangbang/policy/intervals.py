"""What a published number can mean: all values that would have been printed that way.

"1.4 times" is said of anything from 1.35 to 1.45, "about 40 per cent" of 35 to 45, "more than 200,000" of all above.
Arithmetic on such intervals tells whether two published numbers can both be true. Pure: numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import product

EXACT, ABOUT, AT_LEAST, AT_MOST, NEARLY, RANGE = "exact", "about", "at_least", "at_most", "nearly", "range"
QUALIFIERS = (EXACT, ABOUT, AT_LEAST, AT_MOST, NEARLY, RANGE)
"""How a number was said. ``nearly`` is a little below, ``range`` is "in the 200,000s"."""

INFINITY = Decimal("Infinity")
PRECISION = Context(prec=50)


def last_place(value: Decimal) -> Decimal:
    """The place of the last digit that is written: 1 for 185559, 0.1 for 1.4, 1 for 440."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)


def last_meant_place(value: Decimal) -> Decimal:
    """The place of the last digit that is not zero: 10 for 440, 100000 for 200000, 0.1 for 1.4."""
    if not value:
        return Decimal(1)
    exponent = value.normalize(PRECISION).as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from ``low`` to ``high``, both included; either may be infinite."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __mul__(self, other: Interval) -> Interval:
        corners = [_times(left, right) for left, right in product((self.low, self.high), (other.low, other.high))]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: Interval) -> Interval:
        """Raises ``ZeroDivisionError`` when the divisor may be zero."""
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError("the divisor may be zero")
        return self * Interval(_inverse(other.high), _inverse(other.low))

    def scaled(self, factor: Decimal) -> Interval:
        return self * Interval(factor, factor)

    def meets(self, other: Interval) -> bool:
        """Whether some value lies in both."""
        return self.low <= other.high and other.low <= self.high

    def gap(self, other: Interval) -> Decimal:
        """How far the two lie apart; zero when they meet."""
        return max(other.low - self.high, self.low - other.high, Decimal(0))


def _times(left: Decimal, right: Decimal) -> Decimal:
    # Nothing of something without bound is nothing, which decimal arithmetic leaves undefined.
    return Decimal(0) if not left or not right else left * right


def _inverse(value: Decimal) -> Decimal:
    with localcontext(PRECISION):
        return Decimal(1) / value


def point(value: Decimal) -> Interval:
    """Exactly this value."""
    return Interval(value, value)


def published(value: Decimal, qualifier: str = EXACT, rounded_to: Decimal | None = None) -> Interval:
    """All values that would be published as ``value``.

    ``rounded_to`` is the step to which the publisher rounded. Without it that is the last written place, and the last
    place that is not zero where the number was only said to be about so large. A positive number does not stand for
    negative ones; nought may (a growth of 0 % can be a small fall).
    """
    if qualifier == AT_LEAST:
        return Interval(value, INFINITY)
    if qualifier == AT_MOST:
        return Interval(min(Decimal(0), value), value)
    step = rounded_to or (last_place(value) if qualifier == EXACT else last_meant_place(value))
    half = step / 2
    if qualifier == NEARLY:
        return Interval(value - half, value)
    if qualifier == RANGE:
        return Interval(value, value + step)
    return Interval(max(value - half, Decimal(0)) if value > 0 else value - half, value + half)
