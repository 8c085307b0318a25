"""The corpus of `tests.benches.corpus` in three shapes: small text files, a few large files of chats, one Parquet table.

    python -m tests.benches.shapes [--turns N …] [--shapes NAME …] [--folder FOLDER]

All hold the same dialogues. Each shape is made once, with a few hundred dialogues in memory, and a stamp beside its
folder tells which transcripts have which defect. Five million turns take 2.3 GB as text, as much as chats, and a tenth
of that as Parquet.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tests.benches import as_json
from tests.benches.corpus import LABELS, make
from tests.benches.measuring import parser
from tests.benches.rendering import ROLES, Dialogue, label

TURNS: Final = (10_000, 100_000, 1_000_000, 5_000_000)
"""How large the corpora of a whole bench are."""

TURNS_A_FILE: Final = 50
"""Of a text file, on average."""

TURNS_A_CHAT_FILE: Final = 250_000
"""Of a file of chats, on average: 120 MB, half of what a source may have (`schemas.limits.SOURCE_BYTES`)."""

AT_ONCE: Final = 1_000
"""Dialogues in memory at once, and in a row group of the Parquet table: some 50,000 turns."""

_ROLES: Final = {name: role for pair in LABELS for name, role in zip(pair, ROLES, strict=True)}
_SPEAKER: Final = re.compile(rf"(?:\A|\n\n)({'|'.join(_ROLES)}): ")
_BLED: Final = re.compile(rf"\n(?:{'|'.join(first for first, _ in LABELS)}): ")

Place = tuple[str, int]
"""Where a transcript lies: the file's path in the folder, and the transcript's place in the file."""


def corpus(folder: Path, turns: int, shape: str) -> Path:
    """The folder of the corpus of so many turns in a shape, made under `folder` unless it is there."""
    texts = folder / f"{turns}-turns"
    folder.mkdir(parents=True, exist_ok=True)
    make(texts, turns=turns, files=turns // TURNS_A_FILE)
    write = SHAPES[shape]
    if write is None:
        return texts
    made = folder / f"{texts.name}-{shape}"
    key = {"of": json.loads(_stamp(texts).read_text())["key"], "maker": _fingerprint()}
    if not _stamp(made).exists() or json.loads(_stamp(made).read_text())["key"] != key:
        _stamp(made).unlink(missing_ok=True)
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        places = write(texts, made)
        defects = json.loads(_stamp(texts).read_text())["planted"]
        planted = [[*places[name], kind] for name, kind in defects.items()]
        _stamp(made).write_text(json.dumps({"key": key, "planted": planted}, indent=1))
    return made


def planted(made: Path) -> dict[Place, str]:
    """The kind of defect of each transcript of a corpus that has one."""
    told = json.loads(_stamp(made).read_text())["planted"]
    if isinstance(told, dict):
        return {(path, 0): kind for path, kind in told.items()}
    return {(path, place): kind for path, place, kind in told}


def dialogue(text: str, bled: str) -> Dialogue:
    """The turns of a text file of the corpus; a label that stands within a turn becomes `bled`."""
    _, *fields = _SPEAKER.split(text.removesuffix("\n"))
    said = [_BLED.sub(f"\n{bled}: ", each.strip()) for each in fields[1::2]]
    return [(_ROLES[name], each) for name, each in zip(fields[::2], said, strict=True)]


def _dialogues(texts: Path, bled: str) -> Iterator[tuple[str, Dialogue]]:
    """The dialogues of a corpus with their files' paths, in order; line ends are LF."""
    for path in sorted(texts.glob("*/*.txt")):
        yield path.relative_to(texts).as_posix(), dialogue(path.read_text(encoding="utf-8"), bled)


def _chats(texts: Path, made: Path) -> dict[str, Place]:
    """Write files of OpenAI's chats, a dialogue a line; return where each dialogue is."""
    places: dict[str, Place] = {}
    count = sum(1 for _ in texts.glob("*/*.txt"))
    each = -(-count // max(2, count * TURNS_A_FILE // TURNS_A_CHAT_FILE))
    record = as_json.messages("messages", "role", "content", "user", "assistant")
    every = _dialogues(texts, "User")
    for number in range(-(-count // each)):
        name = f"chats-{number:03d}.jsonl"
        with (made / name).open("w", encoding="utf-8") as file:
            for place, (path, turns) in enumerate(islice(every, each)):
                file.write(json.dumps(record(turns)) + "\n")
                places[path] = name, place
    return places


def _table(texts: Path, made: Path) -> dict[str, Place]:
    """Write one table of turns, a turn a row; return where each dialogue is."""
    # PyArrow has no types.
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    kinds = {"dialogue_id": arrow.int64(), "turn": arrow.int64(), "speaker": arrow.string(), "text": arrow.string()}
    places: dict[str, Place] = {}
    every = _dialogues(texts, label(ROLES[0]))
    with parquet.ParquetWriter(made / "turns.parquet", arrow.schema(kinds), compression="zstd") as writer:
        while some := list(islice(every, AT_ONCE)):
            rows = [
                (len(places) + talk, turn, label(role), said)
                for talk, (_, turns) in enumerate(some)
                for turn, (role, said) in enumerate(turns)
            ]
            columns = dict(zip(kinds, zip(*rows, strict=True), strict=True))
            writer.write_table(arrow.table(columns, schema=arrow.schema(kinds)))
            places |= {path: ("turns.parquet", len(places) + talk) for talk, (path, _) in enumerate(some)}
    return places


SHAPES: Final[dict[str, Callable[[Path, Path], dict[str, Place]] | None]] = {
    "files": None,
    "jsonl": _chats,
    "parquet": _table,
}
"""The shapes, and what writes them from text files; these are there already."""


def _stamp(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.stamp.json")


def _fingerprint() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def main() -> None:
    """Make corpora, and print where they are."""
    options = parser(__doc__, turns=TURNS, rounds=1)
    options.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    told = options.parse_args()
    for turns in told.turns:
        for shape in told.shapes:
            print(corpus(told.folder, turns, shape), flush=True)


if __name__ == "__main__":
    main()
