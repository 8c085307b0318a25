"""The inbox: which of its entries are drops, and which of these are complete.

A drop is a file, a folder or an archive at the top of the inbox, or a single object or all whose keys begin alike. It
is complete when one of these holds:

- it was renamed into place: it bore a name of an unfinished one before (`UNFINISHED`);
- it is a single object of a store that shows objects only when they are whole;
- its marker is there and nothing changed after it: ``NAME.done`` or ``NAME.complete`` beside it, ``_SUCCESS`` or
  ``.complete`` within it;
- its manifest is there (`schemas.manifest`) with a size or checksum for each file, and all of them are as it says;
- it has not changed for a set time: its times say so, or it looked the same twice, that much apart.

Names of unfinished ones are never drops, nor are links, which could lead anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flows.looks import INNER_MARKERS, MARKERS, Contents, Look, contents, markers, names
from schemas import places
from schemas.errors import InputError
from schemas.files import shown
from schemas.listing import list_sources
from schemas.manifest import apart, lacking

UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".filepart", "~")
"""How the names of what is still being written end; those that begin with a dot are unfinished, too."""


@dataclass
class Inbox:
    """The drops of an inbox as they come in.

    Attributes:
        folder: the inbox, on disk or in an object store.
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

    def changed(self, drop: Path) -> int:
        """When a drop that was returned had last changed at the latest, in nanoseconds since 1970."""
        return max(self._told[drop.name].changed, self._told[drop.name].written)

    def look(self, names: Iterable[str] | None = None) -> list[Path]:
        """Look at the entries that are named, and those that wait; at all if none are named.

        Returns:
            The drops that are complete now and have changed since they were last returned.

        Raises:
            InputError: if the inbox can't be listed.
        """
        there = contents(self.folder)
        if names is None:
            looked = {*there.names, *self._seen, *self._told, *self._inodes}
        else:
            # A marker tells of another entry.
            looked = {*names, *self._seen} | {_marked(name) for name in names}
        renamed = self._renamed(looked, there)
        trusted, self._trusted = self._trusted, set()
        found: list[Path] = []
        for name in sorted(looked):
            if name not in there.names or not is_drop_name(name):
                self._seen.pop(name, None)
                self._told.pop(name, None)
            elif self._is_complete(name, there, renamed=name in renamed, trusted=name in trusted):
                found.append(self.folder / name)
        return found

    def _renamed(self, looked: set[str], there: Contents) -> set[str]:
        """Those of the names looked at that an unfinished one was renamed to."""
        temporary = {name for name in looked if is_unfinished(name)}
        gone = {name: self._inodes.pop(name, None) for name in temporary - there.names}
        for name in temporary & there.names:
            if (inode := there.inode(name)) is not None:
                self._inodes[name] = inode
        return {
            name
            for name in looked & there.names
            if is_drop_name(name)
            for before, inode in gone.items()
            # Renamed before anybody saw it, it still has the name in its name, as rsync, curl and browsers do it.
            if (inode is None and name in before) or (inode is not None and inode == there.inode(name))
        }

    def _is_complete(self, name: str, there: Contents, *, renamed: bool, trusted: bool) -> bool:
        before, since = self._seen.pop(name, (None, 0.0))
        found, now = there.look(name), self.clock()
        if found is None or not found.files or self._told.get(name) == found:
            return False
        # A browser holds the name's place with an empty file while it loads into another.
        beside = any(name + suffix in there.names for suffix in UNFINISHED)
        if beside or before != found:
            since = now
        settled = now - since >= self.settle or _is_old(found, self.settle)
        whole = settled or trusted or found.whole or (renamed and found.renamed) or _has_marker(name, found, there)
        if not beside and (whole or (before != found and found.manifest and _has_manifest(self.folder / name))):
            self._told[name] = found
            return True
        self._seen[name] = found, since
        return False


def drops_in(inbox: Path) -> list[Path]:
    """The drops of an inbox, complete or not, in order of name.

    Raises:
        InputError: if there is no such folder, or no drop in it.
    """
    found = sorted(inbox / name for name in names(inbox) if is_drop_name(name))
    if not found:
        raise InputError(
            f"{places.told(inbox)}: expected an inbox with drops, found it empty; name a drop, or put one there"
        )
    return found


def drop_named(inbox: Path, drop: str) -> Path:
    """The entry of an inbox that goes by the name of a drop; nothing outside the inbox can be named.

    Raises:
        InputError: if there is none.
    """
    for name in sorted(names(inbox)):
        if is_drop_name(name) and shown(name) == drop:
            return inbox / name
    raise InputError(
        f"{places.told(inbox)}: expected the drop {shown(drop)} there, found none of that name; put it there again"
    )


def is_unfinished(name: str) -> bool:
    """Whether what goes by this name is still being written."""
    return name.startswith(".") or name.endswith(UNFINISHED)


def is_drop_name(name: str) -> bool:
    """Whether what goes by this name can be a drop."""
    return not is_unfinished(name) and name not in INNER_MARKERS and not name.endswith(MARKERS)


def _is_old(look: Look, settle: float) -> bool:
    return look.written <= time.time_ns() - settle * 1e9


def _marked(name: str) -> str:
    for suffix in (*MARKERS, *UNFINISHED):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _has_manifest(path: Path) -> bool:
    """Whether a manifest says what a drop is to hold, and all of it is there as it says."""
    try:
        sources = list_sources(path, within=True)
    except InputError:
        return False
    manifests, _ = apart(sources)
    named = [each for manifest in manifests for each in manifest.names]
    told = bool(named) and all(each.size is not None or each.digest is not None for each in named)
    return told and not lacking(manifests, sources, contents=False) and not lacking(manifests, sources)


def _has_marker(name: str, look: Look, there: Contents) -> bool:
    """Whether a marker says that the drop is complete, and nothing changed after it."""
    return any(set_at >= look.changed for marker in markers(name) if (set_at := there.set_at(marker)) is not None)
