"""What must hold whatever the bytes are."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

import polars as pl

from expectations.judge import judge
from expectations.suite import load_suite
from schemas.columns import TEXTS
from schemas.format import formats
from schemas.reading import read
from tests.conftest import loaded

SAMPLES = Path(__file__).parents[1] / "samples"
FOUND = Path(__file__).parent / "found"
SECONDS = 20
"""Longer than this over a few kilobytes is a hang, even on a busy machine."""


class HangError(BaseException):
    """Reading did not end in time. No `Exception`: where a format fails, reading goes on without it."""


ROSTER = load_suite().roster


@cache
def samples() -> dict[str, bytes]:
    """All samples by ``format/name``."""
    files = sorted(path for path in SAMPLES.glob("*/*") if not path.name.endswith(".expected.json"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}


def check(sources: Sequence[bytes]) -> None:
    """Read sources as one batch and assert what must hold; raises `AssertionError` or `HangError`."""
    named = {f"{number}.txt": data for number, data in enumerate(sources)}
    with limited():
        batch = read(loaded(named), ROSTER)
    assert batch.sources["path"].to_list() == list(named)
    wrong = batch.problems.filter(pl.col("kind").is_in(["failed", "lost"]))
    assert wrong.is_empty(), wrong.select("source_key", "kind", "detail").rows()
    silent = batch.sources.select("source_key", "format").join(
        pl.concat([batch.transcripts["source_key"], batch.problems["source_key"]]).to_frame(),
        on="source_key",
        how="anti",
    )
    assert silent.is_empty(), f"neither a transcript nor a problem: {silent.rows()}"
    turns = batch.turns.join(batch.transcripts.select("transcript_key", "source_key"), on="transcript_key")
    lines = dict(enumerate(data.count(b"\n") + data.count(b"\r") + 1 for data in sources))
    for key, line, text in turns.select("source_key", "line", "text").iter_rows():
        assert text is not None
        # UTF-16 has a line break every other byte or none that a count of bytes would see.
        assert line >= 1
        assert line <= lines[key] or b"\0" in sources[key], f"source {key} has no line {line}"


def check_turn(text: str) -> None:
    """Judge a transcript with a turn of this text; raises `HangError`, or whatever an expectation fails with."""
    dialogue = f"Patient: I slept badly.\n\nTherapist: What kept you up?\n\nPatient: {text}\n\nTherapist: I see.\n"
    with limited():
        judged = judge(loaded({"a.txt": dialogue.encode()}), load_suite())
    assert judged.transcripts["turns"].sum() >= 3


def check_parser(name: str, text: str) -> None:
    """Let one format parse a text and assert what must hold of its account."""
    texts = pl.DataFrame([(0, "a", text)], schema=TEXTS, orient="row")
    with limited():
        parsed = formats()[name].parse(texts, ROSTER)
    assert len(parsed.accounts) + len(parsed.refusals) == 1
    for _, expected, in_turns, elsewhere in parsed.accounts.iter_rows():
        assert expected == in_turns + elsewhere, (expected, in_turns, elsewhere)


@contextmanager
def limited() -> Iterator[None]:
    """Raise `HangError` within the block once it has taken too long."""

    def hang(_signal: int, _frame: FrameType | None) -> None:
        raise HangError(f"no end after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
