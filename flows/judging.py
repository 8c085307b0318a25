"""Judge a drop of the inbox, and tell of it. Call `flows.prefect_defaults.apply` before this is imported."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from flows.inbox import drop_named
from flows.logs import log
from flows.notifying import notify
from flows.options import settings_of
from flows.pipeline import Result
from flows.settings import Settings
from flows.validate import validate_drop
from schemas.errors import BusyError, TurnproofError

PATIENCE: Final = 120
"""How often a drop that another run holds is tried again, every five seconds; then it is left to the nightly run."""


async def judge_named(drop: str) -> str:
    """Judge what is new in a drop of the inbox, publish, and notify; settings are those of the process.

    Args:
        drop: its name; nothing outside the inbox can be named.

    Returns:
        The gate, or that there was nothing to do.

    Raises:
        TurnproofError: if it could not be judged.
    """
    settings = settings_of()
    try:
        result = await judged(drop_named(settings.inbox, drop), settings)
    except TurnproofError as error:
        log("drop_not_judged", drop=drop, error=type(error).__name__)
        raise
    return await told(result, settings)


async def judged(drop: Path, settings: Settings) -> Result:
    """Judge a drop; if another run holds it, do so after that one, which may have listed it before the last change.

    Raises:
        TurnproofError: if it could not be judged.
    """
    for attempt in range(PATIENCE):
        try:
            return await validate_drop.fn(
                drop, settings.store, settings.site_folder, settings.suite, dask=settings.dask
            )
        except BusyError:
            if attempt == PATIENCE - 1:
                raise
            await asyncio.sleep(5)
    raise AssertionError


async def told(result: Result, settings: Settings) -> str:
    """Log what became of a drop, notify those who want to know, and return the gate."""
    row = result.row
    if row is None:
        log("drop_known", drop=result.plan.drop, sources=result.plan.found)
        return "nothing to do"
    counts = {
        name: row[name] for name in ("found", "known", "accepted", "repaired", "quarantined", "unreadable", "turns")
    }
    log("drop_judged", drop=result.plan.drop, run=result.plan.run, gate=row["gate"], **counts)
    await notify(result, settings)
    return str(row["gate"])
