"""Leases: who works on a drop, since when, and until when others must leave it alone.

A lease is one small object, ``claims/<digest of the drop>/<number>.json``; the highest number counts. Whoever wants the
drop and finds that lease given back, expired, or of a process known to be dead, creates the next number. Creating is
the one step that must be exclusive, and it is on a disk, on a shared file system and on an object store alike
(``If-None-Match: *``): of many who try, one wins. The holder writes its own object anew now and then, which nobody else
does, so that no compare-and-swap is needed, and local disks have none.

Expiry compares clocks of machines: they should agree within a minute. Where they don't, or where a process sleeps
longer than its lease, it finds a higher number than its own and stops; and the store refuses its commit.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from schemas.errors import BusyError
from schemas.processes import Process, this_process

if TYPE_CHECKING:
    from obstore.store import ObjectStore

DURATION: Final = timedelta(seconds=120)
"""How long a lease counts after it was renewed: so long waits who finds one of a machine that went down."""

RENEWED_EVERY: Final = timedelta(seconds=30)
"""A holder may miss three renewals, as on a busy machine or a slow network."""


@dataclass(frozen=True)
class Lease:
    """A lease that somebody holds; it may be passed on to other processes that work for the holder.

    Attributes:
        drop: what it is on.
        number: higher than that of any earlier lease on it.
        token: tells its holder from everybody else.
    """

    drop: str
    number: int
    token: str


@dataclass(frozen=True)
class _Entry:
    """What stands in a lease's object; ``until`` is None once it was given back."""

    number: int
    token: str
    process: Process
    since: datetime
    until: datetime | None

    @property
    def counts(self) -> bool:
        return self.until is not None and datetime.now(UTC) < self.until and not self.process.is_dead


class Leases:
    """The leases that lie in `objects`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def take(self, drop: str, above: int = 0) -> Lease:
        """Take a lease on `drop` whose number is greater than `above`; whoever takes it must keep it (`kept`).

        Raises:
            BusyError: if somebody else holds it; says who, since when, and until when.
        """
        token = uuid.uuid4().hex
        while True:
            last = self._last(drop)
            if last is not None and last.counts:
                raise BusyError(_told(drop, last))
            lease = Lease(drop, 1 + max(above, 0 if last is None else last.number), token)
            if self._create(lease):
                for path in self._paths(drop):
                    if _number(path) < lease.number:
                        _delete(self._objects, path)
                return lease

    @contextmanager
    def kept(self, lease: Lease) -> Generator[None]:
        """Renew a lease while the block runs, and give it back."""
        since, ended = datetime.now(UTC), Event()
        thread = Thread(target=self._keep_renewing, args=(lease, since, ended), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._give_back(lease, since)

    def check(self, lease: Lease) -> None:
        """Return if `lease` still is the last one on its drop.

        Raises:
            BusyError: if somebody else took the drop over.
        """
        last = self._last(lease.drop)
        if last is None or (last.number, last.token) != (lease.number, lease.token):
            by = "its claim gone" if last is None else f"that {last.process} took it over at {_clock(last.since)}"
            raise BusyError(
                f"{lease.drop}: expected to hold the drop until its run ends, found {by}, as this process had not been "
                "heard of for too long; leave it, or run it again: what was begun is finished"
            )

    def tidy(self, before: datetime) -> None:
        """Remove leases that were given back, or expired, and last written before a time."""
        for listed in self._objects.list().collect():
            if listed["last_modified"] < before:
                _delete(self._objects, listed["path"])

    def _keep_renewing(self, lease: Lease, since: datetime, ended: Event) -> None:
        while not ended.wait(RENEWED_EVERY.total_seconds()):
            # What goes wrong here may be over the next time; a lease that is lost is told by the check before a commit.
            with suppress(Exception):
                self.check(lease)
                self._write(lease, since, datetime.now(UTC) + DURATION)

    def _give_back(self, lease: Lease, since: datetime) -> None:
        with suppress(Exception):
            self.check(lease)
            try:
                self._write(lease, since, None)
            except Exception:
                # Such as a full disk, from which one may remove.
                _delete(self._objects, _path(lease.drop, lease.number))

    def _create(self, lease: Lease) -> bool:
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - only who claims needs it

        since = datetime.now(UTC)
        try:
            self._write(lease, since, since + DURATION, create=True)
        except AlreadyExistsError:
            # A network may fail after the object was written, and the library try again.
            last = self._last(lease.drop)
            return last is not None and last.token == lease.token
        return True

    def _write(self, lease: Lease, since: datetime, until: datetime | None, *, create: bool = False) -> None:
        told = {
            "drop": lease.drop,
            "token": lease.token,
            "process": asdict(this_process()),
            "since": since.isoformat(),
            "until": None if until is None else until.isoformat(),
        }
        data = json.dumps(told, ensure_ascii=False).encode()
        self._objects.put(_path(lease.drop, lease.number), data, mode="create" if create else "overwrite")

    def _last(self, drop: str) -> _Entry | None:
        while (path := max(self._paths(drop), default=None)) is not None:
            try:
                found = self._objects.get(path)
                data, written = bytes(found.bytes()), found.meta["last_modified"]
            except FileNotFoundError:
                continue  # Whoever took the drop over has removed it.
            try:
                told = json.loads(data)
                return _Entry(
                    number=_number(path),
                    token=told["token"],
                    process=Process(**told["process"]),
                    since=datetime.fromisoformat(told["since"]),
                    until=None if told["until"] is None else datetime.fromisoformat(told["until"]),
                )
            except (ValueError, KeyError, TypeError):
                # A machine that went down may leave it empty.
                return _Entry(_number(path), "", Process("an unknown machine", 0, "", 0), written, written + DURATION)
        return None

    def _paths(self, drop: str) -> list[str]:
        return [listed["path"] for listed in self._objects.list(_folder(drop)).collect()]


def _folder(drop: str) -> str:
    return sha256(drop.encode()).hexdigest()[:16]


def _path(drop: str, number: int) -> str:
    return f"{_folder(drop)}/{number:09}.json"


def _number(path: str) -> int:
    return int(path.rpartition("/")[2].removesuffix(".json"))


def _delete(objects: ObjectStore, path: str) -> None:
    with suppress(FileNotFoundError):
        objects.delete(path)


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _told(drop: str, last: _Entry) -> str:
    by = "" if last.until is None else f", or by {_clock(last.until)} if that has died"
    return (
        f"{drop}: expected a drop that nobody works on, found {last.process} at it since {_clock(last.since)}; "
        f"wait for it: the drop is free when that process is done{by}"
    )
