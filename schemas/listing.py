"""List sources, group them into batches, and load their bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

import polars as pl

from schemas.columns import RAW
from schemas.errors import InputError

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


def shown(path: Path) -> str:
    """A path as text that any output can hold.

    Bytes that are no UTF-8, and control characters, which could steer a terminal or break a line, are written in
    hexadecimal.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


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
