"""The catalogue as a document: ``python -m expectations.document`` writes `RULES.md` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from expectations.catalogue import catalogue
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
    for title, examples in (("Holds", rule.holds), ("Violated", rule.violated)):
        for example in examples:
            yield ""
            yield f"{title}{_where(example)}:"
            yield ""
            # Indented by four, text is code and needs no escapes.
            yield from (f"    {line}" for line in _told(example))


def _where(example: Example | Bytes) -> str:
    if isinstance(example, Bytes):
        return "" if example.line is None else f" at line {example.line}"
    return "" if example.at is None else f" at turn {example.at}"


def _told(example: Example | Bytes) -> Iterator[str]:
    """An example as lines of printable characters."""
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
