"""The flow that looks through the whole inbox. Call `flows.prefect_defaults.apply` before this is imported."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from prefect import flow

from flows.children import end_with_parent
from flows.inbox import Inbox
from flows.logs import log
from flows.options import settings_of
from flows.pipeline import Result
from flows.settings import Settings
from flows.uploads import told
from flows.validate import validate_drop
from schemas.errors import BusyError, InputError, TurnproofError


@dataclass
class Sweep:
    """What became of the drops of an inbox.

    Attributes:
        results: of the drops that were looked into, whether there was anything new or not.
        failed: a sentence for each that could not be judged.
        busy: drops that another run holds.
        waiting: names of drops that were not complete yet.
    """

    results: list[Result] = field(default_factory=list[Result])
    failed: list[str] = field(default_factory=list[str])
    busy: list[Path] = field(default_factory=list[Path])
    waiting: list[str] = field(default_factory=list[str])

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, for people and logs."""
        return {
            "drops": len(self.results),
            "judged": sum(result.row is not None for result in self.results),
            "failed": len(self.failed),
            "busy": len(self.busy),
            "waiting": len(self.waiting),
        }


@flow(name="nightly", validate_parameters=False)
async def nightly() -> dict[str, int]:
    """Judge every complete drop of the inbox that has something new, and notify, by the settings of its process.

    Raises:
        InputError: once the others are judged, if some drops could not be.
    """
    end_with_parent()
    settings = settings_of()
    found = await sweep(settings)
    for result in found.results:
        if result.row is not None:
            await told(result, settings)
    log("nightly_done", **found.counts)
    if found.failed:
        reasons = "; ".join(found.failed)
        raise InputError(
            f"inbox: expected every drop to be judged, found {len(found.failed)} that could not be: {reasons}"
        )
    return found.counts


async def sweep(settings: Settings) -> Sweep:
    """Judge the complete drops of the inbox, one after the other; what was judged before costs its hashing.

    Raises:
        InputError: if there is no inbox.
    """
    found = Sweep()
    for drop in await complete_drops(settings, found):
        try:
            found.results.append(await validate_drop(drop, settings.store, settings.site_folder, settings.suite))
        except BusyError:
            found.busy.append(drop)
        except TurnproofError as error:
            found.failed.append(str(error))
    return found


async def complete_drops(settings: Settings, found: Sweep) -> list[Path]:
    """The complete drops of the inbox; those that may still be changing are given time to settle."""
    inbox = Inbox(settings.inbox, settings.settle)
    drops = await asyncio.to_thread(inbox.look)
    if inbox.waiting:
        await asyncio.sleep(settings.settle)
        drops += await asyncio.to_thread(inbox.look)
    found.waiting = inbox.waiting
    return sorted(drops)
