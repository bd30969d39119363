"""What guests spent, by month, nationality and sector: one expression in ibis, so that DuckDB on a laptop and Spark in
a data centre run the same. Pure.

Two tables. Guests: ``guest_id``, ``nationality`` (ISO 3166-1 alpha-2). Cards, one row a payment: ``guest_id``,
``paid_on`` (Korean day), ``sector`` (a category of ``spending``), ``amount_krw`` (whole won at the till).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

DIMENSIONS = ("month", "nationality", "sector")
MEASURES = ("guests", "payments", "amount_krw")
GUESTS = ("guest_id", "nationality")
CARDS = ("guest_id", "paid_on", "sector", "amount_krw")


def spending(guests: ir.Table, cards: ir.Table, by: Sequence[str] = DIMENSIONS) -> ir.Table:
    """Guests (each once in a group), payments and won for every group that has some, in the order of the groups.

    ``month`` is the first day of the month. With nothing in ``by`` it is one row: all of it. A guest who paid in two
    groups counts in both, so that groups add up to more guests than there are; payments and won do add up.
    """
    # First by guest: a row is then one guest in one group, so that nobody need be counted apart, and far fewer rows
    # meet the guests.
    within = [name for name in by if name != "nationality"]
    paid = cards.mutate(month=cards.paid_on.truncate("M"))
    each = paid.group_by(["guest_id", *within]).aggregate(payments=paid.count(), amount_krw=paid.amount_krw.sum())
    rows = each.inner_join(guests, "guest_id")
    measures = {"guests": rows.count(), "payments": rows.payments.sum(), "amount_krw": rows.amount_krw.sum()}
    if not by:
        return rows.aggregate(**measures)
    return rows.group_by(list(by)).aggregate(**measures).order_by(list(by))
