"""Pieces of one speaker become one turn where their format cuts by time, and wherever the suite says so."""

from __future__ import annotations

import json

import polars as pl
import pytest

from expectations.suite import load_suite
from schemas.format import ReadingOptions, formats
from schemas.reading import Batch, read
from tests.conftest import raw

ROSTER = load_suite().roster

CUES = "WEBVTT\n\n" + "".join(
    f"00:00:0{second}.000 --> 00:00:0{second}.900\n{said}\n\n"
    for second, said in enumerate(["Patient: a", "b", "Therapist: c", "Patient:", "Patient: d"])
)
SEGMENTS = json.dumps(
    {
        "segments": [
            {"start": second, "end": second + 0.5, "text": f" {said}", "speaker": who}
            for second, (who, said) in enumerate([("A", "a"), ("A", "b"), ("B", "c")])
        ]
    }
)
CHAT = json.dumps({"messages": [{"role": who, "content": said} for who, said in [("user", "a"), ("user", "b")]]})
LABELLED = "Patient: a\n\n\nPatient: b\n- b\n\nTherapist: c"
TIMED = "Patient (00:01): a\n\nPatient (00:03): b\n\n(00:04): b\n\nTherapist (00:05): c"


def read_text(text: str, merge: str, name: str = "a_txt") -> Batch:
    return read(raw(**{name: text}), ROSTER, ReadingOptions(merge=merge))


@pytest.mark.parametrize(
    ("text", "merge", "said"),
    [
        (CUES, "auto", ["a b", "c", "d"]),
        (CUES, "always", ["a b", "c", "d"]),
        (CUES, "never", ["a", "b", "c", "", "d"]),
        (SEGMENTS, "auto", ["a b", "c"]),
        (SEGMENTS, "never", ["a", "b", "c"]),
        (CHAT, "auto", ["a", "b"]),
        (CHAT, "always", ["a\nb"]),
        (CHAT, "never", ["a", "b"]),
        (LABELLED, "auto", ["a", "b\n- b", "c"]),
        (LABELLED, "always", ["a\n\n\nb\n- b", "c"]),
        (TIMED, "auto", ["a\n\nb\n\nb", "c"]),
        (TIMED, "never", ["a", "b", "b", "c"]),
    ],
)
def test_pieces_merge_as_format_and_suite_say(text: str, merge: str, said: list[str]) -> None:
    batch = read_text(text, merge)
    assert batch.turns["text"].to_list() == said
    assert batch.problems.is_empty()
    account = batch.sources.row(0, named=True)
    assert account["expected"] == account["in_turns"] + account["elsewhere"]
    letters = sum(map(str.isalpha, "".join(said)))
    assert letters == sum(map(str.isalpha, "".join(read_text(text, "never").turns["text"])))


def test_a_merged_turn_has_the_first_line_and_start_and_the_last_end() -> None:
    turns = read_text(CUES, "auto").turns
    assert turns.select("line", "start", "end").rows() == [(4, 0.0, 1.9), (10, 2.0, 2.9), (16, 3.0, 4.9)]
    assert turns["turn"].to_list() == [0, 1, 2]


@pytest.mark.parametrize("text", [LABELLED, TIMED])
def test_lines_within_a_merged_turn_are_those_of_the_source(text: str) -> None:
    batch = read_text(text, "always")
    assert batch.sources["lines_within"].to_list() == [True]
    lines = text.split("\n")
    turns: list[tuple[int, str]] = batch.turns.select("line", "text").rows()
    for line, said in turns:
        assert all(lines[line - 1 + offset].endswith(part) for offset, part in enumerate(said.split("\n")))


def test_lines_within_are_unknown_where_rows_of_a_table_merge() -> None:
    table = "speaker,text\nA,a\nA,b\n"
    assert read_text(table, "auto", "a_csv").sources["lines_within"].to_list() == [True]
    merged = read_text(table, "always", "a_csv")
    assert merged.turns["text"].to_list() == ["a\nb"]
    assert merged.sources["lines_within"].to_list() == [False]


def test_tools_of_merged_messages_stay() -> None:
    def calls(name: str) -> dict[str, object]:
        return {"role": "assistant", "content": name, "tool_calls": [{"id": name, "function": {"name": "look"}}]}

    chat = {"messages": [{"role": "user", "content": "a"}, calls("b"), calls("c")]}
    turns = read_text(json.dumps(chat), "always").turns
    assert turns.select("text", "calls", "answers").rows() == [("a", None, None), ("b\nc", ["b", "c"], None)]


def test_sources_and_records_do_not_merge_with_each_other() -> None:
    cue = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nPatient: a"
    chats = "\n".join([CHAT, CHAT])
    batch = read(raw(a_vtt=cue, b_vtt=cue, c_jsonl=chats), ROSTER, ReadingOptions(merge="always"))
    assert batch.turns.group_by("transcript_key", maintain_order=True).agg(pl.len()).rows() == [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 1),
    ]


def test_speech_and_messages_are_cut_by_time_and_chats_are_not() -> None:
    assert {name for name, form in formats().items() if form.cuts_by_time} == {
        "assemblyai",
        "aws_transcribe",
        "chat_cha",
        "daic_woz",
        "deepgram",
        "otter",
        "srt",
        "textgrid",
        "timed_text",
        "webvtt",
        "whisper",
        "zoom_chat",
    }
