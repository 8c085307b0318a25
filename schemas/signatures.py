"""Files told by their first bytes: what holds sources, and what people mistake for transcripts."""

from __future__ import annotations

import re
from typing import Final

from schemas.regex import regex

HEAD_BYTES: Final = 512
"""How much of a file is looked at; the mark of a tar archive ends at byte 265."""

COMPRESSED: Final = {
    "gzip": regex(rb"\x1f\x8b\x08"),
    "bzip2": regex(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": regex(rb"\xfd7zXZ\x00"),
    # Frames of data, or those to skip that some tools write first.
    "zstandard": regex(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}
"""What is unpacked as a whole, by name."""

ZIP: Final = regex(rb"PK(?:\x03\x04|\x05\x06)")
TAR: Final = regex(rb".{257}ustar(?:\x0000|  \x00)", re.DOTALL)

_HOLDER: Final = regex(b"|".join(b"(?:%b)" % mark.pattern for mark in (ZIP, TAR, *COMPRESSED.values())), re.DOTALL)
"""Any of these: hardly a file is one, and to ask once takes a tenth of the time."""

_TEXT: Final = "export the transcript as plain text"
_TABLE: Final = "export each table as CSV"
_SPEECH: Final = "export the transcript of its speech as text, not the recording"
_REPACK: Final = "unpack it, or pack it as zip or tar.gz"
_FOREIGN: Final = tuple(
    (regex(pattern, re.DOTALL), name, remedy)
    for pattern, name, remedy in (
        (rb"%PDF-", "a PDF document", _TEXT),
        (rb"\{\\rtf", "an RTF document", _TEXT),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a Word, Excel or Outlook file of the old kind", f"{_TEXT} or CSV"),
        (rb"SQLite format 3\x00", "a SQLite database", _TABLE),
        (rb"ARROW1\x00\x00", "an Arrow or Feather file", f"{_TABLE} or Parquet"),
        (rb"Obj\x01", "an Avro file", f"{_TABLE} or JSON lines"),
        (rb"\x89HDF\r\n", "an HDF5 file", _TABLE),
        (rb"RIFF.{4}WAVE", "a WAV recording", _SPEECH),
        (rb"RIFF.{4}AVI ", "an AVI video", _SPEECH),
        (rb"RIFF.{4}WEBP", "a WebP image", _TEXT),
        (rb"FORM.{4}AIF", "an AIFF recording", _SPEECH),
        (rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "an MP3 recording", _SPEECH),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "an AAC recording", _SPEECH),
        (rb"OggS\x00", "an Ogg recording", _SPEECH),
        (rb"fLaC\x00", "a FLAC recording", _SPEECH),
        (rb"#!AMR", "an AMR recording", _SPEECH),
        (rb".{4}ftyp(?:hei[cx]|mif1|avif)", "a HEIC or AVIF image", _TEXT),
        (rb".{4}ftyp", "an MP4 or M4A recording", _SPEECH),
        (rb"\x1a\x45\xdf\xa3", "a WebM or Matroska recording", _SPEECH),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a WMA or WMV recording", _SPEECH),
        (rb"\x89PNG", "a PNG image", _TEXT),
        (rb"\xff\xd8\xff", "a JPEG image", _TEXT),
        (rb"GIF8[79]a", "a GIF image", _TEXT),
        (rb"II\*\x00|MM\x00\*", "a TIFF image", _TEXT),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _REPACK),
        (rb"Rar!\x1a\x07", "a RAR archive", _REPACK),
        (rb"\x04\x22\x4d\x18", "LZ4-compressed data", _REPACK),
        (rb"\x1f[\x9d\xa0]", "data compressed by compress", _REPACK),
        (rb"MSCF\x00", "a CAB archive", _REPACK),
    )
)
_OFFICE: Final = (
    (b"word/document", "a Word document", _TEXT),
    (b"xl/workbook", "an Excel workbook", "export each of its sheets as CSV"),
    (b"ppt/presentation", "a PowerPoint presentation", _TEXT),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "a spreadsheet", "export each of its sheets as CSV"),
    (b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument text", _TEXT),
    (b"mimetypeapplication/epub", "an e-book", _TEXT),
    (b"META-INF/MANIFEST.MF", "a Java archive", "take it out of the drop"),
)
"""Documents that are zip archives inside, by what one of their members is called or holds."""


BINARY: Final = (
    r"(?s)^(?:PK\x03\x04|%PDF-|\{\\rtf|SQLite format|RIFF|FORM|ID3|OggS\x00|fLaC\x00|#!AMR|.{4}ftyp"
    r"|II\*\x00|MM\x00|GIF8|7z|Rar!|MSCF\x00|Obj\x01|ARROW1)"
)
"""What some of these begin with where they are valid UTF-8 by chance, as a regex of Polars; some text does, too."""
TARRED: Final = (257, "ustar")
"""Where a tar archive has its mark, and the mark; a regex would count its way there, five times as long."""


def holds(head: bytes) -> bool:
    """Whether a file is an archive, or compressed."""
    return _HOLDER.match(head) is not None


def compression(head: bytes) -> str | None:
    """What a file is compressed by, if it is."""
    return next((name for name, mark in COMPRESSED.items() if mark.match(head)), None)


def archive(head: bytes) -> str | None:
    """``zip`` or ``tar`` where a file is one of these."""
    return "zip" if ZIP.match(head) else "tar" if TAR.match(head) else None


def container(data: bytes) -> str | None:
    """What kind of archive or compressed file begins with these bytes, in words; None for others and for documents."""
    if (kind := archive(data[:HEAD_BYTES])) is not None:
        return None if kind == "zip" and foreign(data) else f"a {kind} archive"
    name = compression(data[:HEAD_BYTES])
    return name and f"{name}-compressed data"


def foreign(data: bytes) -> tuple[str, str] | None:
    """What a file is that is no text: its kind, and what to do; None if it can't be told.

    Args:
        data: all of it, as a document's kind is told by the names of its parts.
    """
    if ZIP.match(data):
        return next(((name, remedy) for mark, name, remedy in _OFFICE if mark in data), None)
    head = data[:HEAD_BYTES]
    return next(((name, remedy) for mark, name, remedy in _FOREIGN if mark.match(head)), None)
