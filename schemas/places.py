"""Places: folders and files on disk, and in object stores (``s3://``, ``gs://``, ``az://``), both as paths.

An address goes through the code as the path that pathlib makes of it, ``s3:/bucket/key``, so that names, parents and
joins are those of any path; `told` writes it as an address again. Credentials and endpoints come from the environment,
by the names that the stores' own tools use (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``,
``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME`` …), and are never told.

obstore takes a while to import; nothing here imports it for what lies on disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import InputError
from schemas.refused_requests import reason
from schemas.regex import regex

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore, RetryConfig

SCHEMES: Final = ("s3", "gs", "az")

RETRIES: Final = 4
"""How often a request is tried again by itself, at growing intervals."""

RETRIED: Final = timedelta(seconds=30)
"""For how long it is tried again."""

_REMOTE: Final = regex(rf"({'|'.join(SCHEMES)}):/+")
_PREFIXES: Final = ("AWS_", "GOOGLE_", "AZURE_")


@dataclass(frozen=True, slots=True)
class Object:
    """An object as it was listed.

    Attributes:
        path: where it lies.
        bytes: its size.
        stamp: what changes when it does, of the form of `schemas.files.Stamp`.
        changed: when it was last written, in nanoseconds since 1970 by the clock of the store.
    """

    path: Path
    bytes: int
    stamp: tuple[int, ...]
    changed: int


def is_remote(path: Path | str) -> bool:
    """Whether a path leads into an object store."""
    return _REMOTE.match(str(path)) is not None


def told(path: Path | str) -> str:
    """A path, as people and other programs write it."""
    return _REMOTE.sub(r"\1://", str(path), count=1)


def absolute(path: Path) -> Path:
    """A path that means the same in any folder."""
    return path if is_remote(path) else path.absolute()


def link(path: Path) -> str:
    """What a path is in a link."""
    return told(path) if is_remote(path) else path.resolve().as_uri()


def environment() -> dict[str, str]:
    """The variables of the environment that are about object stores, as the libraries take them; some are secrets."""
    found = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES)}
    if _is_plain(found):
        found["AWS_ALLOW_HTTP"] = "true"
    return found


def objects(folder: Path) -> ObjectStore:
    """The objects in a folder, on disk or in an object store."""
    if is_remote(folder):
        return _opened(str(folder), *sorted(environment().items()))
    from obstore.store import LocalStore  # noqa: PLC0415 - see above

    return LocalStore(folder, automatic_cleanup=True, mkdir=True)


def listed(path: Path) -> list[Object]:
    """The object at a path, or all beneath it, in the order in which folders are walked.

    Raises:
        InputError: if the store can't be listed, or holds an object whose key is no path.
    """
    bucket, key = split(path)
    found: list[ObjectMeta] = []
    with listable(path):
        if key:
            with suppress(FileNotFoundError):
                found = [objects(bucket).head(key)]
        found = found or [each for group in objects(bucket).list(key or None) for each in group]
    folders = {folder for each in found for folder in _folders(each["path"])}
    # Consoles of object stores mark an empty folder by an object of its name without bytes.
    there = (each for each in found if each["size"] or each["path"] not in folders)
    return sorted((object_of(bucket, each) for each in there), key=lambda each: each.path.parts)


def names(folder: Path) -> set[str]:
    """The names of what lies directly in a folder.

    Raises:
        InputError: if it can't be listed.
    """
    bucket, key = split(folder)
    with listable(folder):
        found = objects(bucket).list_with_delimiter(key or None)
    # The mark of the folder itself is none of it.
    there = [each["path"] for each in found["objects"] if each["path"] != key]
    return {Path(each).name for each in (*there, *found["common_prefixes"])}


def look(path: Path) -> Object:
    """An object as it is now.

    Raises:
        FileNotFoundError: if there is none.
        InputError: if the store doesn't answer.
    """
    bucket, key = split(path)
    with answered(path):
        return object_of(bucket, objects(bucket).head(key))


def head(found: Object, size: int) -> bytes:
    """The first bytes of an object that was listed.

    Raises:
        OSError: if it is not there any more, or not open to us.
        InputError: if the store doesn't answer.
    """
    if not found.bytes:
        return b""
    bucket, key = split(found.path)
    with answered(found.path):
        return bytes(objects(bucket).get_range(key, start=0, end=min(size, found.bytes)))


def content(path: Path) -> tuple[Object, Iterator[bytes]]:
    """An object and its bytes, in pieces; all of one version, whatever is written meanwhile.

    Raises:
        OSError: if it is not there, or not open to us.
        InputError: if the store doesn't answer.
    """
    bucket, key = split(path)
    with answered(path):
        got = objects(bucket).get(key)

    def pieces() -> Iterator[bytes]:
        with answered(path):
            for piece in got:
                yield bytes(piece)

    return object_of(bucket, got.meta), pieces()


def read(path: Path) -> bytes:
    """The bytes of an object.

    Raises:
        OSError: if it is not there, or not open to us.
        InputError: if the store doesn't answer.
    """
    return b"".join(content(path)[1])


def write(path: Path, data: bytes) -> None:
    """Put an object in its place in one step, as what its name says.

    Raises:
        OSError: if we may not.
        InputError: if the store doesn't answer.
    """
    bucket, key = split(path)
    kind = guess_type(path.name)[0] or "application/octet-stream"
    with answered(path):
        objects(bucket).put(key, data, attributes={"Content-Type": kind})


def remove(path: Path) -> None:
    """Remove an object, or all beneath it.

    Raises:
        OSError: if we may not.
        InputError: if the store doesn't answer.
    """
    bucket, _ = split(path)
    found = [split(each.path)[1] for each in listed(path)]
    with answered(path):
        objects(bucket).delete(found)


@contextmanager
def answered(path: Path) -> Generator[None]:
    """Turn what goes wrong with an object store into one sentence.

    Raises:
        OSError: if what was asked for is not there, or not open to us.
        InputError: for everything else.
    """
    from obstore.exceptions import (  # noqa: PLC0415 - see above
        BaseError,
        InvalidPathError,
        PermissionDeniedError,
        UnauthenticatedError,
    )

    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "it is gone") from None
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, reason(error)) from None
    except (InvalidPathError, ValueError) as error:
        key = str(error).partition("\n")[0]
        raise InputError(f"{told(path)}: expected keys that are paths, found another ({key}); rename it") from None
    except BaseError as error:
        raise InputError(f"{told(path)}: expected an object store that answers, found {reason(error)}") from None


@contextmanager
def listable(path: Path) -> Generator[None]:
    """As `answered`, but that what is not open to us is no reason to go on either."""
    try:
        with answered(path):
            yield
    except OSError as error:
        raise InputError(f"{told(path)}: expected an object store that answers, found {error.strerror}") from None


@lru_cache(maxsize=64)
def _opened(folder: str, *environment: tuple[str, str]) -> ObjectStore:
    """Its connections are kept as long as the environment stays the same."""
    from obstore.store import AzureStore, GCSStore, S3Store  # noqa: PLC0415 - see above

    retry: RetryConfig = {"max_retries": RETRIES, "retry_timeout": RETRIED}
    scheme, _, rest = folder.partition(":")
    bucket, _, prefix = rest.lstrip("/").partition("/")
    more: dict[str, Any] = {"prefix": prefix or None, "retry_config": retry}
    if scheme == "gs":
        return GCSStore(bucket, **more)
    if scheme == "az":
        return AzureStore(bucket, **more)
    variables = dict(environment)
    if _is_plain(variables):
        more["client_options"] = {"allow_http": True}
    # The store's own way to copy to a key only where there is none; others that speak S3 may need another.
    return S3Store(bucket, copy_if_not_exists=variables.get("AWS_COPY_IF_NOT_EXISTS", "multipart"), **more)


def _is_plain(environment: dict[str, str]) -> bool:
    return environment.get("AWS_ENDPOINT_URL", "").startswith("http://")


def split(path: Path) -> tuple[Path, str]:
    """The bucket, and the key within it."""
    return Path(*path.parts[:2]), "/".join(path.parts[2:])


def _folders(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key


def object_of(bucket: Path, meta: ObjectMeta) -> Object:
    """What was listed of an object; listings tell times more exactly than the object itself, so they make no stamp."""
    version = (meta["e_tag"] or str(meta["last_modified"].replace(microsecond=0))).strip('"')
    path = bucket / meta["path"]
    mark = int.from_bytes(sha256(f"{path}\0{version}".encode("utf-8", "surrogateescape")).digest()[:8])
    changed = int(meta["last_modified"].timestamp() * 1e9)
    return Object(path, meta["size"], (-1, mark, meta["size"], 0), changed)
