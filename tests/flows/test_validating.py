"""Great Expectations in a process of its own says what it says here; if it dies, it is asked here."""

from __future__ import annotations

import contextvars
from typing import Any

import polars as pl
import pytest

from expectations.suite import Suite
from flows import validating
from schemas.stored import STORED


@pytest.mark.slow  # Great Expectations is imported anew
@pytest.mark.parametrize("dies", [False, True])
def test_what_it_says_is_the_same_aside(dies: bool, suite: Suite) -> None:
    row: dict[str, Any] = dict.fromkeys(STORED["outcomes"], "x") | {
        "holds": 7,
        "violated": 1,
        "unknown": 0,
        "findings": 2,
    }
    rows = [
        row | {"code": check.expectation.code, "severity": check.severity, "scope": check.expectation.scope}
        for check in suite.checks
    ]
    outcomes = pl.DataFrame(rows, schema=STORED["outcomes"])
    with validating.aside():
        process = validating._ASIDE.get()  # pyright: ignore[reportPrivateUsage] - to kill it, and to see it end
        assert process is not None
        if dies:
            process.kill()
        told = validating.validate(outcomes, suite)
        assert process.poll() is None or dies
    assert process.returncode is not None
    assert contextvars.Context().run(validating._ASIDE.get) is None  # pyright: ignore[reportPrivateUsage] - as above
    assert told == validating.validate(outcomes, suite)
    assert told["statistics"]["evaluated_expectations"] == len(outcomes)
