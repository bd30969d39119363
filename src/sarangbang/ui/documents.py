"""Documents on paper: PDF by typst, one document in one language, in the look of the house."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import typst

from . import locales

LOOK = files("sarangbang.ui").joinpath("data/document.typ")


def pdf(template: bytes, title: str, language: str, data: dict[str, Any]) -> bytes:
    """The PDF of ``template`` (typst, without the look, which stands before it) with ``data``, in which every word is
    in ``language`` (a code of the house) already. Templates use ``sheet`` and ``pairs`` for tables."""
    tongue = locales.language(language)
    words = {**data, "title": title, "lang": tongue.tag.split("-")[0], "dir": tongue.dir}
    source = LOOK.read_bytes() + template
    made: bytes = typst.compile(source, sys_inputs={"data": json.dumps(words, ensure_ascii=False)})
    return made
