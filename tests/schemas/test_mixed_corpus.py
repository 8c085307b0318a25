"""A drop of many formats gives, per format, the turns that the same dialogues give as labelled text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from schemas.format import formats
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import Batch, read
from tests.benches.corpus import make
from tests.benches.rendering import Dialogue
from tests.benches.renderings import RENDERINGS

HOSTILE: Dialogue = [
    ("patient", 'He said "stop", and I <stopped> & left.\n\n- one: {1}\n- two: [2]'),
    ("therapist", "C:\\new\\table — ‘really’? \U0001f600 It's 50 % of 10|20."),
    ("patient", "My mother: always right.\nNote: she isn't."),
    ("therapist", "Mm."),
]


def by_folder(batch: Batch) -> dict[str, list[Dialogue]]:
    """The dialogues of a batch by the folder they lie in, in order."""
    turns = (
        batch.transcripts.join(batch.sources.select("source_key", "path"), on="source_key", maintain_order="left")
        .join(batch.turns, on="transcript_key", maintain_order="left")
        .select("path", "transcript_key", "role", "text")
    )
    found: dict[str, dict[int, Dialogue]] = {}
    for path, transcript, role, text in turns.iter_rows():
        found.setdefault(Path(path).parts[0], {}).setdefault(transcript, []).append((role, text))
    return {folder: list(each.values()) for folder, each in found.items()}


@pytest.fixture(scope="module")
def dialogues(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> list[Dialogue]:
    folder = tmp_path_factory.mktemp("corpus") / "labelled"
    make(folder, turns=80, files=6, seed=11)
    (made,) = by_folder(read(load(list_sources(folder, within=True)), suite.roster)).values()
    return [*made, HOSTILE]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory, dialogues: list[Dialogue], suite: Suite) -> Batch:
    drop = tmp_path_factory.mktemp("drop")
    for name, rendering in RENDERINGS.items():
        rendering.write(drop / name, dialogues, together=3)
    return read(load(list_sources(drop, within=True)), suite.roster)


@pytest.mark.parametrize("name", RENDERINGS)
def test_a_format_gives_the_same_turns_as_labelled_text(name: str, dialogues: list[Dialogue], batch: Batch) -> None:
    rendering = RENDERINGS[name]
    mine = batch.sources.filter(pl.col("path").str.starts_with(f"{name}/"))
    assert mine["format"].unique().to_list() == [rendering.format]
    assert by_folder(batch)[name] == [rendering.kept(each) for each in dialogues]


def test_nothing_of_the_drop_is_lost_or_refused(batch: Batch) -> None:
    assert batch.problems.rows() == []


def test_every_format_is_rendered() -> None:
    assert set(formats()) == {rendering.format for rendering in RENDERINGS.values()}
