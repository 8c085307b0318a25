"""What `turnproof check --fix` does: write mended copies of sources in their own formats, and say what was changed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from expectations.abridging import Listing, abridged
from expectations.evaluate import evaluate
from expectations.judge import finding_rows, mended_of
from expectations.mending import Mended
from expectations.suite import Suite
from expectations.waivers import Waiver, waive
from flows.checking import Checked
from schemas.batching import batches, parts
from schemas.errors import InputError
from schemas.files import shown
from schemas.listing import STDIN, Source, list_sources
from schemas.loading import load
from schemas.manifest import apart
from schemas.reading import Batch, read
from schemas.rewriting import CantRewriteError, Wanted, rewritten
from schemas.walking import REPORT_SUFFIX


@dataclass(frozen=True)
class Target:
    """Where mended copies go.

    Attributes:
        folder: the folder, or None to write each in place of its source.
        force: whether to write over what is there.
    """

    folder: Path | None
    force: bool = False


@dataclass(frozen=True)
class Fixed:
    """What a check with repairs did.

    Attributes:
        checked: what is found after it; in sources that were not written, what is found in them as they are.
        written: the copies.
        notes: a sentence for each source that could have been mended and was not written.
    """

    checked: Checked
    written: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Copy:
    """A mended source that reads back as it should."""

    data: bytes
    report: dict[str, object]
    batch: Batch


def fix_paths(
    paths: Sequence[Path],
    suite: Suite,
    target: Target,
    observer: Callable[[int, int], None],
    waivers: Sequence[Waiver] = (),
) -> Fixed:
    """Mend what the suite's repairs can mend in everything at `paths`, and evaluate what is left.

    Args:
        paths: files and folders.
        suite: the policy; its repairs are made.
        target: where to.
        observer: called with the bytes done and the bytes there are, after each batch.
        waivers: those that count; what they are about is not mended.

    Raises:
        InputError: if there is nothing at a path, or the folder can't be written to.
    """
    if STDIN in paths:
        raise InputError("-: expected files to mend, found standard input; name files, or check it without --fix")
    listed = [(source, root) for root in paths for source in list_sources(root)]
    roots = {source.path: root for source, root in listed}
    manifests, sources = apart([source for source, _ in listed])
    listing, written, notes = Listing(), list[Path](), list[str]()
    transcripts, done, total = 0, 0, sum(source.bytes for source in sources)
    failures: dict[str, str] = {}
    for group, raw in _loaded(sources):
        batch = read(raw, suite.roster, suite.reading)
        found, mended = mended_of(batch, suite, waivers)
        failures.update(found.failures)
        rows = finding_rows(batch, found.findings)
        for key, tried in _copies(raw, batch, mended, suite):
            source = group[key]
            reason = tried if isinstance(tried, str) else "it is packed in another file" if source.holder else None
            if isinstance(tried, str) or reason is not None:
                notes.append(f"{source.path}: expected to write it again without loss, found that {reason}; it is left")
                continue
            try:
                written.append(_write(source, roots[source.path], tried, target, written))
            except _TakenError as error:
                notes.append(str(error))
                continue
            left = waive(tried.batch, evaluate(tried.batch, suite).findings, waivers)
            rows = pl.concat([rows.filter(pl.col("path") != source.path), finding_rows(tried.batch, left)])
        listing.add(abridged(rows.sort("path", maintain_order=True) if len(group) > 1 else rows))
        transcripts += len(batch.transcripts)
        done += sum(source.bytes for source in group)
        observer(done, total)
    everything, more = listing.findings()
    checked = Checked(everything, len(sources), transcripts, failures, len(manifests), more)
    return Fixed(checked, tuple(written), tuple(notes))


def _loaded(sources: Sequence[Source]) -> Iterator[tuple[list[Source], pl.DataFrame]]:
    """The sources with their bytes, so many at a time as are judged at once."""
    for group in batches(sources):
        rest = iter(group)
        for raw in parts(load(group, hashed=False)):
            yield list(islice(rest, len(raw))), raw


def _copies(raw: pl.DataFrame, batch: Batch, mended: Mended, suite: Suite) -> Iterator[tuple[int, _Copy | str]]:
    """For each source that repairs touch its copy, or why there is none."""
    owners = batch.transcripts.join(mended.steps.select("transcript_key").unique(), on="transcript_key", how="semi")
    for key in owners["source_key"].unique().sort():
        source = batch.sources.row(by_predicate=pl.col("source_key") == key, named=True)
        own = batch.transcripts.filter(pl.col("source_key") == key)
        try:
            data = rewritten(raw["data"][key], source["encoding"], source["format"], _wanted(batch, mended, own))
        except CantRewriteError as error:
            yield key, str(error)
            continue
        again = read(raw[key].with_columns(data=pl.lit(data, pl.Binary)), suite.roster, suite.reading)
        if _same(again, _after(batch, mended, own)):
            yield key, _Copy(data, _report(source["path"], own, mended), again)
        else:
            yield key, f"the format {source['format']} would read the mended text otherwise"


def _after(batch: Batch, mended: Mended, own: pl.DataFrame) -> pl.DataFrame:
    """The turns of a source as they are to be read again: (record, speaker, text, start, end)."""
    touched = mended.steps.select("transcript_key").unique()
    columns = ["transcript_key", "turn", "speaker", "text", "start", "end"]
    turns = pl.concat(
        [
            batch.turns.join(touched, on="transcript_key", how="anti").select(columns),
            mended.turns.select(columns),
        ]
    )
    keys = own.select("transcript_key", "record")
    return turns.join(keys, on="transcript_key").sort("record", "turn").select("record", *columns[2:])


def _same(again: Batch, expected: pl.DataFrame) -> bool:
    keys = again.transcripts.select("transcript_key", "record")
    found = again.turns.join(keys, on="transcript_key", maintain_order="left").select(expected.columns)
    return found.equals(expected)


def _wanted(batch: Batch, mended: Mended, own: pl.DataFrame) -> list[Wanted]:
    key = "transcript_key"
    touched = mended.steps.select(key).unique().join(own, on=key, how="semi")[key].to_list()
    kept: dict[tuple[int, int], str] = {}
    put_in: dict[tuple[int, int], list[tuple[str, str]]] = {}
    mine = mended.turns.join(own.select(key), on=key, how="semi", maintain_order="left")
    for transcript, number, new, speaker, text in mine.select(key, "as_read", "put_in", "speaker", "text").iter_rows():
        if new:
            put_in.setdefault((transcript, number), []).append((speaker, text))
        else:
            kept[transcript, number] = text
    read_turns = batch.turns.join(own.select(key), on=key, how="semi", maintain_order="left")
    return [
        Wanted(
            speaker,
            text,
            line,
            kept.get((transcript, number)) if transcript in touched else text,
            tuple(put_in.get((transcript, number), ())),
        )
        for transcript, number, speaker, text, line in read_turns.select(
            key, "turn", "speaker", "text", "line"
        ).iter_rows()
    ]


def _report(path: str, own: pl.DataFrame, mended: Mended) -> dict[str, object]:
    """What stands beside a copy: how often each repair was made, and every step."""
    steps = mended.steps.join(own.select("transcript_key", "record"), on="transcript_key").sort(
        "record", "as_read", maintain_order=True
    )
    rows = steps.select("record", "as_read", "speaker", "repair", "code", "before", "after")
    counts = {name: len(each) for (name,), each in sorted(rows.group_by("repair"), key=lambda pair: str(pair[0]))}
    names = ("transcript", "turn", "speaker", "repair", "code", "before", "after")
    return {
        "source": path,
        "repairs": counts,
        "steps": [dict(zip(names, row, strict=True)) for row in rows.iter_rows()],
    }


class _TakenError(Exception):
    """A file that is there already, or a place that can't be written to; the message is the note."""


def _write(source: Source, root: Path, copy: _Copy, target: Target, written: Sequence[Path]) -> Path:
    """Write a copy and its report, each whole or not at all."""
    path = source.file
    if target.folder is not None:
        within = source.file.relative_to(root) if source.file != root else Path(source.file.name)
        path = target.folder / within
        _make_folder(path.parent, target.folder)
        for each in (path, path.with_name(path.name + REPORT_SUFFIX)):
            mine = path in written
            if each.is_symlink() or mine or (each.exists() and not target.force):
                found = "a link" if each.is_symlink() else "the copy of another source" if mine else "one"
                remedy = "use --force to write over it" if found == "one" else "name another folder"
                raise _TakenError(f"{shown(each)}: expected no file there, found {found}; {remedy}")
    report = json.dumps(copy.report, ensure_ascii=False, indent=1).encode() + b"\n"
    try:
        # The report first: a copy without one would not say what was changed.
        _replace(path.with_name(path.name + REPORT_SUFFIX), report, None)
        _replace(path, copy.data, source.file)
    except OSError as error:
        told = error.strerror or "an error"
        raise _TakenError(f"{shown(path)}: expected to write the copy, found {told}; it is left as it was") from None
    return path


def _make_folder(folder: Path, top: Path) -> None:
    """Make a folder within the target; a link there could lead out of it."""
    for each in (folder, *folder.parents):
        if each == top:
            break
        if each.is_symlink():
            raise _TakenError(f"{shown(each)}: expected a folder, found a link; remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = error.strerror or "an error"
        raise InputError(f"{shown(folder)}: expected a folder to write to, found {told}; name another") from None


def _replace(path: Path, data: bytes, like: Path | None) -> None:
    """Put a file in its place in one step, with the permissions of `like`."""
    handle, name = tempfile.mkstemp(prefix=".turnproof-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(like.stat().st_mode & 0o777 if like is not None else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
