"""How much is taken in: limits that keep hostile or broken drops from filling memory, disk or the night.

What exceeds one is a finding (F109), never an error. Only chats in JSON lines and Parquet are split
(`schemas.parting`). Judging a source takes some 10 to 15 times its size in memory, and besides up to 900 bytes for each
of its lines and 300 for each value of JSON, so that size alone bounds nothing: together the limits on a source keep it
below 6 GB. The others are far above what archives hold.

Sources that are judged together hold no more lines and values in all than a part of a batch may (or are one source), so
that many dense ones take little more than one. What a batch comes to adds to that: its turns and findings are kept
until it is committed. `turnproof check` keeps findings until it prints them, which is why it lists no more than some
million in full. 3.2 million turns of one letter, with a finding each, in 50 sources of 16 MB together take 1.2 GB, and
1.8 GB if judged at once. Rows of Parquet aren't counted before they are read.
"""

from __future__ import annotations

from typing import Final

BATCH_BYTES: Final = 16 * 2**20
"""Sources are judged in batches of about this size: memory follows the batch, some 10 to 15 times its size."""

BATCH_SOURCES: Final = 100_000
"""The most sources of a batch: a million empty files must not be one."""

PART_CUTS: Final = 1_000_000
"""The most lines and values of several sources that are judged at once. Prose has a third as many in 24 MiB."""

LISTED_BYTES: Final = 128 * 2**20
"""The most findings that a check lists in full; some million. Beyond it the first of each expectation in each source is
listed, and says how many more there are. Listing them takes about four times as much."""

PART_LISTED_BYTES: Final = 16 * 2**20
"""The most findings of sources judged together that a check lists in full; some hundred thousand."""

FIRST_FINDINGS: Final = 1_000
"""How many of each expectation in each source are listed where there are more than these."""

SOURCE_BYTES: Final = 256 * 2**20
"""The largest source, unpacked; of what is split, the largest part."""

LINES: Final = 2_000_000
"""The most lines of a source that is no JSON. What else cuts a text in many counts as one: tabs, bars, tags, and the
tokens of a TextGrid."""

VALUES: Final = 4_000_000
"""The most values of a source in JSON: objects, lists, items, and line breaks within texts."""

ROWS: Final = 5_000_000
"""The most rows of a Parquet file, and the most messages in its lists; they take less than lines do."""

TABLE_COLUMNS: Final = 1_000
"""The most columns of a table."""

TABLE_CELLS: Final = 30_000_000
"""The most cells of a table: its columns by its lines; each takes some 50 bytes."""

ARCHIVE_BYTES: Final = 16 * 2**30
"""The most that an archive may unpack to in all. A compressed tar takes as much of the temporary folder."""

MEMBERS: Final = 250_000
"""The most members of an archive."""

RATIO: Final = 200
"""How many times its packed size something may unpack to. Transcripts reach 3 to 20, DEFLATE at most 1,032."""

FREE_BYTES: Final = 16 * 2**20
"""What unpacks to no more than this may have any ratio: a short text that repeats itself is no bomb."""

NAME_CHARACTERS: Final = 1024
"""The longest name of a member, with its folders; a file system takes 255 bytes for each and mostly 4,096 in all."""

FOLDERS: Final = 64
"""How deep folders may lie in each other."""

TAR_HEADER_BYTES: Final = 2**20
"""The largest extended header of a member of a tar archive; it holds its long name, and attributes."""


MEMORY_BYTES: Final = 2**27
"""The most memory that unpacking may ask for; xz asks for 65 MiB at its highest level, Zstandard for 128 MiB."""


def allowed(packed: int, most: int) -> int:
    """How many bytes may come out of `packed` bytes, and never more than `most`."""
    return min(most, max(FREE_BYTES, RATIO * packed))


def excess(packed: int, most: int) -> str:
    """What to say of `packed` bytes that unpack to more than `allowed`."""
    if allowed(packed, most) == most:
        return f"unpacks to more than {sized(most)}, the most that is taken; split it"
    return f"unpacks to more than {RATIO} times its size, which no text does; take it out of the drop, or split it"


def sized(count: int) -> str:
    """A number of bytes for people: ``512 MiB``."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.4g} {unit}"
    return f"{count:,} bytes"
