"""Loops across turns: what counts, whose they are, and what does not count."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from expectations.catalogue import catalogue
from expectations.examples import evaluated
from expectations.finding_rows import FINDING_ROWS
from expectations.rule import Example, Said, patient, therapist
from expectations.suite import load_suite

ROSTER = load_suite().roster
WORDS = "river stone morning letter window garden thunder kettle velvet harbour copper meadow lantern willow".split()


def sentences(count: int) -> list[str]:
    """Sentences of eleven words each that share next to nothing."""
    rng = random.Random(7)
    return [" ".join(rng.choices(WORDS, k=11)).capitalize() + "." for _ in range(count)]


def found(turns: Iterable[Said]) -> list[tuple[int | None, str, str]]:
    """Turn, severity and message of what C411 finds."""
    rows = evaluated(catalogue()["C411"], Example(tuple(turns)), ROSTER).findings
    assert rows.schema == FINDING_ROWS
    return rows.select("turn", "severity", "message").rows()


def talk(answers: Iterable[str]) -> list[Said]:
    """A conversation in which the therapist says `answers`, each to something new."""
    answers = list(answers)
    return [
        said
        for one, two in zip(sentences(len(answers)), answers, strict=True)
        for said in (patient(one), therapist(two))
    ]


@pytest.mark.parametrize(("repeats", "severity"), [(2, None), (3, "warning"), (5, "warning"), (6, "critical")])
def test_repeated_turns_are_graver_the_more_they_are(repeats: int, severity: str | None) -> None:
    new = [f"{text} Yes?" for text in reversed(sentences(60))][: 30 - repeats]
    again = ["So what would that look like today?", *["so, what would that look like TODAY"] * repeats]
    rows = found(talk([*new[: 29 - repeats], *again]))
    assert [row[1] for row in rows] == ([severity] if severity else [])


def test_each_speaker_loops_alone() -> None:
    loop = "Where do you feel that in your body?"
    texts = sentences(12)
    mixed = [said for text in texts for said in (patient(text), therapist(loop))]
    assert found(mixed) == [
        (3, "critical", f"Therapist says 11 of 12 turns word for word as before: turns {_odd(3, 24)}")
    ]
    # Said once by each of them, turn after turn, it is a ritual of two.
    assert found([patient(loop), therapist(loop), patient(texts[0]), therapist(texts[1])]) == []


def test_turns_that_differ_in_a_word_are_alike() -> None:
    answers = [f"I hear how heavy that {word} is for you, and I wonder what would lighten it." for word in WORDS[:6]]
    rows = found(talk([*(f"{text} Hm?" for text in reversed(sentences(20)[8:])), *answers]))
    assert [row[1] for row in rows] == ["warning"]
    assert rows[0][2] == "Therapist says 5 of 18 turns nearly as shortly before: turns 27, 29, 31, 33, 35"


def test_a_late_loop_in_a_long_transcript_is_found() -> None:
    texts = [f"{text} Go on." for text in reversed(sentences(200))]
    late = [f"Let's stay with this feeling. {text}" for text in texts[:6]]
    rows = found(talk([*texts[6:190], *late]))
    assert [(row[0], row[1]) for row in rows] == [(369, "warning")]
    # The same six, spread over the session, are a habit.
    spread = texts[6:190]
    for place, text in enumerate(late):
        spread.insert(place * 30, text)
    assert found(talk(spread)) == []


def test_short_answers_and_empty_turns_are_no_loop() -> None:
    assert found(talk(["Mm-hm."] * 30)) == []
    assert found(talk([""] * 30)) == []
    assert found(talk(["…"] * 30)) == []
    assert found([]) == []


def test_two_characters_of_chinese_are_a_word() -> None:
    assert found(talk(["嗯，你说。"] * 8)) == []
    assert [row[1] for row in found(talk(["你今天感觉怎么样呢，能说说吗？"] * 8))] == ["critical"]
    closing = [f"{text} 我们可以慢一点吗？" for text in sentences(8)]
    rows = found([said for text in closing for said in (patient(text), therapist("Hm."))])
    assert [row[1] for row in rows] == ["warning"]


def _odd(first: int, end: int) -> str:
    return ", ".join(map(str, range(first, end, 2)))
