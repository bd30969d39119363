"""One stylesheet that mirrors by itself, is small, is readable by day and night; templates without inline code."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[1]
CSS = (UI / "static/ui/room.css").read_text()
JS = (UI / "static/ui/room.js").read_text()
TEMPLATES = sorted(UI.parent.glob("*/templates/**/*.html"))

PHYSICAL = [
    r"(?<!safe-area-)(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)\b",
    r"(?<![-\w])(?:left|right|top|bottom)\s*:",
    r"text-align\s*:\s*(?:left|right)",
    r"(?<![-\w])(?:float|clear)\s*:",
    r"(?<![-\w(])(?:width|height|min-width|max-width|min-height|max-height)\s*:",
    r"border-(?:top|bottom)-(?:left|right)-radius",
]


def rules_only(css: str) -> str:
    """Without comments and media conditions, in which min-width is the only word there is."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"@media[^{]*", "@media ", css)


@pytest.mark.parametrize("pattern", PHYSICAL)
def test_the_stylesheet_knows_neither_left_nor_right(pattern):
    assert re.findall(pattern, rules_only(CSS)) == []


def test_there_is_one_stylesheet():
    assert [path.name for path in UI.parent.glob("*/static/**/*.css")] == ["room.css"]


def test_style_and_script_are_small():
    assert len(gzip.compress(CSS.encode())) <= 15_000
    assert len(JS.encode()) <= 4_096


def test_braces_are_balanced_and_layers_are_named_first():
    assert CSS.count("{") == CSS.count("}")
    assert CSS.index("@layer reset, tokens") < CSS.index("@layer reset {")


def test_every_quarter_of_a_day_has_its_class():
    for number in range(96):
        assert f".at-{number}{{--at:{number}}}" in CSS
        assert f".for-{number + 1}{{--for:{number + 1}}}" in CSS
    assert ".hours-24{--hours:24;--ticks:96}" in CSS


def luminance(colour: str) -> float:
    parts = [int(a + b, 16) / 255 for a, b in list(pairwise(colour[1:]))[::2]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TOKENS = {name: (day, night) for name, day, night in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)}
READABLE = [
    ("ink", "paper"), ("ink", "pane"), ("ink", "shade"), ("ink-2", "paper"), ("ink-2", "pane"), ("ink-2", "shade"),
    ("celadon", "paper"), ("celadon", "pane"), ("celadon", "celadon-wash"), ("celadon-deep", "celadon-wash"),
    ("on-celadon", "celadon"), ("on-celadon", "celadon-deep"), ("danger", "paper"), ("danger", "pane"),
    ("danger", "danger-wash"), ("on-danger", "danger"), ("wait", "paper"), ("wait", "wait-wash"), ("ink", "wait-wash"),
    ("ink", "danger-wash"), ("ink", "celadon-wash"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ground"), READABLE)
@pytest.mark.parametrize("night", [0, 1], ids=["day", "night"])
def test_text_can_be_read_by_day_and_by_night(text, ground, night):
    assert contrast(TOKENS[text][night], TOKENS[ground][night]) >= 4.5


@pytest.mark.parametrize("line", ["bar", "focus", "celadon", "danger"])
@pytest.mark.parametrize("night", [0, 1], ids=["day", "night"])
def test_edges_of_controls_can_be_seen(line, night):
    assert contrast(TOKENS[line][night], TOKENS["paper"][night]) >= 3


INLINE = {
    "style attribute": r"<[^>{]*\sstyle\s*=",
    "style element": r"<style\b",
    "script without src": r"<script(?![^>]*\bsrc=)",
    "event handler": r"<[a-z][^>]*\son[a-z]+\s*=",
    "javascript address": r"javascript:",
    "data address": r"\bsrc\s*=\s*[\"']data:",
    "another host's script or style": r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']https?://",
}


@pytest.mark.parametrize("what", INLINE)
def test_no_template_of_the_house_breaks_the_content_security_policy(what):
    found = [str(path) for path in TEMPLATES if re.search(INLINE[what], path.read_text(), re.IGNORECASE)]
    assert found == []
