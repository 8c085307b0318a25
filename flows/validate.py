"""The flow that judges one drop. Call `flows.prefect_defaults.apply` before this is imported."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_link_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from expectations.suite import Suite, load_suite
from flows import pipeline
from flows.plan import Plan
from schemas import places
from schemas.errors import BusyError
from schemas.store import Store

WORKERS = 2
"""Batches judged at once; Polars uses every core within a batch, so more only costs memory."""


def may_pass(_task: object, _run: object, state: State[Any]) -> bool:
    """Whether to try a task again: what failed may pass, but a drop that another run took over stays taken."""
    return not isinstance(state.data, BusyError)


@task(name="plan", retries=2, retry_delay_seconds=1, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
async def plan_drop(drop: Path, store: Store, suite: Suite) -> Plan:
    """List the drop and leave out what was judged before."""
    return await asyncio.to_thread(pipeline.make_plan, drop, store, suite)


@task(name="judge-batch", retries=2, retry_delay_seconds=1, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
async def judge_batch(plan: Plan, number: int, store: Store, suite: Suite) -> bool:
    """Judge and commit one batch; safe to run again."""
    return await asyncio.to_thread(pipeline.judge_batch, plan, number, store, suite)


@task(name="finish", retries=2, retry_delay_seconds=1, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
async def finish(plan: Plan, store: Store, suite: Suite, started: datetime, site: Path) -> pipeline.Result:
    """Commit the run's row and publish the site."""
    return await asyncio.to_thread(pipeline.finish, plan, store, suite, started, site)


@flow(name="validate-drop", flow_run_name="{drop.name}", validate_parameters=False)
async def validate_drop(
    drop: Path,
    store: Path,
    site: Path,
    suite: str = "synthetic",
    repairs: tuple[str, ...] = (),
    form: str | None = None,
) -> pipeline.Result:
    """Judge what is new in a drop, publish the site, and link to the report.

    Args:
        drop: the file or folder.
        store: folder of the store.
        site: folder of the site.
        suite: name of a suite, or path to one.
        repairs: repairs to allow besides the suite's own.
        form: the one format to read the drop with; None tells formats by content.

    Raises:
        TurnproofError: if the drop, the suite or the store can't be worked with, or another run holds the drop.
    """
    policy = load_suite(suite).changed(repairs=repairs, form=form)
    with Store(store).claim(pipeline.drop_name(drop)) as claimed:
        started = datetime.now(UTC)
        plan = await plan_drop(drop, claimed, policy)
        gate = asyncio.Semaphore(WORKERS)

        async def judge_one(number: int) -> bool:
            async with gate:
                return await judge_batch(plan, number, claimed, policy)

        await asyncio.gather(*(judge_one(number) for number in range(len(plan.batches))))
        result = await finish(plan, claimed, policy, started, site)
    await acreate_link_artifact(link=places.link(result.report), link_text="quality report", key="turnproof-report")
    return result
