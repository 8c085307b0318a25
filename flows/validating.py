"""Great Expectations in a process of its own: to import it takes seconds, in which a run does something else.

A thread doesn't do: what imports holds up all else that is written in Python.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Final

import polars as pl

from expectations.suite import Suite
from flows.children import PARENT

_ASIDE: Final[ContextVar[subprocess.Popen[bytes] | None]] = ContextVar("_ASIDE", default=None)


@contextmanager
def aside() -> Generator[None]:
    """Have a process validate within the block; it begins to import at once."""
    command = [sys.executable, "-m", "flows.children", __name__]
    told = {**os.environ, PARENT: str(os.getpid())}
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, env=told)  # noqa: S603 - our own
    token = _ASIDE.set(process)
    try:
        yield
    finally:
        _ASIDE.reset(token)
        process.kill()
        # What it was asked may still lie in the pipe.
        with suppress(OSError), process:
            pass


def validate(outcomes: pl.DataFrame, suite: Suite) -> dict[str, Any]:
    """What Great Expectations says of a run's outcomes: by the process, or here where there is none, or it has died."""
    process = _ASIDE.get()
    if process is not None and process.stdin is not None and process.stdout is not None:
        with suppress(EOFError, OSError):
            pickle.dump((outcomes, suite), process.stdin)
            process.stdin.flush()
            found: dict[str, Any] = pickle.load(process.stdout)  # noqa: S301 - by nobody else
            return found
    return _validate(outcomes, suite)


def _validate(outcomes: pl.DataFrame, suite: Suite) -> dict[str, Any]:
    found: dict[str, Any] = import_module("expectations.gx.transcripts.validation").validate_tallies(outcomes, suite)
    return found


def main() -> None:
    """Be the process: validate what comes on standard input, until it ends."""
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Nothing that anybody prints is an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import_module("expectations.gx.transcripts.validation")
    with suppress(EOFError):
        while True:
            pickle.dump(_validate(*pickle.load(asked)), answers)  # noqa: S301 - by nobody else
            answers.flush()


if __name__ == "__main__":
    main()
