"""Chats in JSON: what is rendered is read back, however it is written, and broken records stay alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.reading import Batch, read
from tests.conftest import raw

KEYS = {"messages": ("role", "content"), "conversations": ("from", "value")}
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
MESSAGES = st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "Bot 2"]), TEXT), min_size=1, max_size=6)


def read_text(text: str) -> Batch:
    return read(raw(a_json=text), load_suite().roster)


def chats(batch: Batch) -> list[list[tuple[str, str]]]:
    by_transcript: dict[int, list[tuple[str, str]]] = {key: [] for key in batch.transcripts["transcript_key"]}
    for key, speaker, text in batch.turns.select("transcript_key", "speaker", "text").iter_rows():
        by_transcript[key].append((speaker, text))
    return list(by_transcript.values())


def content(text: str, style: str) -> Any:
    if style == "one part":
        return [{"type": "text", "text": text}]
    if style == "parts":
        return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": "x"}}]
    return text or None


@given(
    records=st.lists(MESSAGES, min_size=1, max_size=4),
    key=st.sampled_from(sorted(KEYS)),
    style=st.sampled_from(["string", "one part", "parts"]),
    layout=st.sampled_from(["lines", "array", "pretty array"]),
    ascii_only=st.booleans(),
)
def test_what_is_rendered_is_read_back(
    records: list[list[tuple[str, str]]], key: str, style: str, layout: str, ascii_only: bool
) -> None:
    speaker, text = KEYS[key]
    values = [{"id": 1, key: [{speaker: who, text: content(what, style)} for who, what in each]} for each in records]
    if layout == "lines":
        source = "\n".join(json.dumps(value, ensure_ascii=ascii_only) for value in values)
    else:
        source = json.dumps(values, ensure_ascii=ascii_only, indent=1 if layout == "pretty array" else None)
    batch = read_text(source)
    assert chats(batch) == records
    assert batch.problems.is_empty()
    assert (batch.sources["expected"] == batch.sources["in_turns"]).all()
    if layout == "pretty array":
        lines = source.split("\n")
        for line, who in batch.turns.select("line", "speaker").iter_rows():
            assert json.dumps(who) in lines[line]  # the object opens one line above its first key


BROKEN = {
    "half a line": ('{"messages": [{"role": "us', "is not JSON"),
    "another shape": ('{"text": "messages"}', "has the shape of text_in_json in a source of openai_chat"),
    "no known shape": ('{"other": "messages"}', 'has no list "messages"'),
    "messages that are no list": ('{"messages": "hi"}', 'has no list "messages"'),
    "a message that is no object": ('{"messages": ["hi"]}', "message 0 is no object"),
    "a message without a role": ('{"messages": [{"content": "hi"}]}', 'message 0 has no "role"'),
    "not an object": ("{1}", "is not JSON"),
    "nested too deeply": ('{"messages": ' + "[" * 50_000 + "}", "is nested too deeply"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_is_told_alone(case: str) -> None:
    line, told = BROKEN[case]
    sound = '{"messages": [{"role": "user", "content": "hi"}]}'
    batch = read_text(f"{sound}\n{line}\n\n{sound}\n{sound}\n")
    problem = batch.problems.row(0, named=True)
    kind = "mixed" if case == "another shape" else "broken"
    assert (problem["kind"], problem["record"], problem["line"]) == (kind, 1, 2)
    assert told in problem["detail"]
    assert len(batch.problems) == 1
    assert chats(batch) == [[("user", "hi")], [], [("user", "hi")], [("user", "hi")]]


def test_half_a_document_keeps_what_is_whole() -> None:
    whole = json.dumps([{"messages": [{"role": "user", "content": str(place)}]} for place in range(3)], indent=2)
    batch = read_text(whole[: whole.index('"2"') + 1])
    assert chats(batch) == [[("user", "0")], [("user", "1")], []]
    assert batch.problems.select("kind", "record", "line").rows() == [("broken", 2, 22)]


def test_lone_surrogates_become_replacement_characters() -> None:
    batch = read_text('{"messages": [{"role": "user", "content": "a \\ud800 b \\ud83d\\ude00"}]}')
    assert batch.turns["text"].item() == "a \ufffd b \U0001f600"


def test_a_record_without_messages_is_told() -> None:
    batch = read_text('{"messages": []}\n{"messages": [{"role": "user", "content": "hi"}]}')
    assert batch.problems.select("kind", "record", "line").rows() == [("empty", 0, 1)]


def test_a_prompt_beside_messages_is_a_turn_also_within_a_record() -> None:
    talks = [{"system": f"Be {how}.", "messages": [{"role": "user", "content": "hi"}]} for how in ("kind", "brief")]
    batch = read_text(json.dumps({"data": talks}))
    assert chats(batch) == [[("system", f"Be {how}."), ("user", "hi")] for how in ("kind", "brief")]
    assert batch.problems.is_empty()


def test_a_part_of_a_prompt_that_is_no_text_is_kept_as_it_stands() -> None:
    talk = {"system": ["Be kind.", {"tone": "warm"}], "messages": [{"role": "user", "content": "hi"}]}
    batch = read_text(json.dumps(talk))
    assert chats(batch) == [[("system", '["Be kind.", {"tone": "warm"}]'), ("user", "hi")]]


def of_parts(*parts: object) -> Batch:
    return read_text(json.dumps({"messages": [{"role": "user", "content": list(parts)}]}))


def test_parts_hold_their_text_in_any_usual_way() -> None:
    thread = {"type": "text", "text": {"value": "two", "annotations": []}}
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    batch = of_parts(
        "one", thread, picture, {"type": "output_text", "text": "three"}, {"type": "refusal", "refusal": "no"}
    )
    assert chats(batch) == [[("user", "one\ntwo\nthree\nno")]]
    assert batch.problems.is_empty()


@pytest.mark.parametrize(
    "part", [{"said": "two"}, {"type": "text", "text": ["two"]}, ["two"], 2, {"text": {"x": "two"}}]
)
def test_a_part_without_a_text_or_a_kind_is_told(part: object) -> None:
    batch = of_parts({"type": "text", "text": "one"}, part)
    assert batch.problems.select("kind", "record").rows() == [("broken", 0)]
    assert "neither a text nor of another kind" in batch.problems["detail"].item()


def tools_of(source: str) -> list[tuple[object, ...]]:
    return read_text(source).turns.select("speaker", "text", "calls", "answers").rows()


def test_tool_calls_and_their_results_are_told_by_id() -> None:
    messages = [
        {"role": "user", "content": "When is it?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "at"}}, {"id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "10"},
        {"role": "assistant", "function_call": {"name": "at", "arguments": "{}"}},
        {"role": "function", "name": "at", "content": ""},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "So"}, {"type": "tool_use", "id": "c3", "name": "x"}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c3", "content": "y"}]},
        {
            "role": "assistant",
            "content": 'no "tool_calls": [{"id": 1}] here',
            "tool_calls": None,
            "function_call": None,
        },
    ]
    assert tools_of(json.dumps({"messages": messages})) == [
        ("user", "When is it?", None, None),
        ("assistant", "", ["c1", "c2"], None),
        ("tool", "10", None, ["c1"]),
        ("assistant", "", ["at"], None),
        ("function", "", None, ["at"]),
        ("assistant", "So", ["c3"], None),
        ("user", "", None, ["c3"]),
        ("assistant", 'no "tool_calls": [{"id": 1}] here', None, None),
    ]


def test_a_broken_line_in_another_source_leaves_tools_known() -> None:
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "look_up"}}]}
    answered = {"role": "tool", "tool_call_id": "a", "content": "2"}
    chat = {"messages": [{"role": "user", "content": "How many?"}, called, answered]}
    cut = '{"messages": [{"role": "user", "content": "Hi."}]}\n{"messages": [{"role": "us}\n'
    batch = read(raw(a_jsonl=cut, b_jsonl=json.dumps(chat)), load_suite().roster)
    assert batch.turns.filter(transcript_key=2).select("calls", "answers").rows() == [
        (None, None),
        (["a"], None),
        (None, ["a"]),
    ]


def test_sharegpt_names_calls_and_results_as_speakers() -> None:
    said = [("human", "When?"), ("function_call", '{"name": "at"}'), ("observation", "10"), ("gpt", "At ten.")]
    source = json.dumps({"conversations": [{"from": who, "value": what} for who, what in said]})
    assert [row[2:] for row in tools_of(source)] == [(None, None), ([""], None), (None, [""]), (None, None)]
