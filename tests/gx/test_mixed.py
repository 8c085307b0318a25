"""Suites that mix Great Expectations' own expectations with ours: findings, verdicts and reports treat both alike."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import great_expectations as gx
import polars as pl
import pytest
import yaml

import expectations.gx
from expectations.core import TURN_BY_TURN
from expectations.gx.metrics.register import MAPS
from expectations.gx.transcripts import gx_suite
from expectations.suite import load_suite
from flows import pipeline
from schemas.errors import SuiteError
from schemas.store import Store
from tests.conftest import SEEDS
from tests.expectations.test_core import write
from tests.flows.test_cli import turnproof

TYPES = """
  - type: expect_no_serving_errors
    kwargs: {}
  - type: expect_column_value_lengths_to_be_between
    severity: warning
    kwargs: {column: text, min_value: 30, max_value: 900}
  - type: expect_column_values_to_not_match_regex
    severity: critical
    kwargs: {column: text, regex: '(?i)gene\\w{2,9}'}
    meta: {code: GX_GENES}
  - type: expect_column_values_to_not_be_null
    severity: info
    kwargs:
      column: start
      row_condition: {type: comparison, column: {name: role}, operator: "==", parameter: patient}
"""
ROSTER = "meta:\n  turnproof:\n    roster: {patient: [Client], therapist: [Counselor, Psychologist]}\n    repairs: [trim_tail]\n"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return write(tmp_path, TYPES.lstrip("\n") + ROSTER)


def test_which_core_expectations_may_be_in_a_suite() -> None:
    supported = {camel: getattr(gx.expectations, camel) for camel in expectations.gx.SUPPORTED}
    on_rows = {each.expectation_type for each in supported.values() if getattr(each, "map_metric", None) in MAPS}
    over_many = {
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_be_decreasing",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_unique",
        "expect_column_values_to_not_be_outliers",
        "expect_compound_columns_to_be_unique",
    }
    assert on_rows == TURN_BY_TURN | over_many


def test_check_finds_each_failing_turn(mixed: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("".join(f"Client: a{n}\n\nCounselor: b\n\n" for n in range(150)))
    done = turnproof("check", tmp_path / "short.txt", SEEDS, "--suite", mixed, "--output-format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    short = [each for each in found if each["code"] == "GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN"]
    # 300 in one file: results of GX stop at 200.
    assert [(each["turn"], each["line"]) for each in short if "short.txt" in each["path"]] == [
        (n, 2 * n + 1) for n in range(300)
    ]
    assert {(each["severity"], each["evidence"], each["rule"]) for each in short} == {
        ("warning", None, "column_value_lengths_to_be_between")
    }
    assert short[0]["message"] == (
        "text values must always be greater than or equal to 30 and less than or equal to 900 characters long."
    )
    nulls = [
        each for each in found if each["code"] == "GX_COLUMN_VALUES_TO_NOT_BE_NULL" and "short.txt" in each["path"]
    ]
    assert [each["turn"] for each in nulls] == list(range(0, 300, 2))
    assert done.returncode == 1
    chosen = turnproof("check", tmp_path / "short.txt", "--suite", mixed, "--select", "GX_GENES")
    assert (chosen.returncode, chosen.stdout) == (0, "")


def test_a_run_judges_by_both(mixed: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.txt").write_text(
        "Client: It runs in our general family, the illness.\n\nCounselor: I see what you mean by it now."
    )
    (drop / "b.txt").write_text("Client: Hi.\n\nCounselor: Good morning to you, how have you been?")
    store = Store(tmp_path / "store")
    result = pipeline.run_drop(drop, store, load_suite(str(mixed)), tmp_path / "site")
    verdicts = dict(store.scan("transcripts").select("transcript", "verdict").collect().iter_rows())
    assert verdicts == {"a.txt": "quarantined", "b.txt": "accepted"}
    outcomes = store.scan("outcomes").sort("code").collect()
    assert outcomes.select("code", "holds", "violated", "unknown").rows() == [
        ("C401", 2, 0, 0),
        ("GX_COLUMN_VALUES_TO_NOT_BE_NULL", 0, 2, 0),
        ("GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN", 1, 1, 0),
        ("GX_GENES", 1, 1, 0),
    ]
    assert "text values must not match" in outcomes["brief"][3]
    told = json.loads(store.scan("validations").collect()["result"][0])["results"]
    validated = [(each["code"], each["type"], each["result"]["unexpected_count"], each["success"]) for each in told]
    assert validated[1:3] == [
        ("GX_COLUMN_VALUES_TO_NOT_BE_NULL", "expect_column_values_to_not_be_null", 2, False),
        ("GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN", "expect_column_value_lengths_to_be_between", 1, False),
    ]
    page = result.report.read_text()
    assert "GX_GENES" in page
    (transcript,) = result.report.parent.glob("transcripts/a*.html")
    assert "GX_GENES" in transcript.read_text()
    evidence = store.scan("findings").filter(pl.col("code").str.starts_with("GX")).collect()["evidence"]
    assert evidence.null_count() == len(evidence) == 4


def test_great_expectations_loads_the_same_file(mixed: Path) -> None:
    suite = gx.ExpectationSuite(**yaml.safe_load(mixed.read_text()))
    by_type = {each.expectation_type: each for each in gx_suite(str(mixed)).expectations}
    assert len(suite.expectations) == len(by_type) == 4
    for each in suite.expectations:
        ours = by_type[each.expectation_type]
        assert type(each) is type(ours)
        assert each.configuration.kwargs == {k: v for k, v in ours.configuration.kwargs.items() if k != "roster"}
        assert each.severity == ours.severity


def test_a_mixed_suite_goes_to_another_process_whole(mixed: Path) -> None:
    suite = load_suite(str(mixed))
    again = pickle.loads(pickle.dumps(suite))
    assert again.digest == suite.digest
    assert [check.expectation.code for check in again.checks] == [check.expectation.code for check in suite.checks]


@pytest.mark.parametrize(
    ("kwargs", "told"),
    [
        (
            "{column: words, regex: a}",
            'there is no column "words" (there are turn, speaker, role, text, line, start, end)',
        ),
        ("{column: text, regex: 'a(?=b)'}", "the regex 'a(?=b)' can't be used with Polars, whose regexes are Rust's"),
        ("{column: [a], regex: a}", "column: str type expected"),
        ("{column: text, regex: a, colour: red}", "colour: extra fields not permitted"),
        ("{column: line, regex: a, row_condition: 'line > 3'}", "expected a row condition such as"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*row_condition parameter:DeprecationWarning")
def test_wrong_arguments_are_refused_at_their_line(kwargs: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"  - type: expect_column_values_to_match_regex\n    kwargs: {kwargs}\n")
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value).startswith(f"{path}:4: expected arguments that turns can be judged by, found that ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_type_twice_needs_a_code(tmp_path: Path) -> None:
    entry = "  - type: expect_column_values_to_not_be_null\n    kwargs: {column: role}\n"
    with pytest.raises(
        SuiteError, match=r"5: expected each expectation once, .*; give it a code: `meta: \{code: GX_…\}`"
    ):
        load_suite(str(write(tmp_path, entry * 2)))


def test_a_suite_may_change_or_leave_out_what_it_extends(mixed: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    entry = "  - type: expect_column_value_lengths_to_be_between\n    kwargs: {column: text, max_value: 9}\n"
    ours = "meta:\n  turnproof:\n    extends: mixed.yaml\n    without: [GX_GENES]\n"
    own.write_text(f"name: own\nexpectations:\n{entry}{ours}")
    suite = load_suite(str(own))
    by_code = {check.expectation.code: check for check in suite.checks}
    assert set(by_code) == {"C401", "GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN", "GX_COLUMN_VALUES_TO_NOT_BE_NULL"}
    assert by_code["GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN"].thresholds == {"column": "text", "max_value": 9}
    assert by_code["GX_COLUMN_VALUE_LENGTHS_TO_BE_BETWEEN"].severity == "warning"
    whole = tmp_path / "whole.yaml"
    whole.write_text(yaml.safe_dump(suite.as_content()))
    assert load_suite(str(whole)).digest == suite.digest
