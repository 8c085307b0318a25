"""Facts to HTML. Everything that comes from the store is escaped, and has nothing hidden in it, without exception."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import charts, words
from reports.downloads import Files
from reports.letter import FINDINGS, SOURCES, Letter
from reports.overview import Archive, ExpectationPage, HomePage
from reports.pages import RunPage, TranscriptPage
from reports.plain import blocks
from reports.sparks import HEIGHT, WIDTH, spark
from reports.tables import ROWS, chunks
from reports.visible import ending, shortened, spelled_if_hidden, visible_line, visible_text

TEMPLATES: Final = Path(__file__).parent / "templates"
_STATIC: Final = Path(__file__).parent / "static"
_STYLES: Final = ("turnproof.css", "turnproof-letter.css")


class Renderer:
    """Renders pages that link to `assets`, file names by what they are, and to the page of each of `codes`."""

    def __init__(self, assets: dict[str, str], codes: frozenset[str]) -> None:
        self._known = {"assets": assets, "codes": codes}

    def home(self, page: HomePage) -> bytes:
        """The front page."""
        shown = page.runs[: charts.RUNS]
        chart = charts.verdicts_over_time(shown[::-1]) if len(shown) > 1 else ""
        return self._page("home.html", "", page=page, runs=page.runs, chart=chart)

    def archive(self, page: Archive) -> bytes:
        """A page of older runs."""
        return self._page("archive.html", "../", page=page, runs=page.runs)

    def catalogue(self, pages: tuple[ExpectationPage, ...]) -> bytes:
        """The page of all expectations."""
        return self._page("catalogue.html", "../", pages=pages)

    def expectation(self, page: ExpectationPage) -> bytes:
        """The page of one expectation."""
        return self._page("expectation.html", "../", page=page, explained=page.explained)

    def run(self, page: RunPage, files: Files) -> bytes:
        """The page of one run."""
        drawn = [(shape, charts.distribution(shape)) for shape in page.shapes]
        facts = {"run": page.run, "drawn": drawn, "chunks": chunks(page.flagged), "rows": ROWS, "files": files}
        return self._page("run.html", "../../", page=page, **facts)

    def transcript(self, page: TranscriptPage) -> bytes:
        """The page of one transcript."""
        return self._page("transcript.html", "../../../", page=page, run=page.run, transcript=page.transcript)

    def letter(self, page: Letter) -> bytes:
        """The report that is mailed: one file with its style sheet in it, which the browser knows by its digest."""
        style = "\n".join((_STATIC / name).read_text("utf-8") for name in _STYLES)
        digest = b64encode(sha256(style.encode()).digest()).decode()
        facts = {"sources": SOURCES, "findings": FINDINGS, "style_digest": f"sha256-{digest}"}
        # The sheet is ours and holds nothing from the store; escaped, it would be no sheet.
        return self._page("letter.html", "", **vars(page), **facts, style=Markup(style))  # noqa: S704 - see above

    def _page(self, template: str, root: str, **facts: Any) -> bytes:
        return _environment().get_template(template).render(root=root, **self._known, **facts).encode()


@cache
def _environment() -> Environment:
    """The templates, compiled once a process."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Jinja leaves both without a declared type; what type checkers infer from its defaults is too narrow.
    filters: dict[str, Any] = environment.filters
    filters |= _FILTERS
    names: dict[str, Any] = environment.globals
    names |= {"words": _WORDS, "blocks": blocks, "spark": spark, **_SIZES}
    return environment


def _prose(text: str) -> Markup:
    """A section of a docstring as a sentence: with a capital, and what stands between backticks as code."""
    pieces = visible_text(text[:1].upper() + text[1:]).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if n % 2 else piece for n, piece in enumerate(pieces)
    )


_FILTERS: Final = {
    "counted": words.counted,
    "clock": words.clock,
    "day": words.day,
    "ending": ending,
    "fraction": words.fraction,
    "hour": words.hour,
    "iso": words.iso,
    "line": visible_line,
    "number": words.number,
    "prose": _prose,
    "seen": spelled_if_hidden,
    "segments": words.segments,
    "share": words.share,
    "short": shortened,
    "size": words.size,
    "took": words.took,
    "when": words.when,
}
_SIZES: Final = {"spark_width": WIDTH, "spark_height": HEIGHT}
_WORDS: Final = {"known": "judged before", "unknown": "not evaluated"}


def _shown(value: object) -> object:
    """What an expression in a template prints; markup made by the templates' own macros passes."""
    return visible_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
