"""Charts as SVG, drawn on the server, each with a title and a description for those who do not see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import vl_convert

VEGA_LITE = "6.4"
CELADON, INK, HAIR, OCHRE = "#17685c", "#1c2326", "#d8d2c3", "#6f4c00"
FONTS = "Noto Sans, Noto Sans CJK KR, Noto Sans Thai, Noto Sans Arabic, sans-serif"
CONFIG = {
    "background": "#fdfbf6",
    "font": FONTS,
    "padding": 8,
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": HAIR, "domainColor": INK, "tickColor": INK,
             "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 13, "titleFontSize": 13, "labelColor": INK},
    "text": {"fontSize": 13},
    "view": {"stroke": None},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """``spec``: Vega-Lite without data schema, size and style, which are the same for all."""

    title: str
    description: str
    spec: dict[str, Any]

    def svg(self) -> str:
        return draw(json.dumps(self.spec, sort_keys=True), self.title, self.description)


@lru_cache(maxsize=64)
def draw(spec: str, title: str, description: str) -> str:
    """The chart as SVG. A pure function of its arguments, so that remembering it is safe."""
    full = {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE[0]}.json",
        "config": CONFIG,
        **json.loads(spec),
    }
    svg = vl_convert.vegalite_to_svg(full, vl_version=VEGA_LITE)
    head, _, rest = svg.partition(">")
    said = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    return f'{head} role="img">{said}{rest}'


def bars_by_year(
    rows: Sequence[tuple[str, float]], *, y: str, marks: Sequence[tuple[str, float]] = ()
) -> dict[str, Any]:
    """One bar a year; ``marks`` are named levels, such as targets, drawn as lines across."""
    years = [str(year) for year in range(int(rows[0][0]), int(rows[-1][0]) + 1)]
    values = [{"year": year, "value": value} for year, value in rows]
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": values},
            "mark": {"type": "bar", "color": CELADON},
            "encoding": {
                "x": {
                    "field": "year",
                    "type": "ordinal",
                    "title": None,
                    "axis": {"labelAngle": 0},
                    "scale": {"domain": years},
                },
                "y": {"field": "value", "type": "quantitative", "title": y, "axis": {"format": ",d", "tickCount": 5}},
            },
        }
    ]
    if marks:
        named = [{"name": name, "level": level} for name, level in marks]
        layers += [
            {
                "data": {"values": named},
                "mark": {"type": "rule", "color": OCHRE, "strokeDash": [6, 4], "strokeWidth": 1.5},
                "encoding": {"y": {"field": "level", "type": "quantitative"}},
            },
            {
                "data": {"values": named},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "bottom",
                    "dy": -3,
                    "color": OCHRE,
                    "fontSize": 13,
                },
                "encoding": {
                    "x": {"value": 6},
                    "y": {"field": "level", "type": "quantitative"},
                    "text": {"field": "name"},
                },
            },
        ]
    return {"width": 720, "height": 300, "layer": layers}


def bars_across(rows: Sequence[tuple[str, float]], *, x: str) -> dict[str, Any]:
    """One horizontal bar a group, in the order given."""
    return {
        "width": 520,
        "height": {"step": 30},
        "data": {"values": [{"name": name, "value": value} for name, value in rows]},
        "mark": {"type": "bar", "color": CELADON},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220}},
            "x": {"field": "value", "type": "quantitative", "title": x, "axis": {"format": ",d", "tickCount": 5}},
        },
    }


def plan_chart(
    *,
    actual: Sequence[tuple[int, float]],
    pace: Sequence[tuple[int, float]],
    ahead: Sequence[tuple[int, float, float, float]],
    names: dict[str, str],
    y: str,
) -> dict[str, Any]:
    """What was counted, the pace of the plan, and the forecast with its band, over the years."""
    lines = [{"year": str(year), "value": value, "kind": names["actual"]} for year, value in actual]
    lines += [{"year": str(year), "value": value, "kind": names["pace"]} for year, value in pace]
    band = [{"year": str(year), "low": low, "high": high} for year, _value, low, high in ahead]
    if actual and ahead:
        year, value = actual[-1]
        band.insert(0, {"year": str(year), "low": value, "high": value})
        lines += [{"year": str(when), "value": much, "kind": names["forecast"]} for when, much in
                  [(year, value), *((each[0], each[1]) for each in ahead)]]  # fmt: skip
    kinds = [names["actual"], names["pace"], names["forecast"]]
    x = {
        "field": "year",
        "type": "temporal",
        "timeUnit": "utcyear",
        "title": None,
        "axis": {"format": "%Y", "tickCount": "year", "labelFlush": False},
    }
    colour = {
        "field": "kind", "type": "nominal", "title": None, "scale": {"domain": kinds, "range": [CELADON, OCHRE, INK]},
        "legend": {"orient": "top"},
    }  # fmt: skip
    dash = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": kinds, "range": [[1, 0], [6, 4], [2, 3]]},
    }
    return {
        "width": 720,
        "height": 320,
        "layer": [
            {
                "data": {"values": band},
                "mark": {"type": "area", "color": INK, "opacity": 0.14},
                "encoding": {"x": x, "y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {
                "data": {"values": lines},
                "mark": {"type": "line", "point": True, "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "title": y,
                        "axis": {"format": ",d", "tickCount": 5},
                    },
                    "color": colour,
                    "strokeDash": dash,
                },
            },
        ],
    }
