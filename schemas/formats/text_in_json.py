"""Dialogue as one text inside JSON: ``{"text": "Patient: …"}``, each record a transcript.

The text stands under ``dialogue``, ``dialog``, ``conversation``, ``transcript``, ``chat``, ``text`` or ``content``, the
likeliest of which the source has. It is read as labelled text is, each record for itself; a source where most
records hold no labelled text is refused, and else such a record is broken. All of a record's turns are at its line.
"""

from __future__ import annotations

import polars as pl

from schemas.columns import TEXTS
from schemas.format import Format, Parsed, formats
from schemas.gathered import as_record, decoded
from schemas.json_records import DIALOGUES, OddRecordError, claim, keys_of, paired, records
from schemas.roster import Roster

_NONE = "has no text that labels such as `Name:` tell to be a dialogue"


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read the labelled text in each record; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "text_in_json", _NONE)
    if claimed.is_empty():
        return Parsed(refusals=refusals)
    keys = {
        source: keys_of(there, DIALOGUES) or "" for source, there in claimed.select("source_key", "keys").iter_rows()
    }
    rows: list[tuple[int, int, int, str | None, str | None]] = []
    for found in decoded(records(claimed, "(?!)")):
        text, trouble = None, None
        try:
            value = as_record(found).get(keys[found.source])
            text = paired(value).replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else None
            trouble = None if text is not None else f'has no text under "{keys[found.source]}"'
        except OddRecordError as error:
            trouble = str(error)
        rows.append((found.source, found.record, found.line, text, trouble))
    schema = {"source_key": pl.UInt32, "record": pl.UInt32, "line": pl.UInt32, "text": pl.String, "trouble": pl.String}
    found_all = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("row")
    return _placed(claimed, found_all, refusals, _labelled(found_all, roster))


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
        kind=pl.lit("broken"),
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
