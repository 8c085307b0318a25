"""Commands about the policy; what they do is in the modules that they import when they are called."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from flows.options import SuiteName, settings_of

SuiteFormat = Literal["text", "jsonl", "yaml"]


def suite(
    suite: SuiteName = None,
    output_format: Annotated[SuiteFormat, typer.Option(help="yaml prints a whole suite file.")] = "text",
) -> None:
    """Show the suite in force: what runs, with which thresholds, and where each value comes from.

    Example: turnproof suite --suite human
    """
    from expectations.suite import load_suite
    from flows.policy import show_suite

    show_suite(load_suite(settings_of(suite=suite).suite), output_format, sys.stdout)
