"""The plot of `BENCH.md`: time and memory of a check over turns, as SVG by Vega-Lite, as the charts of the site."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

COLOURS: Final = {"files": "#1b6ca8", "jsonl": "#c8553d", "parquet": "#4f8a5b", "wc -w": "#8a8a8a"}
NAMES: Final = {"files": "many text files", "jsonl": "large JSONL files", "parquet": "one Parquet table"}

_CONFIG: Final = {
    # The library brings this font along; others depend on the machine.
    "font": "Liberation Sans",
    "background": "white",
    "view": {"stroke": None},
    "axis": {"gridColor": "#e6e6e6", "labelColor": "#555555", "titleColor": "#555555", "titleFontWeight": "normal"},
    "title": {"fontWeight": "normal", "anchor": "start", "fontSize": 12},
}


def drawn(rows: Sequence[dict[str, Any]]) -> str:
    """The plot of corpora that were judged as a whole.

    Args:
        rows: of `tests.benches.throughput.Checked`, as JSON has them.
    """
    points: list[dict[str, Any]] = []
    for row in rows:
        where = {"turns": row["turns"], "what": NAMES[row["shape"]]}
        points.append({**where, "seconds": row["check"]["wall"], "memory": row["check"]["memory"]})
        if row["shape"] == "files":
            points.append({"turns": row["turns"], "what": "wc -w", "seconds": row["words"]["wall"], "memory": None})
    names = [*dict.fromkeys(point["what"] for point in points)]
    colours = {NAMES.get(shape, shape): colour for shape, colour in COLOURS.items()}
    sizes = sorted({row["turns"] for row in rows})
    x = {
        "field": "turns",
        "type": "quantitative",
        "scale": {"type": "log"},
        "axis": {"values": sizes, "format": "~s", "title": "turns"},
    }
    colour = {
        "field": "what",
        "type": "nominal",
        "scale": {"domain": names, "range": [colours[name] for name in names]},
        "legend": {"title": None, "orient": "bottom"},
    }

    def panel(field: str, title: str, scale: dict[str, Any], axis: dict[str, Any]) -> dict[str, Any]:
        y = {"field": field, "type": "quantitative", "scale": scale, "axis": {"title": None, **axis}}
        return {
            "title": title,
            "width": 340,
            "height": 240,
            "transform": [{"filter": f"datum.{field} !== null"}],
            "mark": {"type": "line", "point": True},
            "encoding": {"x": x, "y": y, "color": colour},
        }

    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": points},
        "hconcat": [
            panel(
                "seconds",
                "seconds (both axes are logarithmic)",
                {"type": "log"},
                {"values": [0.01, 0.1, 1, 10, 100], "format": "~g"},
            ),
            panel("memory", "peak memory of all processes, MB", {"zero": True}, {"format": ","}),
        ],
        "config": _CONFIG,
    }
    # It has no types.
    convert: Any = import_module("vl_convert")
    svg: str = convert.vegalite_to_svg(spec)
    return f"{svg}\n"
