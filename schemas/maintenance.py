"""Upkeep of the store's tables: retention, compaction, vacuum. Each step may die at any moment, and be done again.

Every step is one commit of Delta, or removes files that no version younger than the vacuum's hours needs: whoever reads
or appends meanwhile is not disturbed. What is to be deleted is written down first, in ``forgotten``; what is left of it
is found by looking, so that a deletion that died is finished by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from schemas.columns import FORGETTABLE
from schemas.store import Store
from schemas.store_files import PROPERTIES
from schemas.stored import STORED

TEXTS: Final = ("release", "quarantine", "repairs", "findings")
"""Tables that hold what was said: turns, what repairs changed in them, and the evidence of findings."""

KEPT: Final = ("sources", "waivers", "forgotten")
"""Tables that nothing is deleted from: the ledger, what people decided, and this."""

FILE_BYTES: Final = 64 * 2**20
"""Files smaller than this are put together."""

_RUNS_AT_ONCE: Final = 500
_TRIES: Final = 4
"""Of two who change the same files at once, Delta refuses the second, who has to look again."""


def forget(store: Store, keep: Mapping[str, float | None], now: datetime) -> dict[str, int]:
    """Write down which finished runs are older than is kept, and delete of them what is to be deleted.

    Args:
        store: the store.
        keep: by `schemas.columns.FORGETTABLE`, for how many days after a run it is kept; None keeps it for ever.
        now: the time.

    Returns:
        How many runs were forgotten now, by what of them; and under ``rows``, how many rows were deleted.

    Raises:
        StoreError: if a table can't be read or written.
    """
    finished, before = store.runs(), store.scan("forgotten").collect()
    told: dict[str, int] = dict.fromkeys(FORGETTABLE, 0)
    for what, days in keep.items():
        if days is None:
            continue
        old = finished.filter(pl.col("finished") < now - timedelta(days=days)).join(
            before.filter(pl.col("what") == what), on="run", how="anti"
        )
        if len(old):
            rows = old.select("run", "drop", what=pl.lit(what), at=pl.lit(now, STORED["forgotten"]["at"]))
            names = sha256("".join(sorted(rows["run"])).encode()).hexdigest()
            store.append("forgotten", rows, transaction=f"{what}:{names}")
            told[what] = len(old)
    return told | {"rows": _delete_forgotten(store)}


def compact(store: Store) -> int:
    """Put small files together, and let the logs begin anew; return how many files were replaced.

    Raises:
        StoreError: if a table can't be read or written.
    """

    def one(table: DeltaTable) -> int:
        if any(table.metadata().configuration.get(name) != value for name, value in PROPERTIES.items()):
            table.alter.set_table_properties(PROPERTIES)
        found: dict[str, Any] = table.optimize.compact(target_size=FILE_BYTES)
        table.create_checkpoint()
        table.cleanup_metadata()
        return int(found["numFilesRemoved"])

    return sum(_changed(store, name, one) for name in STORED)


def vacuum(store: Store, hours: float) -> int:
    """Remove the files that no version of the last `hours` needs, those of writes that died too; return how many.

    Raises:
        StoreError: if a table can't be read or written.
    """

    def one(table: DeltaTable) -> int:
        # Delta takes whole hours, and warns of fewer than a week: its own default, longer than our readers need.
        return len(table.vacuum(int(hours), dry_run=False, enforce_retention_duration=False, full=True))

    return sum(_changed(store, name, one) for name in STORED)


def unfinished(store: Store) -> pl.DataFrame:
    """The runs that have committed something, but not their own row: (run, drop), in order of drop."""
    begun = store.scan_begun("tallies").select("run", "drop").unique()
    return begun.join(store.ledger_runs(), on="run", how="anti").sort("drop", "run").collect()


def _delete_forgotten(store: Store) -> int:
    forgotten = store.scan("forgotten").select("run", "what").collect()
    whole = forgotten.filter(pl.col("what") == "run")["run"].unique()
    texts = forgotten.filter(pl.col("what") != "pages")["run"].unique()
    deleted = 0
    for table in STORED:
        names = texts if table in TEXTS else whole
        if table in KEPT or names.is_empty():
            continue
        there = store.scan_begun(table).filter(pl.col("run").is_in(names.implode())).select("run").unique().collect()
        runs = there["run"].sort().to_list()
        for start in range(0, len(runs), _RUNS_AT_ONCE):
            listed = ", ".join(f"'{run}'" for run in runs[start : start + _RUNS_AT_ONCE])

            def one(table: DeltaTable, where: str = f"run IN ({listed})") -> int:
                return int(table.delete(where)["num_deleted_rows"] or 0)

            deleted += _changed(store, table, one)
    return deleted


def _changed(store: Store, name: str, change: Callable[[DeltaTable], int]) -> int:
    for left in reversed(range(_TRIES)):
        with store.told(name):
            table = store.delta(name)
            if table is None:
                return 0
            try:
                return change(table)
            except CommitFailedError:
                if not left:
                    raise
    return 0
