"""The members of archives as sources: each with a name of its own, and its place or the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from schemas.containers import tar
from schemas.containers import zip as zipped
from schemas.containers.entry import Entry
from schemas.errors import SourceError
from schemas.files import Window, shown
from schemas.limits import ARCHIVE_BYTES, NAME_CHARACTERS, SOURCE_BYTES, allowed, excess
from schemas.regex import regex

_LISTERS: Final[dict[str, Callable[[Window], Iterator[Entry]]]] = {"tar": tar.entries, "zip": zipped.entries}
_DRIVE: Final = regex(r"[A-Za-z]:")
_SHOWN: Final = 100
"""Characters of a name that is too long to be shown."""
_DOCUMENT: Final = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})
"""Members of documents that are zip archives inside: of Office, OpenDocument, e-books, Java."""


def members(file: Window, kind: str) -> tuple[list[Entry], SourceError | None]:
    """The members of an archive that are files, each under a name that no other has.

    Folders, and what is hidden, are left out as in any folder. One that exceeds a limit as a whole is not opened.

    Args:
        file: the archive.
        kind: ``zip`` or ``tar``.

    Returns:
        The members; and why there should be more, where the archive is damaged or holds none.
    """
    found: list[Entry] = []
    names: set[str] = set()
    trouble = file.trouble
    try:
        for entry in _LISTERS[kind](file):
            if not entry.folder and (named := _named(entry)) is not None:
                named = _within_limits(_told_apart(named, names))
                names.add(named.name)
                found.append(named)
    except SourceError as caught:
        trouble = trouble or caught
    if sum(entry.size for entry in found if entry.trouble is None) > allowed(file.size, ARCHIVE_BYTES):
        trouble = SourceError("oversized", excess(file.size, ARCHIVE_BYTES))
    if trouble is not None and trouble.kind == "oversized":
        return [], trouble
    if not found and trouble is None:
        trouble = SourceError("empty", "the archive holds no file")
    return found, trouble


def is_document(entries: list[Entry]) -> bool:
    """Whether a zip archive is a document, told by its members."""
    return any(entry.name in _DOCUMENT for entry in entries)


def contents(file: Window, kind: str, entry: Entry) -> Iterator[bytes]:
    """The bytes of a member, in pieces.

    Raises:
        SourceError: if they are damaged.
    """
    if kind == "zip":
        return zipped.contents(file, entry)
    return replace(file, start=file.start + entry.offset, size=entry.size).pieces()


def _named(entry: Entry) -> Entry | None:
    """A member under a name that anything can hold; None if it is hidden."""
    name, trouble = entry.name, entry.trouble
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(name) > NAME_CHARACTERS:
        detail = f"its name has {len(name):,} characters, more than the {NAME_CHARACTERS:,} that are taken"
        trouble = ("oversized", f"{detail}; give it a shorter one")
        parts = [f"{name[:_SHOWN].replace('/', '_')}…"]
    elif name.startswith(("/", "\\")) or ".." in parts or _DRIVE.match(name) or not parts:
        trouble = ("broken", "its name leads out of the archive; pack it from within its folder")
    elif any(part.startswith(".") for part in parts):
        return None
    # Whoever takes the name for a path must not be led out either.
    path = "/".join("\\x2e\\x2e" if part == ".." else part for part in parts)
    return replace(entry, name=shown(path), trouble=trouble)


def _told_apart(entry: Entry, names: set[str]) -> Entry:
    if entry.name not in names:
        return entry
    number = 2
    while (name := f"{entry.name} ({number})") in names:
        number += 1
    detail = f"the archive holds {entry.name} more than once, and only the first is read; pack each under its own name"
    return replace(entry, name=name, trouble=("broken", detail))


def _within_limits(entry: Entry) -> Entry:
    most = allowed(entry.packed, SOURCE_BYTES) if entry.deflated else SOURCE_BYTES
    if entry.trouble is None and entry.size > most:
        return replace(entry, trouble=("oversized", excess(entry.packed, SOURCE_BYTES)))
    return entry
