"""Evaluation: one plan, three outcomes, and findings that can be opened at their line."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from expectations import plan
from expectations.catalogue import catalogue
from expectations.evaluate import evaluate
from expectations.rule import Rule, Scope, Transcripts, Turns, Violation, expectation, patient, therapist, transcript
from expectations.suite import Check, Suite
from schemas.reading import Batch, read
from schemas.roster import Roster
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS, raw

EXAMPLE = transcript(patient("Hi."), therapist("Hello."))


def checked(rule: Rule, scope: Scope = "turn") -> Check:
    made = expectation(
        "X999", "made_up", scope=scope, severity="critical", since="0", holds=[EXAMPLE], violated=[EXAMPLE]
    )(rule)
    return Check(made, made.thresholds, made.severity)


@pytest.fixture
def batch(suite: Suite) -> Batch:
    return read(
        raw(a_txt="Patient: a\n\nTherapist: b", b_txt="Patient: c\n\nTherapist: d", c_txt="nothing"), suite.roster
    )


def only(suite: Suite, *checks: Check) -> Suite:
    return replace(suite, checks=checks)


def test_seeds_show_three_critical_findings_and_no_other(suite: Suite) -> None:
    batch = read(raw(a_txt=(SEEDS / FIRST_SEED).read_bytes(), b_txt=(SEEDS / SECOND_SEED).read_bytes()), suite.roster)
    found = evaluate(batch, suite).findings.filter(pl.col("severity") == "critical")
    assert found.select("source_key", "code", "turn", "line").rows() == [
        (0, "C404", 43, 93),
        (0, "C402", 49, 107),
        (1, "C401", 49, 135),
    ]
    assert "vLLM" in found["message"][2]


def test_null_is_neither_holding_nor_violated(batch: Batch, suite: Suite) -> None:
    def rule(turns: Turns) -> Violation:
        return Violation(when=pl.when(turns.text != "c").then(turns.text == "b"), message="b")

    outcome = evaluate(batch, only(suite, checked(rule))).outcomes.row(0, named=True)
    assert (outcome["holds"], outcome["violated"], outcome["unknown"]) == (0, 1, 1)


@pytest.mark.parametrize("scope", ["turn", "transcript"])
def test_a_failing_expression_fails_its_own_expectation_only(scope: Scope, batch: Batch, suite: Suite) -> None:
    def rule(_frame: Turns | Transcripts) -> Violation:
        return Violation(when=pl.col("text").str.contains("(").any(), message="a bad pattern")

    other = next(check for check in suite.checks if check.expectation.code == "S202")
    found = evaluate(batch, only(suite, other, checked(rule, scope)))
    assert list(found.failures) == ["X999"]
    assert found.outcomes.select("code", "holds", "violated", "unknown").rows() == [
        ("S202", 2, 0, 0),
        ("X999", 0, 0, 2),
    ]


def test_what_a_plan_does_not_try_works(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [Check(each, each.thresholds, each.severity) for each in catalogue().values()]
    long = {"patient": tuple("ǆaƀcŝ ĳK"[: 1 + number % 8] + chr(0x400 + number) for number in range(880))}
    labels = sum(len(each) for some in long.values() for each in some)
    assert plan._ROSTER * 0.9 < labels <= plan._ROSTER
    suites = [replace(suite, checks=tuple(everything), roster=roster) for roster in (suite.roster, Roster(long))]
    untried = [plan.plan_of(each) for each in suites]
    monkeypatch.setattr(plan, "_ROSTER", -1)
    tried = [plan.plan_of(replace(each)) for each in suites]
    for before, after in zip(untried, tried, strict=True):
        assert not after.failures
        assert before.signs == after.signs is not None
        assert [check for check, _ in before.searches] == [check for check, _ in after.searches]


def test_a_roster_too_long_to_search_for_fails_its_own_expectation_only(batch: Batch, suite: Suite) -> None:
    long = {"patient": tuple("".join(map(chr, range(0x400 + n, 0x410 + n))) for n in range(4_000))}
    assert list(evaluate(batch, replace(suite, roster=Roster(long))).failures) == ["C405"]


def test_first_of_several_violations_is_reported(batch: Batch, suite: Suite) -> None:
    def rule(turns: Turns) -> tuple[Violation, Violation]:
        return (
            Violation(when=turns.text == "a", message="grave"),
            Violation(when=turns.text < "c", message="{speaker} is mild: {text}", severity="info"),
        )

    found = evaluate(batch, only(suite, checked(rule))).findings
    assert found.select("turn", "severity", "message").rows() == [
        (0, "critical", "grave"),
        (1, "info", "Therapist is mild: b"),
    ]


def test_a_suite_only_makes_severities_milder(batch: Batch, suite: Suite) -> None:
    def rule(turns: Turns) -> tuple[Violation, Violation]:
        return (
            Violation(when=turns.text == "a", message="grave"),
            Violation(when=turns.text == "b", message="mild", severity="info"),
        )

    found = evaluate(batch, only(suite, replace(checked(rule), severity="warning"))).findings
    assert found["severity"].to_list() == ["warning", "info"]


def test_evidence_is_a_slice_of_its_turn_with_the_line_where_it_stands(suite: Suite) -> None:
    def rule(turns: Turns) -> Violation:
        return Violation(
            when=turns.text.str.contains("(odd)", literal=True),
            message="odd",
            evidence=pl.lit("(odd)"),
            maybe=pl.lit(True),
        )

    text = "Patient: é one\n\ntwo\n(odd) three\n\nTherapist: b"
    batch = read(raw(a_txt=text), suite.roster)
    row = evaluate(batch, only(suite, checked(rule))).findings.row(0, named=True)
    assert (row["turn"], row["line"], row["offset"], row["evidence"]) == (0, 4, 11, "(odd)")
    assert batch.turns["text"][0][row["offset"] :].startswith("(odd)")
    as_json = '{"messages": [{"role": "user", "content": "one\\n\\n(odd)"}, {"role": "assistant", "content": "b"}]}'
    row = evaluate(read(raw(a_json=as_json), suite.roster), only(suite, checked(rule))).findings.row(0, named=True)
    assert (row["line"], row["offset"]) == (1, 5)


def test_transcript_level_findings_name_their_turn_and_values(batch: Batch, suite: Suite) -> None:
    def rule(frame: Transcripts) -> Violation:
        return Violation(
            when=frame.turns == 2, message="{count} turns", values={"count": frame.turns}, at=frame.turn.last()
        )

    found = evaluate(batch, only(suite, checked(rule, "transcript"))).findings
    assert found.select("turn", "line", "message").rows() == [(1, 3, "2 turns")] * 2


def test_outcomes_add_up(batch: Batch, suite: Suite) -> None:
    outcomes = evaluate(batch, suite).outcomes
    total = outcomes["holds"] + outcomes["violated"] + outcomes["unknown"]
    assert total.to_list() == [3 if scope == "source" else 2 for scope in outcomes["scope"]]


def test_an_empty_batch_is_no_trouble(suite: Suite) -> None:
    found = evaluate(read(raw(), suite.roster), suite)
    assert found.findings.is_empty()
    assert found.outcomes["violated"].sum() == found.outcomes["holds"].sum() == 0
