"""The formats as a document: ``python -m schemas.document`` writes `FORMATS.md` beside this file.

What it says of a format is the docstring of its file; what it shows is the smallest of its samples in the tests.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from schemas.format import Format, formats
from schemas.markdown import escaped, printable

FILE: Final = Path(__file__).parent / "FORMATS.md"
_SAMPLES: Final = Path(__file__).parent.parent / "tests" / "samples"
_LINES: Final = 24
_WIDTH: Final = 160
"""What of a sample is shown: so many lines, of so many characters."""


def render() -> str:
    """The catalogue in Markdown: a table of all formats, and a section on each."""
    lines = [
        "# The formats",
        "",
        "Made by `python -m schemas.document` from the files in `schemas/formats/`; change those. Formats are told by",
        "content; `--format NAME` reads everything as one.",
        "",
        "| format | how it is told | pieces of one speaker in a row |",
        "| --- | --- | --- |",
        *(f"| [{each.name}](#{each.name}) | {escaped(each.brief)} | {_unit(each)} |" for each in formats().values()),
    ]
    for each in formats().values():
        lines += ["", f"## {each.name}", "", *_explained(each), "", *_sample(each)]
    return "\n".join(lines) + "\n"


def _unit(form: Format) -> str:
    return "are one turn" if form.cuts_by_time else "are turns"


def _explained(form: Format) -> Iterator[str]:
    """The docstring of the format's file, which is plain but for doubled backticks."""
    text = inspect.cleandoc(sys.modules[f"schemas.formats.{form.name}"].__doc__ or "")
    for line in text.splitlines():
        marked = "* " if line.startswith("* ") else ""
        yield marked + escaped(line.removeprefix("* ").replace("``", "`"))


def _sample(form: Format) -> Iterator[str]:
    """The smallest sample in text, as code: indented by four."""
    samples = [path for path in (_SAMPLES / form.name).iterdir() if not path.name.endswith(".expected.json")]
    texts = [path for path in samples if _is_text(path)]
    if not texts:
        # No text to show: links only.
        yield (
            "Samples: "
            + ", ".join(f"[{path.name}](../tests/samples/{form.name}/{path.name})" for path in samples)
            + "."
        )
        return
    shown = min(texts, key=lambda path: (path.stat().st_size, path.name))
    yield f"`{shown.name}`:"
    yield ""
    lines = shown.read_text(encoding="utf-8").splitlines()
    for line in lines[:_LINES]:
        more = "…" if len(line) > _WIDTH else ""
        yield f"    {printable(line[:_WIDTH])}{more}".rstrip()
    if len(lines) > _LINES:
        yield f"    … {len(lines) - _LINES} lines more"


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
