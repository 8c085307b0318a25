"""The deployments `nightly` and `on-upload`, and the automations around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, Final

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events import DeploymentEventTrigger, EventTrigger, Posture
from prefect.events.actions import Action, CallWebhook, ChangeFlowRunState, SendNotification
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.logs import log
from flows.nightly import nightly
from flows.settings import Settings
from flows.uploads import ARRIVED, DEBOUNCE, on_upload

HEARTBEAT: Final = 30
"""Seconds between two signs of life of a run."""

LOST: Final = timedelta(seconds=3 * HEARTBEAT)
"""A run without a sign of life for so long is dead."""

EVERY: Final = 90.0
"""Seconds between two looks whether the blocks are there by now."""

OURS: Final = ResourceSpecification(
    {"prefect.resource.role": "flow", "prefect.resource.name": ["nightly", "on-upload"]}
)


async def deploy(runner: Runner, settings: Settings) -> None:
    """Make or refresh both deployments, and let `runner` run them."""
    await runner.aadd_flow(
        nightly,
        name="nightly",
        schedule=Cron(settings.nightly, timezone=settings.timezone),
        description="Judges what is new in the inbox, whatever was missed before.",
        concurrency_limit=1,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    await runner.aadd_flow(
        on_upload,
        name="on-upload",
        triggers=[trigger()],
        description="Judges a drop that has arrived.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def trigger() -> DeploymentEventTrigger:
    """Starts a run for the first of several events about one drop."""
    return DeploymentEventTrigger(
        name="turnproof: a drop has arrived",
        expect={ARRIVED},
        match=ResourceSpecification({"prefect.resource.id": "turnproof.drop.*"}),
        for_each={"prefect.resource.id"},
        threshold=1,
        within=DEBOUNCE,
        parameters={"drop": "{{ event.payload.drop }}"},
    )


async def waiting() -> int:
    """How many runs for drops that have arrived were not begun yet; 0 where Prefect's server doesn't answer."""
    flow = {"name": {"any_": [on_upload.name]}}
    runs = {"state": {"type": {"any_": [StateType.SCHEDULED, StateType.PENDING]}}}
    try:
        async with get_client() as client:
            answer = await client.request("POST", "/flow_runs/count", json={"flows": flow, "flow_runs": runs})
            answer.raise_for_status()
            return int(answer.json())
    except Exception:
        # Whatever it is, /healthz tells of it.
        return 0


async def keep_automating(settings: Settings, whole: bool) -> None:
    """Try again now and then, until cancelled, to make the automations that are missing; `whole`: whether none is."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            whole = whole or await automate(settings)
        except Exception as error:
            log("automations_unmade", error=type(error).__name__)


async def automate(settings: Settings) -> bool:
    """Make or refresh the automations: runs that died are marked as crashed, failures are told to the blocks.

    Returns:
        Whether all of these blocks are there.
    """
    alive = "prefect.flow-run.heartbeat"
    ends = {f"prefect.flow-run.{name}" for name in ("Completed", "Failed", "Cancelled", "Crashed")}
    await _install(
        Automation(
            name="turnproof: runs that died",
            description="Marks a run as crashed that has given no sign of life for a while.",
            trigger=EventTrigger(
                # A run may die before its first sign of life.
                after={alive, "prefect.flow-run.Running"},
                expect={alive, *ends},
                match_related=OURS,
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=LOST,
            ),
            actions=[
                ChangeFlowRunState(
                    name=None, state=StateType.CRASHED, message="no sign of life; the next run finishes it", force=False
                )
            ],
        )
    )
    actions: list[Any] = [action async for action in _tellings(settings)]
    if actions:
        failed = EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match_related=OURS,
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        )
        await _install(Automation(name="turnproof: runs that failed", trigger=failed, actions=actions))
    return len(actions) == len(settings.notify)


async def _tellings(settings: Settings) -> AsyncGenerator[Action]:
    """What tells the blocks of the setting `notify` that a run has failed."""
    async with get_client() as client:
        for name in settings.notify:
            kind, _, own = name.partition("/")
            try:
                block = (await client.read_block_document_by_name(own, kind)).id
            except ObjectNotFound:
                log("block_missing", block=name)
                continue
            if kind == "webhook":
                payload = (
                    '{"run": {{ flow_run.name | tojson }}, "state": {{ flow_run.state.name | tojson }}, '
                    '"link": {{ flow_run | ui_url | tojson }}}'
                )
                yield CallWebhook(block_document_id=block, payload=payload)
            else:
                told = "{{ flow.name }} {{ flow_run.name }}: {{ flow_run.state.name }}\n{{ flow_run | ui_url }}"
                yield SendNotification(block_document_id=block, subject="Turnproof: a run failed", body=told)


async def _install(automation: Automation) -> None:
    try:
        there = await Automation.aread(name=automation.name)
    except ValueError:
        await automation.acreate()
        return
    automation.id = there.id
    await automation.aupdate()
