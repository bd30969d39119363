"""Machine code for the inner loops, made once and kept.

numba asks only the one file in which a function stands whether its stored code is still good; ours call each other
across files. So the code lies in a folder that is named after all of them (comments apart): one folder for rides, one
for interpreters, which share nothing but this module.
"""

from __future__ import annotations

import ast
import functools
import getpass
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

HERE = Path(__file__).parent
KERNELS = {
    "rides": ("arrays.py", "timetable.py", "fitting.py", "removing.py", "searching.py"),
    "interpreters": (
        "interpreting_routes.py", "interpreting_paths.py", "interpreting_bound.py", "interpreting_moves.py",
        "interpreting_exact.py", "interpreting_table.py",
    ),
}  # fmt: skip


@functools.cache
def folder(half: str) -> Path | None:
    """Where the machine code of a half is kept: beside the source, else in the user's cache, else in the temporary
    folder."""
    files = ("compiling.py", *KERNELS[half])
    trees = [ast.dump(ast.parse((HERE / name).read_text(encoding="utf-8"))) for name in files]
    name = f"{half}-{hashlib.sha256(repr([numba.__version__, *trees]).encode()).hexdigest()[:16]}"
    for parent in (_beside, _of_the_user, _temporary):
        try:
            place = parent() / name
            place.mkdir(parents=True, exist_ok=True)
            if place.stat().st_uid != os.getuid():  # what somebody else put there is not run
                continue
            with tempfile.TemporaryFile(dir=place):
                return place
        except (OSError, RuntimeError, KeyError):  # read-only, or nobody's home
            continue
    return None


def _beside() -> Path:
    return HERE / "__pycache__"


def _of_the_user() -> Path:
    return Path.home() / ".cache" / "sarangbang"


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"sarangbang-{getpass.getuser()}"


def compiled(function: Callable[..., Any]) -> Any:
    """``function`` as machine code, from the folder where it is kept or made at its first call."""
    is_ride = f"{function.__module__.rpartition('.')[2]}.py" in KERNELS["rides"]
    place = folder("rides" if is_ride else "interpreters")
    if place is None:
        return numba.njit(error_model="numpy")(function)
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(place)  # read while the function is wrapped, and only then
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
