"""Manifests: files of a drop that name what is in it, so that a drop can be told to be incomplete.

A manifest is told by its name and by what stands in it, see `schemas.manifest_forms`: lists of checksums
(``SHA256SUMS``, ``drop.md5``, BagIt's ``manifest-sha256.txt``), tables of files (``manifest.json``,
``manifest.csv``) and plain lists (``MANIFEST``, ``manifest.txt``). Something of such a name that holds anything else is
a source like any other. So is a manifest that is all there is.

Names in manifests are hostile input. They are compared with what was listed; one that leads out of its folder is never
looked up.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from schemas import places
from schemas.errors import SourceError
from schemas.files import Window, opened, shown, stamp
from schemas.listing import Source, list_sources
from schemas.loading import pieces
from schemas.manifest_forms import ALGORITHMS, Named, form_of, named_in
from schemas.many import for_each

MANIFEST_BYTES: Final = 2**27
"""The largest manifest; a million lines of SHA-256 and a long path each come to about this."""

_BAG: Final = frozenset({"bagit.txt", "bag-info.txt", "fetch.txt"})
"""What describes a BagIt bag, beside its manifests."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest of a drop, or what else describes it.

    Attributes:
        source: the file.
        names: what it names.
    """

    source: Source
    names: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """What a drop lacks.

    Attributes:
        path: of the manifest that says so, or of the file that is still growing.
        line: of the manifest, where it has lines.
        detail: what is wrong, as a sentence without its full stop.
    """

    path: str
    line: int | None
    detail: str


def missing(drop: Path, *, contents: bool = True) -> tuple[Lack, ...]:
    """What the manifests of a drop name and it doesn't hold; nothing where it is complete, or has no manifest.

    Args:
        drop: a file or a folder.
        contents: whether to compare checksums, which reads all that is named, besides names and sizes.

    Raises:
        InputError: if there is nothing at `drop`.
    """
    sources = list_sources(drop, within=True)
    manifests, _ = apart(sources)
    return lacking(manifests, sources, contents=contents)


def apart(sources: Sequence[Source]) -> tuple[tuple[Manifest, ...], list[Source]]:
    """The manifests among sources that were listed together, and the sources that are left to read."""
    if len(sources) < 2:
        return (), list(sources)
    found = {source.path: made for source in sources if (made := _manifest(source)) is not None}
    bags = {posixpath.dirname(source.path) for source in sources if _is_bag(source)}
    for source in sources if bags else ():
        folder, name = posixpath.split(source.path)
        if name in _BAG and folder in bags:
            found.setdefault(source.path, Manifest(source))
    return tuple(found.values()), [source for source in sources if source.path not in found]


def lacking(manifests: Iterable[Manifest], sources: Iterable[Source], *, contents: bool = True) -> tuple[Lack, ...]:
    """What manifests name and is not among the sources that they were listed with, or is not what they say."""
    manifests = tuple(manifests)
    if not manifests:
        return ()
    listed = {_folded(source.path): source for source in sources}
    holders = {_folded(_holder(source)): source for source in listed.values()}
    folders = set(chain.from_iterable(_folders(path) for path in listed))
    return tuple(
        Lack(manifest.source.path, each.line, f"names {_told(each.name)}, {wrong}")
        for manifest in manifests
        for each in manifest.names
        if (wrong := _wrong(manifest, each, listed, holders, folders, contents=contents)) is not None
    )


def grown(sources: Iterable[Source]) -> tuple[Lack, ...]:
    """The files among sources that have changed, or gone, since they were listed: they may be growing still."""
    files = list({source.place: source for source in sources}.values())
    details = for_each(_changed, files, remote=bool(files) and places.is_remote(files[0].place))
    return tuple(
        Lack(_holder(source), None, detail) for source, detail in zip(files, details, strict=True) if detail is not None
    )


def _changed(source: Source) -> str | None:
    before = source.stamp if source.holder is None else source.holder.stamp
    if before is None:
        return None
    try:
        now = stamp(source.place)
    except OSError:
        return "is gone since the drop was listed; see what still works on the drop, and judge it again"
    if now == before:
        return None
    grew = f"has grown to {now[2]:,} bytes" if now[2] > before[2] else "has changed"
    return f"{grew} since the drop was listed; wait until it is written, and judge it again"


def _wrong(
    manifest: Manifest,
    named: Named,
    listed: Mapping[str, Source],
    holders: Mapping[str, Source],
    folders: set[str],
    *,
    contents: bool,
) -> str | None:
    """What is wrong with a file that a manifest names; None if nothing is."""
    folder = posixpath.dirname(manifest.source.path)
    for name in dict.fromkeys((named.name, named.name.replace("\\", "/"))):
        path = _folded(posixpath.normpath(posixpath.join(folder, shown(name))))
        if path == _folded(manifest.source.path):
            return None  # whoever lists a folder while writing the list into it lists an empty file, too
        found = holders.get(path) or listed.get(path)
        if found is not None:
            return _differs(found, named, member=path not in holders, contents=contents)
        if path in folders:
            return None
    parts = named.name.replace("\\", "/").split("/")
    if named.name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:[/\\]", named.name):
        return "which leads out of the folder, where nothing is looked up"
    if any(part.startswith(".") and part != "." for part in parts) or _on_disk(manifest, named.name):
        return None  # hidden files are no part of a drop; others were left out by whoever listed only some
    return "which is missing"


def _differs(source: Source, named: Named, *, member: bool, contents: bool) -> str | None:
    """What tells a file from what a manifest says of it; one that can't be read is another matter."""
    try:
        if member:
            return _compared(named, source.bytes, pieces(source) if contents else None)
        with opened(source.place) as file:
            return _compared(named, file.size, Window.pieces(file) if contents else None)
    except (OSError, SourceError):
        return None


def _compared(named: Named, size: int, content: Iterator[bytes] | None) -> str | None:
    if named.size is not None and size != named.size:
        state = "cut off, or still growing" if size < named.size else "changed, or written twice"
        return f"which has {size:,} bytes in place of {named.size:,}: it is {state}"
    if named.digest is None or named.algorithm is None or content is None:
        return None
    found = hashlib.new(named.algorithm, usedforsecurity=False)
    for piece in content:
        found.update(piece)
    if found.hexdigest() == named.digest:
        return None
    return f"whose checksum ({ALGORITHMS[named.algorithm]}) is another: it is cut off, still growing, or changed"


def _manifest(source: Source) -> Manifest | None:
    """The manifest that a source is, if it is one."""
    form = form_of(posixpath.basename(source.path))
    if form is None or source.trouble is not None or source.bytes > MANIFEST_BYTES:
        return None
    try:
        names = named_in(b"".join(pieces(source)), form)
    except (OSError, SourceError):
        return None
    return Manifest(source, names) if names else None


def _is_bag(source: Source) -> bool:
    if not source.path.endswith("bagit.txt") or source.trouble is not None:
        return False
    try:
        return next(pieces(source), b"").startswith((b"BagIt-Version:", b"\xef\xbb\xbfBagIt-Version:"))
    except (OSError, SourceError):
        return False


def _holder(source: Source) -> str:
    """The path of the file that a source is, or that holds it."""
    return source.path if source.entry is None else source.path.removesuffix(f"/{source.entry.name}")


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path).rstrip("/"):
        yield path


def _folded(path: str) -> str:
    """A path as it is compared: macOS takes letters and their accents apart."""
    return unicodedata.normalize("NFC", path)


def _on_disk(manifest: Manifest, name: str) -> bool:
    if manifest.source.holder is not None:
        return False
    try:
        folder = manifest.source.file.parent.resolve()
        path = (folder / name).resolve()
        return path.is_relative_to(folder) and os.path.lexists(path)
    except (OSError, ValueError, RuntimeError):
        return False


def _told(name: str) -> str:
    name = shown(name)
    return name if len(name) <= 200 else f"{name[:200]}…"
