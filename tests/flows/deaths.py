"""Runs that die: the end of a process stood for by an exception, before a commit of one's choice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest

from schemas.store import Store

ENDURANCE = "TURNPROOF_ENDURANCE" in os.environ
"""Whether to try every place and every repetition (`make endurance`), rather than a few of them."""


class Killed(BaseException):
    """Stands for the end of the process."""


def places(commits: int) -> list[Any]:
    """Where to die among so many commits: everywhere, or at the first, at the last, and at every fifth between.

    The fast tests try the middle only, as each place takes seconds.
    """
    step = 1 if ENDURANCE else 5
    middle = commits // 2
    chosen = sorted({*range(0, commits, step), middle, commits - 1})
    return [pytest.param(place, marks=[] if place == middle else [pytest.mark.slow]) for place in chosen]


@contextmanager
def dies_before(commit: int) -> Iterator[None]:
    """Within this, the process is expected to die before its commit number `commit`, counted from 0."""
    done = 0
    append = Store.append

    def dying(self: Store, table: str, frame: pl.DataFrame, *, transaction: str) -> bool:
        nonlocal done
        if done == commit:
            raise Killed
        done += 1
        return append(self, table, frame, transaction=transaction)

    with patch.object(Store, "append", dying), pytest.raises(Killed):
        yield
