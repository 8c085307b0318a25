"""Runs that die: the end of a process stood for by an exception, before a commit of one's choice.

Each batch is committed by itself, as it is where batches take long.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from flows import committing
from schemas.store import Store
from schemas.store_files import File

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
    really = Store.commit

    def dying(self: Store, table: str, files: Mapping[str, File | None]) -> bool:
        nonlocal done
        if done == commit:
            raise Killed
        done += 1
        return really(self, table, files)

    with patch.object(Store, "commit", dying), patch.object(committing, "EVERY", 0), pytest.raises(Killed):
        yield
