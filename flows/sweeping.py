"""Sweep the inbox against the ledger: judge each complete drop that has something new, whatever was missed before.

What is judged follows from the drops and the store alone, so that lost events, cancelled runs and crashes heal by
themselves. No Prefect here: the nightly flow and `turnproof nightly` both do it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from flows.inbox import Inbox
from flows.pipeline import Result
from flows.settings import Settings
from schemas.errors import BusyError, TurnproofError


@dataclass
class Sweep:
    """What became of the drops of an inbox.

    Attributes:
        results: of the drops that were looked into, whether there was anything new or not.
        failed: a sentence for each that could not be judged.
        busy: a sentence for each that another run holds.
        waiting: names of drops that were not complete yet.
    """

    results: list[Result] = field(default_factory=list[Result])
    failed: list[str] = field(default_factory=list[str])
    busy: list[str] = field(default_factory=list[str])
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


async def sweep(settings: Settings, judge: Callable[[Path], Awaitable[Result]]) -> Sweep:
    """Judge the complete drops of the inbox, one after the other; what was judged before costs its hashing.

    A drop that can't be judged, for whatever reason, doesn't keep the others from being judged.

    Args:
        settings: where the inbox is, and when drops are complete.
        judge: judges a drop.

    Raises:
        InputError: if there is no inbox.
    """
    found = Sweep()
    for drop in await _complete_drops(settings, found):
        try:
            found.results.append(await judge(drop))
        except BusyError as error:
            found.busy.append(str(error))
        except TurnproofError as error:
            found.failed.append(str(error))
        except Exception as error:
            found.failed.append(
                f"{drop.name}: expected to judge the drop, found {type(error).__name__}; `turnproof run` tells more"
            )
    return found


async def _complete_drops(settings: Settings, found: Sweep) -> list[Path]:
    """The complete drops of the inbox; those that may still be changing are given time to settle."""
    inbox = Inbox(settings.inbox, settings.settle)
    drops = await asyncio.to_thread(inbox.look)
    if inbox.waiting:
        await asyncio.sleep(settings.settle)
        drops += await asyncio.to_thread(inbox.look)
    found.waiting = inbox.waiting
    return sorted(drops)
