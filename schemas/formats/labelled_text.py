"""Labelled text: ``Name: what was said``, a turn a paragraph or a line.

A closed roster is learned for each source before anything is split, because much of what looks like a label is text:
in LLM-made therapy dialogues 18.5 % of paragraphs begin like ``Words: ``. Labels that the roster given from outside
knows come first, then the labels that recur most; any other label must earn its place by the turns it explains.

A label may be in bold or italics (``**Name:**``, ``**Name**:``, ``__Name__:``), in brackets (``[Name]:``) or between
hashes (``#Person1#:``), end with a fullwidth colon, and have its speaker's initials behind it (``Kim (SL):``). YAML
front matter is no text.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas import dialogue_texts
from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS
from schemas.format import Format, Parsed
from schemas.headers import front_matter
from schemas.layouts import layout
from schemas.roster import Roster
from schemas.speakers import WRITTEN, learn

_HEAD: Final = 64
"""Characters in which a written label and the blanks before it end."""

_TABLE: Final = "a table, with a header and cells that go on beyond their lines"


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Split labelled text into turns; see `schemas.format.Format`."""
    laid_out = layout(sources)
    held = dialogue_texts.columns(sources)["source_key"]
    if len(held):
        table = pl.Series([_TABLE], dtype=pl.String)
        laid_out = laid_out.zip_with(~sources["source_key"].is_in(held.implode()), table).alias("layout")
    return _parse(sources, laid_out, roster)


def _forced(sources: pl.DataFrame, roster: Roster) -> Parsed:
    return _parse(sources, pl.Series("layout", [None] * len(sources), pl.String), roster)


def _parse(sources: pl.DataFrame, timed: pl.Series, roster: Roster) -> Parsed:
    # JSON is not labelled text even where a string within it is.
    begins = sources["text"].str.head(_HEAD).str.strip_chars_start()
    json = begins.str.contains(r"^[\[{]")
    if json.any():
        json &= ~begins.str.contains(rf"^{WRITTEN}")
    sources = sources.with_columns(prose=~json)
    prose = pl.col("prose")
    refused = sources.filter(~prose).select("source_key", reason=pl.lit("begins like JSON"))
    if timed.is_not_null().any():
        told = sources.with_columns(timed).filter(prose & pl.col("layout").is_not_null())
        refused = pl.concat([refused, told.select("source_key", reason=pl.format("is laid out as {}", "layout"))])
        sources = sources.filter(timed.is_null())
    # With a line break before its first line, that line is like any other. Two, since the first opens a paragraph.
    texts = _without_front(sources.filter(prose), roster).with_columns(text=pl.concat_str(pl.lit("\n\n"), "text"))
    found, labels = learn(texts, roster)
    unlabelled = texts.join(labels, on="source_key", how="anti").select(
        "source_key", reason=pl.lit("has no two labels such as `Name:` that recur at line starts")
    )
    refusals = pl.concat([refused, unlabelled]).cast(REFUSALS)
    if labels.is_empty():
        return Parsed(refusals=refusals)
    sizes = texts.select("source_key", "front", expected=_length("text") + pl.col("front") - 2)
    mine = sizes.join(unlabelled, on="source_key", how="anti", maintain_order="left")
    pieces, above = _split(texts, found, labels)
    # What is stripped is copied once more, and there need not be three copies.
    del texts
    return _assemble(mine, pieces, above, refusals)


def _without_front(sources: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """The texts with line breaks only for YAML front matter, and ``front``: how many characters that took out."""
    texts = sources.select("source_key", "text", front=pl.lit(0, pl.UInt32))
    some = texts.filter(pl.col("text").str.starts_with("---"))
    if some.is_empty():
        return texts
    rows: list[tuple[int, str, int]] = []
    for key, text in some.select("source_key", "text").iter_rows():
        front = front_matter(text, roster)
        breaks = "\n" * front.count("\n")
        rows.append((key, breaks + text[len(front) :], len(front) - len(breaks)))
    return texts.update(pl.DataFrame(rows, schema=texts.schema, orient="row"), on="source_key")


def _placed(texts: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What `schemas.speakers.learn` found with ``start``, the byte of the line break before each label."""
    # Each line that was found begins with a mark, and no other line does. The longest first: of marks that begin at one
    # place it is the one that is written there.
    marks = sorted((f"\n{each}" for each in found["written"].unique()), key=len, reverse=True)
    places = texts.select(start=pl.col("text").str.find_many(marks, leftmost=True))
    return found.hstack(places.explode("start", empty_as_null=False))


def _split(texts: pl.DataFrame, found: pl.DataFrame, labels: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cut each text at the labels of its roster. Works on byte offsets, and copies a text once.

    Returns:
        pieces: rows of (source_key, first, written, label, body), one a label, in order; ``body`` is what stands from
            the label to the line break before the next.
        above: rows of (source_key, above), what stands above the first label of each source, at least a line break.
    """
    source, start = pl.col("source_key"), pl.col("start")
    begin = start + 1 + _size("written")
    end = pl.when(source == source.shift(-1)).then(start.shift(-1)).otherwise(_size("text"))
    data = pl.col("text").cast(pl.Binary).bin
    starts = (
        _placed(texts, found)
        .join(labels.select("key", "paragraphs"), on="key", maintain_order="left")
        .filter(~pl.col("paragraphs") | pl.col("opens"))
        .join(texts.select("source_key", "text"), on="source_key", maintain_order="left")
        .with_columns(first=(source != source.shift(1)).fill_null(True))
    )
    return (
        starts.select("source_key", "first", "written", "label", body=data.slice(begin, end - begin).cast(pl.String)),
        starts.filter("first").select("source_key", above=data.slice(0, start).cast(pl.String)),
    )


def _breaks_before(bodies: pl.Series) -> pl.Series:
    """How many line breaks stand in the blanks before each text."""
    data = bodies.cast(pl.Binary).bin
    first, second = (data.get(place, null_on_oob=True) for place in (0, 1))
    # As nearly everywhere: one blank, and what is ASCII and no blank.
    plain = ((first == ord(" ")) & second.is_between(ord("!"), ord("~"))).fill_null(False)
    found = pl.zeros(len(bodies), pl.UInt32, eager=True)
    if plain.all():
        return found
    odd = bodies.filter(~plain).to_frame("body").with_columns(rest=pl.col("body").str.strip_chars_start())
    return found.scatter((~plain).arg_true(), odd.select(_breaks("body") - _breaks("rest")).to_series())


def _assemble(sizes: pl.DataFrame, pieces: pl.DataFrame, above: pl.DataFrame, refusals: pl.DataFrame) -> Parsed:
    """Turns, records, accounts and problems from what `_split` makes of texts."""
    above = above.with_columns(breaks=_breaks("above"))
    lines = (
        pieces.select("first", own=1 + _breaks("body"))
        .with_columns(before=pl.col("own").cum_sum() - pl.col("own"))
        .select(
            place=pl.col("first").cum_sum() - 1,
            since=pl.col("before") - pl.when("first").then("before").forward_fill(),
        )
    )
    turns = pieces.with_columns(
        record=pl.lit(0),
        speaker="label",
        text=pl.col("body").str.strip_chars(),
        start=pl.lit(None),
        end=pl.lit(None),
    )
    # Counted once, as to count characters is to read all texts.
    turns = turns.with_columns(in_turns=_length("text")).with_columns(
        # What is not text: line break, label, colon, markup, and the blanks around the text.
        elsewhere=1 + _length("written") + _length("body") - pl.col("in_turns"),
        line=above["breaks"][lines["place"]]
        + lines["since"]
        + pl.when(_size("text") > 0).then(_breaks_before(pieces["body"])).otherwise(0),
    )
    preambles = above.select(
        "source_key",
        # Less the two line breaks that were put before the text.
        preamble=_length("above").cast(pl.Int64) - 2,
        line=pl.col("above").str.extract(r"^(\s*)").str.count_matches("\n", literal=True) - 1,
        blank=pl.col("above").str.strip_chars() == "",
    )
    accounts = (
        sizes.join(
            turns.group_by("source_key").agg(pl.col("elsewhere", "in_turns").sum()),
            on="source_key",
            maintain_order="left",
        )
        .join(preambles, on="source_key", maintain_order="left")
        .with_columns(elsewhere=pl.col("elsewhere") + pl.col("preamble") + pl.col("front"))
    )
    long = pl.col("preamble") > 0.05 * pl.col("expected")
    problems = accounts.filter(~pl.col("blank")).select(
        "source_key",
        record=pl.lit(0),
        line="line",
        kind=pl.when(long).then(pl.lit("long_preamble")).otherwise(pl.lit("preamble")),
        detail=pl.format("{} of {} characters stand before the first speaker", "preamble", "expected"),
    )
    return Parsed(
        turns=turns.select(PARSED_TURNS.names()).cast(PARSED_TURNS),
        records=accounts.select("source_key", record=pl.lit(0), line=pl.lit(1)).cast(PARSED_RECORDS),
        accounts=accounts.select(PARSED_ACCOUNTS.names()).cast(PARSED_ACCOUNTS),
        problems=problems.cast(PROBLEMS),
        refusals=refusals,
    )


def _breaks(column: str) -> pl.Expr:
    return pl.col(column).str.count_matches("\n", literal=True)


def _size(column: str) -> pl.Expr:
    return pl.col(column).str.len_bytes()


def _length(column: str) -> pl.Expr:
    return pl.col(column).str.len_chars()


FORMAT = Format(
    name="labelled_text",
    brief="a turn begins with its speaker's label and a colon",
    parse=parse,
    forced=_forced,
    signs=r"(?m)^[*_]*\p{L}[^:：\n]{0,39}(?::\s|：)",
    lines_within=True,
    joint=None,
)
