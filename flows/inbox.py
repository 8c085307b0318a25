"""The inbox: which of its entries are drops, and which of these are complete.

A drop is a file, a folder or an archive at the top of the inbox. It is complete when one of these holds:

- it was renamed into place: it bore a name of an unfinished one before (`UNFINISHED`);
- its marker is there and nothing changed after it: ``NAME.done`` or ``NAME.complete`` beside it, ``_SUCCESS`` or
  ``.complete`` within it;
- its manifest is there (`schemas.manifest`) with a size or checksum for each file, and all of them are as it says;
- it has not changed for a set time: its times say so, or it looked the same twice, that much apart.

Names of unfinished ones are never drops, nor are links, which could lead anywhere.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from schemas.errors import InputError
from schemas.files import shown
from schemas.listing import list_sources
from schemas.manifest import apart, lacking

UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".filepart", "~")
"""How the names of what is still being written end; those that begin with a dot are unfinished, too."""

MARKERS: Final = (".done", ".complete")
"""How the names of markers beside a drop end."""

INNER_MARKERS: Final = ("_SUCCESS", ".complete")
"""Names of markers within a drop that is a folder."""


@dataclass(frozen=True)
class Look:
    """What a drop looked like: equal looks, equal content, as far as one can tell without reading it.

    Attributes:
        entries: files and folders in it, itself included.
        files: of these, the files that are not hidden.
        bytes: size of all files.
        changed: the latest change of anything, in nanoseconds since 1970.
        written: the same, but for its own renaming.
        renamed: whether it was renamed, or its permissions changed, after it was written.
        inode: what stays the same when it is renamed.
    """

    entries: int
    files: int
    bytes: int
    changed: int
    written: int
    renamed: bool
    inode: tuple[int, int]


@dataclass
class Inbox:
    """The drops of a folder as they come in.

    Attributes:
        folder: the inbox.
        settle: seconds without a change after which a drop counts as complete.
        clock: seconds that only ever grow.
    """

    folder: Path
    settle: float
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[Look, float]] = field(default_factory=dict[str, tuple[Look, float]])
    _told: dict[str, Look] = field(default_factory=dict[str, Look])
    _inodes: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    _trusted: set[str] = field(default_factory=set[str])

    @property
    def waiting(self) -> list[str]:
        """Names of the drops that are there, but not complete yet."""
        return sorted(self._seen)

    def trust(self, name: str) -> None:
        """Take an entry for complete when it is next looked at: whoever put it there says so."""
        self._trusted.add(name)

    def look(self, names: Iterable[str] | None = None) -> list[Path]:
        """Look at the entries that are named, and those that wait; at all if none are named.

        Returns:
            The drops that are complete now and have changed since they were last returned.

        Raises:
            InputError: if the inbox can't be listed.
        """
        there = entries(self.folder)
        if names is None:
            looked = {*there, *self._seen, *self._told, *self._inodes}
        else:
            # A marker tells of another entry.
            looked = {*names, *self._seen} | {_marked(name) for name in names}
        renamed = self._renamed(looked, there)
        trusted, self._trusted = self._trusted, set()
        found: list[Path] = []
        for name in sorted(looked):
            if name not in there or not is_drop_name(name):
                self._seen.pop(name, None)
                self._told.pop(name, None)
            elif self._is_complete(name, there, renamed=name in renamed, trusted=name in trusted):
                found.append(self.folder / name)
        return found

    def _renamed(self, looked: set[str], there: set[str]) -> set[str]:
        """Those of the names looked at that an unfinished one was renamed to."""
        temporary = {name for name in looked if is_unfinished(name)}
        gone = {name: self._inodes.pop(name, None) for name in temporary - there}
        for name in temporary & there:
            if (found := look_at(self.folder / name)) is not None:
                self._inodes[name] = found.inode
        return {
            name
            for name in looked & there
            if is_drop_name(name)
            for before, inode in gone.items()
            # Renamed before anybody saw it, it still has the name in its name, as rsync, curl and browsers do it.
            if (inode is None and name in before) or (inode is not None and inode == _inode(self.folder / name))
        }

    def _is_complete(self, name: str, there: set[str], *, renamed: bool, trusted: bool) -> bool:
        path = self.folder / name
        before, since = self._seen.pop(name, (None, 0.0))
        found, now = look_at(path), self.clock()
        if found is None or not found.files or self._told.get(name) == found:
            return False
        # A browser holds the name's place with an empty file while it loads into another.
        beside = any(name + suffix in there for suffix in UNFINISHED)
        if beside or before != found:
            since = now
        settled = now - since >= self.settle or _is_old(found, self.settle)
        whole = settled or trusted or (renamed and found.renamed) or _has_marker(path, found)
        if not beside and (whole or (before != found and _has_manifest(path))):
            self._told[name] = found
            return True
        self._seen[name] = found, since
        return False


def drops_in(inbox: Path) -> list[Path]:
    """The drops of an inbox, complete or not, in order of name.

    Raises:
        InputError: if there is no such folder, or no drop in it.
    """
    found = sorted(inbox / name for name in entries(inbox) if is_drop_name(name))
    if not found:
        raise InputError(f"{inbox}: expected an inbox with drops, found it empty; name a drop, or put one there")
    return found


def drop_named(inbox: Path, drop: str) -> Path:
    """The entry of an inbox that goes by the name of a drop; nothing outside the inbox can be named.

    Raises:
        InputError: if there is none.
    """
    for name in sorted(entries(inbox)):
        if is_drop_name(name) and shown(name) == drop:
            return inbox / name
    raise InputError(f"{inbox}: expected the drop {shown(drop)} there, found none of that name; put it there again")


def entries(inbox: Path) -> set[str]:
    """The names of what lies in an inbox, but for links.

    Raises:
        InputError: if there is no such folder, or it can't be listed.
    """
    try:
        with os.scandir(inbox) as found:
            return {entry.name for entry in found if not entry.is_symlink()}
    except OSError as error:
        raise InputError(
            f"{inbox}: expected an inbox with drops, found {error.strerror}; name a drop, or set TURNPROOF_INBOX"
        ) from None


def is_unfinished(name: str) -> bool:
    """Whether what goes by this name is still being written."""
    return name.startswith(".") or name.endswith(UNFINISHED)


def is_drop_name(name: str) -> bool:
    """Whether what goes by this name can be a drop."""
    return not is_unfinished(name) and name not in INNER_MARKERS and not name.endswith(MARKERS)


def look_at(path: Path) -> Look | None:
    """What a drop looks like now; None where it is gone or can't be listed."""
    try:
        top = path.lstat()
        looks = [top]
        files = int(stat.S_ISREG(top.st_mode))
        folders = [path] if stat.S_ISDIR(top.st_mode) else []
        while folders:
            with os.scandir(folders.pop()) as found:
                for entry in found:
                    looks.append(entry.stat(follow_symlinks=False))
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif not entry.name.startswith(".") and entry.name not in INNER_MARKERS:
                        files += 1
    except OSError:
        return None
    return Look(
        entries=len(looks),
        files=files,
        bytes=sum(each.st_size for each in looks if stat.S_ISREG(each.st_mode)),
        changed=max(max(each.st_mtime_ns, each.st_ctime_ns) for each in looks),
        written=max(top.st_mtime_ns, *(max(each.st_mtime_ns, each.st_ctime_ns) for each in looks[1:]), 0),
        renamed=top.st_ctime_ns > top.st_mtime_ns,
        inode=(top.st_dev, top.st_ino),
    )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_old(look: Look, settle: float) -> bool:
    return look.written <= time.time_ns() - settle * 1e9


def _marked(name: str) -> str:
    for suffix in (*MARKERS, *UNFINISHED):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _has_manifest(path: Path) -> bool:
    """Whether a manifest says what a drop is to hold, and all of it is there as it says."""
    if not path.is_dir():
        return False
    try:
        sources = list_sources(path, within=True)
    except InputError:
        return False
    manifests, _ = apart(sources)
    named = [each for manifest in manifests for each in manifest.names]
    told = bool(named) and all(each.size is not None or each.digest is not None for each in named)
    return told and not lacking(manifests, sources, contents=False) and not lacking(manifests, sources)


def _has_marker(path: Path, look: Look) -> bool:
    """Whether a marker says that the drop is complete, and nothing changed after it."""
    beside = [path.with_name(path.name + suffix) for suffix in MARKERS]
    for marker in (*beside, *(path / name for name in INNER_MARKERS)):
        try:
            set_at = marker.lstat()
        except OSError:
            continue
        if max(set_at.st_ctime_ns, set_at.st_mtime_ns) >= look.changed:
            return True
    return False
