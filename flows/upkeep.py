"""What a night does besides judging: freshness, retention, compaction, vacuum, the site. No Prefect here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from expectations.drop import Drop
from expectations.evaluate_drop import evaluate_drop
from expectations.suite import Suite, load_suite
from flows.finishing import drop_runs
from flows.publishing import publish
from flows.settings import Settings
from schemas.errors import BusyError, TurnproofError
from schemas.maintenance import compact, forget, unfinished, vacuum
from schemas.store import Store

FRESHNESS: Final = "D506"
"""The expectation that only a nightly run can evaluate."""

CLAIM: Final = "upkeep/"
"""What upkeep claims; no drop is named so, as no file is."""

CLAIMS_KEPT: Final = timedelta(days=30)


@dataclass
class Upkeep:
    """What was done.

    Attributes:
        counts: runs forgotten by what of them, rows deleted, files put together and files removed.
        unfinished: how many runs have begun and not ended; judging the drop as it was ends one.
        late: what the freshness of the inbox was found to lack, in sentences.
        failed: a sentence for each step that could not be done.
        busy: whether somebody else does it at this moment.
    """

    counts: dict[str, int] = field(default_factory=dict[str, int])
    unfinished: int = 0
    late: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    busy: bool = False


def tend(settings: Settings, swept: datetime) -> Upkeep:
    """Look whether what should have come has come, keep the tables in order, and publish.

    A step that fails doesn't keep the others from being done.

    Args:
        settings: the store, the site, the suite, and how long what is kept.
        swept: when the inbox was looked through.
    """
    done = Upkeep()
    store = Store(settings.store)

    def forget_what_is_old() -> None:
        keep = {"pages": settings.keep_pages, "turns": settings.keep_turns, "run": settings.keep_runs}
        done.counts |= forget(store, keep, swept)

    def put_together() -> None:
        done.counts["replaced"] = compact(store)

    def remove() -> None:
        done.counts["removed"] = vacuum(store, settings.keep_versions)
        store.leases.tidy(datetime.now(UTC) - CLAIMS_KEPT)

    def look() -> None:
        done.unfinished = len(unfinished(store))
        done.late = late(store, load_suite(settings.suite), swept)

    steps: tuple[Callable[[], object], ...] = (
        look,
        forget_what_is_old,
        lambda: publish(store, settings.site_folder),
        put_together,
        remove,
    )
    try:
        with store.claim(CLAIM):
            for step in steps:
                try:
                    step()
                except TurnproofError as error:
                    done.failed.append(str(error))
    except BusyError:
        done.busy = True
    except TurnproofError as error:
        done.failed.append(str(error))
    return done


def late(store: Store, suite: Suite, swept: datetime) -> list[str]:
    """What the suite's expectation on the freshness of the inbox finds, in sentences."""
    findings = evaluate_drop(Drop("inbox", runs=drop_runs(store), swept=swept), suite).findings
    return [
        f"inbox: {message} ({code})" for code, message in findings.select("code", "message").rows() if code == FRESHNESS
    ]


def lines(done: Upkeep) -> list[str]:
    """What was done, in lines for people."""
    if done.busy:
        return ["upkeep: another process is at it"]
    told = [*done.late]
    counts = done.counts
    for what, said in (("pages", "the pages"), ("turns", "the turns and pages"), ("run", "all but the ledger")):
        if counts.get(what):
            told.append(f"retention: {said} of {counts[what]:,} runs are no longer kept")
    if counts.get("rows"):
        told.append(f"retention: {counts['rows']:,} rows deleted")
    told.append(f"tables: {counts.get('replaced', 0):,} files put together, {counts.get('removed', 0):,} removed")
    if done.unfinished:
        told.append(
            f"runs: {done.unfinished:,} begun and not ended; judging the drop again ends one, if it is as it was"
        )
    return told
