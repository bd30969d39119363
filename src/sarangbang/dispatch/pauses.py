"""Work that has to be done in milliseconds is not interrupted by clearing away what nobody uses any more."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


def keep_what_is_loaded() -> None:
    """What a process holds by now stays, and is not looked through any more: for processes that plan and do little
    else, once they have loaded all that they need."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No collection of garbage meanwhile: looking through all that a process holds takes a tenth of a second, longer
    than two tiers of mending. Short work only, because what it leaves behind stays until afterwards."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
