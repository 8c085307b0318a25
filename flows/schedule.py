"""See to it that the next nightly run stands in Prefect's schedule, and that the automations are there.

Prefect's scheduler puts it there. Where it doesn't, the nightly run would be missing without a word: with SQLAlchemy
2.1, the one of Prefect 3.8 fails at every scheduled run, and only its log tells.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.server.schemas.schedules import CronSchedule
from prefect.states import Scheduled

from flows.deployments import automate
from flows.logs import log
from flows.settings import Settings

FIRST: Final = 20.0
"""Seconds until the first look; Prefect's scheduler takes one at new deployments every 5."""

EVERY: Final = 90.0
"""Seconds between two looks; it takes one at all deployments every 60."""


async def look_after(settings: Settings, whole: bool) -> None:
    """Look now and then, until cancelled, whether the next nightly run is scheduled, and schedule it if it isn't.

    Args:
        settings: those of the service.
        whole: whether all automations are there; else they are tried again until their blocks are.
    """
    pause = FIRST
    while True:
        await asyncio.sleep(pause)
        pause = EVERY
        try:
            async with get_client() as client:
                await schedule_next(client, settings)
            whole = whole or await automate(settings)
        except Exception as error:
            log("schedule_unseen", error=type(error).__name__)


async def schedule_next(client: PrefectClient, settings: Settings) -> datetime | None:
    """Schedule the next nightly run if none is scheduled; return when, or None where there was nothing to do."""
    deployment = await client.read_deployment_by_name("nightly/nightly")
    there = await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING]))
        ),
        limit=1,
    )
    if there or deployment.paused:
        return None
    cron = CronSchedule(cron=settings.nightly, timezone=settings.timezone)
    (moment,) = await cron.get_dates(1, start=datetime.now(UTC))
    await client.create_flow_run_from_deployment(
        deployment.id, state=Scheduled(scheduled_time=moment), idempotency_key=f"turnproof {moment.isoformat()}"
    )
    log("nightly_scheduled", at=moment.isoformat())
    return moment
