"""Data Docs whose cell values are text, not markup.

GX puts values of cells into its pages as they are, so that a ``<script>`` in a failing row would run in the browser of
whoever reads them. Its pages are made from a renderer that no setting of a site replaces for all sites, so that
renderer is given escaped results; what is stored stays as it was.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from copy import deepcopy
from functools import cache, wraps
from html import escape
from typing import Any

from great_expectations.render.renderer import page_renderer


def escaped(value: Any) -> Any:
    """`value` with every text in it escaped for HTML, keys included."""
    if isinstance(value, str):
        return escape(value)
    items: Any = value
    if isinstance(value, dict):
        return {escaped(key): escaped(item) for key, item in items.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in items]
    return value


@cache
def escape_data_docs() -> None:
    """Have GX escape cell values in the pages it makes from now on, whatever engine they come from."""
    renderer: Any = page_renderer.ValidationResultsPageRenderer
    render = renderer.render

    @wraps(render)
    def render_escaped(self: Any, validation_results: Any, *args: Any, **kwargs: Any) -> Any:
        results = deepcopy(validation_results)
        for each in results.results:
            each.result = escaped(each.result)
            each.exception_info = escaped(each.exception_info)
        return render(self, results, *args, **kwargs)

    renderer.render = render_escaped
