"""Our suites as suites of Great Expectations."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.core import CoreExpectation
from expectations.gx.transcripts.classes import CLASSES
from expectations.gx.transcripts.metric import default_roster
from expectations.suite import Check, Suite, load_suite


def gx_suite(suite: Suite | str = "synthetic", *, but: tuple[str, ...] = ()) -> ExpectationSuite:
    """A suite of ours as one of Great Expectations, its roster included.

    Args:
        suite: the suite, or its name or path.
        but: scopes whose expectations are left out.

    Raises:
        SuiteError: if there is no such suite, or it is wrong.
    """
    ours = load_suite(suite) if isinstance(suite, str) else suite
    checks = [_expectation(check, ours) for check in ours.checks if check.expectation.scope not in but]
    return ExpectationSuite(name=ours.name, expectations=checks)


def _expectation(check: Check, suite: Suite) -> Any:
    rule = check.expectation
    if isinstance(rule, CoreExpectation):
        told: dict[str, Any] = {"severity": check.severity, "meta": {"code": rule.code}}
        return ExpectationConfiguration(type=rule.type, kwargs=dict(rule.kwargs), **told).to_domain_obj()
    roles = {role: list(labels) for role, labels in suite.roster.roles.items()}
    own = {} if roles == {role: list(labels) for role, labels in default_roster().roles.items()} else {"roster": roles}
    changed = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in check.thresholds.items()
        if value != rule.thresholds[name]
    }
    made: Any = CLASSES[rule.type]
    return made(severity=check.severity, meta={"code": rule.code}, **changed, **own)
