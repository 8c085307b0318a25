"""Turn tables: what is rendered is read back, at its lines; what real corpora call their columns; what is broken."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas import csv_cells, csv_headers, tables
from schemas.reading import Batch, read
from tests.conftest import raw

Dialogue = list[tuple[str, str]]

ROSTER = load_suite().roster
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\0"), min_size=1, max_size=30)
ODD = st.sampled_from(
    ['"', '""', ",", ";\t|", "=1+1", "+x", "-x", "@x", '=HYPERLINK("x")', "a\n\nb", "\n", " ", "\u2028"]
)
TEXT = st.lists(PLAIN | ODD, min_size=1, max_size=3).map("".join)
DIALOGUES = st.lists(
    st.lists(st.tuples(st.sampled_from(["Patient", "Therapist"]), TEXT), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
)


def read_text(*texts: str) -> Batch:
    return read(raw(**{f"{place}_csv": text for place, text in enumerate(texts)}), ROSTER)


def said(batch: Batch) -> list[Dialogue]:
    by_transcript: dict[int, Dialogue] = {key: [] for key in batch.transcripts["transcript_key"]}
    for key, speaker, text in batch.turns.select("transcript_key", "speaker", "text").iter_rows():
        by_transcript[key].append((speaker, text))
    return list(by_transcript.values())


def written(rows: Sequence[tuple[object, ...]], separator: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


HEADERS = [("transcript_id", "utterance_id", "interlocutor", "utterance_text"), ("Session ID", "Turn", "Role", "Text")]


@pytest.mark.slow  # Many tables, each rendered and read back many times.
@given(
    dialogues=DIALOGUES,
    separator=st.sampled_from(",;\t"),
    header=st.sampled_from(HEADERS),
    annotators=st.integers(1, 3),
    told=st.booleans(),
    mark=st.booleans(),
)
def test_what_is_written_is_read_at_its_lines(
    dialogues: list[Dialogue], separator: str, header: tuple[str, ...], annotators: int, told: bool, mark: bool
) -> None:
    rows = [(talk, turn, *said) for talk, each in enumerate(dialogues) for turn, said in enumerate(each)]
    table = written([header, *(row for row in rows for _ in range(annotators))], separator)
    table = "\ufeff" * mark + f"sep={separator}\n" * told + table
    batch = read_text(table)
    assert batch.sources["format"].to_list() == ["turn_table"]
    assert said(batch) == dialogues
    assert set(batch.problems["kind"]) <= {"bom", "contract"}
    expected, in_turns, elsewhere = batch.sources.select("expected", "in_turns", "elsewhere").row(0)
    assert expected == in_turns + elsewhere == len(table.removeprefix("\ufeff"))
    assert in_turns == sum(len(text) for each in dialogues for _, text in each)
    lines = table.split("\n")
    for line, text in batch.turns.select("line", "text").iter_rows():
        assert text.replace('"', '""').split("\n")[0] in lines[line - 1]


@given(
    bodies=st.lists(
        st.lists(
            st.sampled_from([",", ",", "\n", '"', '"', '""', "a", "b c", '"x"', '"y\nz"', "\n1,2\n", " "]), max_size=14
        )
        .map("".join)
        .map(lambda body: body.strip("\n")),
        min_size=1,
        max_size=4,
    )
)
@example(["1,2\n3\n4,5,"])
@example(["1,2\n\n,a,"])
@settings(max_examples=100)
def test_tables_are_read_as_python_reads_them_row_by_row(bodies: list[str]) -> None:
    frame = pl.DataFrame(
        [(key, 1 + key, f"a,b\n{body}\n") for key, body in enumerate(bodies)],
        {"source_key": pl.UInt32, "above": pl.UInt32, "text": pl.String},
        orient="row",
    ).with_columns(head=pl.lit("a,b\n"))
    header, places = csv_headers.Header(",", ("a", "b")), {"speaker": 0, "text": 1}
    texts, sizes = csv_cells.bodies(frame, {"a,b\n": ","})
    found = csv_cells.read(frame, {"a,b\n": (header, places)})
    slow = csv_cells.one_by_one(sizes, texts, header, places)
    for ours, pythons in zip(found, slow, strict=True):
        assert ours.equals(pythons)


REAL: dict[str, tuple[str, list[tuple[int, str, str]]]] = {
    "AnnoMI": (
        "mi_quality,transcript_id,video_title,utterance_id,interlocutor,timestamp,utterance_text,annotator_id\n"
        "high,0,x,0,therapist,00:00:13,Thanks.,3\nhigh,0,x,0,therapist,00:00:13,Thanks.,4\nhigh,0,x,1,client,00:00:24,Right.,3\n",
        [(0, "therapist", "Thanks."), (0, "client", "Right.")],
    ),
    "EmpatheticDialogues": (
        "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"
        "hit:0_conv:1,2,sad,p,0,Oh_comma_ no,5|5,\nhit:0_conv:1,1,sad,p,1,I lost it.,5|5,\n",
        [(0, "1", "I lost it."), (0, "0", "Oh_comma_ no")],
    ),
    "MELD": (
        "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
        '7,So?,Joey,neutral,neutral,0,1,4,7,"00:00:54,097","00:00:55,113"\n'
        '6,Hi.,Ross,neutral,neutral,0,0,4,7,"00:00:50,000","00:00:51,000"\n',
        [(0, "Ross", "Hi."), (0, "Joey", "So?")],
    ),
    "Switchboard": (
        "swda_filename,ptb_basename,conversation_no,transcript_index,act_tag,caller,utterance_index,subutterance_index,text\n"
        "sw1,4/sw,4325,1,b,A,1,2,uh /\nsw1,4/sw,4325,0,b,A,1,1,uh /\n",
        [(0, "A", "uh /"), (0, "A", "uh /")],
    ),
    "MultiWOZ": (
        "dialogue_id,turn_id,speaker,utterance\nA.json,0,USER,A train.\nB.json,0,USER,A cab.\nA.json,1,SYSTEM,When?\n",
        [(0, "USER", "A train."), (0, "SYSTEM", "When?"), (1, "USER", "A cab.")],
    ),
    "a chat exported": (
        "timestamp;author;message\n2024-05-01 10:00:00;Kim;Hallo\n2024-05-01 10:00:09;Sam;Na?\n",
        [(0, "Kim", "Hallo"), (0, "Sam", "Na?")],
    ),
    "ShareGPT flattened, under an index without a name": (
        "\tconversationID\tfrom\tvalue\n0\tx\thuman\tHi\n1\tx\tgpt\tHello\n",
        [(0, "human", "Hi"), (0, "gpt", "Hello")],
    ),
    "channels cut by time": (
        "start_ms,end_ms,speaker,text\n0,900,A,One\n2000,2500,A,Three\n1000,1500,B,Two\n",
        [(0, "A", "One"), (0, "B", "Two"), (0, "A", "Three")],
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_tables_as_corpora_have_them(name: str) -> None:
    table, expected = REAL[name]
    batch = read_text(table)
    assert batch.problems.is_empty()
    turns = batch.turns.join(batch.transcripts.select("transcript_key", "record"), on="transcript_key")
    assert turns.select("record", "speaker", "text").rows() == expected


def test_times_are_seconds() -> None:
    batch = read_text(REAL["MELD"][0], REAL["channels cut by time"][0], REAL["AnnoMI"][0], REAL["a chat exported"][0])
    assert batch.turns.select("start", "end").rows() == [
        (50.0, 51.0),
        (54.097, 55.113),
        (0.0, 0.9),
        (1.0, 1.5),
        (2.0, 2.5),
        (13.0, None),
        (24.0, None),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,A", "has 2 cells where the header has 3"),
        ("1,A,x,y", "has 4 cells where the header has 3"),
        ('1,A,"x"y', "is not sound"),
        ('1,A,"x', "is not sound"),
    ],
)
def test_a_broken_row_is_told_alone_and_other_files_are_read(row: str, told: str) -> None:
    sound = "id,speaker,text\n1,A,x\n"
    batch = read_text(sound, f"id,speaker,text\n1,A,x\n{row}\n2,B,y\n\n3,A,z\n", sound)
    assert batch.problems.select("source_key", "kind", "line").rows() == [(1, "broken", 3)]
    assert told in batch.problems["detail"].item()
    assert batch.turns.select("speaker", "text", "line").rows() == [
        ("A", "x", 2),
        ("A", "x", 2),
        ("B", "y", 4),
        ("A", "z", 6),
        ("A", "x", 2),
    ]
    assert batch.sources.filter(pl.col("expected") != pl.col("in_turns") + pl.col("elsewhere")).is_empty()


def test_quotes_that_are_never_closed_are_told() -> None:
    rows = "".join(f'{place},A,"x\n' for place in range(51))
    batch = read_text(f"id,speaker,text\n{rows}")
    assert batch.problems["kind"].unique().to_list() == ["broken"]
    assert batch.problems["detail"].str.contains("is not sound").sum() == 26


@pytest.mark.slow  # a cell of 20 MB
def test_an_enormous_cell_is_read() -> None:
    text = 'x",x",x",\n' * 1_900_000
    batch = read_text(written([("speaker", "text"), ("A", text), ("B", "y")]))
    assert said(batch) == [[("A", text), ("B", "y")]]
    assert csv.field_size_limit() == 131_072
    assert batch.turns["line"].to_list() == [2, 2 + 1_900_001]


@pytest.mark.parametrize("table", ["speaker,text\n", "speaker,text", "speaker,text\n\n\n", "speaker,text\n, \n,\n"])
def test_a_table_without_turns_is_empty(table: str) -> None:
    batch = read_text(table, REAL["AnnoMI"][0])
    assert batch.sources["format"].to_list() == ["turn_table"] * 2
    assert batch.problems.select("source_key", "kind").rows() == [(0, "empty")]


def test_a_header_over_several_lines_is_read() -> None:
    batch = read_text('speaker,"text\n(as heard)",text\nA,n,x\n')
    assert batch.turns.select("text", "line").rows() == [("x", 3)]


def test_rows_that_differ_under_one_id_are_both_kept() -> None:
    batch = read_text("utterance_id,speaker,text\n1,A,x\n1,A,other\n1,A,x\n")
    assert batch.turns["text"].to_list() == ["x", "other"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",3,A,SECRET,5,6", "has no transcript id, where other rows have one"),
        ("t,3, ,SECRET,5,6", "has no speaker"),
        ("t,x,A,SECRET,5,6", "has an order that is no whole number from 0 on"),
        ("t,,A,SECRET,5,6", "has an order that is no whole number from 0 on"),
        ("t,1.5,A,SECRET,5,6", "has an order that is no whole number from 0 on"),
        ("t,-1,A,SECRET,5,6", "has an order that is no whole number from 0 on"),
        ("t,2,A,SECRET,5,6", "has the order of another row of its transcript"),
        ("t,3,A,SECRET,SECRET,6", "has a start that is no time from 0 on"),
        ("t,3,A,SECRET,5,inf", "has an end that is no time from 0 on"),
        ("t,3,A,SECRET,5,4", "ends before it starts"),
    ],
)
def test_what_breaks_the_contract_is_told_with_its_row_and_without_its_text(row: str, told: str) -> None:
    batch = read_text(
        f'id,order,speaker,text,start,end\nt,1,A,"a\nb",1,2\nt,2,B,c,3,4\n{row}\n'.replace("id,", "dialog,", 1)
    )
    assert batch.problems.select("line", "detail").rows() == [(5, f"the row at line 5 {told}")]
    assert "SECRET" not in batch.problems["detail"].item()
    assert len(batch.turns) == 3


CELL = st.sampled_from(["", " ", "0", "1", "2", "1.5", "-1", "x", "nan", "inf", "00:00:01"])


@pytest.mark.slow  # Pandera is imported, and judges many tables.
@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=8))
@settings(max_examples=60)
def test_the_quick_look_and_pandera_agree(rows: list[tuple[str, ...]]) -> None:
    from schemas import input_turns, table_contract

    batch = pl.DataFrame(
        [
            (0, place, place, talk, order, None, who, "x", start, end)
            for place, (talk, order, who, start, end) in enumerate(rows)
        ],
        tables.CELLS,
        orient="row",
    )
    judged, _ = tables.placed(batch)
    held = table_contract.held(judged)
    failing = input_turns.failures(held.select(table_contract.JUDGED))
    quick = held.select(pl.any_horizontal(table_contract.suspect()).any()).item()
    assert bool(quick) == (not failing.is_empty())


@pytest.mark.slow  # reads many files twice
def test_many_files_are_read_as_each_alone() -> None:
    rng = random.Random(7)
    files: list[str] = []
    for _ in range(40):
        rows = [
            (turn, rng.choice("AB"), "\n".join('x"' * rng.randint(0, 2) for _ in range(rng.randint(1, 3))))
            for turn in range(5)
        ]
        files.append(written([("turn", "speaker", "text"), *rows]).rstrip("\n") + "\n" * rng.randint(0, 2))
    files[11] += "1,A\n"
    files[30] += '1,A,"open\n'
    alone = [read_text(file).turns.drop("transcript_key") for file in files]
    assert read_text(*files).turns.drop("transcript_key").equals(pl.concat(alone))
