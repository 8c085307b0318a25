"""Read sources: list them, group them into batches, decode them, and let the formats make turns of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, RAW, REFUSALS
from schemas.decoding import decode
from schemas.errors import InputError
from schemas.format import Format, Parsed, formats
from schemas.roster import Roster

BATCH_BYTES: Final = 16 * 2**20
"""Sources are judged in batches of about this size: memory follows the batch, some 15 to 20 times its size."""


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, separators of lines, and what turns the direction of writing."""


@dataclass(frozen=True)
class Source:
    """One file to read: its path as findings name it, where it lies, and its size in bytes."""

    path: str
    file: Path
    bytes: int


@dataclass(frozen=True)
class Batch:
    """Sources read into frames that refer to each other by row number.

    Attributes:
        sources: source_key, path, sha256, bytes, encoding, format, expected, in_turns, elsewhere, lines_within, and
            ``stage``: how far reading came (see `STAGES`).
        transcripts: transcript_key, source_key, record, line, transcript (the stable id), in order.
        turns: transcript_key, turn, speaker, role, text, line, start, end; contiguous by transcript, in order.
        problems: what went wrong, with `schemas.columns.PROBLEMS`.
    """

    sources: pl.DataFrame
    transcripts: pl.DataFrame
    turns: pl.DataFrame
    problems: pl.DataFrame


STAGES: Final = ("found", "opened", "decoded", "filled", "claimed")
"""How far reading can come with a source, in order. What a later stage checks is unknown where it stopped earlier."""


def list_sources(path: Path, *, within: bool = False) -> list[Source]:
    """The sources at a path: the file itself, or all files of a folder in order of name, hidden ones left out.

    Links in a folder are listed but never followed (see `load`).

    Args:
        path: a file or a folder.
        within: name sources by their place in the folder (a file by its name), as a drop does, rather than by the path
            that leads there.

    Raises:
        InputError: if there is nothing at `path`, or a folder holds no file.
    """
    if path.is_file():
        return [Source(shown(Path(path.name) if within else path), path, path.stat().st_size)]
    if not path.exists():
        raise InputError(f"{shown(path)}: expected a file or a folder, found nothing there; check the path")
    if not path.is_dir():
        raise InputError(f"{shown(path)}: expected a file or a folder, found neither; name a regular file")
    try:
        files = list(_walk(path))
    except OSError as error:
        where = shown(Path(error.filename or path))
        raise InputError(f"{where}: expected a folder to list, found {error.strerror}; mend its permissions") from None
    if not files:
        raise InputError(f"{shown(path)}: expected a folder with transcripts, found no file in it; check the path")
    return [Source(shown(file.relative_to(path) if within else file), file, _size(file)) for file in files]


def batches(sources: Iterable[Source], limit: int = BATCH_BYTES) -> Iterator[list[Source]]:
    """Group sources in order into batches of about `limit` bytes; a larger source is a batch of its own."""
    group: list[Source] = []
    size = 0
    for source in sources:
        if group and size + source.bytes > limit:
            yield group
            group, size = [], 0
        group.append(source)
        size += source.bytes
    if group:
        yield group


def load(sources: Sequence[Source], *, hashed: bool = True) -> pl.DataFrame:
    """The bytes of sources, as `schemas.columns.RAW`; a source that can't be opened says why in ``trouble``.

    Links are not opened: a drop could otherwise publish any file of the machine.
    """
    rows = [_load(source) for source in sources]
    digests = [sha256(data).hexdigest() if hashed and data is not None else None for data, _ in rows]
    return pl.DataFrame(
        {
            "path": [source.path for source in sources],
            "data": [data for data, _ in rows],
            "sha256": digests,
            "trouble": [trouble for _, trouble in rows],
        },
        schema=RAW,
    )


def digest(source: Source) -> str | None:
    """SHA-256 of a source's bytes in hexadecimal, read in pieces; None where it can't be opened."""
    try:
        with os.fdopen(_open(source), "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def read(raw: pl.DataFrame, roster: Roster) -> Batch:
    """Make turns of sources.

    Args:
        raw: bytes as `load` gives them.
        roster: labels that are known beforehand, and the roles they map to.

    Returns:
        The batch. Whatever can't be read is in its problems: nothing is raised for, and nothing lost of, a source.
    """
    sources, texts, problems = decode(raw.with_row_index("source_key"))
    parsed, claims = _parse(texts, roster)
    unclaimed = claims.filter(pl.col("format").is_null()).select(
        "source_key", record=None, line=None, kind=pl.lit("unclaimed"), detail="reasons"
    )
    silent = (
        parsed.records.join(parsed.turns, on=["source_key", "record"], how="anti")
        .join(parsed.problems, on=["source_key", "record"], how="anti")
        .with_columns(kind=pl.lit("empty"), detail=pl.format("record {} holds no turn", "record"))
    )
    problems = pl.concat([problems, parsed.problems, unclaimed.cast(PROBLEMS), silent.cast(PROBLEMS)])
    transcripts = (
        parsed.records.join(sources.select("source_key", "path"), on="source_key")
        .sort("source_key", "record")
        .with_row_index("transcript_key")
    )
    several = pl.len().over("source_key") > 1
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
            lines_within=pl.col("format").is_in([each.name for each in formats().values() if each.lines_within]),
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


def _parse(texts: pl.DataFrame, roster: Roster) -> tuple[Parsed, pl.DataFrame]:
    """Offer every source to every format until one claims it; rows of (source_key, format, reasons) as claims."""
    parts: list[Parsed] = []
    claims = [pl.DataFrame(schema={"source_key": pl.UInt32, "format": pl.String})]
    refusals = [pl.DataFrame(schema=REFUSALS)]
    begins = pl.col("text").str.strip_chars_start()
    left = texts.with_columns(like_json=begins.str.starts_with("{") | begins.str.starts_with("["))
    for form in formats().values():
        if left.is_empty():
            break
        suited = left.filter("like_json") if form.json else left
        offered = _offer(form, suited.drop("like_json"), roster) if len(suited) else [Parsed()]
        if len(suited) < len(left):
            reason = pl.lit("does not begin with { or [")
            unsuited = left.filter(~pl.col("like_json")).select("source_key", reason=reason)
            offered.append(Parsed(refusals=unsuited))
        parts += offered
        claims += [part.accounts.select("source_key", format=pl.lit(form.name)) for part in offered]
        refused = pl.concat([part.refusals for part in offered])
        refusals.append(refused.select("source_key", reason=pl.format("{}: {}", pl.lit(form.name), "reason")))
        if len(refused) < len(left):
            left = left.join(refused, on="source_key", how="semi", maintain_order="left")
    claimed = pl.concat(claims)
    reasons = (
        pl.concat(refusals)
        .group_by("source_key")
        .agg(reasons=pl.col("reason").sort().str.join("; "))
        .join(claimed, on="source_key", how="anti")
    )
    parsed = Parsed(
        turns=pl.concat([pl.DataFrame(schema=PARSED_TURNS), *(part.turns for part in parts)]),
        records=pl.concat([pl.DataFrame(schema=PARSED_RECORDS), *(part.records for part in parts)]),
        accounts=pl.concat([pl.DataFrame(schema=PARSED_ACCOUNTS), *(part.accounts for part in parts)]),
        problems=pl.concat([pl.DataFrame(schema=PROBLEMS), *(part.problems for part in parts)]),
    )
    return parsed, pl.concat([claimed, reasons], how="diagonal")


def _offer(form: Format, texts: pl.DataFrame, roster: Roster) -> list[Parsed]:
    """What a format makes of the sources; a fault of ours that makes it fail costs one source, not the batch."""
    try:
        return [form.parse(texts, roster)]
    except Exception as error:
        half = len(texts) // 2
        if half:
            return _offer(form, texts[:half], roster) + _offer(form, texts[half:], roster)
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
    keys = transcripts.select("transcript_key", "source_key", "record")
    turns = turns.join(keys, on=["source_key", "record"], maintain_order="left").sort(
        "transcript_key", maintain_order=True
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
    )


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def _open(source: Source) -> int:
    # Without blocking, lest a pipe in a drop hang the run.
    return os.open(source.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _load(source: Source) -> tuple[bytes | None, str | None]:
    try:
        with os.fdopen(_open(source), "rb") as file:
            return file.read(), None
    except OSError as error:
        link = source.file.is_symlink()
        return None, "it is a link, and links are not followed" if link else (error.strerror or "it can't be opened")


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def shown(path: Path) -> str:
    """A path as text that any output can hold.

    Bytes that are no UTF-8, and control characters, which could steer a terminal or break a line, are written in
    hexadecimal.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
