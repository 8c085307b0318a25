"""Read sources: decode them, and let the formats make turns of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PROBLEMS, RAW, REFUSALS, TEXTS
from schemas.decoding import decode
from schemas.format import AS_FOUND, Format, Parsed, ReadingOptions, formats
from schemas.json_look import shapes
from schemas.merging import keeps_lines, merged
from schemas.refusals import reasons
from schemas.roster import Roster


@dataclass(frozen=True)
class Batch:
    """Sources read into frames that refer to each other by row number.

    Attributes:
        sources: source_key, path, sha256, bytes, encoding, format, expected, in_turns, elsewhere, lines_within, and
            ``stage``: how far reading came (see `STAGES`).
        transcripts: transcript_key, source_key, record, line, transcript (the stable id), in order.
        turns: transcript_key, turn, speaker, role, text, line, start, end, calls, answers; contiguous
            by transcript, in order.
        problems: what went wrong, with `schemas.columns.PROBLEMS`.
    """

    sources: pl.DataFrame
    transcripts: pl.DataFrame
    turns: pl.DataFrame
    problems: pl.DataFrame


STAGES: Final = ("found", "opened", "decoded", "filled", "claimed")
"""How far reading can come with a source, in order. What a later stage checks is unknown where it stopped earlier."""

_LARGE: Final = 2**16
"""Bytes that are dearer to copy at every step than to have a second source beside."""

_NOBODY: Final = ("", b"-", None, None, None, None, None)
"""A source that no format claims."""


def read(raw: pl.DataFrame, roster: Roster, options: ReadingOptions = AS_FOUND) -> Batch:
    """Make turns of sources.

    Args:
        raw: bytes as `schemas.loading.load` gives them.
        roster: labels that are known beforehand, and the roles they map to.
        options: whether to merge pieces, and whether to read with one format only.

    Returns:
        The batch. Whatever can't be read is in its problems: nothing is raised for, and nothing lost of, a source.
    """
    if len(raw) == 1 and (raw["data"].bin.size().item() or 0) > _LARGE:
        # At every step Polars copies the only row of a frame, here a text of any size; of two it copies none.
        beside = pl.DataFrame([_NOBODY], RAW, orient="row")
        batch = read(raw.vstack(beside).rechunk(), roster, options)
        mine = pl.col("source_key") == 0
        return replace(batch, sources=batch.sources.filter(mine), problems=batch.problems.filter(mine))
    read_as_bytes = [each.binary for each in formats().values() if each.binary is not None]
    binary = pl.any_horizontal(pl.lit(False), *read_as_bytes).fill_null(False)
    raw = raw.with_row_index("source_key").with_columns(binary=binary)
    sources, texts, problems = decode(raw)
    parsed, claims = _parse(texts, raw.filter("binary").select("source_key", "path", "data"), roster, options)
    before = raw.select("source_key", "lines_before", "records_before").drop_nulls()
    parsed, problems = _in_file(parsed, problems, before) if len(before) else (parsed, problems)
    unclaimed = claims.filter(pl.col("format").is_null()).select(
        "source_key", record=None, line=None, kind=pl.lit("unclaimed"), detail="reasons"
    )
    silent = (
        parsed.records.join(parsed.turns, on=["source_key", "record"], how="anti")
        .join(parsed.problems, on=["source_key", "record"], how="anti")
        .with_columns(kind=pl.lit("empty"), detail=pl.format("record {} holds no turn", "record"))
    )
    void = (
        parsed.accounts.join(parsed.records, on="source_key", how="anti")
        .join(parsed.problems, on="source_key", how="anti")
        .select("source_key", record=None, line=None, kind=pl.lit("empty"), detail=pl.lit("it holds no record"))
    )
    told = [unclaimed, silent, void]
    problems = pl.concat([problems, parsed.problems, *(each.cast(PROBLEMS) for each in told)])
    transcripts = (
        parsed.records.join(sources.select("source_key", "path"), on="source_key")
        .sort("source_key", "record")
        .with_row_index("transcript_key")
    )
    several = (pl.len().over("source_key") > 1) | pl.col("source_key").is_in(before["source_key"].implode())
    transcripts = transcripts.with_columns(
        transcript=pl.when(several).then(pl.format("{}#{}", "path", "record")).otherwise("path")
    )
    sources = (
        sources.join(claims.select("source_key", "format"), on="source_key", how="left", maintain_order="left")
        .join(parsed.accounts, on="source_key", how="left", maintain_order="left")
        .with_columns(
            pl.col("expected", "in_turns", "elsewhere").fill_null(0),
            stage=pl.when(pl.col("format").is_not_null())
            .then(pl.lit(STAGES.index("claimed"), pl.UInt8))
            .otherwise("stage"),
            lines_within=pl.col("format").is_in(
                [each.name for each in formats().values() if keeps_lines(each, options.merge)]
            ),
        )
    )
    lost = sources.filter(pl.col("expected") != pl.col("in_turns") + pl.col("elsewhere")).select(
        "source_key",
        record=None,
        line=None,
        kind=pl.lit("lost"),
        detail=pl.format("{} of {} characters are in turns and {} elsewhere", "in_turns", "expected", "elsewhere"),
    )
    return Batch(
        sources=sources,
        transcripts=transcripts.drop("path"),
        turns=_numbered(parsed.turns, transcripts, roster),
        problems=pl.concat([problems, lost.cast(PROBLEMS)]).sort("source_key", "line", nulls_last=True),
    )


def _parse(
    texts: pl.DataFrame, binaries: pl.DataFrame, roster: Roster, options: ReadingOptions
) -> tuple[Parsed, pl.DataFrame]:
    """Offer every source to every format until one claims it; rows of (source_key, format, reasons) as claims."""
    parts: list[Parsed] = []
    claims = [pl.DataFrame(schema={"source_key": pl.UInt32, "format": pl.String})]
    refusals = [pl.DataFrame(schema={**REFUSALS, "format": pl.String})]
    left = texts.with_columns(shape=shapes(texts["text"], options.format))
    like_json = pl.col("shape").is_not_null()
    tried = list(formats().values()) if options.format is None else [formats()[options.format]]
    # Whose a source is by one look reads it before others search it in vain.
    told = left["shape"].struct.field("format")
    if options.format is None:
        for form in tried:
            if form.likely is not None and (mine := form.likely(left)).any():
                told = told.zip_with(~mine | told.is_not_null(), pl.Series([form.name]))
        names = set(told)
        for form in tried:
            if form.name in names:
                offered = _offer(form, _beside(left, told == form.name), roster, options)
                parts += [replace(part, refusals=pl.DataFrame(schema=REFUSALS)) for part in offered]
                claims += [part.accounts.select("source_key", format=pl.lit(form.name)) for part in offered]
    left = left.join(pl.concat(claims), on="source_key", how="anti", maintain_order="left")
    for form in tried:
        if left.is_empty():
            break
        suited = left.filter(like_json) if form.json else left.select(TEXTS.names())
        if suited.is_empty():
            continue
        offered = _offer(form, suited, roster, options)
        parts += offered
        claims += [part.accounts.select("source_key", format=pl.lit(form.name)) for part in offered]
        refused = pl.concat([part.refusals for part in offered])
        refusals.append(refused.with_columns(format=pl.lit(form.name)))
        if len(refused) < len(suited):
            taken = pl.concat([part.accounts["source_key"] for part in offered])
            left = left.filter(~pl.col("source_key").is_in(taken.implode()))
    if len(left):
        # Formats in JSON were offered nothing that doesn't begin like it.
        others = pl.DataFrame({"format": [form.name for form in tried if form.json]}, schema={"format": pl.String})
        reason = pl.lit("does not begin with { or [")
        refusals.append(left.filter(~like_json).select("source_key", reason=reason).join(others, how="cross"))
    for form in tried if len(binaries) else ():
        if form.binary is None and options.format is None:
            continue
        mine = binaries["source_key"].is_in([]) if form.binary is None else binaries.select(form.binary).to_series()
        offered = _offer(form, binaries.filter(mine), roster, options) if mine.any() else []
        reason = pl.lit("reads text, and this is a binary file")
        offered.append(Parsed(refusals=binaries.filter(~mine).select("source_key", reason=reason)))
        parts += offered
        claims += [part.accounts.select("source_key", format=pl.lit(form.name)) for part in offered]
        refusals += [part.refusals.with_columns(format=pl.lit(form.name)) for part in offered]
    claimed = pl.concat(claims)
    unclaimed = pl.concat(refusals).join(claimed, on="source_key", how="anti")
    return Parsed.joined(parts), pl.concat([claimed, reasons(texts, unclaimed, tried)], how="diagonal")


def _in_file(parsed: Parsed, problems: pl.DataFrame, before: pl.DataFrame) -> tuple[Parsed, pl.DataFrame]:
    """What was read of parts of files, with the numbers that lines and records have in their files.

    Args:
        parsed: with numbers that begin in each source.
        problems: what decoding found.
        before: source_key, lines_before, records_before, for the sources that are parts.
    """

    def moved(frame: pl.DataFrame) -> pl.DataFrame:
        lines, records = (pl.col(name).fill_null(0) for name in ("lines_before", "records_before"))
        numbers = [
            pl.col(name) + more for name, more in (("line", lines), ("record", records)) if name in frame.columns
        ]
        found = frame.join(before, on="source_key", how="left", maintain_order="left").with_columns(numbers)
        if "detail" in frame.columns:
            # A detail that tells of a record begins with its number.
            told, own = (pl.format("record {} ", number) for number in ("record", pl.col("record") - records))
            rest = pl.col("detail").str.strip_prefix(own)
            begins = pl.col("detail").str.starts_with(own).fill_null(False)
            found = found.with_columns(detail=pl.when(begins).then(told + rest).otherwise("detail"))
        return found.select(frame.columns)

    found = replace(parsed, turns=moved(parsed.turns), records=moved(parsed.records), problems=moved(parsed.problems))
    return found, moved(problems)


def _beside(sources: pl.DataFrame, mine: pl.Series) -> pl.DataFrame:
    """The sources that are `mine`, and if that is only one with another beside it, since Polars copies an only row."""
    mine = mine.fill_null(False)
    if mine.sum() == 1:
        mine |= (~mine).cum_sum() == 1
    return sources if mine.all() else sources.filter(mine)


def _offer(form: Format, texts: pl.DataFrame, roster: Roster, options: ReadingOptions) -> list[Parsed]:
    """What a format makes of the sources; a fault of ours that makes it fail costs one source, not the batch."""
    try:
        parse = form.parse if options.format is None or form.forced is None else form.forced
        return [merged(parse(texts, roster), form, options.merge)]
    except Exception as error:
        half = len(texts) // 2
        if half:
            return _offer(form, texts[:half], roster, options) + _offer(form, texts[half:], roster, options)
        key = texts["source_key"].item()
        # The kind of error only: its message could hold text.
        detail = f"record 0 made the format {form.name} fail with {type(error).__name__}; please report it"
        return [
            Parsed(
                records=pl.DataFrame([(key, 0, 1)], schema=PARSED_RECORDS, orient="row"),
                accounts=pl.DataFrame([(key, 0, 0, 0)], schema=PARSED_ACCOUNTS, orient="row"),
                problems=pl.DataFrame([(key, 0, 1, "failed", detail)], schema=PROBLEMS, orient="row"),
            )
        ]


def _numbered(turns: pl.DataFrame, transcripts: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """Turns with their transcript, their number within it, and their role."""
    # One number for both is joined in half the time.
    both = pl.col("source_key").cast(pl.UInt64) * 2**32 + pl.col("record")
    keys = transcripts.select("transcript_key", both=both)
    turns = (
        turns.with_columns(both=both)
        .join(keys, on="both", maintain_order="left")
        .sort("transcript_key", maintain_order=True)
    )
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    first = pl.col("transcript_key") != pl.col("transcript_key").shift(1)
    return turns.with_columns(first=pl.when(first.fill_null(True)).then(row).forward_fill()).select(
        "transcript_key",
        turn=row - pl.col("first"),
        speaker="speaker",
        role=roster.roles_of(turns["speaker"]),
        text="text",
        line="line",
        start="start",
        end="end",
        calls="calls",
        answers="answers",
    )
