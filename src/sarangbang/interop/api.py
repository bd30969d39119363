"""REST v1: find, see free times, hold, confirm, move, cancel. The same verbs as the pages.

Public and without accounts: whoever holds a time gets a token, and only the token opens, moves or cancels it.
"""

from . import booking, finding, pathways
from .base import api

__all__ = ["api", "booking", "finding", "pathways"]
