"""Files of the site, on disk or in an object store.

They are written in one step, and only where they change; removed only where they are the site's.
"""

from __future__ import annotations

import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from filelock import FileLock

from schemas import places
from schemas.errors import BusyError, InputError
from schemas.leases import Lease, Leases

_WRITERS: Final = 4
_PENDING: Final = 200
"""Pages that wait to be written, at most."""


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, unless it is there."""
    if content(path) == data:
        return
    if places.is_remote(path):
        places.write(path, data)
        return
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
    temporary.replace(path)


@contextmanager
def writing() -> Generator[Callable[[Path, bytes], None]]:
    """`write` by a few threads, for many small files; all are there when the block ends, or the error is raised."""
    with ThreadPoolExecutor(_WRITERS) as threads:
        pending: deque[Future[None]] = deque()

        def soon(path: Path, data: bytes) -> None:
            pending.append(threads.submit(write, path, data))
            if len(pending) > _PENDING:
                pending.popleft().result()

        yield soon
        for each in pending:
            each.result()


def read(path: Path) -> bytes:
    """What is at `path`.

    Raises:
        OSError: if nothing is, or it can't be read.
    """
    return places.read(path) if places.is_remote(path) else path.read_bytes()


def content(path: Path) -> bytes | None:
    """What is at `path`; None where nothing is."""
    try:
        return read(path)
    except FileNotFoundError:
        return None


def listed(folder: Path) -> frozenset[str]:
    """The names of what is in `folder`."""
    if places.is_remote(folder):
        return frozenset(places.names(folder))
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def remove(folder: Path, pattern: str, *, but: set[str]) -> None:
    """Remove what earlier publishing left; the pattern keeps it from ever touching a file that is not the site's."""
    if places.is_remote(folder):
        for name in places.names(folder) - but:
            if re.fullmatch(pattern, name):
                places.remove(folder / name)
        return
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name in but or not re.fullmatch(pattern, path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def digest(data: bytes) -> str:
    """A short name for some bytes."""
    return sha256(data).hexdigest()[:16]


def code_digest(folder: Path) -> str:
    """Changes with anything in `folder` that pages are made by."""
    made_by = [path for kind in ("*.py", "templates/*.html", "static/*") for path in sorted(folder.glob(kind))]
    return digest(b"".join(digest(path.read_bytes()).encode() for path in made_by))


@contextmanager
def one_at_a_time(site: Path) -> Generator[None]:
    """Hold the folder; a second publisher waits, then finds little left to do."""
    try:
        if places.is_remote(site):
            with _claimed(Leases(places.objects(site / "claims")), site):
                yield
            return
        site.mkdir(parents=True, exist_ok=True)
        with FileLock(site / ".lock"):
            yield
    except OSError as error:
        raise InputError(
            f"{error.filename or site}: expected a folder to write the site to, found: {error.strerror}; name another"
        ) from error


@contextmanager
def _claimed(leases: Leases, site: Path) -> Generator[None]:
    lease: Lease | None = None
    while lease is None:
        with places.answered(site):
            try:
                lease = leases.take("site")
            except BusyError:
                time.sleep(1)
    with leases.kept(lease):
        yield
