"""The static site: a pure function of the store, written incrementally and atomically.

    index.html                              every run, newest first
    runs/<run>/index.html                   one run of a drop
    runs/<run>/transcripts/<slug>.html      one flagged transcript
    assets/                                 style sheet, script and icon, named after their content

A finished run never changes, so neither do its pages: a stamp in the folder of a run says from which row and which code
the pages were made, and a run whose stamp still fits is passed over. Nothing here knows what time it is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from filelock import FileLock

from reports import facts
from reports.pages import Run
from reports.rendering import Renderer
from schemas.errors import InputError
from schemas.store import Store

_HERE: Final = Path(__file__).parent
_ASSETS: Final = {"style": "turnproof.css", "script": "turnproof.js", "icon": "turnproof.svg"}
_STAMP: Final = "stamp"


def publish(store: Store, site: Path) -> Path:
    """Write the pages of every finished run under the folder `site`, and return the path of its front page.

    Only files whose bytes change are written, each in one step, so that a reader never sees half a page; pages of runs
    that are no longer in the store are removed. Publishing again after a crash finishes the work.

    Raises:
        InputError: if `site` can't be written to.
        StoreError: if the store can't be read.
    """
    with _one_at_a_time(site):
        assets = _publish_assets(site / "assets")
        render = Renderer({name: path.name for name, path in assets.items()})
        made_by = _code_digest()
        runs = facts.runs(store)
        for run in runs:
            _publish_run(store, run, render, site / "runs" / run.run, f"{made_by} {_digest(repr(run).encode())}\n")
        _write(site / "index.html", render.index(runs))
        _remove(site / "runs", r"[0-9a-f]{16}", but={run.run for run in runs})
        _remove(site / "assets", r"\.?turnproof-[0-9a-f]{16}\..+", but={path.name for path in assets.values()})
    return site / "index.html"


def _publish_run(store: Store, run: Run, render: Renderer, folder: Path, stamp: str) -> None:
    if _content(folder / _STAMP) == stamp.encode():
        return
    page = facts.run_page(store, run)
    for transcript in facts.transcript_pages(store, page):
        _write(folder / "transcripts" / transcript.transcript.page, render.transcript(transcript))
    _write(folder / "index.html", render.run(page))
    _remove(folder / "transcripts", r".+\.html(\.part)?", but={flagged.page for flagged in page.flagged})
    _write(folder / _STAMP, stamp.encode())


def _publish_assets(folder: Path) -> dict[str, Path]:
    """Copy the assets under names that change with their content, so that browsers may keep them for ever."""
    assets: dict[str, Path] = {}
    for name, file in _ASSETS.items():
        data = (_HERE / "static" / file).read_bytes()
        stem, suffix = os.path.splitext(file)
        assets[name] = folder / f"{stem}-{_digest(data)}{suffix}"
        _write(assets[name], data)
    return assets


def _code_digest() -> str:
    """Changes with anything that pages are made by."""
    made_by = [path for kind in ("*.py", "templates/*.html", "static/*") for path in sorted(_HERE.glob(kind))]
    return _digest(b"".join(_digest(path.read_bytes()).encode() for path in made_by))


def _write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, unless it is there."""
    if _content(path) == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _remove(folder: Path, pattern: str, *, but: set[str]) -> None:
    """Remove what earlier publishing left; the pattern keeps it from ever touching a file that is not the site's."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name in but or not re.fullmatch(pattern, path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


@contextmanager
def _one_at_a_time(site: Path) -> Generator[None]:
    """Hold the folder; a second publisher waits, then finds little left to do."""
    try:
        site.mkdir(parents=True, exist_ok=True)
        with FileLock(site / ".lock"):
            yield
    except OSError as error:
        raise InputError(
            f"{error.filename or site}: expected a folder to write the site to, found: {error.strerror}; name another"
        ) from error
