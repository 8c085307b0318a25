"""An object store on loopback that speaks S3, and its bucket.

It is a process of its own: Delta's library lets no other Python thread run while it waits for an answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

BUCKET = "bucket"
SECRET = "s3cr3t-of-the-test"
MANY = 10_000 if os.environ.get("TURNPROOF_ENDURANCE") else 1_200
"""Objects to list; a thousand come at a time, and this server takes a second for that."""


class Bucket:
    """A bucket, as who puts something into it sees it."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self.url = url

    def put(self, key: str, data: bytes | str) -> None:
        self._client.put_object(Bucket=BUCKET, Key=key, Body=data if isinstance(data, bytes) else data.encode())

    def put_all(self, prefix: str, objects: Mapping[str, bytes | str]) -> None:
        for key, data in objects.items():
            self.put(f"{prefix}/{key}", data)

    def put_folder(self, prefix: str, folder: Path) -> None:
        files = (path for path in folder.rglob("*") if path.is_file())
        self.put_all(prefix, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files})

    def get(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get_object(Bucket=BUCKET, Key=key)
        return found | {"Body": found["Body"].read()}

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=key)

    def keys(self, prefix: str) -> set[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    @contextmanager
    def guarded(self) -> Generator[None]:
        """While the block runs, the store knows nobody."""
        self._guard("0")
        try:
            yield
        finally:
            self._guard("inf")

    def _guard(self, after: str) -> None:
        headers = {"Content-Type": "text/plain"}
        urlopen(Request(f"{self.url}/moto-api/reset-auth", after.encode(), headers, method="POST")).close()


@contextmanager
def served() -> Generator[Bucket]:
    """A server with one bucket, to which the environment leads; under ``many`` there are `MANY` objects."""
    import boto3  # type: ignore[import-untyped]  # it has no types; and takes a second

    command = [sys.executable, "-m", "tests.object_store"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in {
                    "AWS_ENDPOINT_URL": url,
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": SECRET,
                    "AWS_REGION": "us-east-1",
                }.items():
                    patch.setenv(name, value)
                client = boto3.client("s3", region_name="us-east-1")
                yield Bucket(client, url)
                client.close()
        finally:
            server.terminate()


def _serve() -> None:
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    for number in range(MANY):
        backend.put_object(BUCKET, f"many/{number:05}.txt", b"Patient: Well.\n\nTherapist: I see.\n")
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server._thread.join()  # type: ignore[union-attr, unused-ignore]  # it has started; moto's types differ by version


if __name__ == "__main__":
    _serve()
