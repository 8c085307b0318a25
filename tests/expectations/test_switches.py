"""Changes of language within a script: found in any batch, and never where both languages have a reason."""

from __future__ import annotations

import pytest

from expectations.catalogue import catalogue
from expectations.examples import evaluated
from expectations.judge import judge
from expectations.languages import language_of, prose
from expectations.rule import Said, patient, therapist, transcript
from expectations.suite import load_suite
from tests.conftest import loaded

ROSTER = load_suite().roster
ENGLISH = "I don't know what to say about it, and I don't think that it would help to go back there now."
GERMAN = "Ich weiß auch nicht, was ich dazu noch sagen soll, und ich möchte jetzt nicht wieder zurück."
DUTCH = "Ik weet ook niet wat ik daar nog over moet zeggen, en ik wil nu niet weer terug."
SPANISH = "No sé qué más puedo decir de todo eso, y ahora ya no quiero volver a esa casa con ellos."
FINNISH = "En tiedä mitä siitä enää sanoisin, enkä halua palata sinne takaisin juuri nyt lainkaan."
LANGUAGES = {"English": ENGLISH, "German": GERMAN, "Dutch": DUTCH, "Spanish": SPANISH}


def found(*turns: Said) -> list[tuple[int, str]]:
    findings = evaluated(catalogue()["C418"], transcript(*turns), ROSTER).findings
    return findings.select("turn", "message").rows()


@pytest.mark.parametrize("usual", LANGUAGES)
@pytest.mark.parametrize("other", LANGUAGES)
def test_each_language_is_told_from_each_other(usual: str, other: str) -> None:
    own = patient(LANGUAGES[usual]), therapist(LANGUAGES[usual])
    told = found(*own, *own, own[0], therapist(LANGUAGES[other]), *own)
    speaker = "therapist"
    assert [(turn, message.lower()) for turn, message in told] == (
        [] if usual == other else [(5, f"{speaker} goes over from {usual} to {other}".lower())]
    )


def test_a_language_that_is_not_known_is_left_alone() -> None:
    assert language_of(FINNISH) is None
    assert found(*(patient(FINNISH), therapist(FINNISH)) * 3) == []
    assert found(*(patient(ENGLISH), therapist(ENGLISH)) * 3, patient(FINNISH)) == []


def test_a_speaker_of_short_turns_is_told_by_them_together() -> None:
    short = [patient("the thesis ugh"), patient("how would you do it"), patient("and what if not")]
    turns = [said for each in short for said in (each, therapist(ENGLISH))]
    assert [turn for turn, _ in found(*turns, patient(GERMAN), therapist(ENGLISH))] == [6]


def test_only_the_one_who_goes_first_is_told() -> None:
    both = patient(GERMAN), therapist(GERMAN)
    assert [turn for turn, _ in found(*(patient(ENGLISH), therapist(ENGLISH)) * 2, *both, *both)] == [4]


@pytest.mark.parametrize("asked", ["Can we go on in German?", "Please translate what I said.", "Auf Deutsch, bitte?"])
def test_what_was_asked_for_is_none(asked: str) -> None:
    talk = (patient(ENGLISH), therapist(ENGLISH)) * 2
    assert found(*talk, patient(asked), therapist(GERMAN)) == []
    assert [turn for turn, _ in found(*talk, patient("Please go on."), therapist(GERMAN))] == [5]


@pytest.mark.parametrize(
    "text", ["“{}”", '"{}"', "«{}»", "„{}“", "> {}", "*{}*", "```\n{}\n```", "({})", "♪ {} ♪", "‘{}’", "'{}'", "_{}_"]
)
def test_what_others_say_is_no_language_of_the_speaker(text: str) -> None:
    assert not any(map(str.isalpha, prose(text.format(SPANISH))))
    assert prose(f"{ENGLISH} {SPANISH}") == f"{ENGLISH} {SPANISH}"


def test_so_many_words_have_to_speak_for_it() -> None:
    assert language_of(DUTCH, than="English", words=6) == "Dutch"
    assert language_of(DUTCH, than="English", words=30) is None
    assert language_of(f"{DUTCH} {ENGLISH}", than="English") != "Dutch"


@pytest.mark.parametrize("few", [0, 200_000])
@pytest.mark.parametrize("size", [3, 40])
def test_transcripts_of_many_languages_in_one_batch_are_told_as_each_alone(
    size: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few bytes are searched word by word, more by a pattern.
    monkeypatch.setattr("expectations.switches._FEW_BYTES", few)
    files: dict[str, bytes] = {}
    for number, (name, own) in enumerate(LANGUAGES.items()):
        for copy in range(size if name == "English" else 3):
            other = LANGUAGES[[each for each in LANGUAGES if each != name][number % 3]]
            lines = [f"Patient: {own}", f"Therapist: {own}"] * 4 + [f"Patient: {own}"]
            files[f"{name}_{copy}.txt"] = "\n\n".join([*lines, f"Therapist: {own if copy else other}"]).encode()
    findings = judge(loaded(files), load_suite().changed(select=["C418"])).findings
    assert sorted(findings["path"]) == sorted(f"{name}_0.txt" for name in LANGUAGES)
