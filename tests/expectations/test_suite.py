"""Suites: what is wrong is told at its line, and what a suite says is what runs."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from expectations.catalogue import by_type, catalogue, look_up
from expectations.suite import Suite, load_suite
from expectations.suite_chain import FOLDER
from schemas.errors import InputError, SuiteError
from schemas.format import ReadingOptions

LISTED = "name: x\nexpectations:\n  - type: expect_two_speakers\n"
OURS = f"{LISTED}meta:\n  turnproof:\n"

WRONG = {
    "no such type": (
        "name: x\nexpectations:\n  - type: expect_no_empty_turn\n",
        '3: expected the type of an expectation, found "expect_no_empty_turn"; use expect_no_empty_turns',
    ),
    "severity": (
        "name: x\nexpectations:\n  - type: expect_no_empty_turns\n    severity: fatal\n",
        '4: expected a severity of critical, warning or info, found "fatal"; use critical',
    ),
    "severity misspelt": (
        f"{LISTED}    severity: waring\n",
        '4: expected a severity of critical, warning or info, found "waring"; use warning',
    ),
    "key of an expectation": (
        f"{LISTED}    kwarg: {{}}\n",
        '4: expected one of type, kwargs, severity, meta, id, notes, description, found "kwarg"; use kwargs',
    ),
    "key of the suite": (
        f"{LISTED}expectation: []\n",
        '4: expected one of name, expectations, meta, id, notes, suite_parameters, found "expectation"; use expectations',
    ),
    "our key": (
        f"{LISTED}meta:\n  turnprof: {{}}\n",
        '5: expected our settings under turnproof, found "turnprof"; use turnproof',
    ),
    "code": (
        f"{LISTED}    meta: {{code: S204}}\n",
        '4: expected S205, the code of expect_two_speakers, found "S204"; use S205',
    ),
    "threshold's name": (
        f"{LISTED}    kwargs:\n      speaker: 3\n",
        '5: expected one of speakers, found "speaker"; use speakers',
    ),
    "threshold's type": (
        f"{LISTED}    kwargs: {{speakers: many}}\n",
        '4: expected a whole number, found "many"; use 2, the default',
    ),
    "threshold that is no number": (
        f"{LISTED}    kwargs: {{speakers: .inf}}\n",
        "4: expected a whole number, found Infinity; use 2, the default",
    ),
    "threshold that is a list of the wrong": (
        "name: x\nexpectations:\n  - type: expect_every_role_to_speak\n    kwargs: {roles: [a, 1]}\n",
        '4: expected a list of texts, found ["a", 1]; use ["patient", "therapist"], the default',
    ),
    "threshold that may be null": (
        "name: x\nexpectations:\n  - type: expect_conversations_to_be_answered\n    kwargs: {last: 3}\n",
        '4: expected a text or null, found 3; use "therapist", the default',
    ),
    "twice": (
        f"{LISTED}  - type: expect_two_speakers\n",
        '4: expected each expectation once, found "expect_two_speakers"; remove one',
    ),
    "repair": (f"{OURS}    repairs:\n      - trim_tale\n", "7: expected a repair (unicode, strip_invisible, "),
    "repairs": (
        f"{OURS}    repairs: trim_tail\n",
        '6: expected a list of repairs, found "trim_tail"; write `repairs: [trim_tail]`',
    ),
    "gate": (f"{OURS}    gates:\n      fail: 20\n", "7: expected a share from 0 to 1, found 20; use 0.2"),
    "gate's name": (f"{OURS}    gates: {{fial: 0.1}}\n", '6: expected one of warn, fail, found "fial"; use fail'),
    "roster": (
        f"{OURS}    roster: {{patient: Patient}}\n",
        '6: expected a list of labels, found "Patient"; write `role: [Label, Label]`',
    ),
    "one label of two roles": (
        f"{OURS}    roster:\n      user: [Guest]\n      assistant: [Host, guest]\n",
        '8: expected each label under one role, found "guest"; remove it here or under user',
    ),
    "setting": (
        f"{OURS}    roaster: {{}}\n",
        '6: expected one of extends, without, roster, repairs, gates, reading, found "roaster"; use roster',
    ),
    "merge": (
        f"{OURS}    reading:\n      merge: alway\n",
        '7: expected one of auto, always, never, found "alway"; use always',
    ),
    "format": (f"{OURS}    reading: {{format: vtt}}\n", '6: expected a format, found "vtt"; use webvtt'),
    "left out": (f"{OURS}    without: [s205x]\n", '6: expected the code of an expectation, found "s205x"; use S205'),
    "on and off": (
        f"{OURS}    without: [S205]\n",
        '6: expected S205 either among the expectations or here, found "S205"; remove one',
    ),
    "extended suite": (
        f"{OURS}    extends: synthetik\n",
        '6: expected a suite (chat, human, synthetic) or a path to one, found "synthetik"; use synthetic',
    ),
    "extends a list": (
        f"{OURS}    extends: [human]\n",
        '6: expected the name or path of one suite, found ["human"]; write `extends: synthetic`',
    ),
    "extends itself": (
        f"{OURS}    extends: suite.yaml\n",
        '6: expected a suite that doesn\'t extend this one, found "suite.yaml"; remove one `extends`',
    ),
    "no name": ("expectations:\n  - type: expect_two_speakers\n", "1: expected a name for the suite, found nothing"),
    "no expectations": ("name: x\n", "1: expected a list of expectations, found nothing"),
    "all left out": (
        "name: x\nmeta: {turnproof: {without: [S205]}}\n",
        "1: expected a list of expectations, found nothing",
    ),
    "no mapping": ("- a\n", '1: expected keys and values, found ["a"]'),
    "nothing": ("", "1: expected a name for the suite, found nothing"),
    "no YAML": ("name: [\n", "2: expected YAML, found that"),
    "control characters": ("name: x\n\x07", "1: expected YAML, found that"),
    "two documents": (f"{LISTED}---\nname: y\n", "4: expected YAML, found that but found another document"),
    "a tag": ("name: !!python/object/apply:os.system [true]\n", "1: expected plain values, found a tag; remove it"),
    "an alias": ("a: &a [x]\nb: [*a, *a]\n", "1: expected every value written out, found an anchor or alias"),
    "a key twice": ("name: x\nname: y\n", '2: expected each key once, found "name" again; remove one'),
    "a list as a key": ("? [a]\n: b\n", "1: expected a name before the colon, found a list or a mapping"),
    "deep nesting": ("name: " + "[" * 30_000, "1: expected at most 16 levels, found deeper nesting"),
    "an enormous number": (f"{OURS}    gates: {{fail: {'9' * 5_000}}}\n", "6: expected a number of at most 40 digits"),
    "no date": (
        "name: 2026-13-45\n",
        '1: expected a timestamp, found "2026-13-45"; mend the line, or put it in quotes',
    ),
    "hostile text": ('name: x\n"\\e[31m\\u202e": 1\n', "2: expected one of name, "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_suite_is_refused_at_its_line(case: str, tmp_path: Path) -> None:
    text, told = WRONG[case]
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value).startswith(f"{path}:{told}")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_a_suite_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"name: x\nnotes: \xff\n")
    with pytest.raises(SuiteError, match=r"suite\.yaml:2: expected YAML in UTF-8"):
        load_suite(str(path))
    path.write_bytes(b"# " + b"x" * 2**18)
    with pytest.raises(SuiteError, match="expected at most 256 KiB, found a larger file"):
        load_suite(str(path))


@given(text=st.text("abc:-?[]{}&*!|>'\"#%@` \n\t01.~=<", max_size=60))
def test_any_text_is_a_suite_or_refused_in_a_sentence(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text)
    with pytest.raises(SuiteError) as caught:
        load_suite(str(path))
    assert str(caught.value).isprintable()


def suite_at(path: Path, ours: str, expectations: str = "[]") -> Suite:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(f"name: {path.stem}\nexpectations: {expectations}\nmeta:\n  turnproof: {ours}\n")
    return load_suite(str(path))


def test_a_suite_extends_another(tmp_path: Path) -> None:
    base = load_suite()
    own = suite_at(
        tmp_path / "own.yaml",
        "{extends: synthetic, without: [C401], gates: {fail: 0.5}, repairs: [merge], "
        "roster: {system: null, therapist: [Coach, client]}}",
        "[{type: expect_two_speakers, kwargs: {speakers: 3}}, {type: expect_no_empty_turns, severity: info}]",
    )
    before = {check.expectation.code: check for check in base.checks}
    after = {check.expectation.code: check for check in own.checks}
    assert set(before) - set(after) == {"C401"}
    changed = {code for code in after if after[code] != before[code]}
    assert changed == {"S205", "S203"}
    assert (after["S205"].thresholds["speakers"], after["S205"].severity) == (3, "critical")
    assert after["S203"].severity == "info"
    assert (own.name, own.warn, own.fail, own.repairs) == ("own", base.warn, 0.5, ("merge",))
    assert [own.roster.role(label) for label in ("Coach", "Doctor", "Client", "System", "Patient")] == [
        "therapist", "therapist", "therapist", None, "patient"
    ]  # fmt: skip


def test_a_suite_extends_one_beside_it_over_several_steps(tmp_path: Path) -> None:
    suite_at(tmp_path / "base.yaml", "{gates: {warn: 0.1}}", "[{type: expect_no_empty_turns}]")
    suite_at(tmp_path / "sub" / "middle.yaml", "{extends: ../base.yaml}", "[{type: expect_two_speakers}]")
    top = suite_at(tmp_path / "top.yaml", "{extends: sub/middle.yaml, without: [S203]}")
    assert ([check.expectation.code for check in top.checks], top.warn) == (["S205"], 0.1)
    assert top.origins["S205"] == f"{tmp_path}/sub/middle.yaml:2"
    again = suite_at(tmp_path / "again.yaml", "{extends: top.yaml}", "[{type: expect_no_empty_turns}]")
    assert [check.expectation.code for check in again.checks] == ["S203", "S205"]


def test_suites_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("")
    with pytest.raises(SuiteError):
        suite_at(tmp_path / "a.yaml", "{extends: b.yaml}")
    with pytest.raises(SuiteError, match=r"a\.yaml:4: expected a suite that doesn't extend this one, found \"b.yaml\""):
        suite_at(tmp_path / "b.yaml", "{extends: a.yaml}")
    for number in range(12):
        (tmp_path / f"s{number}.yaml").write_text(f"name: s\nmeta: {{turnproof: {{extends: s{number + 1}.yaml}}}}\n")
    with pytest.raises(SuiteError, match=r"s8\.yaml:2: expected at most 8 suites in a row"):
        load_suite(str(tmp_path / "s0.yaml"))


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


def test_how_to_read_is_taken_and_extended(tmp_path: Path) -> None:
    own = suite_at(tmp_path / "own.yaml", "{reading: {merge: never, format: srt}}", "[{type: expect_two_speakers}]")
    assert own.reading == ReadingOptions(merge="never", format="srt")
    other = suite_at(tmp_path / "other.yaml", "{extends: own.yaml, reading: {format: null}}")
    assert other.reading == ReadingOptions(merge="never")
    assert suite_at(tmp_path / "own.yaml", "{reading: }", "[{type: expect_two_speakers}]").reading == ReadingOptions()


def test_look_up_by_code_name_and_type() -> None:
    assert {look_up(name).code for name in ("s203", "S203", "no_empty_turns", "expect_no_empty_turns")} == {"S203"}
    with pytest.raises(InputError, match="use no_empty_turns"):
        look_up("no_empty_turn")


def test_a_suite_goes_to_another_process_whole(suite: Suite) -> None:
    copy = pickle.loads(pickle.dumps(suite))
    assert copy.digest == suite.digest
    assert [check.expectation for check in copy.checks] == [check.expectation for check in suite.checks]
