"""Conditions on rows as expressions, for those who want every failing row: results of GX stop at 200."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
# (Great Expectations leaves parts of what it exports untyped, and an expectation's domain private.)

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import get_metric_kwargs

from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.errors import NotEvaluatedError, first_line
from expectations.gx.metrics.register import MAPS, unexpected_rows


def condition(kind: str, kwargs: Mapping[str, Any], schema: pl.Schema) -> tuple[pl.Expr, str]:
    """The rows that an expectation finds unexpected, as an expression, and what it expects, in words.

    Args:
        kind: its type: ``expect_column_values_to_be_in_set``.
        kwargs: its arguments.
        schema: of the frame.

    Returns:
        A Boolean expression over such a frame, never null; and a sentence.

    Raises:
        NotEvaluatedError: if it is no condition on rows, its arguments are wrong, or Polars can't evaluate it.
    """
    try:
        expectation: Any = ExpectationConfiguration(type=kind, kwargs=dict(kwargs)).to_domain_obj()
    except (GreatExpectationsError, TypeError, ValueError) as error:
        wrong: Any = getattr(error, "errors", list)()
        told = [f"{each['loc'][0]}: {each['msg']}" for each in wrong] or [first_line(error)]
        raise NotEvaluatedError(told[0]) from None
    name: str | None = getattr(expectation, "map_metric", None)
    if name is None or name not in MAPS:
        raise NotEvaluatedError(f"{kind} is no condition on rows")
    asked: Mapping[str, Any] = expectation._get_domain_kwargs()
    named = [asked.get("column"), asked.get("column_A"), asked.get("column_B"), *(asked.get("column_list") or ())]
    for column in named:
        if column is not None and column not in schema:
            raise NotEvaluatedError(f'there is no column "{column}" (there are {", ".join(schema)})')
    engine = PolarsExecutionEngine()
    engine.load_batch_data("rows", pl.DataFrame(schema=schema))  # type: ignore[arg-type, unused-ignore]  # pyright: ignore[reportArgumentType]  # a frame is taken as well as GX's own batch data
    domain = engine.domain({**asked, "batch_id": "rows"})
    metric = get_metric_kwargs(f"{name}.unexpected_count", expectation.configuration, runtime_configuration={})
    given: Mapping[str, Any] = metric["metric_value_kwargs"]
    unexpected = unexpected_rows(name, domain, {key: given[key] for key in MAPS[name].keys if key in given})
    if domain.condition is not None:
        unexpected = domain.condition.fill_null(value=False) & unexpected
    domain.data.try_out(unexpected, "unexpected", kind)
    return unexpected, sentence(expectation)


def sentence(expectation: Any) -> str:
    """What an expectation expects, in GX's own words, with its arguments in place."""
    expectation.render()
    value: Any = expectation.rendered_content[0].value
    params: Mapping[str, Any] = value.params or {}

    def told(found: re.Match[str]) -> str:
        return str(params[found[1]]["value"]) if found[1] in params else found[0]

    return re.sub(r"\$(\w+)", told, value.template)
