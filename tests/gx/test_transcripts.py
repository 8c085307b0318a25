"""Our expectations as classes of Great Expectations: from turns, from flags, from tallies."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
import pytest
import yaml

from expectations.catalogue import by_type, catalogue
from expectations.evaluate import evaluate
from expectations.examples import batch_of
from expectations.gx import transcripts
from expectations.gx.transcripts import CLASSES, flag_transcripts, flag_turns, gx_suite
from expectations.rule import Example
from expectations.suite import Suite, load_suite
from expectations.suite_chain import FOLDER
from schemas.reading import Batch, read
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS, raw
from tests.gx.conftest import failure

FORM = {"result_format": "COMPLETE"}


@pytest.fixture
def batch(suite: Suite) -> Batch:
    sources = raw(a_txt=(SEEDS / FIRST_SEED).read_bytes(), b_txt=(SEEDS / SECOND_SEED).read_bytes())
    return read(sources, suite.roster)


def validated(context: Any, frame: Any, suite: Any, form: Any = FORM) -> dict[str, Any]:
    """The results of a suite on a frame, by type."""
    name = f"source {len(context.data_sources.all())}"
    asset = context.data_sources.add_polars(name).add_dataframe_asset("frames")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    whole = suite if isinstance(suite, gx.ExpectationSuite) else gx.ExpectationSuite(name="one", expectations=[suite])
    return {each.expectation_config.type: each for each in batch.validate(whole, result_format=form).results}


def of_turns(suite: Suite) -> Any:
    return gx_suite(suite, but=("source", "drop"))


def test_every_expectation_has_a_class_with_its_thresholds_and_severity() -> None:
    assert set(CLASSES) == {rule.type for rule in catalogue().values()}
    for rule in catalogue().values():
        made: Any = CLASSES[rule.type]()
        assert made.severity == rule.severity
        assert made.expectation_type == rule.type
        assert made.code == rule.code
        for name, default in rule.thresholds.items():
            assert getattr(made, name) == (list(default) if isinstance(default, tuple) else default)
    assert transcripts.ExpectTwoSpeakers is CLASSES["expect_two_speakers"]
    with pytest.raises(AttributeError, match="found ExpectTwoSpeaker"):
        transcripts.ExpectTwoSpeaker  # noqa: B018 - looking it up is what raises


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("expect_two_speakers", {"speakers": "2"}),
        ("expect_two_speakers", {"speakers": 2.5}),
        ("expect_two_speakers", {"speaker": 2}),
        ("expect_every_role_to_speak", {"roles": "patient"}),
        ("expect_conversations_to_be_answered", {"last": 3}),
        ("expect_two_speakers", {"severity": "fatal"}),
    ],
)
def test_arguments_are_held_to_their_types(kind: str, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        CLASSES[kind](**given)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_suite_files_are_loaded_by_great_expectations(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    suite = gx.ExpectationSuite(**content)
    assert [each.expectation_type for each in suite.expectations] == [each["type"] for each in content["expectations"]]
    assert all(type(each) is CLASSES[each.expectation_type] for each in suite.expectations)


def test_turns_are_judged_as_everywhere_else(context: Any, suite: Suite, batch: Batch) -> None:
    findings = evaluate(batch, suite).findings
    results = validated(context, batch.turns, of_turns(suite))
    assert len(results) > 10
    for kind, result in results.items():
        mine = findings.filter(pl.col("rule") == kind.removeprefix("expect_"))
        assert result.success is (mine.is_empty() and result.result["missing_count"] == 0), kind
        if by_type()[kind].scope == "transcript":
            # It may find several things in one transcript; a result points to the first.
            mine = mine.unique("transcript_key", keep="first", maintain_order=True)
        assert [place["turn"] for place in result.result["unexpected_list"]] == mine["turn"].to_list(), kind
        assert result.expectation_config.severity == next(
            check.severity for check in suite.checks if check.expectation.type == kind
        )
    assert results["expect_no_placeholders"].result["unexpected_list"] == [{"turn": 49, "line": 107}]
    assert results["expect_no_serving_errors"].result["unexpected_index_list"] == [99]
    assert results["expect_two_speakers"].result["element_count"] == 2


@pytest.mark.parametrize("code", [code for code, rule in catalogue().items() if rule.scope in ("turn", "transcript")])
def test_examples_hold_and_are_violated(context: Any, suite: Suite, code: str) -> None:
    """The same examples as everywhere else, all of an expectation in one frame."""
    rule = catalogue()[code]
    for examples, name in ((rule.holds, "holds"), (rule.violated, "violated")):
        if not examples:
            continue  # L303 can't be violated without a context
        batches = [batch_of(each, suite.roster).turns for each in examples if isinstance(each, Example)]
        frames = [turns.with_columns(transcript_key=pl.lit(n, pl.UInt32)) for n, turns in enumerate(batches)]
        result = validated(context, pl.concat(frames), CLASSES[rule.type](), form="BASIC")[rule.type]
        if name == "violated":
            assert result.result["unexpected_count"] >= len(frames)
        else:
            # Some hard negatives are transcripts where it can't be evaluated.
            assert result.result["unexpected_count"] == 0
            assert result.success is (result.result["missing_count"] == 0)


def test_rows_in_any_order_and_without_keys_of_ours_are_judged_alike(context: Any, suite: Suite, batch: Batch) -> None:
    """As in the store, where transcripts have names and order is not promised."""
    names = batch.transcripts.select("transcript_key", "transcript")
    stored = (
        batch.turns.join(names, on="transcript_key").drop("transcript_key").sample(fraction=1, shuffle=True, seed=3)
    )
    asked = {**FORM, "unexpected_index_column_names": ["transcript", "turn"]}
    results = validated(context, stored.lazy(), of_turns(suite), asked)
    (found,) = results["expect_no_serving_errors"].result["unexpected_index_list"]
    assert found == {"transcript": "b.txt", "turn": 49}
    assert results["expect_speakers_to_alternate"].success
    assert results["expect_every_role_to_speak"].success


def test_flags_cost_a_sum_and_tell_the_same(
    context: Any, suite: Suite, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    flagged = flag_turns(batch.turns, suite).collect()
    assert flagged.columns[: len(batch.turns.columns)] == batch.turns.columns
    rules = [rule for rule in catalogue().values() if rule.code in flagged.columns]
    assert {rule.scope for rule in rules} == {"turn"}
    flags_only = flagged.select("turn", "line", *(rule.code for rule in rules))
    with monkeypatch.context() as patched:
        patched.setattr("expectations.gx.transcripts.metric.violations_of", None)
        suite_of = gx.ExpectationSuite(name="s", expectations=[CLASSES[rule.type]() for rule in rules])
        from_flags = validated(context, flags_only, suite_of)
    from_turns = validated(context, batch.turns, of_turns(suite))
    for kind, result in from_flags.items():
        assert result.result == from_turns[kind].result, kind
    by_transcript = flag_transcripts(batch.turns, suite).collect()
    assert by_transcript["S205"].to_list() == [False, False]


def test_what_could_not_be_evaluated_is_no_success(context: Any) -> None:
    frame = pl.DataFrame({"S201": [False, None, False], "S203": [True, None, False], "turn": [0, 1, 2]})
    kinds = (
        "expect_speakers_to_alternate",
        "expect_no_empty_turns",
        "expect_two_speakers",
        "expect_sources_to_be_utf8",
    )
    suite = gx.ExpectationSuite(name="s", expectations=[CLASSES[kind]() for kind in kinds])
    alternate, empty, speakers, utf8 = (
        found for _, found in sorted(validated(context, frame, suite).items(), key=lambda each: kinds.index(each[0]))
    )
    assert not alternate.success
    assert failure(alternate) == "S201 could not be evaluated on 1 of 3"
    assert (alternate.result["element_count"], alternate.result["missing_count"]) == (3, 1)
    assert not empty.success
    assert failure(empty) is None
    assert (empty.result["unexpected_count"], empty.result["missing_count"]) == (1, 1)
    assert not speakers.success
    assert "S205 needs a frame of turns, and this one has no column speaker, role, text, transcript" in str(
        failure(speakers)
    )
    assert not utf8.success
    assert "F101 looks at each source and can't be told from turns" in str(failure(utf8))


def test_tallies_are_summed(context: Any) -> None:
    tallies = pl.DataFrame(
        {"code": ["S201", "S203", "S201"], "holds": [3, 2, 1], "violated": [0, 1, 2], "unknown": [0, 0, 1]}
    )
    kinds = ("expect_speakers_to_alternate", "expect_no_empty_turns", "expect_two_speakers")
    suite = gx.ExpectationSuite(name="s", expectations=[CLASSES[kind]() for kind in kinds])
    results = validated(context, tallies, suite, form="SUMMARY")
    counts = results["expect_speakers_to_alternate"].result
    assert (counts["element_count"], counts["unexpected_count"], counts["missing_count"]) == (7, 2, 1)
    assert results["expect_no_empty_turns"].result["unexpected_percent"] == pytest.approx(100 / 3)
    assert failure(results["expect_two_speakers"]) == "S205 was not evaluated: the tallies tell nothing of it"


def test_a_roster_of_ones_own_is_taken(context: Any, suite: Suite, batch: Batch) -> None:
    turns = batch.turns.with_columns(
        text=pl.when(pl.col("turn") == 1).then(pl.lit("Hm.\n\nZorro: I see.")).otherwise("text")
    )
    check = CLASSES["expect_no_role_bleed"]
    roster = {"patient": ["Client"], "therapist": ["Zorro"]}
    assert validated(context, turns, check())["expect_no_role_bleed"].success
    assert not validated(context, turns, check(roster=roster))["expect_no_role_bleed"].success
    own = replace(suite, roster=replace(suite.roster, roles={"patient": ("Client",), "therapist": ("Zorro",)}))
    made = {each.expectation_type: each for each in gx_suite(own).expectations}
    assert made["expect_no_role_bleed"].roster == {role: list(labels) for role, labels in own.roster.roles.items()}


def test_sentences_are_rendered_and_tell_no_text(context: Any, batch: Batch) -> None:
    check = CLASSES["expect_turn_lengths_to_be_within_limits"](critical_above=10)
    result = validated(context, batch.turns, check)["expect_turn_lengths_to_be_within_limits"]
    result.render()
    (shown,) = [each for each in result.expectation_config.rendered_content if "summary" in each.name]
    assert str(shown.value.template).startswith(
        "Expect turn lengths to be within limits (L302; critical_above 10, warning_above 4000, warning_below 2). "
    )
    told = json.dumps(result.to_json_dict(), default=str)
    assert result.result["unexpected_count"] > 50
    for text in batch.turns["text"].str.head(40).unique():
        assert json.dumps(text)[1:-1] not in told


def test_copies_and_configurations_come_back(suite: Suite) -> None:
    for each in gx_suite(suite).expectations:
        assert copy.copy(each) == each
        again = each.configuration.to_domain_obj()
        assert type(again) is type(each)
        assert again.configuration.to_json_dict() == each.configuration.to_json_dict()


def test_names_of_suites_are_taken() -> None:
    assert len(gx_suite("synthetic").expectations) == len(load_suite("synthetic").checks)
