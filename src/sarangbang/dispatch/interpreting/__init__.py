"""Interpreters for a day: who goes to which job.

The words for it are here; ``plan.plan_day`` plans, and ``repair`` and ``why`` say what to do when somebody is missing.
"""

from .model import (
    FULL_TIME,
    LEVELS,
    QUARTER,
    Break,
    Day,
    Interpreter,
    Job,
    Matrix,
    Mode,
    Plan,
    Unfit,
    Worth,
    matrix,
)

__all__ = [
    "FULL_TIME",
    "LEVELS",
    "QUARTER",
    "Break",
    "Day",
    "Interpreter",
    "Job",
    "Matrix",
    "Mode",
    "Plan",
    "Unfit",
    "Worth",
    "matrix",
]
