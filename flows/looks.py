"""What lies in an inbox, told without reading any of it: in a folder as in an object store."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas import places
from schemas.arrivals import appears_whole, beneath
from schemas.errors import InputError
from schemas.manifest_forms import form_of
from schemas.walking import MARKER

MARKERS: Final = (".done", ".complete")
"""How the names of markers beside a drop end."""

INNER_MARKERS: Final = (MARKER, ".complete")
"""Names of markers within a drop that is a folder."""

CLOCKS: Final = 60 * 10**9
"""Nanoseconds by which the clock of an object store may differ from ours."""


@dataclass(frozen=True)
class Look:
    """What a drop looked like: equal looks, equal content, as far as one can tell without reading it.

    Attributes:
        entries: files and folders in it, itself included; or objects.
        files: of these, the files that are not hidden.
        bytes: size of all files.
        changed: the latest change of anything, in nanoseconds since 1970.
        written: the same, but for its own renaming.
        renamed: whether it was renamed, or its permissions changed, after it was written.
        manifest: whether anything in it bears a manifest's name.
        whole: whether it can't be half written.
        versions: of all objects, which tell their contents apart.
    """

    entries: int
    files: int
    bytes: int
    changed: int
    written: int
    renamed: bool = False
    manifest: bool = False
    whole: bool = False
    versions: int = 0


class Contents(ABC):
    """What lies at the top of an inbox.

    Attributes:
        names: of what is there.
    """

    names: AbstractSet[str]

    @abstractmethod
    def look(self, name: str) -> Look | None:
        """What a drop looks like; None where it is gone or can't be listed."""

    @abstractmethod
    def inode(self, name: str) -> tuple[int, int] | None:
        """What stays the same when a drop is renamed; None where nothing does, or it is gone."""

    @abstractmethod
    def set_at(self, marker: str) -> int | None:
        """When a marker was set, in nanoseconds since 1970; `marker` is its path within the inbox, if there is one."""


def contents(inbox: Path) -> Contents:
    """What lies in an inbox now.

    Raises:
        InputError: if it can't be listed.
    """
    return _Objects(inbox) if places.is_remote(inbox) else _Files(inbox)


def names(inbox: Path) -> AbstractSet[str]:
    """The names of what lies at the top of an inbox, but for links.

    Raises:
        InputError: if it can't be listed.
    """
    return places.names(inbox) if places.is_remote(inbox) else _Files(inbox).names


def check_inbox(inbox: Path) -> None:
    """Look whether drops can arrive in an inbox.

    Raises:
        InputError: if they can't.
    """
    if not places.is_remote(inbox) and not inbox.is_dir():
        raise InputError(f"{inbox}: expected an inbox, found no folder there; make it, or set TURNPROOF_INBOX")
    names(inbox)


class _Files(Contents):
    """The files and folders in a folder, each looked at when it is asked for."""

    def __init__(self, inbox: Path) -> None:
        self.inbox = inbox
        try:
            with os.scandir(inbox) as found:
                self.names = {entry.name for entry in found if not entry.is_symlink()}
        except OSError as error:
            raise InputError(
                f"{inbox}: expected an inbox with drops, found {error.strerror}; name a drop, or set TURNPROOF_INBOX"
            ) from None

    def look(self, name: str) -> Look | None:
        path = self.inbox / name
        manifest = False
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
                        elif _is_file(entry.name):
                            files += 1
                            manifest |= form_of(entry.name) is not None
        except OSError:
            return None
        return Look(
            entries=len(looks),
            files=files,
            bytes=sum(each.st_size for each in looks if stat.S_ISREG(each.st_mode)),
            changed=max(_changed(each) for each in looks),
            written=max(top.st_mtime_ns, *map(_changed, looks[1:]), 0),
            renamed=top.st_ctime_ns > top.st_mtime_ns,
            manifest=manifest,
        )

    def inode(self, name: str) -> tuple[int, int] | None:
        try:
            found = (self.inbox / name).lstat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def set_at(self, marker: str) -> int | None:
        try:
            return _changed((self.inbox / marker).lstat())
        except OSError:
            return None


class _Objects(Contents):
    """The objects beneath an address, by the first part of what follows it; one listing tells of all."""

    def __init__(self, inbox: Path) -> None:
        self._looks: dict[str, Look] = {}
        self._set: dict[str, int] = {}
        depth, whole = len(inbox.parts), appears_whole(inbox)
        for each in beneath(inbox):
            name, *rest = each.path.parts[depth:]
            last = rest[-1] if rest else name
            if len(rest) <= 1 and (last in INNER_MARKERS or last.endswith(MARKERS)):
                self._set["/".join((name, *rest))] = each.changed
            # One without bytes stands for a folder, as consoles of object stores make them.
            file = each.bytes > 0 and (not rest or _is_file(last))
            before = self._looks.get(name) or Look(entries=0, files=0, bytes=0, changed=0, written=0)
            changed = max(before.changed, each.changed)
            self._looks[name] = Look(
                entries=before.entries + 1,
                files=before.files + file,
                bytes=before.bytes + each.bytes,
                changed=changed,
                written=changed + CLOCKS,
                manifest=before.manifest or (bool(rest) and form_of(last) is not None),
                whole=whole and not rest and not before.entries,
                versions=before.versions ^ each.stamp[1],
            )
        self.names = self._looks.keys()

    def look(self, name: str) -> Look | None:
        return self._looks.get(name)

    def inode(self, name: str) -> tuple[int, int] | None:
        return None

    def set_at(self, marker: str) -> int | None:
        return self._set.get(marker)


def markers(name: str) -> Iterable[str]:
    """Where a marker of a drop may lie, as paths within the inbox."""
    yield from (name + suffix for suffix in MARKERS)
    yield from (f"{name}/{inner}" for inner in INNER_MARKERS)


def _is_file(name: str) -> bool:
    return not name.startswith(".") and name not in INNER_MARKERS


def _changed(found: os.stat_result) -> int:
    return max(found.st_mtime_ns, found.st_ctime_ns)
