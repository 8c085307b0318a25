"""`turnproof serve`: what keeps it from starting, and what it leaves behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.served import alive, serve, wait


@pytest.mark.slow  # starts the command four times
def test_what_keeps_it_from_starting_is_told_in_a_sentence(tmp_path: Path) -> None:
    missing = serve(tmp_path)
    assert missing.returncode == 2
    assert missing.stderr == (
        f"turnproof: {tmp_path}/inbox: expected an inbox, found no folder there; make it, or set TURNPROOF_INBOX\n"
    )
    (tmp_path / "inbox").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for variable in ("TURNPROOF_PORT", "TURNPROOF_PREFECT_PORT"):
            done = serve(tmp_path, **{variable: port})
            assert done.returncode == 2
            assert done.stderr.startswith(f"turnproof: 127.0.0.1:{port}: expected a free port")
            assert done.stderr.count("\n") == 1
    away = serve(tmp_path, TURNPROOF_HOST="0.0.0.0", TURNPROOF_TOKEN="")
    assert away.stderr.startswith("turnproof: TURNPROOF_HOST: expected a token beside the address 0.0.0.0")


PARENT = """
import os, subprocess, sys, time
from flows.children import PARENT
command = [sys.executable, "-m", "flows.children", "http.server", "--bind", "127.0.0.1", "0"]
child = subprocess.Popen(command, env={**os.environ, PARENT: str(os.getpid())}, start_new_session=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_ends_with_its_parent_however_that_ends() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    child = {int(parent.stdout.readline()): "child"}
    time.sleep(1)
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait(lambda: not alive(child), 10, "the child lives on")
