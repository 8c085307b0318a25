"""The checkpoint that validates a run: the flags of all its batches, summed up, whatever its size."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

import json
from typing import Any, Final

import great_expectations as gx
import polars as pl
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from expectations.core import CoreExpectation
from expectations.gx.transcripts.classes import CLASSES, TranscriptExpectation
from expectations.suite import Check, Suite

_COUNTS: Final = ("element_count", "missing_count", "unexpected_count", "unexpected_percent")


class ExpectNoFindings(TranscriptExpectation):
    """No finding has this code: what tallies tell of an expectation that is not ours.

    Attributes:
        finding: the code.
        expects: what the expectation expects, in words.
    """

    finding: str
    expects: str
    success_keys = ("finding", "expects")

    @classmethod
    def is_abstract(cls) -> bool:
        """It stands for all expectations that are not in the catalogue."""
        return False

    @classmethod
    def sentence(cls, kwargs: Any) -> str:
        """What it expects."""
        return f"Expect no finding {kwargs['finding']}. {kwargs['expects']}"

    @property
    def code(self) -> str:
        """The code of the findings."""
        return self.finding


def validate_tallies(tallies: pl.DataFrame, suite: Suite) -> dict[str, Any]:
    """Run a checkpoint of a suite over how often each of its expectations held.

    The flags of a run were summed up batch by batch, so that a run of any size is validated in the same time and
    memory, and the result counts what the report counts: sources and transcripts.

    Args:
        tallies: columns code, holds, violated, unknown.
        suite: the policy.

    Returns:
        The validation result as Great Expectations has it, in plain values of JSON: ``suite_name``, ``success``,
        ``statistics``, and ``results`` by code, without rows, times or ids. It holds no text of transcripts, and is the
        same for the same tallies.
    """
    context = quiet_context()
    source = context.data_sources.add_polars("turnproof")  # pyright: ignore[reportAttributeAccessIssue]  # GX adds it while running
    batch = source.add_dataframe_asset("tallies").add_batch_definition_whole_dataframe("run")
    definition = gx.ValidationDefinition(name="run", data=batch, suite=context.suites.add(tallied_suite(suite)))
    checkpoint = gx.Checkpoint(
        name="run",
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    found = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": tallies})
    (validated,) = found.run_results.values()
    told: dict[str, Any] = validated.to_json_dict()
    return {
        "suite_name": told["suite_name"],
        "success": told["success"],
        "statistics": told["statistics"],
        "results": sorted((_told(each) for each in told["results"]), key=lambda each: str(each["code"])),
        "meta": {"great_expectations_version": gx.__version__},
    }


def tallied_suite(suite: Suite) -> gx.ExpectationSuite:
    """A suite of ours for frames of tallies, where no expectation needs turns."""
    return gx.ExpectationSuite(name=suite.name, expectations=[_expectation(check) for check in suite.checks])


def quiet_context() -> Any:
    """A context in memory without progress bars and pages."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _expectation(check: Check) -> TranscriptExpectation:
    rule = check.expectation
    made: Any = ExpectNoFindings if isinstance(rule, CoreExpectation) else CLASSES[rule.type]
    given: dict[str, Any] = (
        {"finding": rule.code, "expects": rule.brief}
        if isinstance(rule, CoreExpectation)
        else {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in check.thresholds.items()
            if value != rule.thresholds[name]
        }
    )
    asked = {"type": rule.type, "kwargs": json.loads(json.dumps(dict(check.thresholds), default=str))}
    expectation: TranscriptExpectation = made(severity=check.severity, meta={"code": rule.code, **asked}, **given)
    return expectation


def _told(result: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = result["expectation_config"]
    trouble = result["exception_info"]
    # What fails while it is computed tells by metric.
    info = trouble if "raised_exception" in trouble else next(iter(trouble.values()))
    meta = asked["meta"]
    return {
        "code": meta["code"],
        "type": meta["type"],
        "kwargs": meta["kwargs"],
        "severity": asked["severity"],
        "success": result["success"],
        "result": {name: result["result"].get(name) for name in _COUNTS},
        "exception": info["exception_message"] if info["raised_exception"] else None,
    }
