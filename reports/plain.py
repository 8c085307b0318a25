"""Turns with nothing to look at, as HTML: most are such, and a template would take several times as long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape

from markupsafe import Markup

from reports.turns import Turn
from reports.visible import shortened, visible_line, visible_text
from reports.words import clock, counted


def blocks(turns: Iterable[Turn]) -> Iterator[Markup | Turn]:
    """Turns in order: those with findings or repairs as they are, all between them as one piece of HTML."""
    block: list[str] = []
    for turn in turns:
        if not turn.plain:
            if block:
                yield Markup("".join(block))  # noqa: S704 - escaped below
                block = []
            yield turn
        else:
            block.append(_plain(turn))
    if block:
        yield Markup("".join(block))  # noqa: S704 - escaped below


def _plain(turn: Turn) -> str:
    """A turn as the template of transcripts writes the others."""
    skipped = f'<p class="skipped">{counted(turn.skipped, "turn")} without findings, not shown</p>\n'
    times = ""
    if turn.start is not None:
        until = "" if turn.end is None else f"–{clock(turn.end)}"
        times = f' <span class="at">{clock(turn.start)}{until}</span>'
    said = "".join(escape(visible_text(part.text)) for part in turn.parts)
    if turn.untold:
        body = f'<p class="note">{counted(turn.untold, "character")}, not told</p>\n'
    elif turn.silent:
        body = '<p class="note">no visible text</p>\n'
    else:
        body = f'<p class="said" dir="auto">{said}</p>\n'
    more = f'<p class="note">{counted(turn.clipped, "more character")}, not shown</p>\n' if turn.clipped else ""
    number, (label, speaker) = turn.number, _who(turn.speaker, turn.role)
    return (
        f"{skipped if turn.skipped else ''}"
        f'<article class="turn {turn.side}" id="turn-{number}" aria-label="Turn {number}, {label}">\n'
        f'<div class="bubble">\n<header>{speaker}\n'
        f'<span class="refs"><a href="#turn-{number}">turn {number}</a> '
        f'<span class="at">line {turn.line}</span>{times}</span></header>\n'
        f"{body}{more}</div>\n</article>\n"
    )


@lru_cache(maxsize=1_000)
def _who(speaker: str, role: str | None) -> tuple[str, str]:
    """A speaker within an attribute, and in the head of a turn."""
    name = escape(shortened(visible_line(speaker), 80)) or "nobody"
    shown = f'<b class="speaker"><bdi>{name}</bdi></b>'
    if role and role.lower() != speaker.lower():
        shown += f' <span class="role">{escape(shortened(visible_line(role), 40))}</span>'
    return escape(shortened(visible_line(speaker), 60)), shown
