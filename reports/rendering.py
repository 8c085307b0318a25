"""Facts to HTML. Everything that comes from the store is escaped, and has nothing hidden in it, without exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.pages import Run, RunPage, TranscriptPage
from reports.visible import shortened, spelled_if_hidden, visible_line, visible_text

TEMPLATES: Final = Path(__file__).parent / "templates"


class Renderer:
    """Renders pages that link to `assets`, the file names of the style sheet, the script and the icon."""

    def __init__(self, assets: dict[str, str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        # Jinja leaves both without a declared type; what type checkers infer from its defaults is too narrow.
        filters: dict[str, Any] = self._environment.filters
        filters |= _FILTERS
        names: dict[str, Any] = self._environment.globals
        names |= {"assets": assets, "words": _WORDS}

    def index(self, runs: tuple[Run, ...]) -> bytes:
        """The page of all runs."""
        return self._page("index.html", "", runs=runs)

    def run(self, page: RunPage) -> bytes:
        """The page of one run."""
        return self._page("run.html", "../../", page=page, run=page.run)

    def transcript(self, page: TranscriptPage) -> bytes:
        """The page of one transcript."""
        return self._page("transcript.html", "../../../", page=page, run=page.run, transcript=page.transcript)

    def _page(self, template: str, root: str, **facts: Any) -> bytes:
        return self._environment.get_template(template).render(root=root, **facts).encode()


_FILTERS: Final = {
    "counted": words.counted,
    "clock": words.clock,
    "day": words.day,
    "hour": words.hour,
    "iso": words.iso,
    "line": visible_line,
    "number": words.number,
    "seen": spelled_if_hidden,
    "segments": words.segments,
    "share": words.share,
    "short": shortened,
    "size": words.size,
    "took": words.took,
    "when": words.when,
}
_WORDS: Final = {"known": "judged before", "unknown": "not evaluated"}


def _shown(value: object) -> object:
    """What an expression in a template prints; markup made by the templates' own macros passes."""
    return visible_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
