"""What is enormous or deep is read or told; no format runs out of stack, and none takes more than its share of time."""

from __future__ import annotations

import polars as pl
import pytest

from expectations.suite import Suite
from schemas.reading import read
from tests.conftest import raw

KEYS = ["messages", "conversations", "exchanges", "chosen", "dialogue", "utterances", "segments", "results", "history"]
DEPTH = 20_000
DEEP = {
    "lists": "[" * DEPTH + "]" * DEPTH,
    "objects": '{"a":' * DEPTH + "1" + "}" * DEPTH,
    "lists that never end": "[" * DEPTH,
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_json_is_told_and_costs_no_other_source(kind: str, suite: Suite) -> None:
    nested = {f"{key}_json": f'{{"{key}":{DEEP[kind]}}}' for key in KEYS}
    within = {f"{key}x_json": f'{{"{key}":[{{"role":"user","content":{DEEP[kind]},"text":1}}]}}' for key in KEYS}
    batch = read(raw(sound_txt="Patient: Hi.\n\nTherapist: Hello.\n", **nested, **within), suite.roster)
    assert batch.transcripts.join(batch.turns, on="transcript_key")["source_key"].unique().to_list() == [0]
    told = batch.problems.group_by("source_key").agg("kind").sort("source_key")
    assert told["source_key"].to_list() == list(range(1, 1 + 2 * len(KEYS)))
    assert set(batch.problems["kind"]) <= {"broken", "unclaimed"}


LINE = "word and another " * 60_000
LINES = {
    "labelled_text": f"Patient: {LINE}\n\nTherapist: Yes?\n",
    "webvtt": f"WEBVTT\n\n00:01.000 --> 00:02.000\nPatient: {LINE}\n",
    "srt": f"1\n00:00:01,000 --> 00:00:02,000\nPatient: {LINE}\n",
    "chat_cha": f"@UTF8\n@Begin\n*PAT:\t{LINE}\n@End\n",
    "timed_text": f"[00:12] Patient: {LINE}\n[00:13] Therapist: Yes?\n",
    "turn_table": f'conversation,speaker,text\n1,Patient,"{LINE}"\n1,Therapist,Yes?\n',
    "openai_chat": f'{{"messages":[{{"role":"user","content":"{LINE}"}},{{"role":"assistant","content":"Yes?"}}]}}',
}


@pytest.mark.parametrize("form", LINES)
def test_a_line_of_a_megabyte_is_one_turn(form: str, suite: Suite) -> None:
    batch = read(raw(a_txt=LINES[form]), suite.roster)
    assert batch.sources["format"].to_list() == [form]
    assert batch.turns["text"][0].strip() == LINE.strip()
    assert batch.problems.filter(pl.col("kind") == "lost").is_empty()
