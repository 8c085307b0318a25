"""The store: Delta tables under one root. Nothing else knows where data lies.

Every append is one commit with an application transaction of its own, so that a batch that was already committed is
not committed again. Rows become visible when the row of their run is there: a run that died halfway shows nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError
from filelock import FileLock, Timeout

from schemas.columns import STORED
from schemas.contracts import validate
from schemas.errors import BusyError, StoreError

_OF_NO_RUN: Final = ("runs", "waivers")
"""Tables whose rows show by themselves."""


class Store:
    """The tables of `schemas.columns.STORED` under the folder `root`, made when first written to.

    Raises:
        StoreError: if `root` exists and is no folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if self.root.exists() and not self.root.is_dir():
            raise StoreError(f"{self.root}: expected a folder for the store, found a file; name another with --store")

    def uri(self, table: str) -> str:
        """Where a table lies; readable by anything that reads Delta."""
        return str(self.root / table)

    def prepare(self) -> None:
        """Make the tables that are missing, so that batches may append to them at once.

        Raises:
            StoreError: if the store can't be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for table, schema in STORED.items():
                if not DeltaTable.is_deltatable(self.uri(table)):
                    write_deltalake(self.uri(table), pl.DataFrame(schema=schema), mode="append")
        except (DeltaError, OSError) as error:
            raise StoreError(f"{self.root}: expected a folder for the store to write to, found {error}") from error

    def holds(self, table: str, transaction: str) -> bool:
        """Whether `transaction` was committed to `table`."""
        with self._told(table):
            uri = self.uri(table)
            return DeltaTable.is_deltatable(uri) and DeltaTable(uri).transaction_version(transaction) is not None

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str) -> bool:
        """Commit `frame` to `table` once; return False where `transaction` is in the table's log already.

        Raises:
            ContractError: if the frame breaks the table's contract; nothing is written.
            StoreError: if the table can't be written.
        """
        if self.holds(table, transaction):
            return False
        kept = validate(table, frame.select(STORED[table].names()))
        with self._told(table):
            commit = CommitProperties(app_transactions=[Transaction(transaction, 1)])
            write_deltalake(self.uri(table), kept, mode="append", schema_mode="merge", commit_properties=commit)
        return True

    def scan_run(self, table: str, run: str) -> pl.LazyFrame:
        """The rows of one run, finished or not; for the run itself. Everybody else uses `scan`."""
        return self._scan_all(table).filter(pl.col("run") == run)

    def scan_runs(self, table: str, runs: Sequence[str]) -> pl.LazyFrame:
        """The rows of several runs, finished or not."""
        return self._scan_all(table).filter(pl.col("run").is_in(runs))

    def scan(self, table: str) -> pl.LazyFrame:
        """The rows of finished runs, with the columns and types of `schemas.columns.STORED`; order is not promised."""
        rows = self._scan_all(table)
        return rows if table in _OF_NO_RUN else rows.join(self._scan_all("runs").select("run"), on="run", how="semi")

    def runs(self) -> pl.DataFrame:
        """The finished runs, oldest first."""
        return self.scan("runs").sort("finished", "run").collect()

    @contextmanager
    def claim(self, drop: str) -> Generator[None]:
        """Hold `drop` while the block runs; the operating system lets go of it if the process dies.

        Raises:
            BusyError: if another run holds it.
        """
        claims = self.root / "claims"
        try:
            claims.mkdir(parents=True, exist_ok=True)
            lock = FileLock(claims / f"{sha256(drop.encode()).hexdigest()[:16]}.lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise BusyError(
                f"{drop}: expected a drop that nobody works on, found another run at it; wait for it"
            ) from None
        except OSError as error:
            raise StoreError(f"{self.root}: expected a folder to write to, found {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _scan_all(self, table: str) -> pl.LazyFrame:
        schema = STORED[table]
        with self._told(table):
            if not DeltaTable.is_deltatable(self.uri(table)):
                return pl.LazyFrame(schema=schema)
            stored = DeltaTable(self.uri(table))
            known = {field.name for field in stored.schema().fields}
            # Delta has no unsigned integers; the casts bring ours back. Earlier versions stored fewer columns.
            return pl.scan_delta(stored).select(
                (pl.col(name) if name in known else pl.lit(None)).cast(kind).alias(name)
                for name, kind in schema.items()
            )

    @contextmanager
    def _told(self, table: str) -> Generator[None]:
        """Turn what goes wrong with a table into one sentence."""
        try:
            yield
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{self.uri(table)}: expected a table to read and write, found {error}; try `turnproof doctor`"
            ) from error
