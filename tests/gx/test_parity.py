"""Results equal GX-on-pandas's: every supported expectation, on every frame, in every result format.

This is the gate for an upgrade of Great Expectations. One suite holds all cases, and one run of it for each frame and
format is shared by the tests of the cases: GX takes 40 ms a run besides 7 ms an expectation.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import great_expectations as gx
import pytest

from expectations.gx import LEFT_OUT, SUPPORTED
from tests.gx.cases import CASES, ON_NO_PANDAS, expectation
from tests.gx.conftest import failure, quiet
from tests.gx.frames import FRAMES, to_pandas

pytestmark = [
    # pandas and NumPy warn of what they meet in empty frames; it is them that we compare with.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:This pattern is interpreted as a regular expression:UserWarning"),
]

FORMATS: dict[str, dict[str, Any]] = {
    "complete": {"result_format": "COMPLETE", "unexpected_index_column_names": ["key"], "partial_unexpected_count": 5},
    "numbered": {"result_format": "COMPLETE", "include_unexpected_rows": True},
    "without values": {
        "result_format": "COMPLETE",
        "exclude_unexpected_values": True,
        "unexpected_index_column_names": ["key"],
    },
    "summary": {"result_format": "SUMMARY"},
    "basic": {"result_format": "BASIC"},
    "boolean": {"result_format": "BOOLEAN_ONLY"},
}

EXCEPTIONS: dict[tuple[str, str], str] = {
    (r"\w{2,}$", "unicode"): r"Rust's \w matches combining marks and joiners, as Unicode has it; Python's doesn't",
}
"""Where the results differ: (regex, frame), and why."""


@cache
def results(engine: str, frame: str, form: str) -> dict[int, Any]:
    """The results of all cases, by place."""
    batch = _definition(engine).get_batch(
        {"dataframe": to_pandas(FRAMES[frame]) if engine == "pandas" else FRAMES[frame]}
    )
    suite = gx.ExpectationSuite(name="all", expectations=[expectation(place) for place in range(len(CASES))])
    found = batch.validate(suite, result_format=FORMATS[form])
    return {each.expectation_config.meta["case"]: each for each in found.results}


@cache
def _definition(engine: str) -> Any:
    context = quiet(gx.get_context(mode="ephemeral"))
    shown = {"show_values": True} if engine == "polars" else {}
    source = getattr(context.data_sources, f"add_{engine}")(engine, **shown)
    return source.add_dataframe_asset("frames").add_batch_definition_whole_dataframe("all")


def plain(value: Any) -> Any:
    """A result as two engines can agree on it.

    Dropped: the query for the failing rows, which is written in the engine's language; NaN, for which Polars has null.
    Counts of values among which some are missing differ by what Python can do with them: NaN is unlike itself, and null
    can't be sorted.
    """
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 9)
    if isinstance(value, dict):
        kept = {key: plain(item) for key, item in value.items() if key != "unexpected_index_query"}
        if _any_missing(kept.get("partial_unexpected_list", [])):
            kept.pop("partial_unexpected_counts", None)
        if "partial_missing_list" in kept:  # pandas' order is that of a set of Python
            kept["partial_missing_list"] = sorted(kept["partial_missing_list"], key=str)
        return kept
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if value == "NaT" else value  # pandas' missing date, in rows


def _any_missing(values: Any) -> bool:
    if isinstance(values, dict):
        return _any_missing(list(values.values()))
    return any(_any_missing(each) if isinstance(each, list | dict) else each is None for each in values)


RUNS = [
    pytest.param(form, frame, marks=[] if form == "complete" else pytest.mark.slow)
    for form in FORMATS
    for frame in FRAMES
    # Two ways to change a format; what they change doesn't depend on more than these.
    if form not in {"numbered", "without values"} or frame in {"mixed", "missing", "empty"}
]


@pytest.mark.parametrize(("form", "frame"), RUNS)
def test_results_equal_those_of_pandas(form: str, frame: str) -> None:
    theirs, ours = results("pandas", frame, form), results("polars", frame, form)
    assert theirs.keys() == ours.keys() == set(range(len(CASES)))
    different: list[Any] = []
    for place, (kind, arguments) in enumerate(CASES):
        if (str(arguments.get("regex")), frame) in EXCEPTIONS:
            continue
        their, our = theirs[place].to_json_dict(), ours[place].to_json_dict()
        told = [(each["success"], plain(each["result"])) for each in (their, our)]
        if told[0] != told[1] or (failure(theirs[place]) is None) != (failure(ours[place]) is None):
            different.append((kind, arguments, told, failure(theirs[place]), failure(ours[place])))
    results.cache_clear()
    assert different == []


def test_the_exceptions_still_are_exceptions() -> None:
    for (regex, frame), reason in EXCEPTIONS.items():
        places = [place for place, (_, arguments) in enumerate(CASES) if arguments.get("regex") == regex]
        theirs, ours = results("pandas", frame, "summary"), results("polars", frame, "summary")
        same = [
            plain(theirs[place].to_json_dict()["result"]) == plain(ours[place].to_json_dict()["result"])
            for place in places
        ]
        assert not all(same), f"no exception any more: {reason}"


def test_every_supported_expectation_is_compared() -> None:
    assert {kind for kind, _ in CASES} == set(SUPPORTED) - ON_NO_PANDAS


def test_every_core_expectation_is_supported_or_left_out_for_a_reason() -> None:
    from great_expectations.expectations import core

    known = {name for name in vars(core) if name.startswith(("Expect", "Unexpected"))}
    assert known == set(SUPPORTED) | set(LEFT_OUT)
    assert not set(SUPPORTED) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_each_case_holds_somewhere_and_fails_somewhere() -> None:
    """Else two engines that agree on nothing but success would pass."""
    seen = {place: set[bool]() for place in range(len(CASES))}
    for frame in FRAMES:
        for place, result in results("polars", frame, "boolean").items():
            seen[place].add(bool(result.success))
    of_one_kind = {CASES[place][0] for place, found in seen.items() if len(found) < 2}
    both = {CASES[place][0] for place, found in seen.items() if len(found) == 2}
    # The columns of all frames are the same.
    constant = {each for each in of_one_kind - both if "TableColumn" in each or each == "ExpectColumnToExist"}
    assert of_one_kind - both == constant
