"""Charts as SVG, drawn by Vega-Lite at publishing time: no script, no request, the same bytes each time.

Colours are the style sheet's variables, so that a chart follows day and night. The SVG says nothing to screen readers;
whoever shows it says in words what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from markupsafe import Markup

from reports.pages import Run
from reports.shapes import Shape
from reports.words import day

RUNS: Final = 60
"""Runs that the chart of the front page shows."""

_VERDICTS: Final = ("accepted", "repaired", "quarantined")
_QUIET: Final = {"domain": False, "ticks": False, "labelPadding": 6, "title": None}
_CONFIG: Final = {
    # The library brings this font along; others depend on the machine.
    "font": "Liberation Sans",
    "aria": False,
    "background": None,
    "padding": {"left": 2, "right": 2, "top": 6, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "labelFontSize": 11,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
    },
}


def verdicts_over_time(runs: Sequence[Run]) -> Markup:
    """Transcripts by verdict, a bar a run, oldest first."""
    rows = [
        {"run": place, "day": day(run.finished), "verdict": verdict, "rank": rank, "count": count}
        for place, run in enumerate(runs)
        for rank, (verdict, count) in enumerate(run.of_transcripts)
    ]
    last = len(runs) - 1
    days = {str(place): day(runs[place].finished) for place in (0, last)}
    first_and_last = f"datum.value == {last} ? '{days[str(last)]}' : '{days['0']}'"
    x_axis = {**_QUIET, "values": [0, last], "labelAngle": 0, "labelExpr": first_and_last, "labelFlush": 40}
    colours = [f"var(--{verdict})" for verdict in _VERDICTS]
    return _drawn(
        {
            "width": 1100,
            "height": 150,
            "data": {"values": rows},
            "mark": {"type": "bar", "stroke": "var(--surface)", "strokeWidth": 0.5},
            "encoding": {
                "x": {"field": "run", "type": "ordinal", "axis": x_axis, "scale": {"paddingInner": 0.2}},
                "y": {"field": "count", "type": "quantitative", "axis": {**_QUIET, "tickCount": 4, "format": "~s"}},
                "color": {"field": "verdict", "scale": {"domain": _VERDICTS, "range": colours}, "legend": None},
                "order": {"field": "rank"},
            },
        }
    )


def distribution(shape: Shape) -> Markup:
    """A histogram of this run as bars, and the mean of the runs before as a line of steps."""
    labels = shape.measure.labels
    rows = [
        {"bin": label, "now": share, "before": None if shape.before is None else shape.before[place]}
        for place, (label, share) in enumerate(zip(labels, shape.now, strict=True))
    ]
    x_axis = {**_QUIET, "labelAngle": -40, "domain": True}
    x = {"field": "bin", "type": "ordinal", "sort": list(labels), "axis": x_axis, "scale": {"paddingInner": 0.15}}
    y_axis = {**_QUIET, "tickCount": 4, "format": "%"}
    now = {
        "mark": {"type": "bar", "color": "var(--chart)"},
        "encoding": {"y": {"field": "now", "type": "quantitative", "axis": y_axis}},
    }
    before = {
        "transform": [{"filter": "datum.before !== null"}],
        "mark": {"type": "tick", "color": "var(--ink)", "thickness": 2, "bandSize": 26},
        "encoding": {"y": {"field": "before", "type": "quantitative"}},
    }
    return _drawn({"width": 330, "height": 150, "data": {"values": rows}, "encoding": {"x": x}, "layer": [now, before]})


def _drawn(spec: dict[str, Any]) -> Markup:
    # It takes half a second to import and to start.
    convert = import_module("vl_convert")
    told = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **spec, "config": _CONFIG}
    svg: str = convert.vegalite_to_svg(told)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version|class|aria-[a-z]+|role|pointer-events)="[^"]*"', "", svg)
    # Its size is the style sheet's matter; the box keeps the proportions.
    svg = re.sub(r'<svg width="[^"]*" height="[^"]*"', '<svg class="drawn" aria-hidden="true" focusable="false"', svg)
    return Markup(svg)  # noqa: S704 - numbers, dates and our own words; nothing from a transcript
