"""What a billion turns take on a Dask cluster, on paper: the arithmetic of `BILLION.md`, from figures that were measured.

`python -m tests.benches --write` computes it anew. What is assumed and not measured stands here, in capitals.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from schemas.limits import BATCH_BYTES
from tests.benches.shapes import TURNS_A_CHAT_FILE, TURNS_A_FILE
from tests.benches.summary import Figures, table

TURNS: Final = 1_000_000_000
SHARD: Final = 5_000_000
"""Turns of a drop."""

WORKERS: Final = 64
"""Of Dask, a core each."""

CORE_HOUR, GB_MONTH, MILLION_GETS, MILLION_PUTS = 0.04, 0.023, 0.40, 5.00
"""Prices in dollars, as the large clouds have them for a core, object storage and its requests."""

REQUEST, REQUESTS, LAST = 0.03, 10, 2
"""Seconds of a request to an object store, how many an append makes (open, look, write, commit), and how many of them
no other append to the table may do at the same time (the last look, the commit)."""

PACKED: Final = 3
"""How many times smaller prose gets by Zstandard; the corpus is made of two dialogues, and gets far smaller."""

TABLES: Final = 8
"""To which each batch appends (`expectations.judge.Judged.tables`, and the tallies)."""

PLANNING: Final = ("list", "hash the sources")
FINISHING: Final = ("checks of the whole drop", "sums and gate", "Great Expectations", "site")
COMMITTING: Final = ("commits",)
NEEDED: Final = ("running", "stages", "constants")
"""The benches whose figures are needed."""


def hours(seconds: float) -> str:
    """Seconds for people."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:,.1f} seconds"


def appends(count: float, first: float, growth: float) -> float:
    """Seconds of so many appends to one table, each of which takes longer by `growth` for each before it."""
    return count * first + growth * count**2 / 2


def wrapped(text: str) -> str:
    """A paragraph, or an item of a list, in lines of 120 characters."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def per_megabyte(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> float:
    """CPU seconds of stages of a run for a megabyte."""
    mine = [row for row in rows if row["command"] == "run" and row["stage"] in names]
    return sum(float(row["cpu"]) / float(row["megabytes"]) for row in mine)


def plan(figures: Figures) -> str:
    """`BILLION.md`; `figures` holds those of `NEEDED`."""
    (ran,) = figures["running"]
    stages = figures["stages"]
    of = {row["name"]: row["value"] for row in figures["constants"]}
    weight = ran["bytes"] / ran["turns"]
    megabytes, files = TURNS * weight / 1e6, TURNS / TURNS_A_FILE
    shards, shard_files = TURNS // SHARD, SHARD / TURNS_A_FILE
    batches = 1e6 * megabytes / BATCH_BYTES
    apart = {*PLANNING, *FINISHING, *COMMITTING}
    judging = per_megabyte(stages, [row["stage"] for row in stages if row["stage"] not in apart])
    hashing, finishing = per_megabyte(stages, ["hash the sources"]), per_megabyte(stages, FINISHING)

    first, growth = of["commit"] / 1e3, of["commit_growth"] / 1e6
    judged, committed = megabytes * judging, TABLES * appends(batches, first, growth)
    queued = batches * LAST * REQUEST
    worked = max((judged + committed) / WORKERS, queued)
    listed, hashed = files * of["listing"] / 1e6, megabytes * hashing
    looked = shards * files / 2 * of["ledger"] / 1e6
    inside, before = files * of["duplicates"] / 1e6, of["released"] / 1e6 * files * (shards - 1) / 2
    finished = megabytes * finishing
    serial = listed + hashed + looked + before + finished
    stored = 1e6 * megabytes / PACKED + files * (of["fingerprint"] + of["ledger_row"])
    gets, puts = 2 * files * MILLION_GETS / 1e6, 2 * TABLES * batches * MILLION_PUTS / 1e6

    measured = [
        ("text of a turn", f"{weight:,.0f} bytes"),
        ("to judge a megabyte, from loading to verdicts, on one core", f"{judging:.4f} CPU s"),
        ("to hash a megabyte", f"{hashing:.4f} CPU s"),
        ("to finish a megabyte: checks of the whole drop, sums, pages", f"{finishing:.4f} CPU s"),
        *((row["means"], f"{row['value']:,.2f} {row['unit']}") for row in figures["constants"]),
    ]
    costs = [
        (
            "machines",
            f"{WORKERS + 2} cores × {hours(worked + serial)} × ${CORE_HOUR:.2f} an hour",
            f"{(WORKERS + 2) * (worked + serial) / 3600 * CORE_HOUR:,.0f}",
        ),
        (
            "store, a month",
            f"{megabytes / 1e3:,.0f} GB / {PACKED} + fingerprints + ledger = {stored / 1e9:,.0f} GB × ${GB_MONTH}",
            f"{stored / 1e9 * GB_MONTH:,.1f}",
        ),
        ("requests", f"2 × {files:,.0f} reads, 2 × {TABLES} × {batches:,.0f} writes", f"{gets + puts:,.0f}"),
    ]
    parts = [
        "# A billion turns, on paper",
        f"{TURNS:,} turns are {megabytes / 1e3:,.0f} GB of text: {files / 1e6:,.0f} million files of {TURNS_A_FILE} turns, "
        f"or {TURNS / TURNS_A_CHAT_FILE:,.0f} JSONL files of {TURNS_A_CHAT_FILE * weight / 1e6:,.0f} MB. The plan is for "
        f"{WORKERS} workers of Dask, a core each (`turnproof run --dask tcp://scheduler:8786`). `make bench BENCH=--write` "
        f"makes this page, here from a corpus of {ran['turns']:,} turns; what is assumed and not measured stands in capitals "
        "in `billion.py`.",
        "\n".join(table(("measured", ""), measured)),
        "## Shards",
        f"Not one drop but {shards}, of {SHARD / 1e6:,.0f} million turns each: {SHARD * weight / 1e9:.1f} GB, "
        f"{shard_files:,.0f} files or {SHARD / TURNS_A_CHAT_FILE:.0f} JSONL files, {batches / shards:,.0f} batches. One drop "
        f"would keep {files / 1e6:,.0f} million sources × {of['source']:,.0f} bytes = {files * of['source'] / 1e9:,.1f} GB in "
        f"the process of the run; a shard keeps {shard_files * of['source'] / 1e6:,.0f} MB. With each batch goes a plan that "
        f"has a place for every other one, {batches:,.0f}² places for one drop, {shards} × {batches / shards:,.0f}² for "
        "shards. And a shard that fails is run again by itself.",
        "## Listing and planning: in the process of the run",
        f"- listing: {files:,.0f} files × {of['listing']:.1f} µs = {hours(listed)}; in an object store {files / 1000:,.0f} "
        f"pages of 1,000 × {REQUEST * 1e3:.0f} ms = {hours(files / 1000 * REQUEST)}",
        f"- hashing, by which is known what was judged before: {megabytes:,.0f} MB × {hashing:.4f} s = {hours(hashed)}",
        f"- the ledger: {shards} shards × {files / 2:,.0f} rows on average × {of['ledger']:.2f} µs = {hours(looked)}",
        "## Judging: by the workers",
        f"{megabytes:,.0f} MB × {judging:.4f} CPU s = {judged / 3600:,.0f} core hours, by {WORKERS} workers "
        f"{hours(judged / WORKERS)}. A worker gets the paths of a batch and returns nothing; twice as many batches are handed "
        "out as there are threads. Every source is read twice, to be hashed and to be judged. Prefect's server keeps a record "
        f"of each of {batches:,.0f} batches, which isn't counted here: give it PostgreSQL.",
        "## Commits: by the workers, in turn where they meet",
        f"{megabytes / 1e3:,.0f} GB / {BATCH_BYTES / 1e6:.1f} MB = {batches:,.0f} batches, each with an append to {TABLES} "
        f"tables. The n-th append to a table takes {of['commit']:.1f} ms + n × {of['commit_growth']:.1f} µs, since who opens "
        "a table reads which files and transactions it has:",
        f"- {TABLES} × ({batches:,.0f} × {of['commit']:.1f} ms + {of['commit_growth']:.1f} µs × {batches:,.0f}² / 2) = "
        f"{committed / 3600:,.1f} core hours, by {WORKERS} workers {hours(committed / WORKERS)}, besides "
        f"{hours(judged / WORKERS)} of judging",
        f"- in an object store one append to a table at a time can be at its last {LAST} requests: {batches:,.0f} × {LAST} × "
        f"{REQUEST * 1e3:.0f} ms = {hours(queued)}; the other {REQUESTS - LAST} make a worker wait "
        f"{hours(TABLES * batches * (REQUESTS - LAST) * REQUEST / WORKERS)} in all",
        f"- with batches four times as large (and memory): {TABLES * appends(batches / 4, first, growth) / 3600:,.1f} core "
        f"hours; with ten stores, a tenth of the shards each: {10 * TABLES * appends(batches / 10, first, growth) / 3600:,.1f}",
        "## Duplicates: in the process of the run, once a shard",
        "D501 looks for equal digests, D502 for those that share one of the 8 smallest hashes of their sketch, among the "
        "shard's own transcripts and all that finished runs have released.",
        f"- within shards: {files:,.0f} transcripts × {of['duplicates']:.1f} µs = {hours(inside)}, a part of finishing below",
        f"- against what is there by then: {files:,.0f} × {shards - 1} / 2 × {of['released']:.2f} µs = {hours(before)}; this "
        "grows with the number of shards, and the memory of a shard with its size",
        f"- the last shard reads {files * of['fingerprint'] / 1e9:,.1f} GB of fingerprints ({of['fingerprint']:.0f} bytes × "
        f"{files:,.0f}) as a stream; its own {shard_files * of['fingerprint'] / 1e6:,.0f} MB are in memory",
        "Shards that are finished at the same time don't see each other. So they follow each other; or else their common "
        "transcripts are looked for once more in the table `fingerprints` afterwards.",
        "## In all",
        f"One after the other: {hours(listed)} + {hours(hashed)} + {hours(looked)} + {hours(before)} + finishing "
        f"{megabytes:,.0f} MB × {finishing:.4f} s = {hours(finished)}, together {hours(serial)}; and by the workers "
        f"{hours(worked)}. That makes {hours(worked + serial)}, less what of a shard is planned while the one before is "
        "judged. More workers shorten the second part only.",
        "\n".join(table(("cost", "", "$"), costs, 2)),
    ]
    return joined(parts)


def joined(parts: Sequence[str]) -> str:
    """Paragraphs as one text; items of a list stand together."""
    lines: list[str] = []
    for part in parts:
        if lines and not (part.startswith("- ") and lines[-1].startswith("- ")):
            lines.append("")
        lines.append(part if part.startswith(("|", "#")) else wrapped(part))
    return "\n".join(lines) + "\n"
