"""What is no text is told by its first bytes, with what to do."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

import pytest

from expectations.suite import Suite
from schemas.containers import compression
from schemas.reading import read
from tests.conftest import loaded
from tests.schemas.packing import batch_of, problems, zip_of


def office(name: str) -> bytes:
    return zip_of({"[Content_Types].xml": b"<x/>", name: b"<x/>", "docProps/app.xml": b"<x/>"})


def opendocument(kind: str) -> bytes:
    return zip_of({"mimetype": f"application/{kind}".encode(), "content.xml": b"<x/>"}, zipfile.ZIP_STORED)


FOREIGN: dict[str, tuple[bytes, str, str]] = {
    "docx": (office("word/document.xml"), "a Word document", "export the transcript as plain text"),
    "xlsx": (office("xl/workbook.xml"), "an Excel workbook", "export each of its sheets as CSV"),
    "pptx": (office("ppt/presentation.xml"), "a PowerPoint presentation", "plain text"),
    "odt": (opendocument("vnd.oasis.opendocument.text"), "an OpenDocument text", "plain text"),
    "ods": (opendocument("vnd.oasis.opendocument.spreadsheet"), "a spreadsheet", "CSV"),
    "epub": (opendocument("epub+zip"), "an e-book", "plain text"),
    "jar": (zip_of({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0"}), "a Java archive", "take it out"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document", "plain text"),
    "pdf in ASCII": (b"%PDF-1.4\nPatient: Hi.\n\nTherapist: Hello.\n", "a PDF document", "plain text"),
    "rtf": (b"{\\rtf1\\ansi Patient: Hi.\\par}", "an RTF document", "plain text"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Word, Excel or Outlook", "plain text"),
    "wav": (b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(50), "a WAV recording", "not the recording"),
    "mp3": (b"ID3\x04\x00" + bytes(50), "an MP3 recording", "not the recording"),
    "mp3 without tags": (b"\xff\xfb\x90\x64" + bytes(50), "an MP3 recording", "not the recording"),
    "ogg": (b"OggS\x00\x02" + bytes(50), "an Ogg recording", "not the recording"),
    "flac": (b"fLaC\x00\x00\x00\x22" + bytes(50), "a FLAC recording", "not the recording"),
    "m4a": (b"\x00\x00\x00\x20ftypM4A " + bytes(50), "an MP4 or M4A recording", "not the recording"),
    "heic": (b"\x00\x00\x00\x20ftypheic" + bytes(50), "a HEIC or AVIF image", "plain text"),
    "webm": (b"\x1a\x45\xdf\xa3\x9f" + bytes(50), "a WebM or Matroska recording", "not the recording"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image", "plain text"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(50), "a JPEG image", "plain text"),
    "gif": (b"GIF89a" + bytes(50), "a GIF image", "plain text"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(50), "a 7z archive", "pack it as zip or tar.gz"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(50), "a RAR archive", "pack it as zip or tar.gz"),
    "lz4": (b"\x04\x22\x4d\x18" + bytes(50), "LZ4-compressed data", "pack it as zip or tar.gz"),
    "sqlite": (b"SQLite format 3\x00" + bytes(50), "a SQLite database", "CSV"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_text_is_told_with_what_to_do(case: str, tmp_path: Path, suite: Suite) -> None:
    data, name, remedy = FOREIGN[case]
    for packed in (data, zip_of({"a": data}), gzip.compress(data)):
        batch = batch_of(tmp_path, packed, suite)
        ((kind, detail),) = problems(batch).values()
        assert kind == "undecodable"
        assert name in detail
        assert remedy in detail
        assert batch.transcripts.is_empty()


@pytest.mark.parametrize(
    "text", ["RIFF: I said caf\u00e9.", "OggS caf\u00e9", "ID3 caf\u00e9", "PK caf\u00e9", "BZh9 caf\u00e9"]
)
def test_text_that_begins_like_something_else_is_text(text: str, suite: Suite) -> None:
    assert "undecodable" not in read(loaded({"a": text.encode("cp1252")}), suite.roster).problems["kind"]


def test_inflater_gives_all_there_is() -> None:
    data = zlib.compress(bytes(10**6), wbits=31)
    pieces = list(compression.unpack([data], lambda: compression.Inflater(31)))
    assert sum(map(len, pieces)) == 10**6
    assert max(map(len, pieces)) <= 2**18
