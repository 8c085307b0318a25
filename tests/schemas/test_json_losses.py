"""Whatever is said in a chat in JSON is in a turn, or something is told of its source: nothing is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.reading import read
from tests.conftest import raw

CONTENTS: tuple[Callable[[str], Any], ...] = (
    lambda said: said,
    lambda said: [said],
    lambda said: [{"type": "text", "text": said}],
    lambda said: [{"type": "text", "text": {"value": said}}],
    lambda said: [{"type": "text", "text": "more"}, {"type": "text", "text": [said]}],
    lambda said: ["more", {"x": said}],
    lambda said: ["more", [said]],
    lambda said: {"x": said},
)
"""A text as the content of a message, as it should be and as it shouldn't."""

MESSAGES: tuple[Callable[[str, Any], Any], ...] = (
    lambda _, content: {"role": "user", "content": content},
    lambda _, content: {"role": 3, "content": content},
    lambda _, content: {"role": None, "content": content},
    lambda _, content: {"role": ["user"], "content": content},
    lambda _, content: {"content": content},
    lambda said, _: {"role": "user", "refusal": said},
    lambda said, _: {"x": said},
    lambda said, _: [said],
    lambda said, _: said,
)
"""A message, likewise."""

RECORDS: tuple[Callable[[list[Any]], Any], ...] = (
    lambda messages: {"messages": messages},
    lambda messages: {"id": 1, "messages": messages},
    lambda messages: {"messages": json.dumps(messages)},
    lambda messages: {"messages": {"first": messages}},
    lambda messages: [messages],
    json.dumps,
)
"""A transcript, likewise."""

SOUND = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}

LAYOUTS: dict[str, Callable[[list[Any]], str]] = {
    "lines": lambda records: "".join(f"{json.dumps(record)}\n" for record in records),
    "an array": lambda records: json.dumps(records, indent=1),
    "two arrays": lambda records: json.dumps(records[:1]) + "\n" + json.dumps(records[1:], indent=1),
    "sessions": lambda records: json.dumps({"id": 7, "sessions": records}, indent=1),
    "numbered": lambda records: json.dumps({f"session_{place}": record for place, record in enumerate(records)}),
    "sessions in lines": lambda records: "".join(f"{json.dumps({'sessions': [each]})}\n" for each in records),
}


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[list[Any], list[str]]:
    """A sound record and some odd ones behind it, and all that is said in these."""
    records: list[Any] = [SOUND]
    said: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        messages: list[Any] = []
        for place in range(draw(st.integers(1, 3))):
            said.append(f"said {number} {place} here")
            content = draw(st.sampled_from(CONTENTS))(said[-1])
            # Mostly sound, as else the first fault would hide all others.
            message = MESSAGES[draw(st.sampled_from([0, 0, 0, *range(len(MESSAGES))]))]
            messages.append(message(said[-1], content))
        record = RECORDS[draw(st.sampled_from([0, 0, 0, *range(len(RECORDS))]))]
        records.append(record(messages))
    return records, said


@pytest.mark.parametrize("layout", LAYOUTS)
@given(transcripts=transcripts())
def test_nothing_that_is_said_is_passed_over(layout: str, transcripts: tuple[list[Any], list[str]]) -> None:
    records, said = transcripts
    batch = read(raw(a_json=LAYOUTS[layout](records)), load_suite().roster)
    there = "\n".join(batch.turns["text"])
    lost = [each for each in said if each not in there]
    assert not lost or len(batch.problems)
    assert "failed" not in batch.problems["kind"]
