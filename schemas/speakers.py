"""Which labels of labelled text are speakers: a closed roster for each source, learned from how its labels recur."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.roster import CONNECTIVES, Roster, nearest, normalised

WRITTEN: Final = (
    r"(?:\p{L}[^:：\n]{0,39}[:：]"
    r"|[*_]{1,3}\p{L}[^:：\n*_]{0,39}(?:[:：][*_]{1,3}|[*_]{1,3}[:：])"
    r"|\[\p{L}[^:：\n\]]{0,39}\][:：]"
    r"|#\p{L}[^:：\n#]{0,39}#[:：])"
)
"""A label as it may be written, with its colon and its markup."""

_LABEL: Final = rf"\n(?:[ \t]*\n)?{WRITTEN}"
"""A possible label at a line start; the match begins with two line breaks where it also opens a paragraph."""

_MARKUP: Final = "*_[]#:： \t"
"""What of a written label isn't the label."""

_NAME: Final = r"^\p{L}[\p{L}\p{M}\p{N} .'’_()&-]*$"
"""What may stand in a label; with the limit above at most 40 characters."""

_NAME_LIKE: Final = r"^(?:[^ ]+|[\p{Lu}\p{Lo}][^ ]*(?: [\p{Lu}\p{Lo}\p{N}(][^ ]*){1,3})$"
"""One word, or up to four that begin as names do: ``Speaker 1``, ``Kim (SL)``; not ``Next line in the letter``."""

_SELDOM: Final = 5
"""A known label that stands so many times less often than the most frequent one is no better than that."""

_PARAGRAPH_STYLE: Final = 0.8
"""If at least this share of a source's labels open a paragraph, a label within a paragraph is text (see C405)."""


def learn(texts: pl.DataFrame, roster: Roster) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where labels that are speakers may stand, and the closed roster of each source.

    Returns:
        found: rows of (source_key, written, label, opens, key) in the order of the text, for each line that begins with
            a label of any source; ``opens`` says whether it opens a paragraph. A label is of an enumeration, and
            ``key`` is a number for it and its source, which are compared sooner than texts.
        labels: rows of (source_key, label, key, paragraphs), none for a source without a roster; ``paragraphs`` says
            whether the source's turns are paragraphs rather than lines.
    """
    found = texts.select("source_key", match=pl.col("text").str.extract_all(_LABEL)).explode(
        "match", empty_as_null=False
    )
    # Most matches are the same few, so each is taken apart once.
    distinct = (
        found.select(pl.col("match").unique())
        .with_columns(
            written=pl.col("match").str.strip_chars_start(),
            opens=pl.col("match").str.contains(r"^\n[ \t]*\n"),
        )
        .with_columns(label=pl.col("written").str.strip_chars(_MARKUP))
        .filter(pl.col("label").str.contains(_NAME))
    )
    names = pl.Enum(distinct["label"].unique().sort())
    given = [label for label in names.categories if normalised(label) in roster.role_by_label]
    distinct = distinct.with_columns(pl.col("label").cast(names))
    found = found.join(distinct, on="match", maintain_order="left").drop("match").with_columns(key=_key())
    name = pl.col("label").cast(pl.String)
    name_like = name.str.contains(_NAME_LIKE) & ~name.str.to_lowercase().is_in(sorted(CONNECTIVES))
    counts = (
        found.group_by("key")
        .agg(pl.col("source_key", "label").first(), count=pl.len(), opening=pl.col("opens").sum())
        .with_columns(given=pl.col("label").is_in(pl.Series(given, dtype=names).implode()), name_like=name_like)
        # A known label that stands in a text now and then, such as Doctor, doesn't outdo names that recur.
        .with_columns(first=pl.col("given") & (pl.col("count") * _SELDOM >= pl.col("count").max().over("source_key")))
    )
    core = (
        counts.filter(pl.col("given") | (pl.col("name_like") & (pl.col("count") >= 2)))
        .sort("source_key", "first", "opening", "count", "label", descending=[False, True, True, True, False])
        .group_by("source_key", maintain_order=True)
        .head(2)
    )
    changes = (pl.col("key") != pl.col("key").shift(1)) & (pl.col("source_key") == pl.col("source_key").shift(1))
    told = (
        found.filter(_is_of(core))
        .with_columns(changes=changes)
        .group_by("source_key", maintain_order=True)
        .agg(turns=pl.len(), first=name.first(), changes=pl.col("changes").sum())
        .join(core.group_by("source_key").agg(given=pl.col("given").any(), labels=pl.len()), on="source_key")
    )
    # Labels that nobody vouches for must recur and mostly alternate; a single one must open the text.
    alternate = (pl.col("turns") >= 4) & (pl.col("changes") * 2 >= pl.col("turns") - 1)
    pairs = told.filter((pl.col("labels") == 2) & (pl.col("given") | alternate))
    begins = pl.col("text").str.extract(r"(?s)^\s*(.{0,48})").str.strip_chars_start(_MARKUP)
    single = (
        texts.join(told.filter((pl.col("labels") == 1) & pl.col("given")), on="source_key")
        .filter(begins.str.starts_with(pl.col("first")))
        .select("source_key")
    )
    sound = pl.concat([pairs.select("source_key"), single])
    core = core.join(sound, on="source_key", how="semi").select("source_key", "label", "key")
    others = counts.filter(~_is_of(core)).join(sound, on="source_key", how="semi")
    labels = pl.concat([core, _admitted(found, core, others).with_columns(key=_key())])
    style = (
        found.filter(_is_of(labels))
        .group_by("source_key")
        .agg(paragraphs=(pl.len() >= 4) & (pl.col("opens").mean() >= _PARAGRAPH_STYLE))
    )
    found = found.filter(pl.col("label").is_in(labels["label"].unique().implode()))
    return found, labels.join(style, on="source_key").sort("source_key", "label")


def _key() -> pl.Expr:
    return pl.col("source_key").cast(pl.UInt64) * 2**32 + pl.col("label").to_physical()


def _is_of(labels: pl.DataFrame) -> pl.Expr:
    """Whether a row is of one of these sources and labels."""
    return pl.col("key").is_in(labels["key"].implode())


def _admitted(found: pl.DataFrame, core: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Labels beyond the core that are speakers too: rows of (source_key, label).

    What counts is between which two labels of the core a label stands. One that stands between a speaker and the same
    speaker again explains a turn; one between two speakers who take turns anyway is most likely text.
    """
    known = core["label"].unique().to_list()
    once = others.filter((pl.col("count") == 1) & ~pl.col("given"))["label"].unique()
    # Seen once and one edit from a label of the core: Threapist.
    meant = {label: likely for label in once if (likely := nearest(label, known)) is not None}
    candidates = others.with_columns(
        meant=pl.when(pl.col("count") == 1).then(
            pl.col("label").cast(pl.String).replace_strict(meant or {"": ""}, default=None, return_dtype=pl.String)
        ),
        recurs=pl.col("given") | (pl.col("name_like") & (pl.col("opening") >= 2)),
    ).filter(pl.col("recurs") | pl.col("meant").is_not_null())
    if candidates.is_empty():
        return candidates.select("source_key", "label")
    told = pl.when(_is_of(core)).then(pl.col("label").cast(pl.String))
    around = (
        found.join(candidates, on="source_key", how="semi", maintain_order="left")
        .with_columns(
            before=told.forward_fill().over("source_key"),
            after=told.backward_fill().over("source_key"),
        )
        .join(candidates.drop("source_key", "label"), on="key")
    )
    at_end = pl.col("before").is_null() | pl.col("after").is_null()
    explains = at_end | (pl.col("before") == pl.col("after"))
    misspelt = pl.col("meant").ne_missing(pl.col("before")) & pl.col("meant").ne_missing(pl.col("after"))
    explained = (
        around.filter("recurs")
        .group_by("source_key", "label")
        .agg(share=explains.mean(), given=pl.col("given").first(), count=pl.col("count").first())
        .filter((pl.col("share") >= 0.5) | (pl.col("given") & (pl.col("count") >= 2)))
        .select("source_key", "label")
    )
    return pl.concat(
        [
            explained,
            around.filter(pl.col("meant").is_not_null() & misspelt)
            .join(
                core.select("source_key", meant=pl.col("label").cast(pl.String)), on=["source_key", "meant"], how="semi"
            )
            .select("source_key", "label"),
        ]
    ).unique()
