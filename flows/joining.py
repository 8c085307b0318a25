"""What `turnproof join` does: make one TextGrid of several that hold a speaker each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import polars as pl

from schemas.batching import batches
from schemas.cues import Reading
from schemas.decoding import decode
from schemas.errors import InputError
from schemas.files import shown
from schemas.listing import STDIN, list_sources
from schemas.loading import load
from schemas.speaker_files import conversations, joined, kin, title
from schemas.textgrids import read_grid


def join_paths(paths: Sequence[Path], out: Path, *, force: bool) -> Iterator[tuple[Path, list[str]]]:
    """Write one TextGrid for each recording whose speakers have a file each.

    Args:
        paths: one drop, of which all such recordings are joined, or the files of one recording.
        out: the folder to write into; of a drop, its folders are made there.
        force: whether to write over what is there.

    Yields:
        Each file that was written, and the names of those it was made of.

    Raises:
        InputError: if there is nothing to join, a file can't be read, or there is one already.
    """
    if STDIN in paths:
        raise InputError("-: expected files to join, found standard input; name files or a folder")
    written: set[Path] = set()
    found = _recordings(paths[0]) if len(paths) == 1 else [_one_recording(paths)]
    for files in found:
        names = [path for path, _ in files]
        target = _target(out / PurePosixPath(names[0]).parent / title(names), written, force=force)
        _write(target, joined(files))
        written.add(target)
        yield target, names
    if not written:
        raise InputError(
            f"{shown(paths[0])}: expected TextGrids with one speaker each, of one length and with names that differ in "
            "the last word, found none; name the files of one recording to join them"
        )


def _recordings(drop: Path) -> Iterator[list[tuple[str, str]]]:
    """The files of each recording of a drop, by path and text; what can't be read is none of them."""
    for group in batches(source for source in list_sources(drop, within=True) if kin(source.path) is not None):
        texts = _texts(load(group, hashed=False))
        alone = [path for path, text in texts.items() if len(_speakers(text)) == 1]
        for places in conversations(alone, [texts[path] for path in alone]):
            yield [(alone[place], texts[alone[place]]) for place in places]


def _one_recording(paths: Sequence[Path]) -> list[tuple[str, str]]:
    sources = [source for path in paths for source in list_sources(path)]
    files = [(Path(path).name, text) for path, text in _texts(load(sources, hashed=False)).items()]
    if len(files) < len(sources) or len({name for name, _ in files}) < len(files):
        raise InputError(
            "expected the files of one recording, each in text and with a name of its own, found others; "
            "name one drop, or files"
        )
    return files


def _texts(raw: pl.DataFrame) -> dict[str, str]:
    texts = decode(raw.with_row_index("source_key").with_columns(binary=pl.lit(False)))[1]
    return dict(texts.select("path", "text").iter_rows())


def _speakers(text: str) -> set[str]:
    return {speaker.name for speaker in read_grid(text, Reading()).speakers.values()}


def _target(wanted: Path, written: set[Path], *, force: bool) -> Path:
    """The path to write to; several recordings may have names that differ in their speakers only."""
    path, number = wanted.with_name(f"{wanted.name}.TextGrid"), 1
    while path in written:
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}.TextGrid")
    if path.is_symlink() or (path.exists() and not force):
        raise InputError(f"{shown(path)}: expected no file there, found one; use --force, or name another folder")
    return path


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"{shown(path)}: expected a folder to write to, found {error.strerror}; name another folder"
        ) from None
