"""Examine an installation: versions, places to write to, and the server that runs would talk to."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

from expectations.catalogue import catalogue
from expectations.suite import load_suite
from flows.dask_workers import address_of, check_installed, on_dask, workers_at
from flows.guard import check_token
from flows.settings import Settings
from reports.visible import visible_line
from schemas import places
from schemas.errors import InputError, SuiteError
from schemas.format import formats

PACKAGES: Final = ("polars", "pandera", "great_expectations", "prefect", "fastapi", "deltalake")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, and a sentence that also says how to mend it."""

    well: bool
    what: str


def examine(settings: Settings, flags: Mapping[str, object]) -> Iterator[Finding]:
    """Look at everything a run needs, and at the service.

    Args:
        settings: what is to be looked at.
        flags: those that were given, to tell where each setting comes from.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), f"Python {python} (3.11 or later is needed)")
    yield Finding(True, f"turnproof {version('turnproof')}")
    for package in PACKAGES:
        yield _package(package)
    yield Finding(True, f"{len(catalogue())} expectations, formats {', '.join(formats())}")
    yield _suite(settings.suite)
    yield _writable("store", settings.store)
    yield _writable("site", settings.site_folder)
    yield _inbox(settings.inbox)
    url = os.environ.get("PREFECT_API_URL")
    yield _server(url)
    yield _scheduler()
    yield _dask(settings.dask)
    yield _token(settings)
    for name in settings.notify:
        yield _block(name, url)
    for name, value, source in settings.told(flags):
        yield Finding(True, f"setting {name}: {visible_line(value)} ({source})")


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(False, f"{name} is not installed; install turnproof again")
    if name == "fastapi" and tuple(map(int, found.split(".")[:2])) >= (0, 151):
        return Finding(False, f"fastapi {found} can't run a flow of this Prefect; install fastapi<0.151")
    return Finding(True, f"{name} {found}")


def _suite(name: str) -> Finding:
    try:
        suite = load_suite(name)
    except SuiteError as error:
        return Finding(False, f"suite {error}")
    return Finding(True, f"suite {suite.name}: {len(suite.checks)} expectations, repairs {', '.join(suite.repairs)}")


def _writable(what: str, folder: Path) -> Finding:
    """Whether a folder can be written, or made, without leaving a trace; of an object store, whether it answers."""
    if places.is_remote(folder):
        try:
            places.names(folder)
        except InputError as error:
            return Finding(False, f"{what} {error}")
        return Finding(True, f"{what} {places.told(folder)} answers")
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding(True, f"{what} {folder} can be written")
    except OSError as error:
        return Finding(
            False, f"{what} {folder} can't be written: {error.strerror}; mend {place} or name another folder"
        )


def _inbox(inbox: Path) -> Finding:
    if places.is_remote(inbox):
        return _writable("inbox", inbox)
    there = "is there" if inbox.is_dir() else "is not there; `turnproof serve` needs it: make the folder"
    return Finding(True, f"inbox {inbox} {there}")


def _server(url: str | None) -> Finding:
    if url is None:
        return Finding(True, "Prefect: PREFECT_API_URL is not set; runs start an embedded server of their own")
    if not url.startswith(("http://", "https://")):
        return Finding(
            False, f'Prefect: expected an address that begins with http, found "{url}"; mend PREFECT_API_URL'
        )
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=5):  # noqa: S310 - the scheme was looked at
            return Finding(True, f"Prefect: the server at {url} answers")
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        return Finding(
            False, f"Prefect: the server at {url} doesn't answer ({reason}); start it or unset PREFECT_API_URL"
        )


def _scheduler() -> Finding:
    found = version("sqlalchemy")
    if tuple(map(int, found.split(".")[:2])) >= (2, 1):
        return Finding(
            False, f"sqlalchemy {found}: with it, Prefect 3.8 starts no scheduled run; install sqlalchemy<2.1"
        )
    return Finding(True, f"sqlalchemy {found}")


def _dask(dask: str | None) -> Finding:
    try:
        check_installed(dask)
        if (address := address_of(dask)) is not None:
            return Finding(True, f"Dask: the scheduler at {address} answers, and has {workers_at(address)} workers")
    except InputError as error:
        return Finding(False, f"Dask: {error}")
    where = f"{dask} worker processes of Dask that each run starts" if on_dask(dask) else "the process of the run"
    return Finding(True, f"batches are judged in {where}")


def _token(settings: Settings) -> Finding:
    try:
        secret = check_token(settings)
    except InputError as error:
        return Finding(False, str(error))
    return Finding(True, "uploads by HTTP are on" if secret else "uploads by HTTP are off, as no token is set")


def _block(name: str, url: str | None) -> Finding:
    """Whether Prefect has a block of the setting `notify`."""
    if url is None:
        return Finding(True, f"block {name}: `turnproof serve` logs block_missing if its Prefect server has none such")
    kind, _, own = name.partition("/")
    address = f"{url.rstrip('/')}/block_types/slug/{quote(kind)}/block_documents/name/{quote(own, safe='')}"
    try:
        with urlopen(address, timeout=5):  # noqa: S310 - the scheme was looked at
            return Finding(True, f"block {name} is there")
    except HTTPError as error:
        if error.code == 404:
            return Finding(False, f"block {name}: Prefect has none such; make it there, or mend TURNPROOF_NOTIFY")
        return Finding(False, f"block {name}: Prefect answers with status {error.code}; look at its log")
    except (URLError, OSError, ValueError):
        return Finding(False, f"block {name}: Prefect's server doesn't answer; start it")
