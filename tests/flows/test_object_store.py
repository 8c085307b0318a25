"""Drops, stores and sites in an object store: as on disk, whatever happens to objects meanwhile."""

from __future__ import annotations

import io
import re
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from expectations.suite import Suite
from flows import checking, pipeline
from flows.checking import check_paths
from reports.site import publish
from schemas import places
from schemas.errors import BusyError, InputError, TurnproofError
from schemas.files import forget
from schemas.listing import Source, list_sources
from schemas.loading import load
from schemas.store import Store
from schemas.stored import STORED
from tests.conftest import SEEDS
from tests.flows.test_pipeline import SOUND, rows
from tests.object_store import MANY, SECRET, Bucket, served

# A server that speaks S3, and runs against it.
pytestmark = pytest.mark.slow

ROOT = Path("s3://bucket")


@pytest.fixture(scope="module")
def bucket() -> Generator[Bucket]:
    with served() as found:
        yield found


def packed() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/one.txt", SOUND.replace("noise", "light"))
        archive.writestr("notes.txt", "Nobody speaks.")
    return data.getvalue()


def test_a_drop_and_a_store_in_an_object_store_give_what_they_give_on_disk(
    bucket: Bucket, tmp_path: Path, suite: Suite
) -> None:
    drop = tmp_path / "drop"
    shutil.copytree(SEEDS, drop)
    (drop / "sub").mkdir()
    (drop / "sub" / "naïve #1 50%.txt").write_text(SOUND)
    (drop / "sub.txt").write_text("Only notes.")
    (drop / ".hidden").write_text(SOUND)
    (drop / "packed.zip").write_bytes(packed())
    bucket.put_folder("inbox/drop", drop)
    bucket.put("inbox/drop/sub/", b"")  # as consoles mark a folder
    here = pipeline.run_drop(drop, Store(tmp_path / "store"), suite, tmp_path / "site")
    store = Store(ROOT / "store")
    there = pipeline.run_drop(ROOT / "inbox/drop", store, suite, ROOT / "site")
    assert there.plan.run == here.plan.run
    for table in STORED:
        assert rows(store, table).equals(rows(Store(tmp_path / "store"), table)), table
    # The site, too, is what it is on disk.
    pages = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert {key for key in bucket.keys("site/") if "/claims/" not in key} == {
        page for page in pages if not page.endswith(".lock")
    }
    front = bucket.get("site/index.html")
    assert front["ContentType"] == "text/html"
    assert "drop" in front["Body"].decode()
    # It has left the machine, so that its text is masked.
    flagged = next(page for page in sorted(pages) if "/transcripts/" in page and "5e2886c1de792e6d" in page)
    assert "overwhelmed" in (tmp_path / flagged).read_text()
    assert "overwhelmed" not in (masked := bucket.get(flagged)["Body"].decode())
    assert "••••" in masked
    again = pipeline.run_drop(ROOT / "inbox/drop", store, suite, ROOT / "site")
    assert (again.row, again.plan.known) == (None, again.plan.found)


def test_who_appends_at_once_loses_nothing(bucket: Bucket) -> None:
    # Delta needs a conditional put for that, and it is the default: without it, one commit would overwrite another.
    store = Store(ROOT / "commits")
    store.prepare()
    values = {"verdict": "accepted"}
    row = pl.select(
        pl.lit(values.get(name, "0" * 16 if kind == pl.String else 0)).cast(kind).alias(name)
        for name, kind in STORED["requeued"].items()
    )
    failed: list[Exception] = []

    def append(number: int) -> None:
        try:
            store.append("requeued", row, transaction=str(number))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(store.scan_run("requeued", "0" * 16).collect()) == 5


def test_a_drop_in_an_object_store_is_claimed_once(bucket: Bucket) -> None:
    first, second = Store(ROOT / "claimed"), Store(ROOT / "claimed")
    with first.claim("drop"), pytest.raises(BusyError, match="drop: expected a drop that nobody works on"):
        second.claim("drop").__enter__()
    with second.claim("drop") as claimed:
        assert claimed.lease is not None


def test_many_objects_are_listed_whole(bucket: Bucket) -> None:
    began = time.perf_counter()
    found = list_sources(ROOT / "many", within=True)
    print(f"\n{len(found):,} objects listed in {time.perf_counter() - began:.1f} s")
    assert [source.path for source in found] == [f"{number:05}.txt" for number in range(MANY)]


def test_an_object_that_vanishes_is_a_finding_and_judged_when_it_is_back(
    bucket: Bucket, tmp_path: Path, suite: Suite
) -> None:
    bucket.put_all("vanishing", {"a.txt": SOUND, "b.txt": SOUND.replace("noise", "heat")})
    store = Store(tmp_path / "store")

    def load_after(sources: Sequence[Source]) -> pl.DataFrame:
        bucket.delete("vanishing/b.txt")
        return load(sources)

    with patch.object(pipeline, "load", load_after):
        row = pipeline.run_drop(ROOT / "vanishing", store, suite, tmp_path / "site").row
    assert row is not None
    assert (row["accepted"], row["unreadable"]) == (1, 1)
    found = store.scan("findings").filter(pl.col("path") == "b.txt").select("code", "message").collect()
    assert dict(found.iter_rows())["F107"].startswith("is gone since the drop was listed")
    bucket.put("vanishing/b.txt", SOUND.replace("noise", "heat"))
    row = pipeline.run_drop(ROOT / "vanishing", store, suite, tmp_path / "site").row
    assert row is not None
    assert (row["found"], row["known"], row["accepted"]) == (2, 1, 1)


def test_an_object_that_vanishes_while_it_is_listed_is_a_finding(bucket: Bucket, suite: Suite) -> None:
    bucket.put_all("gone", {"a.txt": SOUND, "b.txt": SOUND})
    listed = places.listed

    def list_before(path: Path) -> list[places.Object]:
        found = listed(path)
        bucket.delete("gone/b.txt")
        return found

    with patch.object(places, "listed", list_before):
        checked = check_paths([ROOT / "gone"], suite, lambda done, total: None)
    told = checked.findings.filter(pl.col("path") == "s3://bucket/gone/b.txt")
    assert {"F107"} < set(told["code"])
    assert checked.transcripts == 1


def test_an_object_that_grows_is_told_and_read_as_one_version(bucket: Bucket, suite: Suite) -> None:
    bucket.put("growing/a.txt", SOUND)
    longer = f"{SOUND}\n\nPatient: And then the morning came."

    def load_after(sources: Sequence[Source], *, hashed: bool = True) -> pl.DataFrame:
        bucket.put("growing/a.txt", longer)
        return load(sources, hashed=hashed)

    with patch.object(checking, "load", load_after):
        checked = check_paths([ROOT / "growing"], suite, lambda done, total: None)
    (told,) = checked.findings.filter(pl.col("code") == "F107")["message"]
    assert f"has grown to {len(longer)} bytes since the drop was listed" in told


def test_an_archive_that_changes_is_not_read_at_the_places_of_another(bucket: Bucket) -> None:
    bucket.put("changing/drop.zip", packed())
    sources = list_sources(ROOT / "changing")
    forget()
    bucket.put("changing/drop.zip", packed() + b" ")
    assert set(load(sources)["trouble"]) == {"it has changed since it was listed; judge it again"}


@pytest.mark.parametrize("work", ["list", "claim", "publish"])
@pytest.mark.parametrize("wrong", ["credentials", "bucket", "server"])
def test_what_is_wrong_with_an_object_store_is_one_sentence(
    wrong: str, work: str, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path("s3://missing") if wrong == "bucket" else ROOT
    if wrong == "server":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://user:{SECRET}@127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setattr(places, "RETRIES", 1)
    works: dict[str, Callable[[], object]] = {
        "list": lambda: list_sources(root / "drop"),
        "claim": lambda: Store(root / "store").claim("drop").__enter__(),
        "publish": lambda: publish(Store(tmp_path / "store"), root / "site"),
    }
    with bucket.guarded() if wrong == "credentials" else nullcontext(), pytest.raises(TurnproofError) as caught:
        works[work]()
    told = str(caught.value)
    expected = {
        "credentials": "AWS_ACCESS_KEY_ID|the credentials don't give access",
        "bucket": "found that there is no such bucket",
        "server": "found that http://127.0.0.1:[0-9]+ doesn't answer",
    }
    assert re.search(expected[wrong], told), told
    assert told.startswith("s3://")
    assert "\n" not in told
    assert SECRET not in told


def test_keys_that_are_no_paths_are_refused_by_name(bucket: Bucket) -> None:
    bucket.put("odd/../a.txt", SOUND)
    with pytest.raises(
        InputError, match=r"s3://bucket/odd: expected keys that are paths, found another \(.+; rename it"
    ):
        list_sources(ROOT / "odd")
