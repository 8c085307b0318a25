"""The forms of manifests: which files of a drop they name, with sizes and checksums where they tell them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import unquote

from schemas.regex import regex

NAMES: Final = 1_000_000
"""The most files that a manifest may name; four times what an archive may hold."""

ALGORITHMS: Final = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha224": "SHA-224",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "blake2b": "BLAKE2b",
}
"""Checksums by the names that hashlib has for them."""

_DIGITS: Final = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_KINDS: Final = r"(?:md5|sha-?(?:1|224|256|384|512)|b2)"
_CHECKSUMS: Final = regex(
    rf"(?:{_KINDS}sums?|checksums?)(?:\.(?:txt|asc|{_KINDS}))?|(?P<beside>.+)\.{_KINDS}(?:sums?)?|(?:tag)?manifest-\w+\.txt",
    re.IGNORECASE,
)
_LISTED: Final = regex(r"manifest(?:\.(?:txt|lst|list))?", re.IGNORECASE)
_GNU: Final = regex(r"(\\?)([0-9a-fA-F]{32,128})[ \t]+\*?(\S.*)")
_BSD: Final = regex(r"(\\?)([A-Za-z0-9-]+) \((.+)\) = ([0-9a-fA-F]{32,128})")
_PATH: Final = regex(r'[^\t:*?"<>|]*[^\s:*?"<>|/\\]\.[A-Za-z0-9]{1,10}')
_PATHS: Final = ("path", "file", "filename", "file_name", "filepath", "file_path", "relative_path")
_SIZES: Final = ("size", "bytes", "filesize", "file_size", "size_bytes", "length")
_FILES: Final = ("files", "entries", "contents", "sources", "transcripts")
_HASH: Final = regex(r"(?:(md5|sha-?(?:1|224|256|384|512))[:=])?([0-9a-fA-F]{32,128})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a manifest names.

    Attributes:
        name: as it stands there; a path from the manifest's folder.
        line: where, counted from 1; None in JSON.
        size: in bytes, where it is told.
        algorithm, digest: its checksum, in hexadecimal, where it is told; one of `ALGORITHMS`.
    """

    name: str
    line: int | None = None
    size: int | None = None
    algorithm: str | None = None
    digest: str | None = None


Form = Callable[[str], Iterable[Named] | None]


def form_of(name: str) -> Form | None:
    """How a file of this name names others, if it may be a manifest."""
    lower = name.lower()
    if lower == "manifest.json":
        return _json
    if lower in ("manifest.csv", "manifest.tsv"):
        return _table
    if (found := _CHECKSUMS.fullmatch(name)) is not None:
        return partial(_checksums, beside=found["beside"])
    return _list if _LISTED.fullmatch(name) else None


def named_in(data: bytes, form: Form) -> tuple[Named, ...]:
    """What a manifest names; nothing if it has another form, or names more than `NAMES` files."""
    # Names that are no UTF-8 go through, as they do where files are listed.
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    if "\0" in text:
        return ()
    try:
        found = tuple(islice(form(text) or (), NAMES + 1))
    except (ValueError, RecursionError, csv.Error, _OtherError):
        return ()
    return () if len(found) > NAMES else found


class _OtherError(Exception):
    """A line has another form."""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith(("#", ";", "-----", "Hash:")):
            yield number, line.removesuffix("\r")


def _checksums(text: str, beside: str | None = None) -> Iterator[Named]:
    """Lines as sha256sum writes them, in its own way (``digest  name``) or that of BSD (``SHA256 (name) = digest``).

    A digest alone is of the file that the manifest is named after: `beside`.
    """
    for number, line in _lines(text.partition("-----BEGIN PGP SIGNATURE")[0]):
        if (found := _GNU.fullmatch(line)) is not None:
            escaped, digest, name = found.groups()
            algorithm = _DIGITS.get(len(digest))
        elif (found := _BSD.fullmatch(line)) is not None:
            escaped, kind, name, digest = found.groups()
            algorithm = _algorithm(kind, digest)
        elif beside is not None and (found := _HASH.fullmatch(line.strip())) is not None:
            escaped, name, digest = "", beside, found[2]
            algorithm = _algorithm(found[1] or "", digest)
        else:
            raise _OtherError
        if escaped:
            name = re.sub(r"\\(.)", lambda part: {"n": "\n", "r": "\r"}.get(part[1], part[1]), name)
        # BagIt writes these, and nothing else, so.
        name = re.sub(r"%(?:0[AaDd]|25)", lambda part: unquote(part[0]), name)
        yield Named(name.rstrip(), number, None, algorithm, digest.lower())


def _list(text: str) -> Iterator[Named]:
    """A path a line, or checksums."""
    first = next(_lines(text), (1, ""))[1]
    if _GNU.fullmatch(first) or _BSD.fullmatch(first):
        yield from _checksums(text)
        return
    for number, line in _lines(text):
        if _PATH.fullmatch(line.strip()) is None:
            raise _OtherError
        yield Named(line.strip(), number)


def _table(text: str) -> Iterator[Named] | None:
    """A table with a column of paths under a heading."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",\t;", key=head.count), strict=True)
    columns = [cell.strip().lower() for cell in next(reader, list[str]())]
    told = _SIZES + tuple(ALGORITHMS) + ("hash", "checksum", "digest")
    wanted = (*_PATHS, "name") if set(columns) & set(told) else _PATHS
    place = next((columns.index(each) for each in wanted if each in columns), None)
    if place is None:
        return None
    return (
        _named(row[place], dict(zip(columns, row, strict=False)), reader.line_num)
        for row in reader
        if len(row) > place and row[place].strip()
    )


def _json(text: str) -> list[Named] | None:
    """A list of files, or an object with one, or one from paths to what is told of them."""
    content: Any = json.loads(text)
    if isinstance(content, dict):
        whole = cast("dict[str, object]", content)
        by_hash = all(isinstance(each, str) and _HASH.fullmatch(each) for each in whole.values())
        content = whole if by_hash else next((whole[each] for each in _FILES if whole.get(each)), None)
    if isinstance(content, dict):
        files = cast("dict[str, object]", content)
        return [_named(name, _fields(told)) for name, told in files.items()]
    if not isinstance(content, list):
        return None
    found: list[Named] = []
    for each in cast("list[object]", content):
        fields = {"path": each} if isinstance(each, str) else _fields(each)
        name = next((fields[key] for key in (*_PATHS, "name") if isinstance(fields.get(key), str)), None)
        if not isinstance(name, str) or not name.strip():
            return None
        found.append(_named(name, fields))
    return found


def _fields(told: object) -> Mapping[str, object]:
    if isinstance(told, dict):
        return {str(key).lower(): value for key, value in cast("dict[object, object]", told).items()}
    return {"size": told} if isinstance(told, int) else {"hash": told}


def _named(name: str, fields: Mapping[str, object], line: int | None = None) -> Named:
    size = next((number for each in _SIZES if (number := _whole(fields.get(each))) is not None), None)
    for key in (*ALGORITHMS, "sha-256", "sha-512", "sha-1", "hash", "checksum", "digest"):
        value = fields.get(key)
        if isinstance(value, str) and (found := _HASH.fullmatch(value.strip())) is not None:
            kind = found[1] or (key if key[:3] in ("md5", "sha", "bla") else "")
            return Named(name.strip(), line, size, _algorithm(kind, found[2]), found[2].lower())
    return Named(name.strip(), line, size)


def _algorithm(kind: str, digest: str) -> str | None:
    """The algorithm of a digest; None where the name given doesn't fit its length, or is none that we know."""
    kind = kind.lower().replace("-", "")
    named = _DIGITS.get(len(digest))
    if kind.startswith("blake2b"):
        return "blake2b" if len(digest) == 128 else None
    return named if kind in ("", named) else None


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
