"""Suites: what is wrong is told at its line, and what a suite says is what runs."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from expectations.catalogue import by_type, catalogue, look_up
from expectations.suite import FOLDER, Suite, load_suite
from schemas.errors import InputError, SuiteError
from schemas.format import ReadingOptions

WRONG = {
    "no such type": (
        "name: x\nexpectations:\n  - type: expect_no_empty_turn\n",
        '3: expected the type of an expectation, found "expect_no_empty_turn"; use expect_no_empty_turns',
    ),
    "severity": (
        "name: x\nexpectations:\n  - type: expect_no_empty_turns\n    severity: fatal\n",
        '4: expected a severity of critical, warning or info, found "fatal"; use critical',
    ),
    "threshold's name": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\n    kwargs:\n      speaker: 3\n",
        '5: expected one of speakers, found "speaker"; use speakers',
    ),
    "threshold's type": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\n    kwargs: {speakers: many}\n",
        '4: expected a value such as 2, found "many"; mend the line',
    ),
    "twice": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\n  - type: expect_two_speakers\n",
        '4: expected each expectation once, found "expect_two_speakers"; remove one',
    ),
    "repair": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    repairs:\n      - trim_tale\n",
        '7: expected a repair (trim_tail, strip_note, merge), found "trim_tale"; use trim_tail',
    ),
    "gate": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    gates:\n      fail: 20\n",
        "7: expected a share from 0 to 1, found 20; use 0.2",
    ),
    "roster": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    roster: {patient: Patient}\n",
        '6: expected a list of labels, found "Patient"; write `role: [Label, Label]`',
    ),
    "setting": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    roaster: {}\n",
        '6: expected one of roster, repairs, gates, reading, found "roaster"; use roster',
    ),
    "merge": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    reading:\n      merge: alway\n",
        '7: expected one of auto, always, never, found "alway"; use always',
    ),
    "format": (
        "name: x\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n    reading: {format: vtt}\n",
        '6: expected a format, found "vtt"; use webvtt',
    ),
    "no name": ("expectations:\n  - type: expect_two_speakers\n", "1: expected a name for the suite, found nothing"),
    "no expectations": ("name: x\n", "1: expected a list of expectations, found nothing"),
    "no mapping": ("- a\n", '1: expected keys and values, found ["a"]'),
    "no YAML": ("name: [\n", "2: expected YAML, found that"),
    "a tag": ("name: !!python/object/apply:os.system [true]\n", "1: expected YAML, found that"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_suite_is_refused_at_its_line(case: str, tmp_path: Path) -> None:
    text, told = WRONG[case]
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value).startswith(f"{path}:{told}")
    assert "\n" not in str(caught.value)


def test_a_missing_suite_is_told_with_those_there_are() -> None:
    with pytest.raises(SuiteError, match=r"no-such: expected a suite .*synthetic.* found No such file"):
        load_suite("no-such")


def test_default_suite_names_every_expectation(suite: Suite) -> None:
    assert [check.expectation.code for check in suite.checks] == list(catalogue())


def test_codes_in_suites_match_their_types() -> None:
    for path in FOLDER.glob("*.yaml"):
        for entry in yaml.safe_load(path.read_text())["expectations"]:
            assert by_type()[entry["type"]].code == entry["meta"]["code"]


def test_thresholds_and_severities_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\nexpectations:\n  - type: expect_two_speakers\n    kwargs: {speakers: 3}\n    severity: info\n"
    )
    check = load_suite(str(path)).checks[0]
    assert (check.thresholds["speakers"], check.severity) == (3, "info")


def test_digest_follows_what_can_change_a_verdict(suite: Suite) -> None:
    changed = [
        suite.changed(ignore=["S201"]),
        suite.changed(repairs=["strip_note"]),
        suite.changed(select=["C"]),
        suite.changed(form="srt"),
        replace(suite, reading=ReadingOptions(merge="never")),
    ]
    assert len({suite.digest, *(each.digest for each in changed)}) == 6
    assert suite.changed(repairs=["trim_tail"]).digest == suite.digest == load_suite().digest


def test_select_and_ignore_take_codes_groups_and_names(suite: Suite) -> None:
    codes = {check.expectation.code for check in suite.changed(select=["C4", "s201"], ignore=["C401"]).checks}
    assert codes == {code for code in catalogue() if code.startswith("C4")} - {"C401"} | {"S201"}
    named = suite.changed(select=["no_empty_turns"]).checks
    assert [check.expectation.code for check in named] == ["S203"]
    with pytest.raises(InputError, match='found "C499"'):
        suite.changed(ignore=["C499"])
    with pytest.raises(InputError, match='found "strip_notes"; use strip_note'):
        suite.changed(repairs=["strip_notes"])
    with pytest.raises(InputError, match='expected a format, found "labeled_text"; use labelled_text'):
        suite.changed(form="labeled_text")


def test_how_to_read_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    head = "name: own\nexpectations:\n  - type: expect_two_speakers\nmeta:\n  turnproof:\n"
    path.write_text(f"{head}    reading: {{merge: never, format: srt}}\n")
    assert load_suite(str(path)).reading == ReadingOptions(merge="never", format="srt")
    path.write_text(f"{head}    reading:\n")
    assert load_suite(str(path)).reading == ReadingOptions()


def test_look_up_by_code_name_and_type() -> None:
    assert {look_up(name).code for name in ("s203", "S203", "no_empty_turns", "expect_no_empty_turns")} == {"S203"}
    with pytest.raises(InputError, match="use no_empty_turns"):
        look_up("no_empty_turn")


@pytest.mark.slow  # Great Expectations takes 7 s to import.
@pytest.mark.filterwarnings("ignore")  # What it warns of while importing is its own.
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_suites_are_valid_great_expectations_suites(path: Path) -> None:
    from great_expectations.core.expectation_suite import ExpectationSuiteSchema
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    content = yaml.safe_load(path.read_text())
    loaded = ExpectationSuiteSchema().load(content)
    assert loaded["name"] == path.stem
    for entry in content["expectations"]:
        configuration = ExpectationConfiguration(**{"kwargs": {}, **entry})
        assert configuration.type == entry["type"]
        assert configuration.severity == entry["severity"]


def test_a_suite_goes_to_another_process_whole(suite: Suite) -> None:
    copy = pickle.loads(pickle.dumps(suite))
    assert copy.digest == suite.digest
    assert [check.expectation for check in copy.checks] == [check.expectation for check in suite.checks]
