"""What an archive lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schemas.limits import MEMBERS


@dataclass(frozen=True, slots=True)
class Entry:
    """A member of an archive, as its header says.

    Attributes:
        name: with its folders; bytes that are no UTF-8 stand as lone surrogates.
        offset: where it lies in the archive: its data in a tar archive, its own header in a zip archive.
        packed: its bytes in the archive.
        size: its bytes unpacked.
        crc: its checksum; None in a tar archive, which has none.
        deflated: whether it is compressed.
        folder: whether it is a folder.
        trouble: kind and detail of why it can't be read.
    """

    name: str
    offset: int
    packed: int
    size: int
    crc: int | None = None
    deflated: bool = False
    folder: bool = False
    trouble: tuple[str, str] | None = None


LINK: Final = ("unreadable", "it is a link, and links are not followed; pack the file itself")
DEVICE: Final = ("unreadable", "it is a device or a pipe, which holds no text")
TOO_MANY: Final = (
    "oversized",
    f"has more than {MEMBERS:,} members, the most that are taken; split it, or write many transcripts to a file",
)
