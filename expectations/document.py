"""The catalogue as a document: ``python -m expectations.document`` writes `RULES.md` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from expectations.catalogue import catalogue
from expectations.drop import Dropped
from expectations.rule import SECTIONS, Bytes, Example, Expectation
from schemas.markdown import escaped, printable

FILE: Final = Path(__file__).parent / "RULES.md"
_SHOWN: Final = 300
"""Characters of an example's turn, or turns of an example, that are enough to see what it shows."""


def render() -> str:
    """The catalogue in Markdown: a table of all expectations, and a section on each."""
    rules = list(catalogue().values())
    lines = [
        "# The expectations",
        "",
        "Made by `python -m expectations.document` from the files in `expectations/rules/`; change those.",
        "",
        "| code | name | severity | violated where |",
        "| --- | --- | --- | --- |",
        *(
            f"| [{rule.code}](#{rule.code.lower()}) | `{rule.name}` | {rule.severity} | {escaped(rule.brief)} |"
            for rule in rules
        ),
    ]
    for rule in rules:
        lines += ["", *_section(rule)]
    return "\n".join(lines) + "\n"


def _section(rule: Expectation) -> Iterator[str]:
    yield f"## {rule.code}"
    yield ""
    yield f"`{rule.type}`, {rule.severity}, since {rule.since}, looks at each {rule.scope}. {escaped(rule.brief)}"
    for title in SECTIONS:
        if text := rule.section(title):
            yield ""
            yield f"**{title}:** {escaped(text)}"
    if rule.thresholds:
        yield ""
        defaults = (f"`{name}: {json.dumps(value, ensure_ascii=False)}`" for name, value in rule.thresholds.items())
        yield f"**Defaults:** {', '.join(defaults)}"
    for title, lines in examples(rule):
        yield ""
        yield f"{title}:"
        yield ""
        # Indented by four, text is code and needs no escapes.
        yield from (f"    {line}" for line in lines)


def examples(rule: Expectation) -> Iterator[tuple[str, list[str]]]:
    """The examples of an expectation, each with its title, as lines of printable characters."""
    for title, some in (("Holds", rule.holds), ("Violated", rule.violated)):
        for example in some:
            yield f"{title}{_where(example)}", list(_told(example))


def _where(example: Example | Bytes | Dropped) -> str:
    if isinstance(example, Dropped):
        return ""
    if isinstance(example, Bytes):
        return "" if example.line is None else f" at line {example.line}"
    return "" if example.at is None else f" at turn {example.at}"


def _told_drop(example: Dropped) -> Iterator[str]:
    """A drop as lines: its transcripts, what was released before, and rows of runs."""
    for title, transcripts in (("in the drop", example.transcripts), ("released before", example.before or ())):
        for number, each in enumerate(transcripts):
            yield f"{title}, {number}.txt:"
            yield from (f"  {line}" for line in _told(each))
    past = example.past or ()
    if len(past) > 1:
        yield f"{len(past)} runs before, the last two:"
    for row in past[-2:]:
        yield f"an earlier run: {_row(row)}"
    if example.run is not None:
        yield f"this run: {_row(example.run)}"
    for lack in example.lacks or ():
        yield f"found by looking: {lack.path}: {lack.detail}"
    if example.swept is not None:
        yield f"the nightly run looked on {example.swept:%A %Y-%m-%d %H:%M}"


def _row(row: Mapping[str, object]) -> str:
    told = {name: f"{value:%A %Y-%m-%d %H:%M}" if isinstance(value, datetime) else value for name, value in row.items()}
    return ", ".join(f"{name} {value}" for name, value in told.items())


def _told(example: Example | Bytes | Dropped) -> Iterator[str]:
    """An example as lines of printable characters."""
    if isinstance(example, Dropped):
        yield from _told_drop(example)
        return
    if isinstance(example, Bytes):
        if example.data is None:
            yield f"(can't be opened: {printable(example.trouble or '')})"
            return
        shown = example.data[:_SHOWN].decode("utf-8", "backslashreplace")
        yield from (printable(line) for line in shown.replace("\r\n", "\n").split("\n"))
        if len(example.data) > _SHOWN:
            yield f"… {len(example.data) - _SHOWN} bytes more"
        return
    few = example.turns if len(example.turns) <= 8 else example.turns[:2]
    for number, said in enumerate(few):
        more = f"… {len(said.text) - _SHOWN} characters more" if len(said.text) > _SHOWN else ""
        tools = (
            f" ({verb} {', '.join(ids)})" for verb, ids in (("calls", said.calls), ("answers", said.answers)) if ids
        )
        yield f"{number} {said.role or '(nobody)'}{''.join(tools)}: {printable(said.text[:_SHOWN])}{more}"
    if len(few) < len(example.turns):
        yield f"… {len(example.turns) - len(few)} turns more"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
