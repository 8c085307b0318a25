"""Leases: one holder at a time, whoever asks and from wherever; nobody blocks others for long by dying."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from deltalake import DeltaTable
from obstore.store import LocalStore, MemoryStore, ObjectStore

from schemas import leases
from schemas.errors import BusyError
from schemas.leases import Leases
from schemas.processes import Process, this_process
from schemas.store import Store
from tests.conftest import ROOT
from tests.schemas.test_store import RUN, run_row


@pytest.fixture(params=["disk", "objects"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return LocalStore(tmp_path) if request.param == "disk" else MemoryStore()


def entries(objects: ObjectStore) -> list[str]:
    return sorted(listed["path"].rpartition("/")[2] for listed in objects.list().collect())


def change(objects: ObjectStore, **values: Any) -> None:
    """Rewrite the one lease there is."""
    (listed,) = objects.list().collect()
    told = json.loads(bytes(objects.get(listed["path"]).bytes()))
    objects.put(listed["path"], json.dumps(told | values).encode())


def at(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


ELSEWHERE = {"host": "far", "pid": 7, "machine": "another boot", "begun": 1}


def test_one_holds_it_and_the_other_is_told_who_and_since_when(objects: ObjectStore) -> None:
    first, second = Leases(objects), Leases(objects)
    lease = first.take("drop")
    with first.kept(lease):
        told = rf"drop: expected a drop that nobody works on, found {this_process()} at it since 20..-..-.. ..:.. UTC;"
        with pytest.raises(BusyError, match=told):
            second.take("drop")
        assert second.take("other drop").number == 1
        first.check(lease)
    taken = second.take("drop")
    assert taken.number == 2
    with pytest.raises(BusyError, match="took it over at"):
        first.check(lease)
    # What it replaced is gone, and the other drop's is there.
    assert entries(objects) == ["000000001.json", "000000002.json"]


def test_of_many_who_want_it_at_once_one_gets_it(objects: ObjectStore) -> None:
    def wants(_: int) -> bool:
        try:
            Leases(objects).take("drop")
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(wants, range(64))) == 1


@pytest.mark.parametrize(
    ("process", "seconds", "free"),
    [
        (ELSEWHERE, 60, False),
        (ELSEWHERE, -1, True),
        (ELSEWHERE, None, True),
        # This process is alive; one of its number that began at another time is not.
        ({}, 60, False),
        ({"begun": 1}, 60, True),
        ({"pid": 2**30}, 60, True),
        # The number of a process counts within its container.
        ({"pid": 2**30, "machine": "another"}, 60, False),
    ],
)
def test_who_died_is_replaced(process: dict[str, Any], seconds: float | None, free: bool, objects: ObjectStore) -> None:
    if not this_process().machine:
        pytest.skip("only Linux tells which process is alive")
    lease = Leases(objects).take("drop")
    until = None if seconds is None else at(seconds=seconds)
    change(objects, process=vars(this_process()) | process, until=until)
    if free:
        assert Leases(objects).take("drop").number == lease.number + 1
        assert len(entries(objects)) == 1
    else:
        with pytest.raises(BusyError):
            Leases(objects).take("drop")


def test_what_can_not_be_read_counts_for_as_long_as_a_new_one(objects: ObjectStore) -> None:
    Leases(objects).take("drop")
    (listed,) = objects.list().collect()
    objects.put(listed["path"], b"")
    with pytest.raises(BusyError, match="an unknown machine"):
        Leases(objects).take("drop")
    with patch.object(leases, "DURATION", timedelta(seconds=-1)):
        assert Leases(objects).take("drop").number == 2


def test_a_lease_is_renewed_while_it_is_held(objects: ObjectStore) -> None:
    with (
        patch.object(leases, "DURATION", timedelta(seconds=0.5)),
        patch.object(leases, "RENEWED_EVERY", timedelta(seconds=0.05)),
        Leases(objects).kept(Leases(objects).take("drop")),
    ):
        for _ in range(10):
            time.sleep(0.1)
            with pytest.raises(BusyError):
                Leases(objects).take("drop")


def test_who_lost_it_does_not_take_it_back(objects: ObjectStore) -> None:
    with patch.object(leases, "RENEWED_EVERY", timedelta(seconds=0.02)):
        first = Leases(objects).take("drop")
        with Leases(objects).kept(first):
            with patch.object(leases._Entry, "counts", False):
                second = Leases(objects).take("drop")
            time.sleep(0.1)
    Leases(objects).check(second)
    with pytest.raises(BusyError):
        Leases(objects).take("drop")


def test_old_leases_are_tidied_up_and_numbers_go_on(tmp_path: Path) -> None:
    place = Store(tmp_path)
    with place.claim("drop") as claimed:
        claimed.append("runs", run_row(), transaction=RUN)
    Leases(LocalStore(tmp_path / "claims")).tidy(datetime.now(UTC) + timedelta(seconds=1))
    assert not list((tmp_path / "claims").rglob("*.json"))
    with place.claim("drop") as claimed:
        assert claimed.lease is not None
        assert claimed.lease.number == 2


def taken_over(root: Path) -> None:
    """Stand for another machine that takes the drop over."""
    (path,) = (root / "claims").rglob("*.json")
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps(told | {"until": at(seconds=-1)}))
    Store(root).leases.take("drop")


def test_who_lost_a_drop_commits_nothing(tmp_path: Path) -> None:
    with Store(tmp_path).claim("drop") as claimed:
        taken_over(tmp_path)
        with pytest.raises(BusyError, match=r"drop: expected to hold the drop until its run ends, found that process"):
            claimed.append("runs", run_row(), transaction=RUN)
    assert Store(tmp_path).runs().is_empty()


def test_who_loses_a_drop_within_a_commit_finishes_no_run(tmp_path: Path) -> None:
    """Its last look at the claim found it well; then it slept, and another machine finished its own run."""
    with Store(tmp_path).claim("drop") as claimed:
        claimed.prepare()
        commit, written = DeltaTable.create_write_transaction, list[bool]()

        def slow(*arguments: Any, **options: Any) -> None:
            if not written:
                written.append(True)
                taken_over(tmp_path)
                (path,) = (tmp_path / "claims").rglob("*.json")
                token = json.loads(path.read_bytes())["token"]
                other = Store(tmp_path, leases.Lease("drop", 2, token))
                assert other.append("runs", run_row("f" * 16), transaction="f" * 16)
            commit(*arguments, **options)

        with patch.object(DeltaTable, "create_write_transaction", slow), pytest.raises(BusyError, match="took it over"):
            claimed.append("runs", run_row(), transaction=RUN)
    assert Store(tmp_path).runs()["run"].to_list() == ["f" * 16]


def test_of_two_who_commit_the_same_at_once_one_does(tmp_path: Path) -> None:
    commit, written = DeltaTable.create_write_transaction, list[bool]()

    def slow(*arguments: Any, **options: Any) -> None:
        if not written:
            written.append(True)
            assert Store(tmp_path).append("runs", run_row(), transaction=RUN)
        commit(*arguments, **options)

    Store(tmp_path).prepare()
    with patch.object(DeltaTable, "create_write_transaction", slow):
        assert not Store(tmp_path).append("runs", run_row(), transaction=RUN)
    assert len(Store(tmp_path).runs()) == 1


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", "print(); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_process_is_known_to_be_dead_even_before_its_parent_takes_note(child: subprocess.Popen[str]) -> None:
    mine = this_process()
    stat = Path(f"/proc/{child.pid}/stat")
    if not stat.exists():
        pytest.skip("only Linux tells which process is alive")
    begun = int(stat.read_text().rpartition(")")[2].split()[19])
    process = Process(mine.host, child.pid, mine.machine, begun)
    assert not process.is_dead
    child.kill()
    while stat.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert process.is_dead


def test_stores_are_made_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Store(tmp_path / "store").prepare(), range(8)))
    assert Store(tmp_path / "store").scan("runs").collect().equals(pl.DataFrame(schema=run_row().schema))


def test_claims_need_no_slow_imports() -> None:
    code = "import sys, schemas.store; print([name for name in ('pandera', 'prefect') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout == "[]\n"
