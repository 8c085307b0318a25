"""Labelled text: what is rendered is read back, and only speakers are taken for speakers."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.columns import TEXTS
from schemas.formats.labelled_text import FORMAT
from schemas.reading import Batch, read
from schemas.roster import Roster
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS, raw

ROSTER = Roster({"patient": ("Client",), "therapist": ("Counselor",)})
LABELS = ("Patient", "Therapist", "Client", "Counselor")


def read_text(text: str | bytes, roster: Roster = ROSTER) -> Batch:
    return read(raw(a_txt=text), roster)


def said(batch: Batch) -> list[tuple[str, str]]:
    return batch.turns.select("speaker", "text").rows()


def conserved(batch: Batch) -> bool:
    row = batch.sources.row(0, named=True)
    return bool(row["expected"] == row["in_turns"] + row["elsewhere"]) and row["expected"] > 0


_LINE = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=("Cc", "Cs")), max_size=30),
    st.sampled_from(
        [
            "- a point",
            "1) first",
            "Then: what",
            "Step 2: breathe",
            "She said: Therapist: heal thyself",
            "at 12:30",
            "::",
            "—",
        ]
    ),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """What a speaker may say: lines, blank ones among them, none of which begins with a speaker's label."""
    lines = draw(st.lists(_LINE, min_size=1, max_size=5))
    text = "\n".join(line for line in lines if not line.lstrip(" \t").startswith(LABELS)).strip()
    return text.strip()


@st.composite
def dialogues(draw: st.DrawFn) -> list[tuple[str, str]]:
    first, second = draw(st.sampled_from([("Patient", "Therapist"), ("Client", "Counselor"), ("Counselor", "Client")]))
    said_texts = draw(st.lists(texts(), min_size=1, max_size=8))
    return [((first, second)[place % 2], text) for place, text in enumerate(said_texts)]


@given(
    dialogue=dialogues(),
    gap=st.sampled_from(["\n\n", "\n\n\n", "\n \n"]),
    colon=st.sampled_from([": ", ":\t", ":\n", "：", ":"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
    end=st.sampled_from(["", "\n", "\n\n"]),
)
def test_what_is_rendered_is_read_back(
    dialogue: list[tuple[str, str]], gap: str, colon: str, newline: str, mark: str, end: str
) -> None:
    text = gap.join(f"{speaker}{colon}{text}" for speaker, text in dialogue) + end
    batch = read_text((mark + text.replace("\n", newline)).encode())
    assert said(batch) == dialogue
    assert conserved(batch)
    lines = text.split("\n")
    for line, (speaker, spoken) in zip(batch.turns["line"], dialogue, strict=True):
        shown = lines[line - 1]
        assert shown.startswith(speaker) if not spoken else spoken.split("\n")[0] in shown


@given(
    dialogue=dialogues(),
    dress=st.sampled_from(["**{}:** ", "**{}**: ", "__{}:__ ", "*{}:* ", "[{}]: ", "**{}**："]),
    front=st.sampled_from(["", "---\ntitle: a\ntags:\n  - b\n---\n\n", "---\nmodel: a\n# b\n...\n"]),
)
def test_what_is_rendered_with_markup_is_read_back(dialogue: list[tuple[str, str]], dress: str, front: str) -> None:
    text = front + "\n\n".join(f"{dress.format(speaker)}{text}" for speaker, text in dialogue)
    batch = read_text(text)
    assert said(batch) == dialogue
    assert conserved(batch)
    assert batch.problems.is_empty()
    lines = text.split("\n")
    for line, (speaker, spoken) in zip(batch.turns["line"], dialogue, strict=True):
        assert (spoken.split("\n")[0] or speaker) in lines[line - 1]


def test_rules_around_turns_are_no_front_matter() -> None:
    batch = read_text("---\npatient: a\ntherapist: b\n---\npatient: c\ntherapist: d")
    assert said(batch) == [("patient", "a"), ("therapist", "b\n---"), ("patient", "c"), ("therapist", "d")]


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_read_without_loss_or_refused(text: str) -> None:
    batch = read_text(text)
    if batch.sources["format"].item() is None:
        assert set(batch.problems["kind"]) & {"empty", "unclaimed", "undecodable"}
    else:
        assert not batch.problems["kind"].is_in(["lost"]).any()


@pytest.mark.parametrize(("name", "last_line"), [(FIRST_SEED, 107), (SECOND_SEED, 135)])
@pytest.mark.parametrize("roster", [Roster({}), load_suite().roster], ids=["learned", "given"])
def test_seeds_hold_fifty_turns_of_two_speakers(name: str, last_line: int, roster: Roster) -> None:
    batch = read_text((SEEDS / name).read_bytes(), roster)
    assert len(batch.turns) == 50
    assert set(batch.turns["speaker"]) == {"Patient", "Therapist"}
    assert batch.turns["line"].last() == last_line
    assert conserved(batch)


def test_lines_that_look_like_labels_stay_text() -> None:
    batch = read_text((SEEDS / SECOND_SEED).read_bytes())
    for phrase in ("Then: ", "And: ", "Next line in the letter: ", "Maybe a tiny example to start with: "):
        assert batch.turns["text"].str.contains(phrase, literal=True).any()


READINGS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "one turn of a known speaker": ("Patient: hi", [("Patient", "hi")]),
    "a turn a line": (
        "Patient: a\nTherapist:\nPatient: c\nTherapist: d",
        [("Patient", "a"), ("Therapist", ""), ("Patient", "c"), ("Therapist", "d")],
    ),
    "a third speaker who explains a repeat": (
        "Patient: a\n\nNurse: b\n\nPatient: c\n\nTherapist: d\n\nNurse: e\n\nTherapist: f",
        [("Patient", "a"), ("Nurse", "b"), ("Patient", "c"), ("Therapist", "d"), ("Nurse", "e"), ("Therapist", "f")],
    ),
    "a word that recurs between speakers who take turns anyway": (
        "Patient: a\n\nBreathing: in\n\nTherapist: b\n\nPatient: c\n\nBreathing: out\n\nTherapist: d",
        [("Patient", "a\n\nBreathing: in"), ("Therapist", "b"), ("Patient", "c\n\nBreathing: out"), ("Therapist", "d")],
    ),
    "a label within a paragraph where turns are paragraphs": (
        "Patient: a\n\nTherapist: b\nPatient: c\n\nPatient: d\n\nTherapist: e\n\nPatient: f\n\nTherapist: g",
        [
            ("Patient", "a"),
            ("Therapist", "b\nPatient: c"),
            ("Patient", "d"),
            ("Therapist", "e"),
            ("Patient", "f"),
            ("Therapist", "g"),
        ],
    ),
    "a known label once, where it breaks a change of speakers": (
        "Patient: a\n\nDoctor: is how I'd begin the letter\n\nTherapist: b\n\nPatient: c\n\nTherapist: d",
        [
            ("Patient", "a\n\nDoctor: is how I'd begin the letter"),
            ("Therapist", "b"),
            ("Patient", "c"),
            ("Therapist", "d"),
        ],
    ),
    "a known label that stands in a text once, where unknown names recur": (
        "Anna: a\n\nBen: b\nDoctor: take two\n\nAnna: c\n\nBen: d\n\nAnna: e\n\nBen: f\n\nAnna: g\n\nBen: h",
        [
            ("Anna", "a"),
            ("Ben", "b\nDoctor: take two"),
            ("Anna", "c"),
            ("Ben", "d"),
            ("Anna", "e"),
            ("Ben", "f"),
            ("Anna", "g"),
            ("Ben", "h"),
        ],
    ),
    "a near miss that is a plural in a list": (
        "Patient: a\n\nTherapist: b\n\nPatients: often say so\n\nPatient: c\n\nTherapist: d",
        [("Patient", "a"), ("Therapist", "b\n\nPatients: often say so"), ("Patient", "c"), ("Therapist", "d")],
    ),
}


@pytest.mark.parametrize("case", READINGS)
def test_reading(case: str) -> None:
    text, expected = READINGS[case]
    batch = read_text(text, load_suite().roster)
    assert said(batch) == expected
    assert conserved(batch)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just prose",
        "Note: a\n\nTodo: b",
        "- Yes: 1\n- No: 2",
        "Dear Anna:\nI write to you.\nYours: Ben",
        '{"Patient": 1}',
    ],
)
def test_what_is_no_dialogue_is_refused(text: str) -> None:
    batch = read_text(text)
    assert batch.turns.is_empty()
    assert batch.problems["kind"].is_in(["empty", "unclaimed"]).all()


def test_sources_of_a_batch_do_not_mix() -> None:
    batch = read(
        raw(
            a_txt="Anna: 1\nBen: 2\nAnna: 3\nBen: 4", b_txt="no dialogue", c_txt="Patient: x\n\nAnna: y\n\nTherapist: z"
        ),
        ROSTER,
    )
    rows: list[Any] = batch.turns.group_by("transcript_key", maintain_order=True).agg("speaker", "turn").rows()
    assert rows == [(0, ["Anna", "Ben", "Anna", "Ben"], [0, 1, 2, 3]), (1, ["Patient", "Therapist"], [0, 1])]
    assert batch.problems.select("source_key", "kind").rows() == [(1, "unclaimed")]
    assert batch.turns.filter(pl.col("speaker") == "Patient")["text"].item() == "x\n\nAnna: y"


def test_blanks_before_a_label_are_looked_at_in_each_source() -> None:
    texts = [
        "Patient: a\n \t\nTherapist: b\n\nPatient: c\n  \nTherapist: d",
        "Patient: e\n\nTherapist: f",
    ]
    sources = pl.DataFrame({"source_key": [0, 1], "path": ["a", "b"], "text": texts}, TEXTS)
    assert FORMAT.parse(sources, ROSTER).turns.select("source_key", "text").rows() == [
        *((0, text) for text in "abcd"),
        *((1, text) for text in "ef"),
    ]
