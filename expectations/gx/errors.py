"""What the engine says when it can't evaluate something: a sentence, never a pass."""

from __future__ import annotations


class NotEvaluatedError(ValueError):
    """An expectation could not be evaluated; its result fails and carries this sentence."""


def first_line(error: BaseException) -> str:
    """The gist of an error of Polars, whose messages span many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # A regex error draws the pattern first and names the fault in a line of its own.
    named = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (named or lines or [type(error).__name__])[0]
