"""Recordings whose speakers have a TextGrid each: they are told, and `turnproof join` makes one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from expectations.evaluate import evaluate
from expectations.suite import Suite
from flows.joining import join_paths
from schemas.batching import batches, parts
from schemas.errors import InputError
from schemas.listing import Source, list_sources
from schemas.loading import load
from schemas.reading import Batch, read

Spoken = Sequence[tuple[float, float, str]]
ANNA: Spoken = [(0.2, 2, 'Did you "sleep"?'), (4, 5.5, "And then?"), (9, 9.5, "Mhm.")]
BEN: Spoken = [(2.1, 4.2, "Hardly."), (5.5, 8.75, "I read until four."), (9.5, 9.9, "Yes.")]


def grid(tiers: dict[str, Spoken], end: float = 10.0) -> str:
    """A TextGrid in short form."""
    text = f'File type = "ooTextFile"\n"TextGrid"\n0\n{end}\n<exists>\n{len(tiers)}\n'
    for name, spoken in tiers.items():
        text += f'"IntervalTier"\n"{name}"\n0\n{end}\n{len(spoken)}\n'
        for start, until, said in spoken:
            quoted = said.replace('"', '""')
            text += f'{start}\n{until}\n"{quoted}"\n'
    return text


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def turns(batch: Batch) -> list[tuple[object, ...]]:
    return batch.turns.select("speaker", "text", "start", "end").rows()


def apart(folder: Path, suite: Suite) -> list[str]:
    """The paths of which F113 is told."""
    batch = read(load(list_sources(folder, within=True)), suite.roster)
    found = evaluate(batch, suite.changed(select=["F113"])).findings
    names = batch.sources.select("source_key", "path")
    assert (found["line"] == 1).all()
    return found.join(names, on="source_key", maintain_order="left")["path"].to_list()


@pytest.mark.parametrize(
    "files",
    [
        {"s01_A.TextGrid": grid({"Anna": ANNA}), "s01_B.TextGrid": grid({"Ben": BEN})},
        {"s01/Patient.TextGrid": grid({"text": ANNA}), "s01/Therapist.textgrid": grid({"text": BEN})},
        {"x-ch1.TextGrid": grid({"": ANNA}), "x-ch2.TextGrid": grid({"": BEN})},
        {"a_A.TextGrid": grid({"A": ANNA, "B - words": [(0, 10, "sil")]}), "a_B.TextGrid": grid({"B": BEN})},
        {"x 1.TextGrid": grid({"Anna": ANNA, "notes": []}), "x 2.TextGrid": grid({"Ben": BEN}, 10.02)},
    ],
    ids=["by name", "in a folder", "channels", "silence", "numbered"],
)
def test_files_of_one_conversation_are_told(files: dict[str, str], tmp_path: Path, suite: Suite) -> None:
    assert apart(write(tmp_path, files), suite) == list(files)


@pytest.mark.parametrize(
    "files",
    [
        {"s01_A.TextGrid": grid({"Anna": ANNA}), "s02_B.TextGrid": grid({"Ben": BEN})},
        {"s01_A.TextGrid": grid({"Anna": ANNA}), "s01_B.TextGrid": grid({"Ben": BEN}, 12)},
        {"s01_A.TextGrid": grid({"Anna": ANNA}), "s01_B.TextGrid": grid({"Anna": BEN})},
        {"clip_01.TextGrid": grid({"text": ANNA}), "clip_02.TextGrid": grid({"text": BEN})},
        {"s01_first.TextGrid": grid({"Anna": ANNA}), "s01_second.TextGrid": grid({"anna": ANNA})},
        {"s01_A.TextGrid": grid({"Anna": ANNA, "Ben": BEN}), "s01_B.TextGrid": grid({"Ben": BEN})},
        {"s01_A.TextGrid": grid({"Anna": ANNA}), "s01_B.txt": grid({"Ben": BEN})},
    ],
    ids=["two stems", "two lengths", "one speaker", "clips", "two annotators", "both in one", "no TextGrid by name"],
)
def test_files_that_do_not_belong_together_are_not(files: dict[str, str], tmp_path: Path, suite: Suite) -> None:
    assert apart(write(tmp_path, files), suite) == []


def test_words_of_an_aligner_are_told_by_their_intervals(tmp_path: Path, suite: Suite) -> None:
    words = [(start, end, text) for start, end, text in ANNA], [(start, end, text) for start, end, text in BEN]
    files = {f"s_{name}.TextGrid": grid({"words": said}) for name, said in zip("AB", words, strict=True)}
    assert apart(write(tmp_path, files), suite) == list(files)
    ((joined, _),) = join_paths([tmp_path], tmp_path / "out", force=False)
    batch = read(load(list_sources(joined)), suite.roster)
    assert turns(batch)[:2] == [("A", 'Did you "sleep"?', 0.2, 2.0), ("B", "Hardly.", 2.1, 4.2)]


def test_joined_files_read_as_one_with_a_tier_a_speaker(tmp_path: Path, suite: Suite) -> None:
    drop = write(
        tmp_path / "drop",
        {
            "s01_A.TextGrid": grid({"Anna": ANNA}),
            "s01_B.TextGrid": grid({"Ben": BEN}),
            "in/s02/Anna.TextGrid": grid({"transcript": ANNA}),
            "in/s02/Ben.TextGrid": grid({"transcript": BEN}),
            "in/other.TextGrid": grid({"Anna": ANNA, "Ben": BEN}),
            "readme.txt": "Hello.",
        },
    )
    out = tmp_path / "out"
    made = dict(join_paths([drop], out, force=False))
    assert made == {
        out / "in/s02/s02.TextGrid": ["in/s02/Anna.TextGrid", "in/s02/Ben.TextGrid"],
        out / "s01.TextGrid": ["s01_A.TextGrid", "s01_B.TextGrid"],
    }
    whole = turns(read(load(list_sources(drop / "in/other.TextGrid")), suite.roster))
    assert len(whole) == 6
    for path in made:
        batch = read(load(list_sources(path)), suite.roster)
        assert batch.problems.is_empty()
        assert turns(batch) == whole
    assert apart(out, suite) == []


def test_named_files_are_joined_whatever_they_are_called(tmp_path: Path, suite: Suite) -> None:
    write(tmp_path, {"one.TextGrid": grid({"A": ANNA}), "b/other.TextGrid": grid({"A": BEN}, 11.5)})
    named = [tmp_path / "one.TextGrid", tmp_path / "b/other.TextGrid"]
    ((path, of),) = join_paths(named, tmp_path / "out", force=False)
    assert of == ["one.TextGrid", "other.TextGrid"]
    batch = read(load(list_sources(path)), suite.roster)
    assert batch.problems.is_empty()
    assert batch.turns["speaker"].to_list() == ["one A", "other A"] * 3
    with pytest.raises(InputError, match="expected no file there, found one; use --force"):
        list(join_paths(named, tmp_path / "out", force=False))
    assert list(join_paths(named, tmp_path / "out", force=True)) == [(path, of)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (grid({"Ben": BEN})[:-9], "b.TextGrid:.*expected a whole TextGrid, found one that is broken"),
        (grid({"Ben": []}), "b.TextGrid: expected a TextGrid in which somebody speaks, found none"),
        ("\0\1\2", "expected the files of one recording"),
    ],
)
def test_what_can_not_be_joined_is_told(text: str, told: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.TextGrid": grid({"Anna": ANNA}), "b.TextGrid": text})
    with pytest.raises(InputError, match=told):
        list(join_paths([tmp_path / "a.TextGrid", tmp_path / "b.TextGrid"], tmp_path / "out", force=False))
    assert not (tmp_path / "out").exists()


def test_a_drop_without_any_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.TextGrid": grid({"Anna": ANNA}), "b.TextGrid": "nothing", "c.TextGrid": "\0\1\2"})
    with pytest.raises(InputError, match="expected TextGrids with one speaker each"):
        list(join_paths([tmp_path], tmp_path / "out", force=False))


def test_a_batch_does_not_part_them() -> None:
    names = ["s/a_A.TextGrid", "s/a_A.wav", "s/a_B.TextGrid", "s/a_B.wav", "s/b.txt"]
    sources = [Source(name, "", 40 if name.endswith(".wav") else 4) for name in names]
    grouped = [[source.path for source in group] for group in batches(sources, 10)]
    assert grouped == [["s/a_A.TextGrid", "s/a_B.TextGrid"], ["s/a_A.wav"], ["s/a_B.wav"], ["s/b.txt"]]
    many = [Source(f"s/{number}.TextGrid", "", 4) for number in range(9)]
    assert [len(group) for group in batches(many, 10)] == [2, 2, 2, 2, 1]


def test_nor_does_a_part() -> None:
    rows = [(name, b"\n" * 7, None, None, None) for name in ("a_A.TextGrid", "a_B.TextGrid", "a_C.TextGrid", "b.txt")]
    raw = pl.DataFrame(rows, ["path", "data", "sha256", "kind", "trouble"], orient="row")
    assert [part["path"].to_list() for part in parts(raw, 10)] == [
        ["a_A.TextGrid", "a_B.TextGrid"],
        ["a_C.TextGrid"],
        ["b.txt"],
    ]
