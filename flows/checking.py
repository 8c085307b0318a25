"""What `turnproof check` and `turnproof turns` do: read and evaluate paths, batch by batch, without a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from expectations.abridging import Listing, abridged
from expectations.drop import MEMBERS, Drop
from expectations.evaluate import conclude, evaluate
from expectations.evaluate_drop import evaluate_drop
from expectations.fingerprints import digests
from expectations.first_look import Looked, gathered, look
from expectations.judge import finding_rows
from expectations.plan import plan_of
from expectations.suite import Suite
from expectations.waivers import Waiver, waive
from flows.shares import READ_BYTES, Listed, Share
from flows.workers import in_order
from schemas.batching import parts
from schemas.columns import RAW, SEVERITIES
from schemas.files import forget
from schemas.labels import labels
from schemas.listing import STREAM
from schemas.loading import load
from schemas.manifest import grown
from schemas.reading import Batch, read

T = TypeVar("T")

_PRACTICE: Final = ("", b"Kim: Hello.\nLee: Hi.\n", None, None, None, None, None)
"""A source to read and judge before the first, which takes ten times as long as any other."""


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        findings: `schemas.columns.FINDINGS`, in order of path, transcript and line.
        sources, transcripts: how many were looked at.
        failures: by code, why an expectation could not be evaluated at all.
        manifests: how many files only tell what else is there; they are no sources.
        more: how many findings are not listed (`expectations.abridging`), by severity and by whether they are waived.
    """

    findings: pl.DataFrame
    sources: int
    transcripts: int
    failures: Mapping[str, str]
    manifests: int = 0
    more: Mapping[tuple[str, bool], int] = field(default_factory=dict[tuple[str, bool], int])

    @property
    def standing(self) -> pl.DataFrame:
        """The findings that nobody waived."""
        return self.findings.filter(pl.col("waived").is_null())

    @property
    def summary(self) -> str:
        """One line for people."""
        standing = self.standing
        counts = {name: (standing["severity"] == name).sum() + self.more.get((name, False), 0) for name in SEVERITIES}
        found = f"{counts['critical']:,} critical, {counts['warning']:,} warning, {counts['info']:,} info"
        waived = len(self.findings) - len(standing) + sum(self.more.get((name, True), 0) for name in SEVERITIES)
        if waived:
            found += f", {waived:,} waived"
        if left := sum(self.more.values()):
            found += f"; {left:,} of them are not listed"
        looked = f"{counted(self.transcripts, 'transcript')} in {counted(self.sources, 'source')}"
        if self.manifests:
            looked += f", beside {counted(self.manifests, 'manifest')}"
        return f"{looked}: {found}"


def check_paths(
    paths: Sequence[Path], suite: Suite, observer: Callable[[int, int], None], waivers: Sequence[Waiver] = ()
) -> Checked:
    """Evaluate a suite on everything at `paths`; ``-`` is standard input.

    Args:
        paths: files and folders.
        suite: the policy.
        observer: called with the bytes done and the bytes there are, after each batch.
        waivers: those that count.

    Raises:
        InputError: if there is nothing at a path.
    """
    listing = Listing()
    failures: dict[str, str] = {}
    packed: list[bytes] = []
    listed = Listed(paths, suite)
    compared = any(check.expectation.scope == "drop" for check in suite.checks)

    def work(batches_of_one: Iterator[Batch]) -> tuple[list[pl.DataFrame], bytes, Mapping[str, str]]:
        # Made here, as it makes Polars start its threads, and then no process can be forked.
        plan = plan_of(suite)
        some = [pl.DataFrame(schema=MEMBERS)]
        found: list[pl.DataFrame] = []

        def looked_at(batch: Batch) -> Looked:
            some.append(_members(batch, compared=compared))
            return look(batch, plan)

        # By `map`, which holds no batch while the next one is read.
        for looked in gathered(map(looked_at, batches_of_one), READ_BYTES):
            findings = waive(looked.batch, conclude(looked, suite).findings, waivers)
            found.append(abridged(finding_rows(looked.batch, findings)))
        return found, _packed(pl.concat(some)), plan.failures

    for found, some, failed in _read_each(listed, suite, observer, work):
        failures.update(failed)
        for each in found:
            listing.add(each)
        packed.append(some)
    members = pl.concat([pl.DataFrame(schema=MEMBERS), *map(pl.read_ipc, packed)])
    # Its name is in no finding: those about the whole drop need what only a store knows.
    files = (each for share in listed.shares for batch in share.batches() for each in batch)
    lacks = listed.lacks + grown(each for each in files if each.place != str(STREAM))
    whole = evaluate_drop(Drop("drop", members, lacks=lacks), suite, waivers)
    # Beside what else is wrong with the source.
    listing.add(whole.findings)
    everything, more = listing.findings()
    if len(whole.findings):
        everything = everything.sort("path", maintain_order=True)
    return Checked(everything, listed.count, len(members), failures, listed.manifests, more)


def _members(batch: Batch, *, compared: bool) -> pl.DataFrame:
    """The transcripts of a batch, `MEMBERS`; what they are compared by only if they are `compared`."""
    rows = batch.transcripts.join(
        batch.sources.select("source_key", "path"), on="source_key", maintain_order="left"
    ).with_columns(sketch=None)
    if compared:
        characters = batch.turns.group_by("transcript_key").agg(characters=pl.col("text").str.len_chars().sum())
        for each in (digests(batch.turns), characters):
            rows = rows.join(each, on="transcript_key", maintain_order="left")
    else:
        rows = rows.with_columns(digest=None, characters=None)
    return rows.select(pl.col(name).cast(kind) for name, kind in MEMBERS.items())


def _packed(members: pl.DataFrame) -> bytes:
    """Transcripts until all are there: a few bytes each instead of 200."""
    file = BytesIO()
    members.write_ipc(file, compression="zstd")
    return file.getvalue()


def read_paths(
    paths: Sequence[Path], suite: Suite, observer: Callable[[int, int], None], *, who: bool = False
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """How everything at `paths` is read, batch by batch.

    Yields:
        Turns (path, transcript, turn, speaker, role, text, line, start, end), where ``transcript`` counts within the
        source, or with `who` the labels of each source (`schemas.labels.LABELS`); and problems (path, line, detail).

    Raises:
        InputError: if there is nothing at a path.
    """

    def work(batches_of_one: Iterator[Batch]) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
        return list(map(shown, batches_of_one))

    def shown(batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
        if who:
            return labels(batch, suite.roster), _problems(batch)
        keys = batch.transcripts.select("transcript_key", "source_key", transcript="record")
        names = batch.sources.select("source_key", "path")
        columns = ["path", "transcript", "turn", "speaker", "role", "text", "line", "start", "end"]
        turns = batch.turns.join(keys, on="transcript_key", maintain_order="left")
        turns = turns.join(names, on="source_key", maintain_order="left")
        return turns.select(columns), _problems(batch)

    # What is told of a source's labels is told of the whole.
    for pairs in _read_each(Listed(paths, suite, cut=not who, most=1), suite, observer, work):
        yield from pairs


def _problems(batch: Batch) -> pl.DataFrame:
    names = batch.sources.select("source_key", "path")
    return batch.problems.join(names, on="source_key", maintain_order="left").select("path", "line", "detail")


def _read_each(
    listed: Listed, suite: Suite, observer: Callable[[int, int], None], work: Callable[[Iterator[Batch]], T]
) -> Iterator[T]:
    """What `work` makes of the batches of each share, in order; several shares are under way at once.

    Of the batches of a share one is in memory at a time.
    """

    def read_one(share: Share) -> Iterator[Batch]:
        for some in share.batches():
            rest = list(parts(load(some, hashed=False)))
            while rest:
                # Nothing holds what was loaded once it is read.
                yield read(rest.pop(0), suite.roster, suite.reading)

    def one(share: Share) -> T:
        if not share.packed:
            evaluate(read(pl.DataFrame([_PRACTICE], RAW, orient="row"), suite.roster), suite)
        return work(read_one(share))

    done = 0
    try:
        for share, found in in_order(one, listed):
            yield found
            done += share.size
            observer(done, sum(each.size for each in listed.shares))
    finally:
        forget()


def counted(count: int, thing: str) -> str:
    """A count and its noun: ``1 source``, ``2 sources``."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
