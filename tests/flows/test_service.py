"""`turnproof serve`, with everything it starts: one service for all, as Prefect's server costs 20 s."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FIRST_SEED, ROOT, SEEDS
from tests.flows.healing import a_run_that_was_killed_is_told, what_was_lost_is_judged_by_the_night
from tests.flows.served import TOKEN, Listener, Served, alive, ask, serve, talk, wait


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "early.txt").write_text(talk("Early"))
    # In the temporary folder, where Prefect keeps things by default, another user was there first.
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "runner_storage").touch()
    settings = {"TURNPROOF_NOTIFY": "webhook/team", "TURNPROOF_URL": "https://judge.example"}
    found = Served(tmp_path, {**settings, "TMPDIR": str(tmp_path / "tmp")})
    found.start()
    yield found
    children = found.descendants()
    assert found.stop() == 0
    wait(lambda: not alive(children), 30, f"something lives on: {alive(children)}")


@pytest.mark.longest
@pytest.mark.slow  # starts Prefect's server, and judges drops in six processes, 3 s of work each
def test_drops_become_pages(service: Served, listener: Listener) -> None:
    make_block(service, listener.url)
    a_second_service_says_why_it_does_not_start(service)
    # What came while the service was down is judged when it starts.
    service.logged("drop_judged drop=early.txt .*gate=passed")
    a_file_becomes_a_page_and_three_events_one_run(service)
    an_upload_is_judged_and_told_without_its_text(service, listener)
    a_run_that_was_killed_is_told(service, listener)
    what_was_lost_is_judged_by_the_night(service)


def make_block(service: Served, url: str) -> None:
    """As somebody would on Prefect's pages."""
    service.logged("block_missing block=webhook/team")
    kind = ask(f"{service.api}/block_types/slug/webhook")["id"]
    (schema, *_) = ask(f"{service.api}/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})
    document = {"name": "team", "data": {"url": url}, "block_type_id": kind, "block_schema_id": schema["id"]}
    ask(f"{service.api}/block_documents/", document)


def a_second_service_says_why_it_does_not_start(service: Served) -> None:
    again = serve(service.folder)
    assert again.returncode == 2
    assert re.fullmatch(
        r"turnproof: \S+/store: expected a store that no service works on, found one at work; stop it, or name another\n",
        again.stderr,
    )


def a_file_becomes_a_page_and_three_events_one_run(service: Served) -> None:
    inbox = service.folder / "inbox"
    (inbox / "arrived.txt.part").write_text(talk("Arrived"))
    time.sleep(0.5)
    (inbox / "arrived.txt.part").rename(inbox / "arrived.txt")
    service.logged("drop_complete drop=arrived.txt", 60)
    event = wait(lambda: events(service, "arrived.txt") or None, 60, "no event")[0]
    again = {name: event[name] for name in ("event", "resource", "payload", "occurred")}
    for number in range(2):
        ask(f"{service.api}/events", [{**again, "id": f"00000000-0000-4000-8000-00000000000{number}"}])
    service.logged("drop_judged drop=arrived.txt .*gate=passed")
    assert "arrived.txt" in ask(f"{service.site}/")
    # Prefect's server writes events down a little later.
    wait(lambda: len(events(service, "arrived.txt")) == 3, 30, "it does not know of three events")
    assert len(service.runs(name="arrived.txt")) == 1


def events(service: Served, drop: str) -> list[dict[str, object]]:
    criteria = {"event": {"name": ["turnproof.drop.arrived"]}, "occurred": {"since": "2020-01-01T00:00:00Z"}}
    found = ask(f"{service.api}/events/filter", {"filter": criteria})["events"]
    return [each for each in found if each["payload"]["drop"] == drop]


def an_upload_is_judged_and_told_without_its_text(service: Served, listener: Listener) -> None:
    seed = (SEEDS / FIRST_SEED).read_bytes()
    ask(f"{service.site}/drops?name=seed.txt", seed, Authorization=f"Bearer {TOKEN}")
    (told,) = wait(lambda: listener.heard or None, 400, service.log)
    found = json.loads(told)
    assert re.fullmatch(r"https://judge\.example/runs/[0-9a-f]{16}/index\.html", found.pop("link"))
    assert re.fullmatch("[0-9a-f]{16}", found.pop("run"))
    assert found == {
        "drop": "seed.txt",
        "gate": "failed",
        "found": 1,
        "accepted": 0,
        "repaired": 0,
        "quarantined": 1,
        "unreadable": 0,
        "transcripts": 1,
        "turns": 50,
    }
    words = re.findall(r"[a-z']+", seed.decode().lower())
    phrases = {" ".join(words[place : place + 3]) for place in range(len(words) - 2)}
    kept = [path.read_bytes().lower() for path in (service.folder / "store" / "service").rglob("*") if path.is_file()]
    said = [told.lower(), service.log.encode().lower(), service.out.encode().lower()]
    assert not any(b"bully" in each or b"what it's like" in each for each in (*kept, *said))
    assert not [phrase for phrase in phrases if any(phrase.encode() in each for each in said)]


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
