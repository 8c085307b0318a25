"""Parquet: what is written is read back; what is odd, damaged or hostile is told and stays alone."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas import parquet
from schemas.reading import Batch, read
from tests.conftest import raw

ROSTER = load_suite().roster
SECRET = "what the patient said"
TURNS = pl.DataFrame(
    {
        "session": ["a", "a", "b", "b"] * 50,
        "speaker": ["Patient", "Therapist"] * 100,
        "text": [f"{SECRET} {place}" for place in range(200)],
    }
)
MESSAGE = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))


def written(frame: pl.DataFrame, **options: Any) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, **options)
    return file.getvalue()


def read_files(*files: bytes) -> Batch:
    return read(raw(**{f"{place}_parquet": data for place, data in enumerate(files)}), ROSTER)


def said(batch: Batch) -> list[list[tuple[str, str]]]:
    turns = batch.turns.group_by("transcript_key", maintain_order=True)
    return [each.select("speaker", "text").rows() for _, each in turns]


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
DIALOGUES = st.lists(
    st.lists(st.tuples(st.sampled_from(["Patient", "Therapist"]), TEXT), min_size=1, max_size=5), min_size=1, max_size=4
)


@given(dialogues=DIALOGUES, group=st.sampled_from([None, 1, 3]))
def test_turns_are_read_back_at_their_rows(dialogues: list[list[tuple[str, str]]], group: int | None) -> None:
    rows = [(talk, turn, *each) for talk, turns in enumerate(dialogues) for turn, each in enumerate(turns)]
    frame = pl.DataFrame(rows, ["dialogue_id", "turn", "speaker", "text"], orient="row")
    batch = read_files(written(frame, row_group_size=group))
    assert said(batch) == dialogues
    assert batch.turns["line"].to_list() == list(range(1, len(rows) + 1))
    assert batch.problems.is_empty()
    account = batch.sources.row(0, named=True)
    assert account["expected"] == account["in_turns"] == sum(len(text) for *_, text in rows)


@given(dialogues=DIALOGUES)
def test_lists_of_messages_are_read_back(dialogues: list[list[tuple[str, str]]]) -> None:
    lists = [[{"role": role, "content": text} for role, text in turns] for turns in dialogues]
    batch = read_files(written(pl.DataFrame({"messages": lists}, schema={"messages": MESSAGE})))
    assert said(batch) == dialogues
    assert batch.transcripts["line"].to_list() == list(range(1, len(dialogues) + 1))
    assert batch.problems.is_empty()


TALKS = st.lists(
    st.lists(st.text("ab é,\n", min_size=1, max_size=9).map(str.strip).filter(bool), min_size=2, max_size=5),
    min_size=1,
    max_size=4,
)


@given(
    talks=TALKS, joint=st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"]), name=st.sampled_from(["dialogue", "interview"])
)
def test_dialogues_as_text_are_read_back(talks: list[list[str]], joint: str, name: str) -> None:
    dialogues = [[(("Patient", "Therapist")[turn % 2], text) for turn, text in enumerate(each)] for each in talks]
    texts = [joint.join(f"{who}: {text}" for who, text in each) for each in dialogues]
    batch = read_files(written(pl.DataFrame({"id": range(len(texts)), "note": "x", name: texts})))
    assert said(batch) == dialogues
    assert batch.turns["line"].to_list() == [row for row, each in enumerate(dialogues, start=1) for _ in each]
    assert batch.problems.is_empty()
    assert batch.sources["expected"].item() == sum(map(len, texts))


def test_a_row_without_a_dialogue_is_told() -> None:
    two = "Patient: Hi.\n\nTherapist: Hello."
    batch = read_files(written(pl.DataFrame({"dialogue": [two, None, "Nobody came.", two]})))
    assert batch.problems.select("record", "line", "kind", "detail").rows() == [
        (record, record + 1, "broken", f"record {record} has no text that labels such as `Name:` tell to be a dialogue")
        for record in (1, 2)
    ]
    assert len(batch.turns) == 4


@pytest.mark.parametrize(
    "frame",
    [
        TURNS,
        pl.DataFrame({"messages": [None, [{"role": "user", "content": SECRET}]]}, schema={"messages": MESSAGE}),
        pl.DataFrame({"dialogue": [f"Patient: {SECRET}\n\nTherapist: Hello."]}),
    ],
    ids=["turns", "messages", "texts"],
)
def test_text_that_gets_lost_is_told(monkeypatch: pytest.MonkeyPatch, frame: pl.DataFrame) -> None:
    whole = parquet.as_text

    def cut(array: Any) -> pl.Series:
        return whole(array).str.head(-1)

    monkeypatch.setattr(parquet, "as_text", cut)
    batch = read_files(written(frame))
    assert batch.problems.filter(pl.col("kind") != "empty")["kind"].to_list() == ["lost"]
    characters = sum(len(text) for text in batch.turns["text"])
    expected, in_turns = batch.sources.select("expected", "in_turns").row(0)
    assert characters == in_turns < expected


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"])
def test_all_compressions_are_read(compression: str) -> None:
    assert len(read_files(written(TURNS, compression=compression)).turns) == 200


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("turn", pl.Series([2, 1], dtype=pl.Int8)),
        ("turn", pl.Series([Decimal("2"), Decimal("1")], dtype=pl.Decimal(38, 0))),
        ("turn", pl.Series(["2", "1"], dtype=pl.Categorical)),
        ("turn", pl.Series(["2", "1"], dtype=pl.Enum(["1", "2"]))),
    ],
    ids=lambda each: str(getattr(each, "dtype", each)),
)
def test_order_is_known_in_any_type_of_number(name: str, values: pl.Series) -> None:
    batch = read_files(written(pl.DataFrame({name: values, "speaker": ["B", "A"], "text": ["second", "first"]})))
    assert batch.problems.is_empty()
    assert batch.turns["text"].to_list() == ["first", "second"]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([date(2024, 5, 1)] * 2),
        pl.Series([timedelta(seconds=3)] * 2),
        pl.Series([[1], [2]]),
        pl.Series([{"a": 1}] * 2),
        pl.Series([b"\xff"] * 2),
        pl.Series([None, None], dtype=pl.Null),
        pl.Series([True, False]),
    ],
    ids=lambda each: str(each.dtype),
)
def test_columns_of_odd_types_are_no_times_and_no_texts(values: pl.Series) -> None:
    table = pl.DataFrame({"speaker": ["A", "B"], "text": ["x", "y"]})
    as_time = read_files(written(table.with_columns(values.alias("start"))))
    assert as_time.turns.select("text", "start").rows() == [("x", None), ("y", None)]
    as_text = read_files(written(table.with_columns(values.alias("text"))))
    assert as_text.problems["kind"].to_list() == ["unclaimed"]
    assert "can't be read as parquet: it has no column" in as_text.problems["detail"].item()


def test_what_is_missing_is_told_with_its_row() -> None:
    frame = pl.DataFrame({"session": ["a", None, "a"], "speaker": ["A", "B", None], "text": ["x", "y", None]})
    batch = read_files(written(frame), written(TURNS))
    assert batch.problems.select("source_key", "kind", "line", "detail").rows() == [
        (0, "contract", 2, "the row at line 2 has no transcript id, where other rows have one"),
        (0, "contract", 3, "the row at line 3 has no speaker"),
        (0, "contract", 3, "the row at line 3 has no text"),
    ]


def test_lists_that_hold_nothing_are_empty() -> None:
    lists = [None, [], [None], [{"role": None, "content": "x"}], [{"role": "user", "content": "x"}]]
    batch = read_files(written(pl.DataFrame({"messages": lists}, schema={"messages": MESSAGE})))
    assert batch.problems.select("record", "kind").rows() == [(0, "empty"), (1, "empty")]
    assert said(batch) == [[("", "")], [("", "x")], [("user", "x")]]


def test_a_table_without_rows_is_empty() -> None:
    assert read_files(written(TURNS[:0])).problems["kind"].to_list() == ["empty"]


def test_text_that_begins_like_parquet_is_text() -> None:
    dialogue = "PAR1: a\n\nPAR2: b\n\nPAR1: c\n\nPAR2: PAR1"
    batch = read(raw(a_txt=dialogue), ROSTER)
    assert batch.sources["format"].to_list() == ["labelled_text"]


@pytest.mark.parametrize(
    "data",
    [
        written(TURNS)[:40],
        written(TURNS)[:-1],
        b"PAR1\0\0\0\0PAR1",
        b"PARE\0\0\0\0PARE",
        written(TURNS.with_columns(turn=pl.lit(1, pl.Int128))),
        b"PAR1\x15",
    ],
)
def test_a_damaged_file_is_told_alone(data: bytes) -> None:
    batch = read_files(data, written(TURNS))
    assert batch.problems.select("source_key", "kind").rows() == [(0, "broken")]
    assert len(batch.turns) == 200


@pytest.mark.slow  # reads a hundred damaged files
def test_damage_anywhere_is_told_or_read_and_nothing_leaks(capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(5)
    lists = pl.DataFrame({"messages": [[{"role": "user", "content": f"{SECRET} {n}"}] for n in range(50)]})
    sound = [written(TURNS), written(TURNS, compression="uncompressed"), written(lists)]
    for _ in range(120):
        data = bytearray(rng.choice(sound))
        for _ in range(rng.choice([1, 1, 3])):
            data[rng.choice([rng.randrange(5, len(data)), rng.randrange(len(data) - 500, len(data))])] = rng.randrange(
                256
            )
        batch = read_files(bytes(data))
        assert len(batch.sources) == 1
        assert not batch.problems.filter(pl.col("kind").is_in(["failed", "lost"])).height
        assert not batch.problems["detail"].str.contains(SECRET).any()
    assert SECRET not in "".join(capfd.readouterr())


def test_a_file_that_unpacks_to_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pl.DataFrame({"speaker": ["A"] * 400, "text": ["x" * 200_000] * 400})
    told = written(bomb, use_pyarrow=False)
    assert len(told) < 50_000
    monkeypatch.setattr(parquet, "SOURCE_BYTES", 10_000_000)
    assert read_files(told).problems.select("kind").rows() == [("oversized",)]
    long = pl.DataFrame({"speaker": ["A"], "text": ["x" * 60_000_000]})
    assert read_files(written(long)).problems.select("kind").rows() == [("oversized",)]
    monkeypatch.setattr(parquet, "ROWS", 100)
    assert read_files(written(TURNS)).problems.select("kind").rows() == [("oversized",)]
