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
from flows.committing import Files
from flows.crew import Judge, known
from flows.plan import Plan
from flows.scale import judge_batches, unseen
from schemas import places
from schemas.errors import BusyError
from schemas.store import Store


def may_pass(_task: object, _run: object, state: State[Any]) -> bool:
    """Whether to try a task again: what failed may pass, but a drop that another run took over stays taken."""
    return not isinstance(state.data, BusyError)


@task(name="plan", retries=2, retry_delay_seconds=1, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
async def plan_drop(drop: Path, store: Store, suite: Suite) -> Plan:
    """List the drop and leave out what was judged before."""
    return await asyncio.to_thread(pipeline.make_plan, drop, store, suite)


@task(name="judge-batch", retries=2, retry_delay_seconds=1, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
async def judge_batch(plan: Plan, number: int, store: Store, suite: Suite, by: Judge | None = None) -> Files:
    """Have one batch judged, by processes of the crew or here; safe to do again, even while it is done elsewhere."""
    if by is not None:
        return await by(plan, number, store, suite)
    return await asyncio.to_thread(pipeline.judge_batch, plan, number, store, known(suite))


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
    dask: str | None = None,
) -> pipeline.Result:
    """Judge what is new in a drop, publish the site, and link to the report.

    Args:
        drop: the file or folder.
        store: folder of the store.
        site: folder of the site.
        suite: name of a suite, or path to one.
        repairs: repairs to allow besides the suite's own.
        form: the one format to read the drop with; None tells formats by content.
        dask: who judges batches: None or 0 processes of this machine, a number so many worker processes of Dask, an
            address the workers of the scheduler there.

    Raises:
        TurnproofError: if the drop, the suite or the store can't be worked with, or another run holds the drop.
    """
    # Dask's workers have folders of their own.
    drop, store, site = map(places.absolute, (drop, store, site))
    policy = load_suite(suite).changed(repairs=repairs, form=form)
    with Store(store).claim(pipeline.drop_name(drop)) as claimed:
        started = datetime.now(UTC)
        plan = await plan_drop(drop, claimed, unseen(policy))
        await judge_batches(judge_batch, plan, claimed, policy, dask)
        result = await finish(unseen(plan), claimed, unseen(policy), started, site)
    await acreate_link_artifact(link=places.link(result.report), link_text="quality report", key="turnproof-report")
    return result
