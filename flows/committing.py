"""Commit what was judged: the files of several batches at once, one table after the other, tallies last.

Whoever judges a batch writes its rows to files, which nobody sees; the run commits them. So a run that dies between two
commits leaves batches in some tables and not in others: the next one judges them again, as their tallies are missing,
and adds them only where they are missing, too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Final

from flows.plan import Plan
from schemas.store import Store
from schemas.store_files import File

EVERY: Final = 2.0
"""Seconds from one commit to the next, which takes 30 ms: what a run that dies has to judge again. The first batch is
committed at once."""

LAST: Final = "tallies"
"""The table that tells whether a batch is committed."""

Files = Mapping[str, File | None]
"""What was written of a batch, by table; None for no rows."""


def commit(plan: Plan, store: Store, written: Mapping[int, Files]) -> bool:
    """Commit batches by number; return False where all of them were committed before.

    Raises:
        BusyError: if the store's claim is lost.
        StoreError: if a table can't be written.
    """
    tables = {table for files in written.values() for table in files}
    return [
        store.commit(table, {_transaction(plan, number): files[table] for number, files in written.items()})
        for table in sorted(tables, key=lambda table: (table == LAST, table))
    ][-1]


class Commits:
    """The commits of a run's batches, from any of its threads.

    Args:
        plan: what there is to do.
        store: held by the run.
    """

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan = plan
        self._store = store
        self._waiting: dict[int, Files] = {}
        self._last = -EVERY
        self._lock = Lock()

    def left(self) -> list[int]:
        """The batches that no earlier, interrupted try has committed; the tables for them are made.

        Raises:
            StoreError: if the store can't be read or written.
        """
        transactions = {_transaction(self._plan, number): number for number in range(len(self._plan.batches))}
        missing = self._store.missing(LAST, list(transactions))
        if missing:
            self._store.prepare()
        return [transactions[each] for each in missing]

    def add(self, number: int, files: Files) -> None:
        """Take a batch that was judged, and commit what waits if the last commit was a while ago."""
        with self._lock:
            self._waiting[number] = files
            if time.monotonic() - self._last >= EVERY:
                self._commit()

    def finish(self) -> None:
        """Commit what waits."""
        with self._lock:
            if self._waiting:
                self._commit()

    def _commit(self) -> None:
        commit(self._plan, self._store, self._waiting)
        self._waiting.clear()
        self._last = time.monotonic()


def _transaction(plan: Plan, number: int) -> str:
    return f"{plan.run}:{number}"
