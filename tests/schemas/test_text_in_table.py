"""Dialogues in cells: what is written is read back at its lines, no other format claims it, and what is odd is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.columns import TEXTS
from schemas.format import ReadingOptions, formats
from schemas.reading import Batch, read
from tests.conftest import raw

ROSTER = load_suite().roster
TWO = "Patient: Hi.\n\nTherapist: Hello."
Dialogue = list[tuple[str, str]]


def written(rows: Sequence[Sequence[object]], separator: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return file.getvalue()


def read_text(text: str) -> Batch:
    return read(raw(a_csv=text), ROSTER)


def claims(text: str) -> list[str]:
    texts = pl.DataFrame([(0, "a", text)], schema=TEXTS, orient="row")
    return [form.name for form in formats().values() if len(form.parse(texts, ROSTER).accounts)]


def said(batch: Batch) -> list[Dialogue]:
    turns = batch.turns.group_by("transcript_key", maintain_order=True)
    return [each.select("speaker", "text").rows() for _, each in turns]


SPOKEN = (
    st.lists(st.sampled_from(["a", "é", " ", ",", ";", "\t", '"', "\n", "=1", "|"]), min_size=1, max_size=7)
    .map(lambda parts: "".join(parts).strip())
    .filter(bool)
)
DIALOGUES = st.lists(st.lists(SPOKEN, min_size=2, max_size=5), min_size=1, max_size=4)


@pytest.mark.slow  # Many tables, each rendered and read back.
@settings(max_examples=40)
@given(
    dialogues=DIALOGUES,
    separator=st.sampled_from(",;\t"),
    names=st.sampled_from(
        [("id", "Full Text", "rating"), ("no", "interview", "notes"), ("conversation", "dialogue", "x")]
    ),
    told=st.booleans(),
    lead=st.sampled_from(["", "\n", " \n\n"]),
)
def test_what_is_written_is_read_at_its_lines(
    dialogues: list[list[str]], separator: str, names: tuple[str, ...], told: bool, lead: str
) -> None:
    talks = [[(("Patient", "Therapist")[turn % 2], text) for turn, text in enumerate(each)] for each in dialogues]
    cells = [lead + "\n\n".join(f"{who}: {text}" for who, text in talk) for talk in talks]
    table = f"sep={separator}\n" * told + written(
        [names, *((place, cell, "a\nb") for place, cell in enumerate(cells))], separator
    )
    batch = read_text(table)
    assert batch.sources["format"].to_list() == ["text_in_table"]
    assert said(batch) == talks
    assert batch.problems.is_empty()
    account = batch.sources.row(0, named=True)
    assert account["expected"] == len(table) == account["in_turns"] + account["elsewhere"]
    assert account["in_turns"] == sum(len(text) for talk in talks for _, text in talk)
    lines = table.split("\n")
    for line, text in batch.turns.select("line", "text").iter_rows():
        assert text.replace('"', '""').split("\n")[0] in lines[line - 1]
    assert claims(table) == ["text_in_table"]


def test_a_row_without_a_dialogue_is_told_and_keeps_its_number() -> None:
    batch = read_text(written([("id", "dialogue"), (1, TWO), (2, ""), (3, "Nobody\ncame."), (4, TWO)]))
    assert batch.problems.select("record", "line", "kind", "detail").rows() == [
        (1, 5, "broken", "record 1 has no text that labels such as `Name:` tell to be a dialogue"),
        (2, 6, "broken", "record 2 has no text that labels such as `Name:` tell to be a dialogue"),
    ]
    assert batch.transcripts.select("record", "line").rows() == [(0, 2), (1, 5), (2, 6), (3, 8)]
    assert said(batch) == [[("Patient", "Hi."), ("Therapist", "Hello.")]] * 2
    assert batch.turns["line"].to_list() == [2, 4, 8, 10]


def test_a_row_that_is_not_sound_is_told_alone() -> None:
    batch = read_text(written([("id", "dialogue"), (1, TWO), (2, TWO, "more"), (3, TWO)]))
    assert batch.problems.select("line", "kind", "detail").rows() == [
        (5, "broken", "the row at line 5 has 3 cells where the header has 2")
    ]
    assert batch.turns["line"].to_list() == [2, 4, 8, 10]


def test_what_stands_before_the_first_label_is_told_at_its_line() -> None:
    batch = read_text(written([("id", "dialogue"), (1, TWO), (2, f"\nBy phone.\n{TWO}")]))
    assert batch.problems.select("record", "line", "kind").rows() == [(1, 6, "long_preamble")]


def test_the_column_with_the_likeliest_name_counts() -> None:
    batch = read_text(written([("draft", "dialogue"), ("Patient: No.\nTherapist: So?", TWO)]))
    assert said(batch) == [[("Patient", "Hi."), ("Therapist", "Hello.")]]


@pytest.mark.parametrize(
    ("table", "claimed"),
    [
        (written([("id", "speaker", "text"), (1, "A", TWO), (1, "B", TWO)]), ["turn_table"]),
        (written([("id", "text"), (1, "Patient: Hi."), (2, "Therapist: Hello.")]), []),
        (written([("id", "note"), (1, "Subjective: tired\nObjective: pale"), (2, "Plan: rest\nNext: May")]), []),
        (written([("id", "text"), (1, "Just prose.\nMore of it.")]), []),
        ('Session 3, with Kim\n\nPatient: Hi.\n\n"I wrote\nit down."\n\nTherapist: Hello.\n', ["labelled_text"]),
        (f'Conversation\n{TWO}\n\nPatient: "I\nsee",\n"He said\nso".', ["labelled_text"]),
        (f'Conversation\n"{TWO}\n\n{TWO}', ["labelled_text"]),
    ],
)
def test_what_is_something_else_is_left_to_its_format(table: str, claimed: list[str]) -> None:
    assert claims(table) == claimed


PIECES = st.sampled_from(
    ["id,dialogue\n", "speaker,text\n", "dialogue\n", *'",\n\tx;', "Patient: a", "Therapist: b", '""']
) | st.sampled_from([f'"{TWO}"\n', f'1,"{TWO}"\n', "[00:12] Kim: hi\n"])


@pytest.mark.slow  # Every format looks at every table.
@given(text=st.lists(PIECES, min_size=1, max_size=12).map("".join))
def test_nothing_crashes_and_one_format_at_most_claims(text: str) -> None:
    assert len(claims(text)) <= 1
    batch = read_text(text)
    assert not batch.problems["kind"].is_in(["failed", "lost"]).any()


def test_a_table_that_is_forced_is_read_or_says_why_not() -> None:
    forced = ReadingOptions(format="text_in_table")
    assert len(read(raw(a_csv=written([("id", "dialogue"), (1, TWO)])), ROSTER, forced).turns) == 2
    (detail,) = read(raw(a_txt=TWO), ROSTER, forced).problems["detail"]
    assert detail.startswith("it can't be read as text_in_table: it has no header with a column")
