"""Tell people of a drop through Prefect's blocks: its name, its gate, counts, and where its page is; never text."""

from __future__ import annotations

from typing import Any, Final

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.blocks.webhook import Webhook

from flows.logs import log
from flows.pipeline import Result
from flows.settings import Settings
from reports.visible import shortened, visible_line
from schemas import places

COUNTS: Final = ("found", "accepted", "repaired", "quarantined", "unreadable", "transcripts", "turns")


def message(result: Result, settings: Settings) -> dict[str, Any]:
    """What is told of a judged drop."""
    row = result.row or {}
    page = result.report.relative_to(settings.site_folder).as_posix()
    return {
        "drop": shortened(visible_line(result.plan.drop), 200),
        "gate": row["gate"],
        "run": result.plan.run,
        **{name: row[name] for name in COUNTS},
        "link": f"{settings.url.rstrip('/')}/{page}" if settings.url else places.link(result.report),
    }


async def notify(result: Result, settings: Settings) -> None:
    """Tell every block of the setting `notify`, if the gate is one of `notify_on`.

    A block that can't be told is logged: the drop is judged, whoever hears of it.
    """
    if result.row is None or result.row["gate"] not in settings.notify_on:
        return
    facts = message(result, settings)
    counts = ", ".join(f"{facts[name]:,} {name}" for name in COUNTS)
    # What Slack and its like take for commands is written as HTML writes it, which they show as it was.
    drop = facts["drop"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    await _tell_all(settings, facts, f"Turnproof: {drop}: gate {facts['gate']}", f"{counts}\n{facts['link']}")


async def notify_late(sentence: str, settings: Settings) -> None:
    """Tell every block of the setting `notify` that what should have come has not."""
    await _tell_all(settings, {"drop": "inbox", "late": sentence}, "Turnproof: nothing new has arrived", sentence)


async def _tell_all(settings: Settings, facts: dict[str, Any], subject: str, body: str) -> None:
    for name in settings.notify:
        try:
            await _tell(await Block.aload(name), facts, subject, body)
        except Exception as error:
            # Blocks raise whatever their libraries raise.
            log("notification_failed", block=name, drop=facts["drop"], error=type(error).__name__)


async def _tell(block: Block, facts: dict[str, Any], subject: str, body: str) -> None:
    if isinstance(block, Webhook):
        (await block.call(facts)).raise_for_status()
    elif isinstance(block, NotificationBlock):
        with block.raise_on_failure():
            await block.notify(body, subject)
    else:
        raise TypeError(f"{type(block).__name__} takes no notifications")
