"""The service's runner, and what its tasks try again; nothing of Prefect's is started."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from prefect.client.schemas.objects import State
from prefect.runner import Runner
from prefect.states import Failed

from flows import deployments, service, validate
from flows.settings import load_settings
from schemas.errors import BusyError, StoreError


def test_the_service_is_ill_while_its_runner_fails(tmp_path: Path) -> None:
    async def deploy(*_: Any) -> None:
        pass

    async def fail_once_ready() -> bool:
        ready, failed = asyncio.Event(), asyncio.Event()

        async def start(_: Runner) -> None:
            assert ready.is_set()
            failed.set()
            raise PermissionError

        with patch.object(deployments, "deploy", deploy), patch.object(Runner, "start", start):
            running = asyncio.create_task(
                service._run_flows(  # pyright: ignore[reportPrivateUsage] - what serves it starts a server
                    load_settings(store=tmp_path), ready, asyncio.Event()
                )
            )
            await failed.wait()
            await asyncio.sleep(0)
            running.cancel()
        return ready.is_set()

    assert not asyncio.run(fail_once_ready())


@pytest.mark.parametrize(
    "task", [validate.plan_drop, validate.judge_batch, validate.finish], ids=lambda task: task.name
)
def test_a_drop_that_another_run_took_over_is_not_tried_again(task: Any) -> None:
    def tried_again(error: Exception) -> bool:
        state: State[Any] = Failed(data=error)
        return bool(task.retry_condition_fn(task, None, state))

    assert task.retries == 2
    assert tried_again(StoreError("the disk is full"))
    assert not tried_again(BusyError("another run took the drop over"))
