"""Shapes of JSON: transcripts nested, listed and in single messages are read back, and hostile JSON ends in a word."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.reading import Batch, read
from tests.conftest import raw

Dialogue = list[tuple[str, str]]

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\\n\t\0{}[]:,\u2028'), max_size=30)
DIALOGUES = st.lists(
    st.lists(st.tuples(st.sampled_from(["user", "assistant", "Ann 2"]), TEXT), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
)


def messages(dialogue: Dialogue) -> list[dict[str, str]]:
    return [{"role": who, "content": what} for who, what in dialogue]


def rows(dialogues: list[Dialogue]) -> list[dict[str, str]]:
    """Messages of all dialogues in turn, each with the id of its own."""
    longest = max(map(len, dialogues))
    return [
        {"conversation_id": f"c{number}", **messages(each)[turn]}
        for turn in range(longest)
        for number, each in enumerate(dialogues)
        if turn < len(each)
    ]


def lines(values: list[Any]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


SHAPES: dict[str, Callable[[list[Dialogue]], str]] = {
    "list of lists": lambda talks: json.dumps([messages(each) for each in talks], indent=1),
    "sessions": lambda talks: json.dumps({"id": 1, "sessions": [{"messages": messages(each)} for each in talks]}),
    "numbered": lambda talks: json.dumps({f"session_{n}": messages(each) for n, each in enumerate(talks)}, indent=2),
    "by id": lambda talks: json.dumps({f"id {n}": {"turns": messages(each)} for n, each in enumerate(talks)}),
    "within": lambda talks: lines([{"data": {"id": 1, "dialog": messages(each)}} for each in talks]),
    "rows": lambda talks: lines(rows(talks)),
    "rows in an array": lambda talks: json.dumps(rows(talks), ensure_ascii=False, indent=1),
    "rows without id": lambda talks: lines(messages(talks[0])),
    "capitals": lambda talks: lines(
        [{"Dialogue": [{"Speaker": who, "Text": what} for who, what in each]} for each in talks]
    ),
}


def read_text(text: str) -> Batch:
    return read(raw(a_json=text), load_suite().roster)


def said(batch: Batch) -> list[Dialogue]:
    talks: dict[int, Dialogue] = {key: [] for key in batch.transcripts["transcript_key"]}
    for key, speaker, text in batch.turns.select("transcript_key", "speaker", "text").iter_rows():
        talks[key].append((speaker, text))
    return list(talks.values())


@pytest.mark.parametrize("shape", SHAPES)
@given(dialogues=DIALOGUES)
def test_each_shape_is_read_back(shape: str, dialogues: list[Dialogue]) -> None:
    batch = read_text(SHAPES[shape](dialogues))
    assert said(batch) == (dialogues[:1] if shape == "rows without id" else dialogues)
    assert batch.problems.is_empty()
    assert batch.sources["in_turns"].item() == sum(len(what) for talk in said(batch) for _, what in talk)
    assert batch.sources["expected"].item() == batch.sources["in_turns"].item()


def test_a_broken_row_is_told_and_spoils_no_conversation() -> None:
    batch = read_text(lines(rows([[("a", "x"), ("b", "y")]])) + '{"role": "a", "content\n["z"]\n')
    assert said(batch) == [[("a", "x"), ("b", "y")]]
    assert batch.problems.select("kind", "record", "line").rows() == [("broken", None, 3), ("broken", None, 4)]


@pytest.mark.parametrize(
    ("sound", "other"),
    [
        ('{"exchanges": [{"user": "x", "assistant": "y"}]}', '{"messages": [{"role": "user", "content": "x"}]}'),
        ('{"conversations": [{"from": "human", "value": "x"}]}', '{"turns": [{"speaker": "A", "text": "x"}]}'),
        ('{"text": "Patient: x\\n\\nTherapist: y"}', '{"prompt": "x", "response": "y"}'),
        ('{"segments": [{"start": 0, "end": 1, "text": "x"}]}', '{"text": "Patient: x"}'),
    ],
)
def test_a_record_of_another_shape_is_told_as_mixed(sound: str, other: str) -> None:
    batch = read_text(f"{sound}\n{sound}\n\n{other}\n{sound}\n")
    assert batch.problems.select("kind", "record", "line").rows() == [("mixed", 2, 4)]
    assert len(batch.transcripts) == 4


TALK = [{"role": "user", "content": "x"}]
NO_TALK = "record 1 is no transcript, as others beside it are"


@pytest.mark.parametrize(
    "record",
    [
        {"sessions": [{"messages": TALK}, {"messages": "gone"}, {"messages": TALK}]},
        {"sessions": [{"messages": TALK}, None, {"messages": TALK}]},
        {"session_1": TALK, "session_2": "gone", "session_3": TALK},
        {"session_1": TALK, "session_2": [{"who": "x"}], "session_3": TALK},
        {"a81": {"messages": TALK}, "b07": {"messages": 3}, "c11": {"messages": TALK}},
        {"dialogs": [TALK, ["gone"], TALK]},
    ],
    ids=str,
)
def test_what_is_no_transcript_among_some_is_told(record: dict[str, Any]) -> None:
    batch = read_text(json.dumps(record, indent=1))
    assert said(batch) == [[("user", "x")], [], [("user", "x")]]
    assert batch.problems.select("kind", "record", "detail").rows() == [("broken", 1, NO_TALK)]
    line = batch.problems["line"].item()
    first, last = batch.transcripts["line"][0], batch.transcripts["line"][2]
    assert first < line < last


@pytest.mark.parametrize(
    "record",
    [
        {"id": 7, "sessions": [{"messages": TALK}, {"messages": TALK}], "speakers": [{"age": 30}], "scores": [1, 2]},
        {"session_1": TALK, "session_1_date": "May 8", "session_2": TALK, "summary": {"session_1": "They talk."}},
        {"session_1": TALK, "session_2": [], "session_3": TALK},
        {"a81": {"messages": TALK}, "b07": {"messages": TALK}, "meta": {"made by": "x"}},
    ],
    ids=str,
)
def test_what_only_stands_beside_transcripts_is_passed_over(record: dict[str, Any]) -> None:
    batch = read_text(json.dumps(record))
    assert said(batch) == [[("user", "x")], [("user", "x")]]
    assert batch.problems.is_empty()


def test_names_that_win_over_roles_are_told() -> None:
    talk = [{"role": "assistant", "name": who, "content": "x"} for who in ("Ada", "Ben")]
    batch = read_text(lines([{"messages": messages([("user", "x")])}, {"messages": talk}]))
    assert said(batch) == [[("user", "x")], [("Ada", "x"), ("Ben", "x")]]
    assert batch.problems.select("kind", "record", "line").rows() == [("renamed", 1, 2)]


HOSTILE = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"messages":' * 50_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "deep content": '{"messages": [{"role": "user", "content": ' + "[" * 50_000 + "]" * 50_000 + "}]}",
    "a huge number": '{"messages": [{"role": 1' + "0" * 5_000 + ', "content": "x"}]}',
    "a huge exponent": '{"messages": [{"role": "user", "content": 1e999999}]}',
    "not a number": '{"messages": [{"role": "user", "content": NaN}, {"role": "a", "content": -Infinity}]}',
    "keys twice": '{"messages": [], "messages": [{"role": "user", "role": "b", "content": "x", "content": "y"}]}',
    "an enormous text": '{"messages": [{"role": "user", "content": "' + "x" * 5_000_000 + '"}]}',
    "many empty lists": "[" + "[]," * 200_000 + "[]]",
    "many brackets": "[\n" * 20_000 + "{\n" * 20_000,
    "lone surrogates": '{"messages": [{"role": "\\udc00", "content": "\\ud800\\u0000"}]}',
    "commas only": "[" + "," * 200_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_json_ends_in_a_word_or_a_sound_reading(case: str) -> None:
    began = time.process_time()
    batch = read_text(HOSTILE[case])
    assert time.process_time() - began < 20
    assert "failed" not in batch.problems["kind"]
    assert "lost" not in batch.problems["kind"]
    assert len(batch.turns) or len(batch.problems)
