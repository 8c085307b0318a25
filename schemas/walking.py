"""The files in a folder, in order of name, and which of them are left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from schemas.limits import FOLDERS

REPORT_SUFFIX: Final = ".repairs.json"
"""What `turnproof check --fix` writes beside a mended copy; in a folder it is no source."""


MARKER: Final = "_SUCCESS"
"""What Hadoop, Spark and those who do as they do put into a folder once all is in it."""


def walk(folder: Path) -> Iterator[tuple[Path, tuple[str, str] | None]]:
    """The files in a folder, and the folders that can't be listed with the reason why."""
    levels = [_entries(folder)]
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
        elif not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path), None
        elif len(levels) >= FOLDERS:
            yield Path(entry.path), ("oversized", f"lies more than {FOLDERS} folders deep; move it up")
        else:
            try:
                levels.append(_entries(Path(entry.path)))
            except OSError as error:
                yield Path(entry.path), ("unreadable", reason(error))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        wanted = (each for each in found if is_wanted(each.name))
        return iter(sorted(wanted, key=lambda each: each.name))


def is_wanted(*names: str) -> bool:
    """Whether what goes by a name, in folders of the others, is a source: not what is hidden, a report or a marker."""
    return not any(name.startswith(".") or name.endswith(REPORT_SUFFIX) or name == MARKER for name in names)


def reason(error: OSError) -> str:
    """Why a file can't be opened, or a folder be listed."""
    return error.strerror or "it can't be opened"
