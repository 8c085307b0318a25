"""All shapes of the corpus hold the same dialogues and the same defects."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from flows.checking import check_paths
from reports.outputs import write
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import read
from tests.benches.corpus import KINDS
from tests.benches.shapes import SHAPES, corpus, dialogue, planted
from tests.benches.throughput import recall

TURNS = 30_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus in all shapes, which nobody changes."""
    folder = tmp_path_factory.mktemp("bench")
    for shape in SHAPES:
        corpus(folder, TURNS, shape)
    return folder


def turns(place: Path, suite: Suite) -> list[tuple[int, str, str]]:
    """Transcript, role and text of each turn, with line ends and labels that bled as they are in no shape's way."""
    batch = read(load(list_sources(place)), suite.roster)
    assert batch.problems.is_empty()
    rows = batch.turns.select("transcript_key", "role", "text").rows()
    return [(key, role, text.replace("\r\n", "\n")) for key, role, text in rows]


def test_all_shapes_are_read_alike(folder: Path, suite: Suite) -> None:
    texts, chats, rows = (turns(corpus(folder, TURNS, shape), suite) for shape in SHAPES)
    assert len(texts) == TURNS
    assert [row[:2] for row in texts] == [row[:2] for row in chats] == [row[:2] for row in rows]
    unlike = sum(text != chat or text != row for text, chat, row in zip(texts, chats, rows, strict=True))
    bled = list(planted(corpus(folder, TURNS, "files")).values()).count("role_bleed")
    assert unlike <= bled, "only labels that bled differ"


@pytest.mark.parametrize("shape", list(SHAPES))
def test_defects_are_where_they_are_said_to_be(folder: Path, shape: str, suite: Suite) -> None:
    place, file = corpus(folder, TURNS, shape), folder / f"{shape}.jsonl"
    findings = check_paths([place], suite, lambda done, total: None).findings
    with file.open("w") as out:
        write(findings, "jsonl", catalogue=pl.DataFrame(), out=out, version="")
    counts, unplanted = recall(place, file)
    assert set(planted(place).values()) == set(KINDS)
    assert all(seen == there > 0 for seen, there in counts.values())
    assert unplanted == 0


def test_a_shape_is_made_once_and_anew_for_another_corpus(folder: Path) -> None:
    place = corpus(folder, TURNS, "jsonl")
    before = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    assert len(before) == 2
    corpus(folder, TURNS, "jsonl")
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == before
    stamp = place.with_name(f"{place.name}.stamp.json")
    stamp.write_text(json.dumps({"key": None, "planted": []}))
    corpus(folder, TURNS, "jsonl")
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} != before


def test_a_dialogue_is_cut_at_its_labels() -> None:
    text = "Client: Hi: there.\n\nClient says.\nClient: no label.\n\nCounselor: \n\nClient: Bye.\n"
    assert dialogue(text, "User") == [
        ("patient", "Hi: there.\n\nClient says.\nUser: no label."),
        ("therapist", ""),
        ("patient", "Bye."),
    ]
