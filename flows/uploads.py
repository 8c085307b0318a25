"""The flow that judges a drop that has arrived. Call `flows.prefect_defaults.apply` before this is imported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from prefect import flow
from prefect.client.orchestration import get_client

ARRIVED: Final = "turnproof.drop.arrived"
"""The event that a complete drop lies in the inbox."""

DEBOUNCE: Final = timedelta(seconds=10)
"""Events about a drop that follow one within this time start no further run; `flows.watching` holds them back."""


@flow(name="on-upload", flow_run_name="{drop}", validate_parameters=False)
async def on_upload(drop: str) -> str:
    """Judge what is new in a drop of the inbox, publish, and notify.

    Args:
        drop: its name; nothing outside the inbox can be named.

    Returns:
        The gate, or that there was nothing to do.

    Raises:
        TurnproofError: if it could not be judged.
    """
    # Prefect says that a run is running once this module is imported: what takes longer comes after.
    from flows.judging import judge_named  # noqa: PLC0415 - see above

    return await judge_named(drop)


def event_of(drop: str, inbox: str) -> dict[str, Any]:
    """The event that a drop of an inbox, told by its path or address, is complete, as Prefect's server takes it."""
    key = sha256(f"{inbox}\0{drop}".encode()).hexdigest()[:16]
    return {
        "id": str(uuid4()),
        "event": ARRIVED,
        "occurred": datetime.now(UTC).isoformat(),
        "resource": {"prefect.resource.id": f"turnproof.drop.{key}", "prefect.resource.name": drop},
        "payload": {"drop": drop},
    }


async def emit(drop: str, inbox: str) -> None:
    """Tell Prefect's server of a complete drop; whoever calls tries again where that fails.

    Raises:
        httpx.HTTPError: if the server doesn't take it.
    """
    async with get_client() as client:
        response = await client.request("POST", "/events", json=[event_of(drop, inbox)])
        response.raise_for_status()
