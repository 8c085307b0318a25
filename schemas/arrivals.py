"""What an inbox in an object store needs: whether something is there, and objects that appear when they are whole."""

from __future__ import annotations

import errno
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from schemas import places

PART: Final = 8 * 2**20
"""Bytes of a part of an object that is being written; an upload holds two or three in memory."""


def appears_whole(path: Path) -> bool:
    """Whether an object store shows an object only when all of it is there; in Azure, files and logs may grow."""
    return str(path).startswith(("s3:", "gs:"))


def beneath(folder: Path) -> Iterator[places.Object]:
    """All objects beneath a folder as they are listed, in no order that one could rely on, and but for its own mark.

    Raises:
        InputError: if it can't be listed.
    """
    bucket, key = places.split(folder)
    with places.listable(folder):
        for group in places.objects(bucket).list(key or None):
            yield from (places.object_of(bucket, each) for each in group if each["path"] != key)


def exists(path: Path) -> bool:
    """Whether there is an object at a path, or beneath it.

    Raises:
        InputError: if the store doesn't answer.
    """
    bucket, key = places.split(path)
    with places.listable(path):
        try:
            return bool(places.objects(bucket).head(key))
        except FileNotFoundError:
            return any(places.objects(bucket).list(key, chunk_size=1))


@asynccontextmanager
async def arriving(path: Path, hidden: Path) -> AsyncGenerator[Callable[[bytes], Awaitable[object]]]:
    """A function that writes bytes to an object that appears when the block ends, and doesn't if that fails.

    Args:
        path: where it is to appear.
        hidden: where it lies for the moment until then, in the same bucket.

    Raises:
        FileExistsError: if there is an object at `path` when the block ends; it stays as it is.
        OSError: if we may not.
        InputError: if the store doesn't answer.
    """
    from obstore import copy_async, delete_async, open_writer_async  # noqa: PLC0415 - see `schemas.places`
    from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - see `schemas.places`

    bucket, key = places.split(path)
    store, beside = places.objects(bucket), places.split(hidden)[1]
    with places.answered(path):
        # In parts, of which nothing can be seen before the last; but no store takes a key in parts only if it is free.
        async with open_writer_async(store, beside, buffer_size=PART, max_concurrency=2) as file:
            yield file.write
        try:
            await copy_async(store, beside, key, overwrite=False)
        except AlreadyExistsError:
            raise FileExistsError(errno.EEXIST, "it is there", places.told(path)) from None
        finally:
            await delete_async(store, beside)
