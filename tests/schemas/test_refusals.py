"""What no format claims says why, the likeliest first; and a format that a person names is taken at their word."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from schemas.format import ReadingOptions, formats
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import read
from tests.conftest import raw
from tests.schemas.test_formats import CASES

CAPTIONS = "00:01.000 --> 00:02.000\nPatient: a\n\n00:03.000 --> 00:04.000\nTherapist: b\n"
NUMBERLESS = "00:00:01,000 --> 00:00:02,000\nPatient: a\n\n00:00:03,000 --> 00:00:04,000\nTherapist: b\n"

DAIC_WOZ = "start_time\tstop_time\tspeaker\tvalue\n0.5\t1.5\tEllie\thi\n2\t3.5\tParticipant\tyo\n"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("hello\n00:01.000 --> 00:02.000\nsomebody\n", ["srt", "webvtt"]),
        ("a,b\n1,2\n", ["turn_table"]),
        ("Nobody: spoke.\n\nIt was dark.", ["labelled_text"]),
        ("It was dark [12:30].\n", ["timed_text"]),
        ("*PAT\tI woke .\n@End\n", ["chat_cha", "tab_table"]),
        ("<|user|>\nHi.\n<|assistant|>\nHello.\n<|user|>\nBye.\n<|assistant|>\nBye.\n", ["tab_table"]),
    ],
)
def test_formats_that_a_source_looks_like_come_first(text: str, first: list[str], suite: Suite) -> None:
    (detail,) = read(raw(a_txt=text), suite.roster).problems["detail"]
    near, far = detail.removeprefix("no format claims it: ").split(". It looks even less like the others: ")
    assert [part.split(":")[0] for part in near.split("; ")] == first
    names = {name for part in far.split("; ") for name in part.split(":")[0].split(", ")}
    assert names | set(first) == set(formats())


def test_reasons_that_are_one_are_told_once(suite: Suite) -> None:
    batch = read(raw(a_txt="It was dark.", b_json='{"a": 1}', c_txt="Patient: a\n\nTherapist: b"), suite.roster)
    first, second = batch.problems["detail"]
    assert first.count("does not begin with { or [") == 1
    assert second.startswith("no format claims it: assemblyai: has no list")
    assert 'openai_chat: has no list "messages"' in second.split(". It looks")[0]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_format_that_is_forced_reads_its_samples_alike(path: Path, suite: Suite) -> None:
    sources = load(list_sources(path))
    free = read(sources, suite.roster)
    forced = read(sources, suite.roster, ReadingOptions(format=path.parent.name))
    assert forced.turns.equals(free.turns)
    assert forced.problems.equals(free.problems)


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("webvtt", CAPTIONS, [("Patient", "a"), ("Therapist", "b")]),
        ("srt", NUMBERLESS, [("Patient", "a"), ("Therapist", "b")]),
        ("labelled_text", "Patient: 5:15\n\nTherapist: 6:30", [("Patient", "5:15"), ("Therapist", "6:30")]),
        ("chat_cha", "*PAT:\ta .\n*INV:\tb ?\n@End", [("PAT", "a ."), ("INV", "b ?")]),
        ("tab_table", "A|b\nC|d\nA|e", [("A", "b"), ("C", "d"), ("A", "e")]),
        ("turn_table", DAIC_WOZ, [("Ellie", "hi"), ("Participant", "yo")]),
        ("daic_woz", DAIC_WOZ[DAIC_WOZ.index("\n") :], [("Ellie", "hi"), ("Participant", "yo")]),
        ("daic_woz", DAIC_WOZ.replace("value", "said"), [("Ellie", "hi"), ("Participant", "yo")]),
        ("turn_table", "speaker:,text:,n:\nA,b,1\nC,d,2\n", [("A", "b"), ("C", "d")]),
        ("text_in_table", 'name,transcript\n1,"Patient: a\nTherapist: b"\n', [("Patient", "a"), ("Therapist", "b")]),
        ("textgrid", '"IntervalTier" "A" 0 1 1 0 1 "b"\n"IntervalTier" "C" 0 2 1 1 2 "d"', [("A", "b"), ("C", "d")]),
    ],
)
def test_what_looks_like_something_else_is_read_as_the_format_that_is_forced(
    form: str, text: str, said: list[tuple[str, str]], suite: Suite
) -> None:
    batch = read(raw(a_txt=text), suite.roster, ReadingOptions(format=form))
    assert batch.sources["format"].to_list() == [form]
    assert batch.turns.select("speaker", "text").rows() == said


@pytest.mark.parametrize("name", sorted(formats()))
def test_a_forced_format_that_can_not_read_a_source_says_why(name: str, suite: Suite) -> None:
    batch = read(raw(a_txt="It was a dark and stormy night."), suite.roster, ReadingOptions(format=name))
    assert batch.problems["kind"].to_list() == ["unclaimed"]
    (detail,) = batch.problems["detail"]
    assert detail.startswith(f"it can't be read as {name}: it ")
    assert batch.turns.is_empty()


CHATS = ["openai_chat", "role_content", "sharegpt"]
JSON = sorted(form.name for form in formats().values() if form.json)


@pytest.mark.parametrize("path", [path for path in CASES if path.parent.name in CHATS], ids=lambda path: path.name)
def test_a_chat_is_read_alike_as_each_chat_format_that_is_forced(path: Path, suite: Suite) -> None:
    sources = load(list_sources(path))
    free = read(sources, suite.roster)
    for name in CHATS:
        forced = read(sources, suite.roster, ReadingOptions(format=name))
        assert forced.sources["format"].to_list() == [name]
        assert forced.turns.equals(free.turns)
        assert forced.problems.equals(free.problems)


@pytest.mark.parametrize("name", sorted(formats()))
def test_a_sample_is_read_as_any_format_that_is_forced_or_it_says_why_not(name: str, suite: Suite) -> None:
    samples = pl.concat([load(list_sources(path)) for path in {path.parent: path for path in CASES}.values()])
    batch = read(samples, suite.roster, ReadingOptions(format=name))
    assert batch.problems.filter(pl.col("kind").is_in(["failed", "lost"])).is_empty()
    assert set(batch.sources["format"]) == {name, None}
    silent = batch.sources.join(batch.transcripts, on="source_key", how="anti")
    told = batch.problems.filter(pl.col("kind") == "unclaimed")
    assert told["source_key"].to_list() == silent["source_key"].to_list()
    assert told["detail"].str.starts_with(f"it can't be read as {name}: it ").all()
    void = batch.transcripts.join(batch.turns, on="transcript_key", how="anti")
    assert void.join(batch.problems, on=["source_key", "record"], how="anti").is_empty()


MIXED = {
    "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
    "utterances": [{"start": 1, "end": 2, "speaker": "A", "text": "c"}],
    "segments": [{"start": 1.5, "end": 2, "speaker": "B", "text": "d"}],
    "prompt": "e",
    "response": "f",
    "text": "Patient: g\nTherapist: h\nPatient: i\nTherapist: j",
    "id": "1",
    "conversation_id": "1",
    "speaker": "C",
    "reply-to": None,
}
"""A record that several formats could read, each its own part of it."""


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("openai_chat", ["a", "b"]),
        ("assemblyai", ["c"]),
        ("whisper", ["d"]),
        ("exchanges", ["e", "f"]),
        ("text_in_json", ["g", "h", "i", "j"]),
        ("convokit", [MIXED["text"]]),
    ],
)
def test_of_a_record_that_several_could_read_the_format_that_is_forced_reads_its_own(
    form: str, said: list[str], suite: Suite
) -> None:
    batch = read(raw(a_json=json.dumps(MIXED)), suite.roster, ReadingOptions(format=form))
    assert batch.sources["format"].to_list() == [form]
    assert batch.turns["text"].to_list() == said
