"""HiGHS without a word on standard output, where a program may be reading."""

from __future__ import annotations

import highspy
from highspy._core import _Highs  # highspy.Highs prints a banner before it can be told not to


def solver() -> _Highs:
    quiet = _Highs()
    quiet.setOptionValue("output_flag", False)
    quiet.setOptionValue("threads", 1)
    return quiet


__all__ = ["highspy", "solver"]
