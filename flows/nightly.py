"""The flow of every night. Call `flows.prefect_defaults.apply` before this is imported."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from flows.judging import told
from flows.logs import log
from flows.notifying import notify_late
from flows.options import settings_of
from flows.pipeline import Result
from flows.sweeping import sweep
from flows.upkeep import tend
from flows.validate import validate_drop
from schemas.errors import InputError


@flow(name="nightly", validate_parameters=False)
async def nightly() -> dict[str, int]:
    """Judge every complete drop of the inbox that has something new, notify, and do the store's upkeep.

    Settings are those of the process it runs in.

    Raises:
        InputError: once all else is done, if some drops could not be judged, or some of the upkeep not be done.
    """
    settings, swept = settings_of(), datetime.now(UTC)

    async def judge(drop: Path) -> Result:
        result = await validate_drop(drop, settings.store, settings.site_folder, settings.suite, dask=settings.dask)
        if result.row is not None:
            await told(result, settings)
        return result

    found = await sweep(settings, judge)
    done = await asyncio.to_thread(tend, settings, swept)
    for sentence in done.late:
        log("late", message=sentence)
        await notify_late(sentence, settings)
    counts = {**found.counts, **done.counts, "unfinished": done.unfinished}
    log("nightly_done", **counts)
    if failed := [*found.failed, *done.failed]:
        raise InputError(
            f"inbox: expected a night in which all is done, found {len(failed)} that could not be: {'; '.join(failed)}"
        )
    return counts
