"""The checks are as right as we say: few defects missed, and no alarm without a reason."""

from __future__ import annotations

import pytest

from expectations.catalogue import catalogue
from expectations.suite import Suite
from tests.accuracy.drops import measured
from tests.accuracy.measure import budgeted, cases, measure
from tests.accuracy.planting import planted

UNPLANTED = {
    "F106": "a proof, which only a fault of a format's makes fail",
    "F109": "of archives and enormous sources",
    "F110": "of what can't be opened",
    "F111": "of chats whose roles and names disagree",
    "F112": "of tables",
    "F113": "of TextGrids, a file a speaker",
    "S207": "comes with S205 where two speak",
    "S211": "a sign of C409's defect",
    **dict.fromkeys(("D501", "D502", "D503", "D504", "D505", "D506"), "of a whole drop"),
}
"""Codes without a planted defect here, and why; tests beside their rules hold them."""


def test_every_other_code_has_a_planted_defect() -> None:
    defects, _ = planted()
    assert {defect.code for defect in defects} | {"F107"} | set(UNPLANTED) >= set(catalogue())


@pytest.mark.slow  # judges some fifty drops
def test_incomplete_drops_are_found_and_whole_ones_are_not(suite: Suite) -> None:
    score = measured(seed=23, scale=0.18, suite=suite)
    assert score.planted >= 21
    assert (score.missed, score.wrong) == ({}, {})


@pytest.mark.slow  # judges two thousand dialogues
def test_critical_codes_find_nearly_all_and_cry_no_wolf(suite: Suite) -> None:
    corpus = list(cases(seed=23, scale=0.25))
    scores, confusion = measure(corpus, budgeted(suite))
    critical = {check.expectation.code for check in suite.checks if check.severity == "critical"}
    told = {code: score for code, score in scores.items() if code in critical and score.planted}
    assert len(told) >= 20
    # Thirty or sixty are planted of each kind: one that is missed among thirty is no sign of a worse check.
    poor = {code: (score.recall, score.missed) for code, score in told.items() if score.recall < 0.93}
    assert poor == {}
    wrong = {code: score.wrong for code, score in scores.items() if code in critical and score.precision < 0.99}
    assert wrong == {}
    assert {code: count for (kind, code), count in confusion.items() if kind == "sound" and code in critical} == {}
