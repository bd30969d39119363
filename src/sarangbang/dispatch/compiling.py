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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numba

HERE = Path(__file__).parent
KERNELS = {
    "rides": (
        "arrays.py", "chance.py", "timetable.py", "timing.py", "laying.py", "weaving.py", "fitting.py", "serving.py",
        "removing.py", "injecting.py", "crossing.py", "searching.py", "pricing.py", "asking.py",
    ),
    "interpreters": (
        "interpreting/routes.py", "interpreting/paths.py", "interpreting/arcs.py", "interpreting/earning.py",
        "interpreting/bound.py", "interpreting/moves.py", "interpreting/exact.py", "interpreting/table.py",
        "interpreting/anew.py", "interpreting/dive.py", "chance.py",
    ),
}  # fmt: skip

# Arrays are lent by the caller and never made, so nobody has to count who still uses them, which takes half the time of
# a search, and much of the compiler's. Nothing of Python is touched, so other threads may go on meanwhile.
BORROWED: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "nogil": True}
INNER: dict[str, Any] = {**BORROWED, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


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


def _once(dispatcher: Any) -> Any:
    """Machine code of one function is the same whether it is handed a constant or a number: numba would make it anew
    for every constant, even where a number only begins as one, and throw most of it away."""
    for_these = dispatcher.get_call_template

    def for_any(args: Sequence[Any], kws: Mapping[str, Any]) -> Any:
        return for_these([numba.types.unliteral(each) for each in args], kws)

    dispatcher.get_call_template = for_any
    return dispatcher


def compiled(function: Callable[..., Any]) -> Any:
    """``function`` as machine code, from the folder where it is kept or made at its first call."""
    module = function.__module__.removeprefix(f"{__package__}.").replace(".", "/")
    place = folder("rides" if f"{module}.py" in KERNELS["rides"] else "interpreters")
    if place is None:
        return _once(numba.njit(**BORROWED)(function))
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(place)  # read while the function is wrapped, and only then
    try:
        return _once(numba.njit(cache=True, **BORROWED)(function))
    finally:
        config.CACHE_DIR = before


def inner(function: Callable[..., Any]) -> Any:
    """Machine code that only other machine code calls; what Python would need to call it takes long to make."""
    return _once(numba.njit(**INNER)(function))


def merged(function: Callable[..., Any]) -> Any:
    """The same, put into the one function that calls it: handing over a day and its tours costs some 300 words."""
    return _once(numba.njit(forceinline=True, **INNER)(function))
