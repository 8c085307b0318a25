"""Watch the inbox, and tell Prefect's server of every drop that is complete."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from watchfiles import Change
from watchfiles import awatch as _awatch  # pyright: ignore[reportUnknownVariableType] - trio's types are not there

from flows.inbox import Inbox
from flows.logs import log
from flows.settings import Settings
from schemas import places
from schemas.errors import TurnproofError
from schemas.files import shown
from schemas.store import Store

STEP: Final = 0.5
"""Seconds between two looks at what is not complete yet."""

RETRY: Final = 5.0
"""Seconds until something that failed is tried again."""


@dataclass
class Watcher:
    """Looks at the inbox when something changes there, when it is told to, and now and then.

    Attributes:
        settings: where the inbox is, and when a drop in it counts as complete.
        emit: tells of a complete drop by its name; what it raises means that it is to be told again.
        apart: seconds that two events about one drop must lie apart, lest the second be taken for an echo of the first.
        well: whether the inbox could be looked at the last time.
        pending: complete drops that were not told yet, with the time when they may be.
    """

    settings: Settings
    emit: Callable[[str], Awaitable[None]]
    apart: float
    well: bool = False
    pending: dict[str, float] = field(default_factory=dict[str, float])
    _emitted: dict[str, float] = field(default_factory=dict[str, float])
    _taken: set[str] = field(default_factory=set[str])
    _nudged: bool = False
    _fresh: bool = True

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.settings.inbox, self.settings.settle)
        self._remote = places.is_remote(self.settings.inbox)

    @property
    def queue(self) -> int:
        """How many drops are there that no run was started for."""
        return len(self.inbox.waiting) + len(self.pending)

    def look_now(self) -> None:
        """Look through the whole inbox at the next opportunity."""
        self._nudged = True

    def take(self, name: str) -> None:
        """Tell of this entry of the inbox, which is known to be complete."""
        self.inbox.trust(name)
        self._taken.add(name)

    async def run(self) -> None:
        """Watch until cancelled; what keeps it from watching is logged, and tried again."""
        while True:
            try:
                await self._watch()
            except (OSError, RuntimeError, TurnproofError) as error:
                self.well = False
                log(
                    "inbox_unwatched", error=type(error).__name__, reason=getattr(error, "strerror", None) or str(error)
                )
                await asyncio.sleep(RETRY)

    async def _watch(self) -> None:
        # What came before the watch began is looked for once it has.
        looked = glanced = -math.inf
        # To look is to list all of an object store's inbox, which is not for nothing.
        pace = max(STEP, self.settings.settle) if self._remote else 0
        signs = _ticks() if self._remote else _changes(self.settings.inbox, self.settings.poll)
        async with aclosing(signs):
            async for changed in signs:
                names: set[str] | None = changed | self._taken
                self._taken, now = set(), time.monotonic()
                if self._nudged or now - looked >= self.settings.looked_every:
                    self._nudged, names, looked = False, None, now
                if names is None or names or (self.inbox.waiting and now - glanced >= pace):
                    glanced = now
                    await self._look(names)
                await self._tell()

    async def _look(self, names: set[str] | None) -> None:
        found = await asyncio.to_thread(self.inbox.look, names)
        self.well = True
        if self._fresh and found:
            found = await asyncio.to_thread(_unjudged, found, self.inbox, Store(self.settings.store))
        self._fresh = False
        for drop in found:
            name = shown(drop.name)
            log("drop_complete", drop=name)
            self.pending[name] = max(time.monotonic(), self._emitted.get(name, 0.0) + self.apart)

    async def _tell(self) -> None:
        now = time.monotonic()
        for name in [name for name, since in self.pending.items() if since <= now]:
            try:
                await self.emit(name)
            except Exception as error:
                # Whatever it is, the drop is told again.
                log("drop_not_told", drop=name, error=type(error).__name__)
                self.pending[name] = time.monotonic() + RETRY
            else:
                del self.pending[name]
                self._emitted[name] = time.monotonic()
        self._emitted = {name: at for name, at in self._emitted.items() if now - at < self.apart}


async def _changes(inbox: Path, poll: bool) -> AsyncGenerator[set[str]]:
    """The names in a folder that something changed under, at least every half second, if only that there are none."""
    watched: AsyncGenerator[set[tuple[Change, str]], None] = _awatch(
        inbox.absolute(),
        watch_filter=None,
        debounce=200,
        step=50,
        rust_timeout=int(STEP * 1000),
        yield_on_timeout=True,
        force_polling=poll,
        poll_delay_ms=1000,
        ignore_permission_denied=True,
    )
    async with aclosing(watched):
        async for changes in watched:
            if not inbox.is_dir():
                raise FileNotFoundError(2, "the inbox has gone", str(inbox))
            yield {name for _, path in changes if (name := _top(path, inbox.absolute()))}


async def _ticks() -> AsyncGenerator[set[str]]:
    """No names, twice a second: an object store tells of nothing."""
    while True:
        yield set()
        await asyncio.sleep(STEP)


def _top(path: str, inbox: Path) -> str | None:
    try:
        parts = Path(path).relative_to(inbox).parts
    except ValueError:
        return None
    return parts[0] if parts else None


def _unjudged(drops: list[Path], inbox: Inbox, store: Store) -> list[Path]:
    """Those that have changed since a run last began on them; what the sums can't tell, the nightly run finds out."""
    begun: dict[str, datetime] = dict(store.runs().group_by("drop").agg(pl.col("started").max()).iter_rows())
    return [
        drop
        for drop in drops
        if (last := begun.get(shown(drop.name))) is None or inbox.changed(drop) >= last.timestamp() * 1e9
    ]
