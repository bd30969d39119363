"""What a table must not do to the program that opens it."""

from __future__ import annotations

from typing import TypeVar

Cell = TypeVar("Cell")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: Cell) -> Cell | str:
    """Text that a spreadsheet program would take for a formula is marked as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
