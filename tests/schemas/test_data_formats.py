"""Formats of data: what is rendered is read back with nothing lost, what is broken stays alone, nothing crashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.columns import TEXTS
from schemas.format import formats
from schemas.reading import Batch, read
from tests.conftest import raw

pytestmark = pytest.mark.slow  # Many formats, each rendered and read back many times.

Dialogue = list[tuple[str, str]]

ROSTER = load_suite().roster

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\0"), min_size=1, max_size=30)
SPOKEN = TEXT.filter(lambda text: text == text.strip())
WHO = st.sampled_from(["Patient", "Therapist"])
DIALOGUES = st.lists(st.lists(st.tuples(WHO, SPOKEN), min_size=1, max_size=6), min_size=1, max_size=4)
ALTERNATING = st.lists(st.lists(st.tuples(SPOKEN, SPOKEN), min_size=1, max_size=4), min_size=1, max_size=4)
MINE = (
    "assemblyai aws_transcribe convokit deepgram exchanges openai_chat preference_pairs role_content sharegpt "
    "text_in_json turn_table whisper"
).split()


def read_text(text: str) -> Batch:
    return read(raw(a_txt=text), ROSTER)


def said(batch: Batch) -> list[Dialogue]:
    by_transcript: dict[int, Dialogue] = {key: [] for key in batch.transcripts["transcript_key"]}
    for key, speaker, text in batch.turns.select("transcript_key", "speaker", "text").iter_rows():
        by_transcript[key].append((speaker, text))
    return list(by_transcript.values())


def check(source: str, name: str, expected: list[Dialogue]) -> Batch:
    batch = read_text(source)
    assert batch.sources["format"].to_list() == [name]
    assert said(batch) == expected
    assert batch.problems.is_empty()
    account = batch.sources.row(0, named=True)
    assert account["expected"] == account["in_turns"] + account["elsewhere"]
    return batch


def merged(dialogue: Dialogue) -> Dialogue:
    turns: Dialogue = []
    for speaker, text in dialogue:
        if turns and turns[-1][0] == speaker:
            turns[-1] = (speaker, f"{turns[-1][1]} {text}")
        else:
            turns.append((speaker, text))
    return turns


def dumped(values: list[Any], lines: bool) -> str:
    return "\n".join(json.dumps(value) for value in values) if lines else json.dumps(values, indent=1)


@settings(max_examples=30)
@given(
    dialogues=DIALOGUES,
    key=st.sampled_from("dialog dialogue turns utterances conversation messages conversations".split()),
    speaker=st.sampled_from("speaker author name".split()),
    text=st.sampled_from("text content value utterance message".split()),
    lines=st.booleans(),
)
def test_role_content(dialogues: list[Dialogue], key: str, speaker: str, text: str, lines: bool) -> None:
    values = [{"id": 1, key: [{speaker: who, text: what} for who, what in each]} for each in dialogues]
    check(dumped(values, lines), "role_content", dialogues)


@given(dialogues=DIALOGUES, by_line=st.booleans())
def test_bare_lists(dialogues: list[Dialogue], by_line: bool) -> None:
    values = [[{"speaker": who, "text": what} for who, what in each] for each in dialogues]
    if by_line and len(values) > 1:
        check("\n".join(json.dumps(value) for value in values) + "\n", "role_content", dialogues)
    else:
        check(json.dumps(values[0], indent=2), "role_content", dialogues[:1])


@given(dialogues=ALTERNATING, keys=st.sampled_from([("user", "assistant"), ("input", "output")]), lines=st.booleans())
def test_exchanges(dialogues: list[Dialogue], keys: tuple[str, str], lines: bool) -> None:
    values = [{"exchanges": [dict(zip(keys, pair, strict=True)) for pair in each]} for each in dialogues]
    expected = [[turn for a, b in each for turn in (("user", a), ("assistant", b))] for each in dialogues]
    check(dumped(values, lines), "exchanges", expected)


@given(dialogues=ALTERNATING, more=TEXT, lines=st.booleans())
def test_alpaca_with_history(dialogues: list[Dialogue], more: str, lines: bool) -> None:
    values = [
        {"instruction": each[-1][0], "input": more, "output": each[-1][1], "history": each[:-1]} for each in dialogues
    ]
    expected = [
        [
            turn
            for a, b in [*each[:-1], (f"{each[-1][0]}\n{more}", each[-1][1])]
            for turn in (("user", a), ("assistant", b))
        ]
        for each in dialogues
    ]
    check(dumped(values, lines), "exchanges", expected)


@given(dialogues=ALTERNATING, as_text=st.booleans(), lines=st.booleans())
def test_preference_pairs(dialogues: list[Dialogue], as_text: bool, lines: bool) -> None:
    talks = [[turn for a, b in each for turn in (("Human", a), ("Assistant", b))] for each in dialogues]
    rejected = [[*talk[:-1], ("Assistant", "no")] for talk in talks]

    def rendered(talk: Dialogue) -> Any:
        if as_text:
            return "".join(f"\n\n{who}: {what}" for who, what in talk)
        return [{"role": who, "content": what} for who, what in talk]

    values = [{"chosen": rendered(a), "rejected": rendered(b)} for a, b in zip(talks, rejected, strict=True)]
    check(
        dumped(values, lines), "preference_pairs", [talk for pair in zip(talks, rejected, strict=True) for talk in pair]
    )


def as_whisper(dialogue: Dialogue) -> Any:
    items = [{"start": n, "end": n + 0.5, "text": f" {what}", "speaker": who} for n, (who, what) in enumerate(dialogue)]
    return {"text": "all", "segments": items}


def as_assemblyai(dialogue: Dialogue) -> Any:
    items = [
        {"start": n * 1000, "end": n * 1000 + 500, "text": what, "speaker": who}
        for n, (who, what) in enumerate(dialogue)
    ]
    return {"text": "all", "words": [], "utterances": items}


def as_deepgram(dialogue: Dialogue) -> Any:
    items = [{"start": n, "end": n + 0.5, "transcript": what, "speaker": who} for n, (who, what) in enumerate(dialogue)]
    return {"metadata": {"channels": 1}, "results": {"channels": [], "utterances": items}}


def as_aws(dialogue: Dialogue) -> Any:
    items = [
        {
            "type": "pronunciation",
            "start_time": str(n),
            "end_time": str(n + 0.5),
            "alternatives": [{"content": what}],
            "speaker_label": who,
        }
        for n, (who, what) in enumerate(dialogue)
    ]
    return {"results": {"transcripts": [{"transcript": "all"}], "items": items}}


SPEECH: dict[str, Callable[[Dialogue], Any]] = {
    "whisper": as_whisper,
    "assemblyai": as_assemblyai,
    "deepgram": as_deepgram,
    "aws_transcribe": as_aws,
}


@pytest.mark.parametrize("name", SPEECH)
@settings(max_examples=20)
@given(dialogue=st.lists(st.tuples(WHO, SPOKEN), min_size=1, max_size=6), pretty=st.booleans())
def test_speech_is_merged_by_speaker(name: str, dialogue: Dialogue, pretty: bool) -> None:
    batch = check(json.dumps(SPEECH[name](dialogue), indent=1 if pretty else None), name, [merged(dialogue)])
    assert batch.turns["start"].first() == 0
    assert batch.turns["end"].last() == len(dialogue) - 0.5


@given(dialogues=DIALOGUES, data=st.data())
def test_convokit_conversations_in_any_order_of_lines(dialogues: list[Dialogue], data: st.DataObject) -> None:
    rows = [
        {
            "id": f"{talk}.{turn}",
            "conversation_id": str(talk),
            "reply-to": f"{talk}.{turn - 1}" if turn else None,
            "speaker": {"id": who},
            "text": what,
            "timestamp": None,
        }
        for talk, each in enumerate(dialogues)
        for turn, (who, what) in enumerate(each)
    ]
    rows = data.draw(st.permutations(rows))
    order = dict.fromkeys(int(str(row["conversation_id"])) for row in rows)
    check(dumped(rows, lines=True), "convokit", [dialogues[talk] for talk in order])


@given(
    dialogues=st.lists(
        st.lists(st.text("abc dé", min_size=1, max_size=9).map(str.strip), min_size=4, max_size=6),
        min_size=1,
        max_size=3,
    ),
    key=st.sampled_from(["text", "dialogue", "transcript", "conversation"]),
    lines=st.booleans(),
)
def test_text_in_json(dialogues: list[list[str]], key: str, lines: bool) -> None:
    talks = [[(("Patient", "Therapist")[n % 2], what) for n, what in enumerate(each)] for each in dialogues]
    values = [{"id": 1, key: "\n\n".join(f"{who}: {what}" for who, what in talk)} for talk in talks]
    check(dumped(values, lines), "text_in_json", talks)


SOUND = {
    "role_content": '{"turns": [{"speaker": "A", "text": "x"}]}',
    "exchanges": '{"exchanges": [{"user": "x", "assistant": "y"}]}',
    "preference_pairs": '{"chosen": [{"role": "user", "content": "x"}]}',
    "whisper": '{"segments": [{"start": 0, "end": 1, "text": "x"}]}',
    "assemblyai": '{"utterances": [{"start": 0, "end": 1, "text": "x"}]}',
    "deepgram": '{"results": {"utterances": [{"start": 0, "end": 1, "transcript": "x"}]}}',
    "aws_transcribe": '{"results": {"transcripts": [], "audio_segments": [{"transcript": "x"}]}}',
    "convokit": '{"id": "1", "conversation_id": "1", "reply-to": null, "speaker": "a", "text": "x"}',
    "text_in_json": '{"text": "Patient: x\\n\\nTherapist: y"}',
}
BROKEN = {
    "half a line": '{"turns": [{"speak',
    "a number too long": '{"a": ' + "1" * 5000 + "}",
    "another shape": '{"other": 1}',
    "texts that are numbers": '{"turns": 1, "segments": [{"text": 1}], "utterances": 2, "results": 3, "chosen": 4}',
    "items that are no objects": '{"turns": [1], "exchanges": [1], "segments": [1], "utterances": [1], "chosen": [1]}',
    "nested too deeply": '{"turns": ' + "[" * 50_000 + "}",
}


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_told_alone(name: str, case: str) -> None:
    line = SOUND[name]
    batch = read_text(f"{line}\n{BROKEN[case]}\n\n{line}\n{line}\n")
    assert batch.sources["format"].to_list() == [name]
    # The same utterance three times is no tree of replies.
    others = batch.problems.filter(pl.col("kind") != "replies")
    assert others.select("kind", "line").rows() == [("broken", 2)]
    assert batch.turns["line"].unique().sort().to_list() == [1, 4, 5]


@pytest.mark.parametrize("name", ["whisper", "assemblyai", "deepgram", "aws_transcribe"])
def test_speech_without_its_text_is_told(name: str) -> None:
    key = "transcript" if "transcript" in SOUND[name].partition("[{")[2] else "text"
    line = SOUND[name].replace(f'"{key}": "x"}}', f'"{key}": "x"}}, {{"start": 1, "end": 2, "said": "y"}}')
    batch = read_text(f"{line}\n{SOUND[name]}\n")
    assert batch.sources["format"].to_list() == [name]
    detail = f'record 0 has an item 1 without "{key}"'
    assert batch.problems.select("kind", "line", "detail").rows() == [("broken", 1, detail)]
    assert batch.turns.select("line", "text").rows() == [(2, "x")]


def test_replies_in_a_circle_and_to_nobody_are_read() -> None:
    rows = [("1", "2"), ("2", "1"), ("3", "9"), ("3", "3"), ("4", "3")]
    values = [
        {"id": key, "conversation_id": "c", "reply-to": to, "speaker": "a", "text": f"{key}>{to}"} for key, to in rows
    ]
    batch = read_text(dumped(values, lines=True))
    assert batch.turns["text"].to_list() == ["3>9", "4>3", "3>3", "1>2", "2>1"]


def test_replies_thousands_deep_are_read() -> None:
    values = [
        {"id": n, "conversation_id": 1, "reply_to": n - 1 if n else None, "speaker": "a", "text": "x"}
        for n in range(5_000)
    ]
    assert len(read_text(dumped(values, lines=True)).turns) == 5_000


@pytest.mark.parametrize(
    "source",
    [
        '{"text": "Just prose."}',
        '[{"conversation_id": 1, "speaker": "A"}]',
        '{"utterances": ["Hello", "Hi"]}',
        "name,value\na,1\n",
        "Patient, text: he said\n",
        "[]",
        "{",
        '{"segments": [{"start": 1}]}',
    ],
)
def test_what_is_no_transcript_is_refused(source: str) -> None:
    assert read_text(source).problems["kind"].to_list() == ["unclaimed"]


KEYS = st.sampled_from(
    "messages turns utterances exchanges segments results chosen rejected prompt reply-to conversation_id id speaker role "
    "text content start end user assistant instruction input output history system transcripts channels items "
    "alternatives words audio_segments speaker_labels dialogue".split()
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just("Patient: a\n\nTherapist: b")
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
CSV = st.lists(
    st.sampled_from([",", '"', "\n", ";", "\t", "a", "1", "speaker,text\n", "id;role;content\n", "\0", "\u2028"]),
    max_size=30,
).map("".join)


@given(
    text=st.lists(VALUES, min_size=1, max_size=3).map(lambda values: "\n".join(map(json.dumps, values))) | CSV,
    cut=st.integers(0, 5),
)
def test_nothing_crashes_and_one_format_at_most_claims(text: str, cut: int) -> None:
    source = text[: len(text) - cut] or "x"
    texts = pl.DataFrame([(0, "a", source)], schema=TEXTS, orient="row")
    claims = []
    for name in MINE:
        parsed = formats()[name].parse(texts, ROSTER)
        assert len(parsed.accounts) + len(parsed.refusals) == 1
        claims += [name] * len(parsed.accounts)
    assert len(claims) <= 1
