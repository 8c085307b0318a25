"""What the service serves, by the server it is served with: who is let in, what is taken, and where it lands."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import polars as pl
import pytest

from flows.guard import check_token
from flows.inbox import Inbox
from flows.landing import clear_away
from flows.service import _serve_pages
from flows.settings import Settings, load_settings
from flows.web import Service, app_of
from schemas.errors import InputError
from schemas.store import Store
from schemas.stored import STORED

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DROP = b"Patient: Hi.\nTherapist: Hello.\n"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A running server."""

    settings: Settings
    port: int = 0
    taken: list[str] = field(default_factory=list)
    looks: int = 0
    well: bool = True

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def look(self) -> None:
        self.looks += 1

    def inbox(self) -> list[str]:
        return sorted(os.listdir(self.settings.inbox))


@contextmanager
def running(settings: Settings) -> Iterator[Site]:
    site = Site(settings)
    parts = {"prefect": lambda: site.well}

    async def queue() -> int:
        return 3

    service = Service(settings, take=site.taken.append, look=site.look, parts=parts, queue=queue)
    listener = socket.create_server(("127.0.0.1", 0))
    site.port = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    task = loop.create_task(_serve_pages(app_of(service), listener))

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


def settings_in(folder: Path, **others: object) -> Settings:
    (folder / "inbox").mkdir(exist_ok=True)
    return load_settings(store=folder / "store", inbox=folder / "inbox", upload_bytes=100_000, **others)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running(settings_in(tmp_path, token=TOKEN, upload_pause=0.5, upload_seconds=2)) as found:
        yield found


def test_an_upload_lands_whole_in_the_inbox(site: Site) -> None:
    answer = site.ask("POST", "/drops?name=drop.txt", DROP, BEARER)
    assert answer.status == 201
    assert f'"sha256":"{hashlib.sha256(DROP).hexdigest()}"' in answer.body.decode()
    assert site.inbox() == ["drop.txt"]
    assert (site.settings.inbox / "drop.txt").read_bytes() == DROP
    assert site.taken == ["drop.txt"]
    again = site.ask("POST", "/drops?name=drop.txt", b"other", BEARER)
    assert again.status == 409
    assert (site.settings.inbox / "drop.txt").read_bytes() == DROP


def test_what_was_uploaded_is_complete_at_once(site: Site) -> None:
    site.ask("POST", "/drops?name=drop.txt", DROP, BEARER)
    inbox = Inbox(site.settings.inbox, settle=9999)
    inbox.trust("drop.txt")
    assert [path.name for path in inbox.look()] == ["drop.txt"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-wrong-wrong-wrong"},
        {"Authorization": "Bearer "},
        {
            "Authorization": f"Basic {base64.b64encode(f'x:{TOKEN}'.encode()).decode()}"
        },  # a browser sends this by itself
        {"Authorization": f"Bearer {TOKEN}x"},
    ],
)
@pytest.mark.parametrize("path", ["/drops?name=a.txt", "/events"])
def test_without_the_token_nothing_is_taken(site: Site, path: str, headers: dict[str, str]) -> None:
    assert site.ask("POST", path, DROP, headers).status == 401
    assert site.inbox() == []
    assert site.looks == 0


def test_without_a_token_set_uploads_are_off(tmp_path: Path) -> None:
    with running(settings_in(tmp_path)) as site:
        answer = site.ask("POST", "/drops?name=a.txt", DROP, BEARER)
        assert answer.status == 403
        assert answer.body == b"uploads are off; set TURNPROOF_TOKEN or TURNPROOF_TOKEN_FILE, and start again\n"
        assert site.inbox() == []


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", ".", "../a.txt", "a/b.txt", "%2Fetc%2Fpasswd", "..%2F..%2Fa.txt", "a%5Cb.txt", "%00a", "a%0Ab.txt"),
        *(
            ".hidden",
            ".upload-1",
            "a.part",
            "a.tmp",
            "a~",
            "a.done",
            "_SUCCESS",
            "a%E2%80%AEtxt.exe",
            "a%1B%5B2J",
            "a" * 201,
        ),
        *("%FF", "%ED%A0%80"),
    ],
)
def test_names_that_lead_elsewhere_or_mislead_are_refused(site: Site, name: str, tmp_path: Path) -> None:
    answer = site.ask("POST", f"/drops?name={name}", DROP, BEARER)
    if name in ("%FF", "%ED%A0%80"):  # decoded as the replacement character, which is a letter like any other
        assert answer.status == 201
        assert len(site.inbox()) == 1
    else:
        assert answer.status == 400, name
        assert site.inbox() == []
    assert {path.name for path in tmp_path.iterdir()} <= {"inbox", "store"}


def test_what_is_too_large_is_refused(site: Site) -> None:
    assert site.ask("POST", "/drops?name=a.txt", b"x" * 100_001, BEARER).status == 413
    # Without a length beforehand it is told when it has come.
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(f"POST /drops?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode())
        client.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(12):
            client.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")
    assert site.ask("POST", "/drops?name=a.txt", b"x" * 100_000, BEARER).status == 201
    assert site.inbox() == ["a.txt"]
    assert site.ask("POST", "/drops?name=b.txt", b"", BEARER).status == 400


@pytest.mark.parametrize("pause", [5, 0.3])
def test_slow_clients_are_sent_away(site: Site, pause: float) -> None:
    """One that stops, and one that goes on for ever, a byte at a time."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(f"POST /drops?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode())
        client.sendall(b"Content-Length: 1000\r\n\r\n")
        client.settimeout(pause)
        answer = b""
        for _ in range(12):
            client.sendall(b"x")
            try:
                answer = client.recv(100)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")
    assert site.inbox() == []


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for five seconds at most."""
    for _ in range(100):
        if holds():
            return
        threading.Event().wait(0.05)
    assert holds()


def test_an_upload_that_breaks_off_leaves_nothing(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(f"POST /drops?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode())
        client.sendall(b"Content-Length: 1000\r\n\r\nhalf of it")
        # Else the inbox may be empty because nothing has come yet.
        wait_until(lambda: len(site.inbox()) == 1)
    wait_until(lambda: site.inbox() == [])
    assert site.taken == []
    (site.settings.inbox / ".upload-0123").write_text("left by a service that was killed")
    clear_away(site.settings.inbox)
    assert site.inbox() == []


def test_two_hundred_requests_at_once(tmp_path: Path) -> None:
    """Uploads of new names, and as many of one name, of which one is taken."""
    site_of = settings_in(tmp_path, token=TOKEN)

    async def one(port: int, name: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /drops?name={name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n"
        writer.write(f"{head}Content-Length: {len(DROP)}\r\n\r\n".encode() + DROP)
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        await reader.read()
        writer.close()
        await writer.wait_closed()
        return status

    async def crowd(port: int) -> list[int]:
        names = [f"drop-{number}.txt" for number in range(100)] + ["same.txt"] * 100
        return await asyncio.gather(*(one(port, name) for name in names))

    with running(site_of) as site:
        statuses = asyncio.run(crowd(site.port))
        assert statuses[:100] == [201] * 100
        assert sorted(statuses[100:]) == [201] + [409] * 99
        assert len(site.inbox()) == 101
        assert all((site.settings.inbox / name).read_bytes() == DROP for name in site.inbox())


def test_a_notification_makes_the_service_look(site: Site) -> None:
    assert site.ask("POST", "/events", b'{"Records": []}', BEARER).status == 202
    assert site.looks == 1
    assert site.ask("POST", "/events", b"x" * (2**20 + 1), BEARER).status == 413
    assert site.looks == 1


def test_the_site_is_served_with_its_headers_and_nothing_beside_it(site: Site, tmp_path: Path) -> None:
    assert site.ask("GET", "/").body == b"Nothing was judged yet; put a drop into the inbox.\n"
    folder = site.settings.site_folder
    (folder / "runs").mkdir(parents=True)
    (folder / "index.html").write_text("<title>The site</title>")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    page = site.ask("GET", "/")
    assert page.body == b"<title>The site</title>"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "server" not in page.headers
    for path in (
        "/runs",
        "/runs/",
        "/leak.txt",
        "/up/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/runs/../../secret.txt",
    ):
        answer = site.ask("GET", path)
        assert answer.status in (404, 307), path
        assert b"secret" not in answer.body
    assert site.ask("POST", "/index.html", b"x").status == 405


def test_on_loopback_other_names_of_this_machine_are_refused(site: Site, tmp_path: Path) -> None:
    """A page from elsewhere may have its own name lead here, and would read the dashboards."""
    assert site.ask("GET", "/", headers={"Host": f"evil.example:{site.port}"}).status == 421
    assert site.ask("GET", "/metrics", headers={"Host": "evil.example"}).status == 421
    assert site.ask("GET", "/", headers={"Host": "localhost:1"}).status == 200
    with running(settings_in(tmp_path, url="https://judge.example/turnproof")) as proxied:
        assert proxied.ask("GET", "/", headers={"Host": "judge.example"}).status == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Basic !!", 401),
        (f"Basic {base64.b64encode(b'me:wrong').decode()}", 401),
        (f"Basic {base64.b64encode(f'me:{TOKEN}'.encode()).decode()}", 200),
        (f"Bearer {TOKEN}", 200),
    ],
)
def test_beyond_loopback_the_dashboards_need_the_token(tmp_path: Path, authorization: str | None, status: int) -> None:
    with running(settings_in(tmp_path, token=TOKEN, host="0.0.0.0")) as site:
        headers = {"Authorization": authorization} if authorization else {}
        for path in ("/", "/metrics"):
            answer = site.ask("GET", path, headers=headers)
            assert answer.status == status
            assert ("www-authenticate" in answer.headers) == (status == 401)
        assert site.ask("GET", "/healthz").status == 200


def test_a_service_that_others_can_reach_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^TURNPROOF_HOST: expected a token beside the address 0\.0\.0\.0"):
        check_token(settings_in(tmp_path, host="0.0.0.0"))
    with pytest.raises(InputError, match="expected a token of 16 characters or more"):
        check_token(settings_in(tmp_path, token="short"))
    assert check_token(settings_in(tmp_path)) is None


def test_health_is_told(site: Site) -> None:
    well = site.ask("GET", "/healthz")
    assert well.status == 200
    assert b'"prefect": "ok", "store": "ok", "last_run": null' in well.body
    site.well = False
    ill = site.ask("GET", "/healthz")
    assert ill.status == 503
    assert b'"status": "ill", "prefect": "ill"' in ill.body


@pytest.mark.slow  # imports pandera, and makes the store's tables
def test_metrics_are_counted_from_the_store(site: Site) -> None:
    store = Store(site.settings.store)
    store.prepare()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    row = dict.fromkeys(STORED["runs"].names(), 0) | {
        "run": "0123456789abcdef", "drop": "d", "suite": "s", "suite_digest": "0123456789abcdef", "version": "1",
        "started": at, "finished": at.replace(second=5), "gate": "warned", "gate_reason": "r",
        "bytes": 900, "found": 3, "accepted": 2, "quarantined": 1, "transcripts": 3, "transcripts_accepted": 2, "transcripts_quarantined": 1,
        "turns": 40, "batches": 1,
    }  # fmt: skip
    store.append("runs", pl.DataFrame([row], schema=STORED["runs"]), transaction="t")
    outcome = {"run": row["run"], "drop": "d", "code": "C401", "severity": "critical", "findings": 7}
    frame = pl.DataFrame([outcome], schema={name: STORED["outcomes"][name] for name in outcome})
    missing = {name: kind for name, kind in STORED["outcomes"].items() if name not in outcome}
    filled = frame.with_columns(
        (pl.lit("turn") if name == "scope" else pl.lit("") if kind == pl.String else pl.lit(0).cast(kind)).alias(name)
        for name, kind in missing.items()
    )
    store.append("outcomes", filled, transaction="t")
    told = site.ask("GET", "/metrics").body.decode()
    for line in (
        'turnproof_drops_total{gate="warned"} 1.0',
        'turnproof_drops_total{gate="failed"} 0.0',
        'turnproof_transcripts_total{verdict="quarantined"} 1.0',
        "turnproof_sources_total 3.0",
        "turnproof_turns_total 40.0",
        'turnproof_findings_total{code="C401",severity="critical"} 7.0',
        "turnproof_run_seconds_sum 5.0",
        "turnproof_queue_length 3.0",
    ):
        assert line in told
    assert b"2026-01-01T00:00:05+00:00" in site.ask("GET", "/healthz").body
    assert not re.search("Patient|Therapist", told)
