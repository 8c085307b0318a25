"""The store: Delta tables under one root, on disk or in an object store. Nothing else knows where data lies.

What is committed has an application transaction of its own, so that a batch that was already committed is not
committed again, alone or together with others: of two who commit the same one at once, Delta itself refuses the second.
Rows become visible when the row of their run is there: a run that died halfway shows nothing.

Who works on a drop claims it, and gets a store whose commits are refused once the claim is lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction
from obstore.exceptions import BaseError

from schemas import places
from schemas.contracts import validate
from schemas.errors import StoreError
from schemas.leases import Lease, Leases
from schemas.refused_requests import reason
from schemas.store_files import PROPERTIES, File, added, write_file
from schemas.stored import STORED

_OF_NO_RUN: Final = ("runs", "waivers", "forgotten")
"""Tables whose rows show by themselves."""

_TRIES: Final = 4


class Store:
    """The tables of `schemas.stored.STORED` under the folder `root`, made when first written to.

    Args:
        root: the folder, or its address in an object store.
        lease: the claim under which everything is committed; made by `claim`.

    Raises:
        StoreError: if `root` exists and is no folder.
    """

    def __init__(self, root: str | Path, lease: Lease | None = None) -> None:
        self.root = Path(root)
        self.lease = lease
        self.remote = places.is_remote(self.root)
        if not self.remote and self.root.exists() and not self.root.is_dir():
            raise StoreError(f"{self.root}: expected a folder for the store, found a file; name another with --store")

    def uri(self, table: str) -> str:
        """Where a table lies; readable by anything that reads Delta."""
        return places.told(self.root / table)

    @property
    def options(self) -> dict[str, str] | None:
        """What else Delta needs to know to open a table; it may hold secrets."""
        if not self.remote:
            return None
        retries = {"max_retries": str(places.RETRIES), "retry_timeout": f"{places.RETRIED.seconds}s"}
        return places.environment() | retries

    @property
    def exists(self) -> bool:
        """Whether anything was ever judged into it.

        Raises:
            StoreError: if that can't be told.
        """
        with self.told("runs"):
            return self.delta("runs") is not None

    def delta(self, table: str) -> DeltaTable | None:
        """A table as Delta has it now, for upkeep; None where it was not made yet."""
        uri = self.uri(table)
        known = DeltaTable.is_deltatable(uri, self.options)
        return DeltaTable(uri, storage_options=self.options) if known else None

    def prepare(self) -> None:
        """Make the tables that are missing, so that batches may append to them at once.

        Raises:
            StoreError: if the store can't be written.
        """
        try:
            if not self.remote:
                self.root.mkdir(parents=True, exist_ok=True)
            for table in STORED:
                self._made(table)
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"{places.told(self.root)}: expected a folder for the store to write to, found {self._reason(error)}"
            ) from error

    def holds(self, table: str, transaction: str) -> bool:
        """Whether `transaction` was committed to `table`."""
        return not self.missing(table, [transaction])

    def missing(self, table: str, transactions: Sequence[str]) -> list[str]:
        """Those of `transactions` that were not committed to `table`."""
        with self.told(table):
            return _missing(self.delta(table), transactions)

    def write(self, table: str, frame: pl.DataFrame) -> File | None:
        """Write rows to a file of `table` that nobody sees until it is committed; None where there are none.

        Raises:
            ContractError: if the frame breaks the table's contract; nothing is written.
            StoreError: if the file can't be written.
        """
        kept = validate(table, frame.select(STORED[table].names()))
        with self.told(table):
            return write_file(self.root / table, kept)

    def commit(self, table: str, files: Mapping[str, File | None]) -> bool:
        """Commit files to `table` at once, each once; return False where all transactions are in its log already.

        Args:
            table: the table.
            files: what `write` gave, by transaction.

        Raises:
            BusyError: if the store's claim is lost; nothing is committed.
            StoreError: if the table can't be written.
        """
        with self.told(table):
            for tries in reversed(range(_TRIES)):
                # The claim is looked at last, and Delta refuses what was committed since the table was opened.
                opened = self._made(table)
                if not (left := _missing(opened, files)):
                    break
                actions: list[AddAction | RemoveAction] = [added(file) for each in left if (file := files[each])]
                commit = CommitProperties(app_transactions=self._transactions(table, left))
                try:
                    opened.create_write_transaction(actions, "append", opened.schema(), commit_properties=commit)
                except CommitFailedError:
                    # Somebody else may have committed some of them, or made the table, just now.
                    if not tries:
                        raise
                else:
                    return True
        return False

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str) -> bool:
        """Write and commit `frame` once; return False where `transaction` is in the table's log already.

        Raises:
            BusyError: if the store's claim is lost; nothing is committed.
            ContractError: if the frame breaks the table's contract; nothing is written.
            StoreError: if the table can't be written.
        """
        return not self.holds(table, transaction) and self.commit(table, {transaction: self.write(table, frame)})

    def scan_run(self, table: str, run: str) -> pl.LazyFrame:
        """The rows of one run, finished or not; for the run itself. Everybody else uses `scan`."""
        return self._scan_all(table).filter(pl.col("run") == run)

    def scan_runs(self, table: str, runs: Sequence[str]) -> pl.LazyFrame:
        """The rows of several runs, finished or not."""
        return self._scan_all(table).filter(pl.col("run").is_in(runs))

    def scan(self, table: str) -> pl.LazyFrame:
        """The rows of finished runs, with the columns and types of `schemas.stored.STORED`; order is not promised."""
        rows = self._scan_all(table)
        return rows if table in _OF_NO_RUN else rows.join(self._scan_all("runs").select("run"), on="run", how="semi")

    def runs(self) -> pl.DataFrame:
        """The finished runs, oldest first."""
        return self.scan("runs").sort("finished", "run").collect()

    def ledger(self) -> pl.LazyFrame:
        """The sources that were judged by finished runs, those of forgotten runs among them; there may be millions."""
        return self._scan_all("sources").join(self.ledger_runs(), on="run", how="semi")

    def ledger_runs(self) -> pl.LazyFrame:
        """The ids of all runs that were ever finished."""
        return pl.concat([self._scan_all(table).select("run") for table in ("runs", "forgotten")]).unique()

    def scan_begun(self, table: str) -> pl.LazyFrame:
        """The rows of all runs, finished or not; for upkeep."""
        return self._scan_all(table)

    @contextmanager
    def claim(self, drop: str) -> Generator[Store]:
        """Hold `drop` while the block runs, and give a store that commits only as long as it is held.

        Raises:
            BusyError: if another run holds it; says who, since when, and until when.
            StoreError: if the store can't be written.
        """
        with self.told("runs"):
            finished = _version(self.delta("runs"), _fence(drop)) or 0
        try:
            lease = self.leases.take(drop, above=finished)
        except (BaseError, OSError) as error:
            raise StoreError(
                f"{places.told(self.root)}: expected a folder to write to, found {self._reason(error)}"
            ) from error
        with self.leases.kept(lease):
            yield Store(self.root, lease)

    def _transactions(self, table: str, names: Sequence[str]) -> list[Transaction]:
        """The application transactions of a commit; the claim is looked at.

        Raises:
            BusyError: if it is lost.
        """
        found = [Transaction(name, 1, time.time_ns() // 1_000_000) for name in names]
        if self.lease is not None:
            self.leases.check(self.lease)
            if table == "runs":
                # Two holders, one of whom has lost the drop, never both finish a run: it stays for ever.
                found.append(Transaction(_fence(self.lease.drop), self.lease.number))
        return found

    def _made(self, table: str) -> DeltaTable:
        """A table, made where there is none, with all its columns where an earlier version made it with fewer."""
        schema, opened = STORED[table], self.delta(table)
        if opened is None:
            try:
                empty = pl.DataFrame(schema=schema)
                write_deltalake(
                    self.uri(table), empty, mode="error", configuration=PROPERTIES, storage_options=self.options
                )
            except DeltaError:
                # Somebody else may have made it just now.
                if self.delta(table) is None:
                    raise
            return DeltaTable(self.uri(table), storage_options=self.options)
        known = {field.name for field in opened.schema().fields}
        if new := [name for name in schema if name not in known]:
            opened.alter.add_columns(Schema.from_arrow(pl.Schema({name: schema[name] for name in new})).fields)
        return opened

    def _scan_all(self, table: str) -> pl.LazyFrame:
        schema = STORED[table]
        with self.told(table):
            opened = self.delta(table)
            if opened is None:
                return pl.LazyFrame(schema=schema)
            known = {field.name for field in opened.schema().fields}
            # Polars takes Delta's options, too, but this one as a number.
            access = places.environment() | {"max_retries": places.RETRIES} if self.remote else None
            # Delta has no unsigned integers; the casts bring ours back. Earlier versions stored fewer columns.
            return pl.scan_delta(opened, storage_options=access, credential_provider=None).select(
                (pl.col(name) if name in known else pl.lit(None)).cast(kind).alias(name)
                for name, kind in schema.items()
            )

    @property
    def leases(self) -> Leases:
        """The claims on drops."""
        return Leases(places.objects(self.root / "claims"))

    @contextmanager
    def told(self, table: str) -> Generator[None]:
        """Turn what goes wrong with a table into one sentence."""
        try:
            yield
        except (DeltaError, BaseError, OSError) as error:
            raise StoreError(
                f"{self.uri(table)}: expected a table to read and write, found {self._reason(error)}"
            ) from error

    def _reason(self, error: Exception) -> str:
        """What is wrong, and what to do; the libraries beneath add pages of their insides to it."""
        if self.remote:
            return reason(error)
        # Where obstore tells a chain of causes, a line each after an arrow, the last one says it, such as a full disk.
        causes = re.findall(r"↳\S* +(.+)", str(error))
        found = causes[-1] if causes else str(error).partition("\n")[0]
        return f"{found}; mend that, or name another with --store"


def _version(table: DeltaTable | None, transaction: str) -> int | None:
    return None if table is None else table.transaction_version(transaction)


def _missing(table: DeltaTable | None, transactions: Iterable[str]) -> list[str]:
    return [each for each in transactions if _version(table, each) is None]


def _fence(drop: str) -> str:
    """The application transaction of ``runs`` that has the number of the claim under which a run was finished."""
    return f"claim:{sha256(drop.encode()).hexdigest()[:16]}"
