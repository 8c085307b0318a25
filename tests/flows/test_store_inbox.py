"""An inbox in an object store: which objects are drops, when they are complete, and that all goes on as on disk."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import socket
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from flows.doctor import examine
from flows.inbox import Inbox, drop_named, drops_in
from flows.landing import PREFIX, clear_away, landing
from flows.settings import Settings, load_settings
from flows.watching import Watcher
from schemas.errors import InputError
from tests.flows.served import TOKEN, Served, alive, ask, parent_of, wait
from tests.flows.test_cli import turnproof
from tests.flows.test_inbox import Clock
from tests.flows.test_pipeline import SOUND
from tests.flows.test_web import BEARER, DROP, running
from tests.object_store import MANY, SECRET, Bucket, served

# A server that speaks S3.
pytestmark = pytest.mark.slow

ROOT = Path("s3://bucket")


@pytest.fixture(scope="module")
def bucket() -> Generator[Bucket]:
    with served() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(request: pytest.FixtureRequest, clock: Clock) -> Inbox:
    """One of its own for each test."""
    key = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    return Inbox(ROOT / "inboxes" / key, settle=30, clock=clock)


def put(bucket: Bucket, inbox: Inbox, *keys: str, text: str = "Patient: Hi.") -> None:
    for key in keys:
        bucket.put(f"{'/'.join(inbox.folder.parts[2:])}/{key}", text)


def found(inbox: Inbox) -> list[str]:
    return [path.name for path in inbox.look()]


def test_a_single_object_is_complete_as_soon_as_it_is_there_and_again_when_another_is_in_its_place(
    bucket: Bucket, inbox: Inbox
) -> None:
    assert found(inbox) == []
    put(bucket, inbox, "drop.txt")
    assert found(inbox) == ["drop.txt"]
    assert found(inbox) == []
    put(bucket, inbox, "drop.txt", text="Patient: Ho.")
    assert found(inbox) == ["drop.txt"]
    assert drop_named(inbox.folder, "drop.txt") == inbox.folder / "drop.txt"
    with pytest.raises(InputError, match=r"^s3://bucket/inboxes/\w+: expected the drop \.\./x there"):
        drop_named(inbox.folder, "../x")


def test_several_objects_of_one_name_wait_until_nothing_has_changed_for_the_set_time(
    bucket: Bucket, inbox: Inbox, clock: Clock
) -> None:
    put(bucket, inbox, "drop/a.txt")
    assert found(inbox) == []
    clock.now = 29
    put(bucket, inbox, "drop/sub/b.txt")
    assert found(inbox) == []
    clock.now = 58
    put(bucket, inbox, "drop/a.txt", text="Patient: Ho.")  # as many, and as large
    assert found(inbox) == []
    clock.now = 87
    assert found(inbox) == []
    assert inbox.waiting == ["drop"]
    clock.now = 88
    assert found(inbox) == ["drop"]
    assert inbox.waiting == []


@pytest.mark.parametrize("marker", ["drop.done", "drop.complete", "drop/_SUCCESS", "drop/.complete"])
def test_a_marker_makes_complete_what_does_not_change_after_it(bucket: Bucket, inbox: Inbox, marker: str) -> None:
    put(bucket, inbox, "drop/a.txt")
    assert found(inbox) == []
    put(bucket, inbox, marker, text="")
    assert found(inbox) == ["drop"]
    time.sleep(1.1)  # stores tell times in seconds
    put(bucket, inbox, "drop/b.txt")
    assert found(inbox) == []
    assert inbox.waiting == ["drop"]


def test_a_manifest_makes_complete_what_is_as_it_says(bucket: Bucket, inbox: Inbox) -> None:
    lines = (f"{hashlib.sha256(b'Patient: Hi.').hexdigest()}  {name}.txt\n" for name in "ab")
    put(bucket, inbox, "drop/SHA256SUMS", text="".join(lines))
    put(bucket, inbox, "drop/a.txt")
    put(bucket, inbox, "drop/b.txt", text="Patient: H")
    assert found(inbox) == []
    put(bucket, inbox, "drop/b.txt")
    assert found(inbox) == ["drop"]


def test_unfinished_names_marks_of_folders_and_nothing_are_no_drops(bucket: Bucket, inbox: Inbox, clock: Clock) -> None:
    put(bucket, inbox, "", "folder/", "other/", "other/deep/", text="")  # as consoles mark folders
    put(bucket, inbox, ".hidden", "a.part", "half~", "a.done", ".tmp/a.txt", "late.tmp/a.txt")
    assert found(inbox) == []
    clock.now = 1000
    assert found(inbox) == []
    assert inbox.waiting == []
    put(bucket, inbox, "folder/a.txt", "drop.txt", "drop.txt.part")
    assert found(inbox) == []
    assert inbox.waiting == ["drop.txt", "folder"]
    bucket.delete(f"{'/'.join(inbox.folder.parts[2:])}/drop.txt.part")
    clock.now = 1030
    assert found(inbox) == ["drop.txt", "folder"]
    assert [path.name for path in drops_in(inbox.folder)] == ["drop.txt", "folder", "other"]


def test_many_objects_are_looked_through(bucket: Bucket, clock: Clock) -> None:
    inbox = Inbox(ROOT / "many", settle=30, clock=clock)
    began = time.perf_counter()
    assert len(inbox.look()) == MANY
    print(f"\n{MANY:,} objects of an inbox looked through in {time.perf_counter() - began:.1f} s")
    assert inbox.look() == []


def settings_in(folder: Path, prefix: str, **others: object) -> Settings:
    flags: dict[str, object] = {"upload_bytes": 20_000_000, **others}
    return load_settings(store=folder / "store", site=folder / "site", inbox=ROOT / prefix, **flags)


def test_a_notification_and_an_upload_are_heard_between_two_listings(bucket: Bucket, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "watched", settle=60, look_every=600)
    told: list[str] = []

    async def emit(drop: str) -> None:
        told.append(drop)

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while len(told) < count:
                await asyncio.sleep(0.05)

    async def run() -> None:
        watcher = Watcher(settings, emit, apart=0)
        bucket.put("watched/early.txt", SOUND)
        task = asyncio.create_task(watcher.run())
        await until(1)
        bucket.put_all("watched/late", {"a.txt": SOUND, "b.txt": SOUND})
        await asyncio.sleep(2)
        assert told == ["early.txt"]
        watcher.look_now()
        async with asyncio.timeout(20):
            while watcher.queue == 0:
                await asyncio.sleep(0.05)
        bucket.put("watched/late/_SUCCESS", "")
        watcher.look_now()
        await until(2)
        async with landing(settings.inbox, "upload.txt") as write:
            await write(SOUND.encode())
        watcher.take("upload.txt")
        await until(3)
        assert watcher.well
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert told == ["early.txt", "late", "upload.txt"]


def test_an_upload_becomes_an_object(bucket: Bucket, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "uploads", token=TOKEN, upload_pause=0.5)
    bucket.put("uploads/folder/a.txt", SOUND)
    large = b"Patient: Hi. " * 1_000_000  # in two parts
    with running(settings) as site:
        answer = site.ask("POST", "/drops?name=drop.txt", DROP, BEARER)
        assert answer.status == 201
        assert f'"sha256":"{hashlib.sha256(DROP).hexdigest()}"' in answer.body.decode()
        assert site.ask("POST", "/drops?name=large.txt", large, BEARER).status == 201
        assert site.ask("POST", "/drops?name=drop.txt", b"other", BEARER).status == 409
        assert site.ask("POST", "/drops?name=folder", b"other", BEARER).status == 409
        assert site.ask("POST", "/drops?name=a.txt", b"x", {**BEARER, "Content-Length": "20000001"}).status == 413
        assert site.ask("POST", "/drops?name=a.txt", b"", BEARER).status == 400
        assert site.ask("POST", "/drops?name=a.done", DROP, BEARER).status == 400
        assert site.ask("POST", "/drops?name=b.txt", DROP).status == 401
        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
            client.sendall(
                f"POST /drops?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: {BEARER['Authorization']}\r\n".encode()
            )
            client.sendall(b"Content-Length: 15000000\r\n\r\n" + large[:10_000_000])  # the first part is in the store
            assert client.recv(100).startswith(b"HTTP/1.1 408")
        with bucket.guarded():
            refused = site.ask("POST", "/drops?name=c.txt", DROP, BEARER)
        assert refused.status == 502
        assert SECRET not in refused.body.decode()
    assert site.taken == ["drop.txt", "large.txt"]
    assert bucket.keys("uploads/") == {"uploads/folder/a.txt", "uploads/drop.txt", "uploads/large.txt"}
    assert bucket.get("uploads/drop.txt")["Body"] == DROP
    assert bucket.get("uploads/large.txt")["Body"] == large


def test_a_name_that_is_taken_while_an_upload_comes_stays_as_it_is(bucket: Bucket) -> None:
    async def land() -> None:
        async with landing(ROOT / "raced", "drop.txt") as write:
            await write(DROP)
            bucket.put("raced/drop.txt", "the other's")

    with pytest.raises(FileExistsError):
        asyncio.run(land())
    assert bucket.keys("raced/") == {"raced/drop.txt"}
    assert bucket.get("raced/drop.txt")["Body"] == b"the other's"
    bucket.put(f"raced/{PREFIX}0123", "left by a service that was killed")
    clear_away(ROOT / "raced")
    assert bucket.keys("raced/") == {"raced/drop.txt"}


def test_the_night_sweeps_it_without_prefect(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put("swept/one.txt", SOUND)
    bucket.put_all("swept/two", {"a.txt": SOUND.replace("noise", "heat"), "b.txt": SOUND.replace("noise", "light")})
    bucket.put("swept/three.txt.part", SOUND)
    flags = (f"--store={tmp_path / 'store'}", f"--site={tmp_path / 'site'}", "--inbox=s3://bucket/swept")
    monkeypatch.setenv("TURNPROOF_SETTLE", "1")
    done = turnproof("nightly", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert "one.txt: gate passed" in done.stdout
    assert "two: gate passed" in done.stdout
    assert "inbox: 2 drops, 2 judged" in done.stdout
    assert SECRET not in done.stdout


@pytest.mark.longest  # starts Prefect's server, and judges a drop in a process of its own
def test_objects_become_pages(bucket: Bucket, tmp_path: Path) -> None:
    own = {"TURNPROOF_INBOX": "s3://bucket/served", "TURNPROOF_SETTLE": "600", "TURNPROOF_LOOK_EVERY": "600"}
    service = Served(tmp_path, own)
    service.start()
    try:
        token = f"Bearer {TOKEN}"
        bucket.put_all("served/drop", {"a.txt": SOUND, "b.txt": SOUND.replace("noise", "heat")})
        ask(f"{service.site}/events", {"Records": []}, Authorization=token)
        wait(lambda: "turnproof_queue_length 1.0" in ask(f"{service.site}/metrics"), 30, "it is not seen")
        assert "drop_complete" not in service.log
        bucket.put("served/drop/_SUCCESS", "")
        ask(f"{service.site}/events", {"Records": []}, Authorization=token)
        service.logged("drop_judged drop=drop .*gate=passed found=2")
        assert ">drop<" in ask(f"{service.site}/")
        ask(f"{service.site}/drops?name=sent.txt", SOUND.encode(), Authorization=token)
        service.logged("drop_complete drop=sent.txt", 30)
        assert bucket.get("served/sent.txt")["Body"] == SOUND.encode()
        # Its run is forked from the process that has imported what it needs, and ends with the service like that one.
        wait(lambda: sum("forkserver" in each for each in service.descendants().values()) == 2, 60, service.log)
        children = service.descendants()
        forked = [pid for pid, command in children.items() if "forkserver" in command]
        (warm,) = [pid for pid in forked if parent_of(pid) == service.process.pid]
        threads = [path.read_text().strip() for path in Path(f"/proc/{warm}/task").glob("*/comm")]
        assert len([name for name in threads if name != "jemalloc_bg_thd"]) == 1, threads
    finally:
        service.stop(signal.SIGKILL)
    wait(lambda: not alive(children), 15, "something lives on")
    kept = [path.read_bytes() for path in (tmp_path / "store" / "service").rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in each for each in (service.log.encode(), service.out.encode(), *kept))


def test_what_is_wrong_with_it_is_told_by_the_doctor_and_before_the_service_starts(
    bucket: Bucket, tmp_path: Path
) -> None:
    told = {finding.what: finding.well for finding in examine(settings_in(tmp_path, "inbox"), {})}
    assert told["inbox s3://bucket/inbox answers"]
    lost = load_settings(store=tmp_path / "store", inbox=Path("s3://missing/inbox"))
    told = {finding.what: finding.well for finding in examine(lost, {})}
    (sentence,) = [what for what in told if what.startswith("inbox ")]
    assert not told[sentence]
    assert sentence == (
        "inbox s3://missing/inbox: expected an object store that answers, found that there is no such bucket; check its "
        "name and AWS_REGION"
    )
    assert not any(SECRET in what for what in told)
    assert lost.environment()["TURNPROOF_INBOX"] == "s3://missing/inbox"
