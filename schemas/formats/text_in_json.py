"""Dialogue as one text inside JSON: ``{"text": "Patient: …"}``, each record a transcript.

The text stands under ``dialogue``, ``dialog``, ``conversation``, ``transcript``, ``chat``, ``text`` or ``content``, the
likeliest of which the source has, or deeper within. It is read as labelled text is, each record for itself; a source
where most records hold no labelled text is refused, and else such a record is broken. All of a record's turns are at
its line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import polars as pl

from schemas import dialogue_texts
from schemas.format import Format, Parsed
from schemas.gathered import as_record, decoded
from schemas.json_look import claim
from schemas.json_records import OddRecordError, other_shape, paired, records
from schemas.roster import Roster


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read the labelled text in each record; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "text_in_json", dialogue_texts.NONE)
    if claimed.is_empty():
        return Parsed(refusals=refusals)
    paths: dict[int, list[str]] = dict(claimed.select("source_key", "keys").iter_rows())
    rows: list[tuple[object, ...]] = []
    for found in decoded(records(claimed, None)):
        text, trouble, kind = None, None, "broken"
        try:
            text = _text(as_record(found), paths[found.source])
        except OddRecordError as error:
            error = other_shape(found.value, "text_in_json") or error
            trouble, kind = str(error), error.kind
        # Lines within the text are none of the source's.
        rows.append((found.source, found.record, found.line, None, text, trouble, kind))
    found_all = pl.DataFrame(rows, dialogue_texts.RECORDS, orient="row")
    read = dialogue_texts.labelled(found_all, roster)
    void = claimed.join(found_all, on="source_key", how="anti", maintain_order="left")
    without = void.select("source_key", reason=pl.lit(dialogue_texts.NONE)).cast(refusals.schema)
    return replace(read, refusals=pl.concat([refusals, without, read.refusals]))


def _text(record: dict[str, Any], path: list[str]) -> str:
    """The text that the keys lead to."""
    value: object = record
    for key in path:
        value = cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise OddRecordError(f'has no text under "{".".join(path)}"')
    return paired(value).replace("\r\n", "\n").replace("\r", "\n")


FORMAT = Format(
    name="text_in_json",
    brief='JSON or JSON lines with a whole dialogue as one labelled text under "dialogue", "transcript", "text" …',
    parse=parse,
    lines_within=False,
    json=True,
)
