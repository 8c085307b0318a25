"""Dialogue as one text inside JSON: ``{"text": "Patient: …"}``, each record a transcript.

The text stands under ``dialogue``, ``dialog``, ``conversation``, ``transcript``, ``chat``, ``text`` or ``content``, the
likeliest of which the source has, or deeper within. It is read as labelled text is, each record for itself; a source
where most records hold no labelled text is refused, and else such a record is broken. All of a record's turns are at
its line.
"""

from __future__ import annotations

from typing import Any, cast

import polars as pl

from schemas.columns import TEXTS
from schemas.format import Format, Parsed, formats
from schemas.gathered import as_record, decoded
from schemas.json_look import claim
from schemas.json_records import OddRecordError, other_shape, paired, records
from schemas.roster import Roster

_NONE = "has no text that labels such as `Name:` tell to be a dialogue"


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read the labelled text in each record; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "text_in_json", _NONE)
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
        rows.append((found.source, found.record, found.line, text, trouble, kind))
    texts = dict.fromkeys(("text", "trouble", "kind"), pl.String)
    schema: dict[str, type[pl.DataType]] = {**dict.fromkeys(("source_key", "record", "line"), pl.UInt32), **texts}
    found_all = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("row")
    return _placed(claimed, found_all, refusals, _labelled(found_all, roster))


def _text(record: dict[str, Any], path: list[str]) -> str:
    """The text that the keys lead to."""
    value: object = record
    for key in path:
        value = cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise OddRecordError(f'has no text under "{".".join(path)}"')
    return paired(value).replace("\r\n", "\n").replace("\r", "\n")


def _labelled(found: pl.DataFrame, roster: Roster) -> Parsed:
    """What the labelled texts hold, each record for a source."""
    texts = found.filter(pl.col("text").is_not_null()).select(source_key="row", path=pl.lit(""), text="text")
    return formats()["labelled_text"].parse(texts.cast(TEXTS), roster)


def _placed(claimed: pl.DataFrame, found: pl.DataFrame, refusals: pl.DataFrame, inner: Parsed) -> Parsed:
    """The inner sources' turns, accounts and problems in the records that they are."""
    said = found["row"].is_in(inner.accounts["source_key"].implode())
    found = found.with_columns(said=said, trouble=pl.coalesce("trouble", pl.when(~said).then(pl.lit(_NONE))))
    mine = found.group_by("source_key").agg(mine=pl.col("said").mean() >= 0.5).filter("mine")
    left = claimed.join(mine, on="source_key", how="anti", maintain_order="left")
    refused = left.select("source_key", reason=pl.lit(_NONE)).cast(refusals.schema)
    found = found.join(mine, on="source_key", how="semi", maintain_order="left")
    place = found.select("source_key", "record", "line", inner="row")

    def placed(frame: pl.DataFrame) -> pl.DataFrame:
        # Lines within the text are none of the source's.
        inner_frame = frame.rename({"source_key": "inner"}).drop("record", "line", strict=False)
        return inner_frame.join(place, on="inner", maintain_order="left_right").select(frame.columns)

    tallies = inner.accounts.rename({"source_key": "inner"}).join(place, on="inner")
    accounts = (
        mine.select("source_key")
        .join(tallies.group_by("source_key").agg(pl.col("expected", "in_turns", "elsewhere").sum()), on="source_key")
        .sort("source_key")
    )
    broken = found.filter(pl.col("trouble").is_not_null()).select(
        "source_key",
        "record",
        "line",
        "kind",
        detail=pl.format("record {} {}", "record", "trouble"),
    )
    return Parsed(
        turns=placed(inner.turns),
        records=found.select(Parsed().records.columns),
        accounts=accounts,
        problems=pl.concat([placed(inner.problems), broken]),
        refusals=pl.concat([refusals, refused]),
    )


FORMAT = Format(
    name="text_in_json",
    brief='JSON or JSON lines with a whole dialogue as one labelled text under "dialogue", "transcript", "text" …',
    parse=parse,
    lines_within=False,
    json=True,
)
