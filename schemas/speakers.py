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
        found: rows of (source_key, written, label, opens) in the order of the text, for each line that begins with a
            label of any source; ``opens`` says whether it opens a paragraph.
        labels: rows of (source_key, label, paragraphs), none for a source without a roster; ``paragraphs`` says whether
            the source's turns are paragraphs rather than lines.
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
    found = found.join(distinct, on="match", maintain_order="left").drop("match")
    given = [label for label in distinct["label"] if normalised(label) in roster.role_by_label]
    connective = pl.col("label").str.to_lowercase().is_in(sorted(CONNECTIVES))
    name_like = pl.col("label").str.contains(_NAME_LIKE) & ~connective
    counts = (
        found.group_by("source_key", "label")
        .agg(count=pl.len(), opening=pl.col("opens").sum())
        .with_columns(given=pl.col("label").is_in(pl.Series(given, dtype=pl.String).implode()), name_like=name_like)
        # A known label that stands in a text now and then, such as Doctor, doesn't outdo names that recur.
        .with_columns(first=pl.col("given") & (pl.col("count") * _SELDOM >= pl.col("count").max().over("source_key")))
    )
    core = (
        counts.filter(pl.col("given") | (pl.col("name_like") & (pl.col("count") >= 2)))
        .sort("source_key", "first", "opening", "count", "label", descending=[False, True, True, True, False])
        .group_by("source_key", maintain_order=True)
        .head(2)
    )
    spoken = found.join(core, on=["source_key", "label"], how="semi", maintain_order="left")
    sound = (
        spoken.group_by("source_key", maintain_order=True)
        .agg(
            turns=pl.len(),
            labels=pl.col("label").n_unique(),
            first=pl.col("label").first(),
            changes=(pl.col("label") != pl.col("label").shift(1)).sum(),
        )
        .join(core.group_by("source_key").agg(given=pl.col("given").any()), on="source_key")
        .join(
            texts.select(
                "source_key", begins=pl.col("text").str.extract(r"(?s)^\s*(.{0,48})").str.strip_chars_start(_MARKUP)
            ),
            on="source_key",
        )
        # Labels that nobody vouches for must recur and mostly alternate; a single one must open the text.
        .filter(
            pl.when(pl.col("labels") == 2)
            .then(pl.col("given") | ((pl.col("turns") >= 4) & (pl.col("changes") * 2 >= pl.col("turns") - 1)))
            .otherwise(pl.col("given") & pl.col("begins").str.starts_with(pl.col("first")))
        )
        .select("source_key")
    )
    core = core.join(sound, on="source_key", how="semi").select("source_key", "label")
    others = counts.join(core, on=["source_key", "label"], how="anti").join(sound, on="source_key", how="semi")
    labels = pl.concat([core, _admitted(found, core, others)])
    style = (
        found.join(labels, on=["source_key", "label"], how="semi")
        .group_by("source_key")
        .agg(paragraphs=(pl.len() >= 4) & (pl.col("opens").mean() >= _PARAGRAPH_STYLE))
    )
    found = found.filter(pl.col("label").is_in(labels["label"].unique().implode()))
    return found, labels.join(style, on="source_key").sort("source_key", "label")


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
            pl.col("label").replace_strict(meant or {"": ""}, default=None, return_dtype=pl.String)
        ),
        recurs=pl.col("given") | (pl.col("name_like") & (pl.col("opening") >= 2)),
    ).filter(pl.col("recurs") | pl.col("meant").is_not_null())
    if candidates.is_empty():
        return candidates.select("source_key", "label")
    core = core.with_columns(core=True)
    around = (
        found.join(candidates, on="source_key", how="semi", maintain_order="left")
        .join(core, on=["source_key", "label"], how="left", maintain_order="left")
        .with_columns(
            before=pl.when("core").then("label").forward_fill().over("source_key"),
            after=pl.when("core").then("label").backward_fill().over("source_key"),
        )
        .join(candidates, on=["source_key", "label"])
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
            .join(core.select("source_key", meant="label"), on=["source_key", "meant"], how="semi")
            .select("source_key", "label"),
        ]
    ).unique()
