"""The flow on Prefect's real embedded server, as a newcomer starts it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.processes import this_process
from schemas.store import Store
from tests.conftest import FIRST_SEED, ROOT, SECOND_SEED


def turnproof(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    environment |= {"PREFECT_HOME": str(home / "prefect"), "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    command = [sys.executable, "-m", "flows", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=170)


def verdicts(store: Path) -> list[tuple[str, str, int]]:
    frame = Store(store).scan("transcripts").sort("transcript").collect()
    return frame.select("transcript", "verdict", "released_turns").rows()


@pytest.mark.longest
@pytest.mark.slow  # Prefect's embedded server takes some 20 s to start, five times.
def test_run_on_the_seeds(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = turnproof(tmp_path, "run", "seeds", "--store", str(store))
    assert first.returncode == 0, first.stderr
    assert verdicts(store) == [(FIRST_SEED, "quarantined", 0), (SECOND_SEED, "repaired", 48)]
    report = Path(first.stdout.splitlines()[-1].removeprefix("Report: "))
    assert report.is_file()
    assert "C402 C404" in first.stdout
    # Prefect's own output is tamed, and no transcript's text is in ours.
    assert first.stderr == ""
    assert "what it's like" not in first.stdout
    tables = {path: path.stat().st_mtime_ns for path in store.rglob("*.parquet")}
    second = turnproof(tmp_path, "run", "seeds", "--store", str(store))
    assert second.returncode == 0, second.stderr
    assert "nothing to do, all 2 sources were judged before" in second.stdout
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*.parquet")} == tables
    with Store(store).claim("seeds"):
        held = turnproof(tmp_path, "run", "seeds", "--store", str(store))
    assert held.returncode == 0
    assert re.fullmatch(
        rf"turnproof: seeds: expected a drop that nobody works on, found {this_process()} at it since .+ UTC; wait for "
        r"it: the drop is free when that process is done, or by .+ UTC if that has died\n",
        held.stderr,
    )
    other = tmp_path / "other"
    third = turnproof(tmp_path, "run", "seeds", "--store", str(other), "--repair", "strip_note")
    assert third.returncode == 0, third.stderr
    assert verdicts(other) == [(FIRST_SEED, "repaired", 48), (SECOND_SEED, "repaired", 48)]
    artifacts = subprocess.run(
        [sys.executable, "-c", _ARTIFACTS],
        capture_output=True,
        text=True,
        env={**os.environ, "PREFECT_HOME": str(tmp_path / "prefect"), "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=170,
    )
    kept = [path.read_bytes() for path in (tmp_path / "prefect").rglob("*") if path.is_file()]
    assert any(SECOND_SEED.encode() in data or b"validate-drop" in data for data in kept)
    assert not any(b"what it's like" in data or b"bully" in data for data in kept)
    links = json.loads(artifacts.stdout.splitlines()[-1])
    assert len(links) == 3
    assert all(re.search(r"\(file:///.*\.html\)", link) for link in links)


_ARTIFACTS = """
import asyncio, json
from flows import prefect_defaults
prefect_defaults.apply()
from prefect.client.orchestration import get_client
async def read():
    async with get_client() as client:
        found = await client.read_artifacts()
        return [artifact.data for artifact in found if artifact.key == "turnproof-report"]
print(json.dumps(asyncio.run(read())))
"""
