"""What a person sees while bytes are read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def progress(what: str, before: str | None = None) -> Generator[Callable[[int, int], None]]:
    """An observer of bytes done and bytes there are: a bar with rate and time left on a terminal, else nothing.

    The bar says `before` until there is something to observe.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    # Without `before` something is observed soon, and a thread that draws would keep `flows.workers` from forking.
    drawn = before is not None
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=drawn) as bar:
        task = bar.add_task(before or what, total=None)
        yield lambda done, total: bar.update(task, description=what, completed=done, total=total, refresh=not drawn)
