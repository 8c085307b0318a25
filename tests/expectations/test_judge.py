"""Verdicts and repair: what is released is sound, what was touched is told, and nothing is lost."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from expectations.evaluate import evaluate
from expectations.judge import Judged, judge
from expectations.suite import Suite, load_suite
from schemas.batching import parts
from schemas.reading import read
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS, raw

ERROR = "[Llama Therapist generation error: The decoder prompt (length 9041) is longer than the maximum model length of 9000.]"
SOUND = (
    "Patient: I slept badly again.\n\nTherapist: What kept you up?\n\nPatient: The noise, mostly.\n\nTherapist: I see."
)


def seeds() -> pl.DataFrame:
    return raw(a_txt=(SEEDS / FIRST_SEED).read_bytes(), b_txt=(SEEDS / SECOND_SEED).read_bytes())


def verdicts(judged: Judged) -> list[tuple[str, str, int, int]]:
    return judged.transcripts.select("transcript", "verdict", "turns", "released_turns").rows()


def test_seeds_under_the_default_suite(suite: Suite) -> None:
    judged = judge(seeds(), suite)
    assert verdicts(judged) == [("a.txt", "quarantined", 50, 0), ("b.txt", "repaired", 50, 48)]
    assert judged.quarantine["transcript"].unique().to_list() == ["a.txt"]
    assert judged.release.select("transcript", "turn").rows() == [("b.txt", turn) for turn in range(48)]
    assert judged.repairs.select("transcript", "turn", "line", "repair", "code", "after").rows() == [
        ("b.txt", 48, 123, "trim_tail", "S202", None),
        ("b.txt", 49, 135, "trim_tail", "C401", None),
    ]


def test_parts_of_a_batch_are_judged_as_the_whole(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = raw(c_jsonl="{broken\n{", d_txt="prose", e_txt=SOUND, f_txt="")
    sources = pl.concat([seeds(), broken])
    whole = judge(sources, suite)
    monkeypatch.setattr("expectations.judge.parts", lambda found: parts(found, 1))
    assert len(list(parts(sources, 1))) == len(sources)
    apart = judge(sources, suite)
    for table, frame in {**whole.tables(), "outcomes": whole.outcomes}.items():
        assert_frame_equal(getattr(apart, table), frame)
    assert apart.failures == whole.failures


def test_seeds_with_strip_note(suite: Suite) -> None:
    judged = judge(seeds(), suite.changed(repairs=["strip_note"]))
    assert verdicts(judged) == [("a.txt", "repaired", 50, 48), ("b.txt", "repaired", 50, 48)]
    note = judged.repairs.filter(pl.col("repair") == "strip_note").row(0, named=True)
    assert note["turn"] == 43
    before, after = note["before"], note["after"]
    assert before.startswith(after)
    assert before[len(after) :].strip().startswith("(Note: This response")
    assert judged.release.filter(transcript="a.txt", turn=43)["text"].item() == after


CASES: dict[str, tuple[str, tuple[str, ...], str, int]] = {
    "sound": (SOUND, (), "accepted", 4),
    "an error at the end": (f"{SOUND}\n\nPatient: So?\n\nTherapist: {ERROR}", (), "repaired", 4),
    "two errors at the end": (
        f"{SOUND}\n\nPatient: So?\n\nTherapist: {ERROR}\n\nPatient: Hello?\n\nTherapist: {ERROR}", (), "repaired", 4
    ),
    "an error in the middle": (f"Patient: So?\n\nTherapist: {ERROR}\n\n{SOUND}", (), "quarantined", 0),
    "an unanswered turn": (f"{SOUND}\n\nPatient: And then?", (), "repaired", 4),
    "two unanswered turns are a repetition first": (
        f"{SOUND}\n\nPatient: And then?\n\nPatient: Hello?", (), "quarantined", 0
    ),
    "the same speaker twice": (f"{SOUND}\n\nPatient: So.\n\nPatient: Yes.\n\nTherapist: Good.", (), "quarantined", 0),
    "the same speaker twice, merged": (
        f"{SOUND}\n\nPatient: So.\n\nPatient: Yes.\n\nPatient: Well.\n\nTherapist: Good.", ("merge",), "repaired", 6
    ),
    "nothing sound would be left": (f"Patient: So?\n\nTherapist: {ERROR}", (), "quarantined", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_verdict(case: str, suite: Suite) -> None:
    text, repairs, verdict, released = CASES[case]
    judged = judge(raw(a_txt=text), suite.changed(repairs=repairs))
    assert judged.transcripts.select("verdict", "released_turns").rows() == [(verdict, released)]
    assert bool(len(judged.repairs)) == (verdict == "repaired")


def test_merge_joins_texts_and_tells_both_turns(suite: Suite) -> None:
    text, repairs, *_ = CASES["the same speaker twice, merged"]
    judged = judge(raw(a_txt=text), suite.changed(repairs=repairs))
    assert judged.release.filter(turn=4)["text"].item() == "So.\n\nYes.\n\nWell."
    assert judged.repairs.select("turn", "before", "after").rows() == [
        (4, "So.", "So.\n\nYes.\n\nWell."),
        (5, "Yes.", None),
        (6, "Well.", None),
    ]


def test_broken_records_and_unreadable_sources_are_kept_apart(suite: Suite) -> None:
    sound = '{"messages": [' + ",".join(
        f'{{"role": "{role}", "content": "Words number {place}."}}'
        for place, role in enumerate(["user", "assistant"] * 2)
    ) + "]}"  # fmt: skip
    judged = judge(raw(a_jsonl=f"{sound}\n{{broken\n{sound}", b_txt="prose", c_txt=SOUND), suite)
    assert verdicts(judged) == [
        ("a.jsonl#0", "accepted", 4, 4),
        ("a.jsonl#1", "quarantined", 0, 0),
        ("a.jsonl#2", "accepted", 4, 4),
        ("c.txt", "accepted", 4, 4),
    ]
    assert judged.sources.select("path", "verdict", "transcripts").rows() == [
        ("a.jsonl", "quarantined", 3),
        ("b.txt", "unreadable", 0),
        ("c.txt", "accepted", 1),
    ]


def test_what_spoils_a_source_spoils_its_transcripts(suite: Suite) -> None:
    damaged = SOUND.replace("slept", "slépt naïvely").encode() + b"\n\nPatient: \xff\n\nTherapist: Mm-hm."
    judged = judge(raw(a_txt=damaged), suite)
    assert judged.transcripts["verdict"].to_list() == ["quarantined"]


_PARTS = st.lists(
    st.sampled_from(
        ["I slept badly.", "What kept you up?", ERROR, "[no response]", "", "null", "Patient: hm", "x" * 21_000]
    ),
    max_size=7,
)


@pytest.mark.slow  # Each example judges a drop twice.
@given(drop=st.lists(st.lists(st.tuples(st.sampled_from(["Patient", "Therapist"]), _PARTS), max_size=6), max_size=3))
def test_invariants_of_judging(drop: list[list[tuple[str, list[str]]]]) -> None:
    suite = load_suite().changed(repairs=["merge", "strip_note"])
    texts = ["\n\n".join(f"{speaker}: {' '.join(parts)}" for speaker, parts in turns) for turns in drop]
    sources = raw(**{f"s{place}_txt": text for place, text in enumerate(texts)})
    judged = judge(sources, suite)
    # Every source is accounted for, and every turn that was read is released, kept back, or told to be taken out.
    assert judged.sources["path"].to_list() == sources["path"].to_list()
    taken_out = judged.repairs["after"].is_null().sum()
    assert judged.transcripts["turns"].sum() == len(judged.release) + len(judged.quarantine) + taken_out
    assert len(judged.release) == judged.transcripts["released_turns"].sum()
    # What is released is sound when it is read and judged again, and is not repaired a second time.
    rendered = judged.release.group_by("transcript", maintain_order=True).agg(
        pl.concat_str("speaker", pl.lit(": "), "text").str.join("\n\n")
    )
    if len(rendered):
        again = raw(**{name.replace(".", "_"): text for name, text in rendered.iter_rows()})
        second = judge(again, suite)
        assert second.transcripts["verdict"].to_list() == ["accepted"] * len(rendered)
        assert second.release.select("turn", "speaker", "text").equals(judged.release.select("turn", "speaker", "text"))
    # Evidence is a slice of the turn it was found in.
    as_read = read(sources, suite.roster)
    for key, turn, evidence, offset in (
        evaluate(as_read, suite).findings.select("transcript_key", "turn", "evidence", "offset").iter_rows()
    ):
        if evidence is not None:
            text = as_read.turns.filter(transcript_key=key, turn=turn)["text"].item()
            assert text[offset : offset + len(evidence)] == evidence
