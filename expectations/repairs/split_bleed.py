"""The repair `split_bleed`."""

from __future__ import annotations

import re

import polars as pl

from expectations.repair import CHANGES, Repair
from schemas.roster import Roster, normalised


def split(text: str, label: str) -> tuple[str, str] | None:
    """What stands before a label that opens a line of `text`, and what stands behind it; stars around it go with it."""
    found = re.search(rf"(?:^|\n)[ \t]*(\**){re.escape(label)}", text)
    if found is None:
        return None
    opens = found.start() + text.startswith("\n", found.start())
    return text[:opens], text[found.end() :].removeprefix(found[1])


def change(turns: pl.DataFrame, findings: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """Cut each turn at the first label in it: what is behind is the other speaker's turn, or goes on without the label.

    The new turn goes by the label that its speaker has elsewhere in the transcript.
    """
    rows: list[tuple[object, ...]] = []
    asked = findings.join(
        turns.select("transcript_key", "turn", "text", "role"), on=["transcript_key", "turn"], maintain_order="left"
    )
    speakers = turns.join(asked.select("transcript_key").unique(), on="transcript_key", how="semi")
    labels = {
        (key, role): speaker
        for key, role, speaker in speakers.select("transcript_key", "role", "speaker").reverse().iter_rows()
    }
    for key, turn, code, evidence, text, role in asked.select(
        "transcript_key", "turn", "code", "evidence", "text", "role"
    ).iter_rows():
        parts = split(text, evidence or "") if evidence else None
        label = normalised((evidence or "").strip(":： \t*"))
        other = roster.role(label)
        if parts is None or other is None:
            continue
        before, behind = parts[0].rstrip(), parts[1].strip()
        if other == role:
            after = f"{parts[0]}{behind}" if before and behind else before or behind
            if after.strip():
                rows.append((key, turn, 0, None, None, code, after))
        elif behind:
            rows.append((key, turn, 0, None, None, code, before or None))
            rows.append((key, turn, 1, labels.get((key, other), label.title()), other, code, behind))
    return pl.DataFrame(rows, schema=CHANGES, orient="row")


REPAIR = Repair(
    "split_bleed",
    safe=False,
    order=50,
    brief="cuts a turn at another speaker's label within it, and takes out a turn's own label",
    change=change,
)
