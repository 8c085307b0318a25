"""Where an expectation has nothing to look at, it could not be evaluated; it does not hold."""

from __future__ import annotations

import pytest

from expectations.catalogue import catalogue
from expectations.examples import evaluated
from expectations.rule import Said, answering, calling, patient, therapist, timed, transcript
from expectations.suite import load_suite

ROSTER = load_suite().roster
TALK = (patient("I slept badly, again."), therapist("What kept you up?"))


@pytest.mark.parametrize(
    ("code", "turns"),
    [
        ("S208", TALK),
        ("S210", TALK),
        ("C418", TALK),
        ("L304", TALK),
        ("L304", TALK[:1] * 9),
        ("L304", (Said("system", "Be kind."),)),
    ],
)
def test_it_could_not_be_evaluated(code: str, turns: tuple[Said, ...]) -> None:
    (outcome,) = evaluated(catalogue()[code], transcript(*turns), ROSTER).outcomes.to_dicts()
    assert (outcome["holds"], outcome["violated"], outcome["unknown"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("code", "turns"),
    [
        ("S208", (TALK[0], calling("c1"), answering("c1"), TALK[1])),
        ("S210", (timed("patient", 0.0, 1.0), timed("therapist", 1.0, 2.0))),
        ("L304", TALK * 6),
        ("S211", TALK),
        ("C411", TALK),
        ("C418", (patient("I slept badly again, as I do whenever it rains."),)),
    ],
)
def test_it_holds_where_there_is_something(code: str, turns: tuple[Said, ...]) -> None:
    (outcome,) = evaluated(catalogue()[code], transcript(*turns), ROSTER).outcomes.to_dicts()
    assert (outcome["holds"], outcome["violated"], outcome["unknown"]) == (1, 0, 0)


@pytest.mark.parametrize(("number", "told"), [(0, (1, 0, 0)), (2, (0, 0, 1))])
def test_replies_are_judged_only_where_turns_reply(number: int, told: tuple[int, int, int]) -> None:
    rule = catalogue()["S209"]
    outcomes = evaluated(rule, rule.holds[number], ROSTER).outcomes  # type: ignore[arg-type]  # a source
    assert outcomes.select("holds", "violated", "unknown").rows() == [told]
