"""Where uploads land in the inbox: under a hidden name, until all of it is there; never in the place of another."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

from flows.looks import names
from schemas import places
from schemas.arrivals import arriving, exists

PREFIX: Final = ".upload-"
"""How the names begin of what is still being received."""

Write = Callable[[bytes], Awaitable[object]]


def landing(inbox: Path, name: str) -> AbstractAsyncContextManager[Write]:
    """A function that writes a drop, which is in the inbox once the block ends, and not at all if that fails.

    Once it has ended, the drop outlives a loss of power.

    Raises:
        FileExistsError: if something of its name is there when the block ends.
        OSError: if the inbox can't take it.
        InputError: if an object store doesn't answer.
    """
    final, hidden = inbox / name, inbox / f"{PREFIX}{secrets.token_hex(8)}"
    return arriving(final, hidden) if places.is_remote(inbox) else _in_folder(final, hidden)


def is_taken(inbox: Path, name: str) -> bool:
    """Whether something of this name is in the inbox.

    Raises:
        InputError: if an object store doesn't answer.
    """
    return exists(inbox / name) if places.is_remote(inbox) else os.path.lexists(inbox / name)


def clear_away(inbox: Path) -> None:
    """Remove what uploads left that were cut off by the end of the service.

    Raises:
        InputError: if the inbox can't be listed.
    """
    for name in names(inbox):
        if name.startswith(PREFIX):
            places.remove(inbox / name) if places.is_remote(inbox) else (inbox / name).unlink(missing_ok=True)


@asynccontextmanager
async def _in_folder(final: Path, hidden: Path) -> AsyncGenerator[Write]:
    try:
        with await asyncio.to_thread(_create, hidden) as file:

            async def write(piece: bytes) -> None:
                await asyncio.to_thread(file.write, piece)

            yield write
            await asyncio.to_thread(_sync, file)
        await asyncio.to_thread(_place, hidden, final)
    finally:
        await asyncio.to_thread(hidden.unlink, missing_ok=True)


def _create(path: Path) -> BinaryIO:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    return os.fdopen(number, "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _place(hidden: Path, final: Path) -> None:
    """Give a file its name, but never that of another; once this returns, it outlives a loss of power."""
    try:
        os.link(hidden, final, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # File systems without hard links; there, whoever takes the name in this instant loses it.
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, "it is there", str(final)) from None
        hidden.rename(final)
    folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
