"""Large files are judged in parts where they can be cut, and nothing that is told of a transcript depends on the cuts."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.suite import Suite
from flows import checking, pipeline, shares
from flows.checking import check_paths, read_paths
from schemas.format import ReadingOptions
from schemas.listing import Source, list_sources
from schemas.loading import load
from schemas.parting import parted
from schemas.reading import Batch, read
from schemas.store import Store

PART = 600
"""Bytes of a part, so that small files have several."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.parting.PART_BYTES", PART)
    monkeypatch.setattr("schemas.parting._PIECE", 97)
    monkeypatch.setattr("schemas.parting._PARQUET_BYTES", 1)


def chat(number: int, turns: int = 4) -> str:
    """A chat on one line; each says what no other says."""
    said = [
        {"role": ("user", "assistant")[turn % 2], "content": f"This is {turn} of {number}: é.\n\nIs it?"}
        for turn in range(turns)
    ]
    return json.dumps({"messages": said}, ensure_ascii=number % 2 == 0)


def sources_of(path: Path, form: str | None = None) -> list[Source]:
    return list(parted(list_sources(path, within=True), ReadingOptions(format=form)))


def told(batch: Batch) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What a batch says of its transcripts: their turns, and the problems of records."""
    turns = batch.turns.join(batch.transcripts, on="transcript_key", suffix="_of", maintain_order="left")
    names = ("transcript", "record", "line_of", "turn", "role", "text", "line")
    return (
        list(turns.select(names).iter_rows()),
        list(batch.problems.select("record", "line", "kind", "detail").iter_rows()),
    )


LINE = st.one_of(
    st.integers(0, 99).map(chat),
    st.integers(0, 99).map(lambda number: f"  {chat(number)}\t"),
    st.sampled_from(["", "  ", "\t", '{"messages": [', '{"other": 1}', '{"messages": []}', "null", "{}"]),
)


@given(
    lines=st.lists(LINE, max_size=30),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    mark=st.booleans(),
    closed=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_give_what_the_whole_gives(
    lines: list[str], end: str, mark: bool, closed: bool, tmp_path: Path, suite: Suite
) -> None:
    # So many sound ones that each part is of chats, whatever stands between them.
    text = end.join([chat(0), *(both for line in lines for both in (line, chat(len(line)), chat(1)))])
    data = (b"\xef\xbb\xbf" if mark else b"") + (text + end * closed).encode()
    (tmp_path / "a.jsonl").write_bytes(data)
    sources = sources_of(tmp_path)
    if len(data) >= 2 * PART and end != "\r":
        assert len(sources) > 1
    assert b"".join(load(sources)["data"]) == data
    whole = read(load(list_sources(tmp_path, within=True)), suite.roster)
    parts = [read(load([source]), suite.roster) for source in sources]
    together = read(load(sources), suite.roster)
    # A part of one chat would have no number if it were a file.
    name = pl.format("a.jsonl#{}", "record")
    turns, problems = told(whole)
    for found in (
        ([row for part in parts for row in told(part)[0]], [row for part in parts for row in told(part)[1]]),
        told(together),
    ):
        assert [row[1:] for row in found[0]] == [row[1:] for row in turns]
        assert sorted(map(str, found[1])) == sorted(map(str, problems))
    if len(sources) > 1:
        assert together.transcripts.select((pl.col("transcript") == name).all()).item()
    assert (together.sources["expected"] == together.sources["in_turns"] + together.sources["elsewhere"]).all()
    assert together.sources["expected"].sum() == whole.sources["expected"].sum()


OTHERS = {
    "document": json.dumps([json.loads(chat(number)) for number in range(9)], indent=1),
    "array on a line": json.dumps([json.loads(chat(number)) for number in range(9)]),
    "messages": "\n".join(
        json.dumps({"role": "user", "content": f"Message {n}.", "session_id": n // 9}) for n in range(40)
    ),
    "nested": "\n".join(json.dumps({"sessions": [json.loads(chat(n)), json.loads(chat(n + 1))]}) for n in range(9)),
    "pairs": "\n".join(json.dumps({"chosen": json.loads(chat(n))["messages"], "rejected": []}) for n in range(9)),
    "labelled text": "\n\n".join(f"Patient: I said {n}.\n\nTherapist: You did." for n in range(60)),
    "table": "speaker,text\n" + "\n".join(f"patient,I said {n}." for n in range(100)),
    "binary": "PAR1" + "\0" * 2000,
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_transcript_a_line_is_one_source(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(OTHERS[name])
    assert [source.part for source in sources_of(tmp_path)] == [None]


def test_a_forced_format_that_reads_no_chats_is_given_the_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("\n".join(map(chat, range(20))))
    assert [source.part for source in sources_of(tmp_path, "labelled_text")] == [None]
    assert len(sources_of(tmp_path, "openai_chat")) > 1


def said(number: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(chat(number, 2 + number % 4))["messages"]
    return found


def turn_table(numbers: Sequence[int]) -> pl.DataFrame:
    """A turn a row, with a column that nobody reads."""
    rows = [
        (f"t{number}", turn, each["role"], each["content"], "x" * 50)
        for number in numbers
        for turn, each in enumerate(said(number))
    ]
    return pl.DataFrame(rows, ["dialogue_id", "turn", "speaker", "text", "notes"], orient="row")


PARQUET = {
    "turns": turn_table(range(60)),
    "a turn table whose first transcripts have no id": turn_table(range(60)).with_columns(
        dialogue_id=pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("  ")).otherwise("dialogue_id")
    ),
    "messages": pl.DataFrame({"id": range(60), "messages": [said(number) for number in range(60)]}),
    "pairs": pl.DataFrame(
        {"rejected": [said(number) for number in range(40)], "chosen": [said(number + 1) for number in range(40)]}
    ),
}


@pytest.mark.parametrize("rows", [7, 50, 10_000])
@pytest.mark.parametrize("name", PARQUET)
def test_parts_of_parquet_give_what_the_whole_gives(name: str, rows: int, tmp_path: Path, suite: Suite) -> None:
    PARQUET[name].write_parquet(tmp_path / "a.parquet", row_group_size=rows)
    sources = sources_of(tmp_path)
    assert len(sources) > 3
    whole = read(load(list_sources(tmp_path, within=True)), suite.roster)
    together = read(load(sources), suite.roster)
    assert len(whole.transcripts) >= 40
    assert told(together) == told(whole)
    for column in ("expected", "in_turns", "elsewhere"):
        assert together.sources[column].sum() == whole.sources[column].sum()
    one_by_one = [read(load([source]), suite.roster) for source in sources]
    assert [row for batch in one_by_one for row in told(batch)[0]] == told(whole)[0]


UNCUT = {
    "transcripts that are mixed": pl.concat([turn_table(range(60)), turn_table([0])]),
    "a table of one transcript": turn_table(range(60)).drop("dialogue_id"),
    "dialogues as texts": pl.DataFrame({"dialogue": ["Patient: I slept badly.\nTherapist: Why?"] * 200}),
    "no transcripts": pl.DataFrame({"a": range(2000)}),
    "few rows": turn_table(range(2)),
}


@pytest.mark.parametrize("name", UNCUT)
def test_parquet_that_cannot_be_cut_is_one_source(name: str, tmp_path: Path) -> None:
    UNCUT[name].write_parquet(tmp_path / "a.parquet", row_group_size=9)
    assert [source.part for source in sources_of(tmp_path)] == [None]


def test_parquet_that_unpacks_to_too_much_is_not_cut(
    tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = turn_table(range(300)).with_columns(text=pl.col("text") + "a" * 5_000)
    table.write_parquet(
        tmp_path / "a.parquet", row_group_size=9, use_pyarrow=True, pyarrow_options={"use_dictionary": False}
    )
    assert len(sources_of(tmp_path)) > 1
    monkeypatch.setattr("schemas.limits.FREE_BYTES", 10_000)
    monkeypatch.setattr("schemas.limits.RATIO", 2)
    assert [source.part for source in sources_of(tmp_path)] == [None]
    assert read(load(sources_of(tmp_path)), suite.roster).problems["kind"].to_list() == ["oversized"]


def test_damaged_parquet_is_told_whether_it_is_cut_or_not(tmp_path: Path, suite: Suite) -> None:
    PARQUET["turns"].write_parquet(tmp_path / "a.parquet", row_group_size=9, compression="uncompressed")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    (tmp_path / "a.parquet").write_bytes(data[:-40])
    assert [source.part for source in sources_of(tmp_path)] == [None]
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff" * 400
    (tmp_path / "a.parquet").write_bytes(data)
    batch = read(load(sources_of(tmp_path)), suite.roster)
    assert "broken" in set(batch.problems["kind"])
    assert "failed" not in set(batch.problems["kind"])


def test_parquet_larger_than_a_source_may_be_is_taken_in_parts(
    tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    PARQUET["turns"].write_parquet(tmp_path / "a.parquet", row_group_size=9)
    monkeypatch.setattr("schemas.parquet.SOURCE_BYTES", 3_000)
    whole = read(load(list_sources(tmp_path)), suite.roster)
    assert whole.problems["kind"].to_list() == ["oversized"]
    parts = read(load(sources_of(tmp_path)), suite.roster)
    assert parts.problems.is_empty()
    assert len(parts.transcripts) == 60


def test_compressed_chats_are_cut_and_members_of_archives_are_not(tmp_path: Path, suite: Suite) -> None:
    data = "\n".join(map(chat, range(20))).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data))
    sources = sources_of(tmp_path)
    assert len(sources) > 1
    assert b"".join(load(sources)["data"]) == data


def test_a_file_that_changes_after_it_was_cut_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(map(chat, range(20))))
    sources = sources_of(tmp_path)
    file.write_text("\n".join(map(chat, range(30))))
    raw = load(sources)
    assert raw["data"].null_count() == len(sources)
    assert raw["trouble"].unique().to_list() == ["it has changed since it was listed; judge it again"]


def test_a_file_larger_than_a_source_may_be_is_taken_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.loading.SOURCE_BYTES", 2_000)
    monkeypatch.setattr("schemas.parting.SOURCE_BYTES", 2_000)
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(map(chat, range(40))))
    assert file.stat().st_size > 4_000
    assert load(list_sources(tmp_path))["kind"].to_list() == ["oversized"]
    assert load(sources_of(tmp_path))["kind"].null_count() == len(sources_of(tmp_path))
    # A line that no part can hold leaves the file as it is, which is refused.
    file.write_text("\n".join([*map(chat, range(20)), chat(1, 200)]))
    assert [source.part for source in sources_of(tmp_path)] == [None]


def test_checks_tell_the_same_of_a_file_in_parts(tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [chat(number, 2 + number % 5) for number in range(40)]
    lines[7] = lines[23] = json.dumps({"messages": [{"role": "user", "content": "Internal Server Error"}]})
    lines[31] = "{broken"
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    for module in (checking, shares):
        monkeypatch.setattr(module, "READ_BYTES", PART)
    parts = check_paths([tmp_path], suite, lambda done, total: None)
    turns = pl.concat([turns for turns, _ in read_paths([tmp_path], suite, lambda done, total: None)])
    monkeypatch.setattr("schemas.parting.PART_BYTES", 2**20)
    whole = check_paths([tmp_path], suite, lambda done, total: None)
    assert len(whole.findings.filter(transcript=f"{tmp_path}/a.jsonl#31")) == 1
    assert parts.findings.equals(whole.findings)
    assert parts.summary == whole.summary
    assert turns.equals(pl.concat([turns for turns, _ in read_paths([tmp_path], suite, lambda done, total: None)]))


def test_a_run_counts_a_file_in_parts_once_and_knows_them_again(tmp_path: Path, suite: Suite) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    file = drop / "a.jsonl"
    file.write_text("".join(f"{chat(number)}\n" for number in range(20)))
    store = Store(tmp_path / "store")

    def run() -> pipeline.Result:
        return pipeline.run_drop(drop, store, suite, tmp_path / "site")

    row = run().row
    assert row is not None
    verdicts = ("accepted", "repaired", "quarantined", "unreadable")
    assert (row["found"], row["transcripts"], sum(int(str(row[name])) for name in verdicts)) == (1, 20, 1)
    assert row["bytes"] == file.stat().st_size
    assert run().row is None
    before = store.scan("sources").collect()
    with file.open("a") as more:
        more.writelines(f"{chat(number)}\n" for number in range(20, 40))
    os.utime(file, ns=(1, 1))
    row = run().row
    assert row is not None
    names = store.scan("transcripts").filter(run=row["run"]).collect()["transcript"].to_list()
    # Parts that were judged are known by their content; only what follows them is judged.
    assert "a.jsonl#0" not in names
    assert {f"a.jsonl#{number}" for number in range(20, 40)} <= set(names)
    assert len(store.scan("sources").collect()) > len(before) > 1
