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


def walk(folder: Path) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """The files in a folder, and the folders that can't be listed with the reason why.

    They come as strings: there may be millions, and to make a path of one takes as long as to look at it.
    """
    levels = [_entries(os.fspath(folder))]
    while levels:
        found = next(levels[-1], None)
        if found is None:
            levels.pop()
            continue
        path, entry = found
        if not entry.is_dir(follow_symlinks=False):
            yield path, None
        elif len(levels) >= FOLDERS:
            yield path, ("oversized", f"lies more than {FOLDERS} folders deep; move it up")
        else:
            try:
                levels.append(_entries(path))
            except OSError as error:
                yield path, ("unreadable", reason(error))


def _entries(folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as found:
        wanted = sorted((each for each in found if is_wanted(each.name)), key=lambda each: each.name)
    # As pathlib writes it, which leaves out a dot before the slash.
    return ((each.name if folder == os.curdir else each.path, each) for each in wanted)


def is_wanted(*names: str) -> bool:
    """Whether what goes by a name, in folders of the others, is a source: not what is hidden, a report or a marker."""
    return not any(name.startswith(".") or name.endswith(REPORT_SUFFIX) or name == MARKER for name in names)


def reason(error: OSError) -> str:
    """Why a file can't be opened, or a folder be listed."""
    return error.strerror or "it can't be opened"
