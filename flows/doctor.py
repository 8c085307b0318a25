"""Examine an installation: versions, places to write to, and the server that runs would talk to."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from expectations.catalogue import catalogue
from expectations.suite import load_suite
from flows.settings import Settings
from schemas.errors import SuiteError
from schemas.format import formats

PACKAGES: Final = ("polars", "pandera", "great_expectations", "prefect", "fastapi", "deltalake")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, and a sentence that also says how to mend it."""

    well: bool
    what: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything a run needs."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), f"Python {python} (3.11 or later is needed)")
    yield Finding(True, f"turnproof {version('turnproof')}")
    for package in PACKAGES:
        yield _package(package)
    yield Finding(True, f"{len(catalogue())} expectations, formats {', '.join(formats())}")
    yield _suite(settings.suite)
    yield _writable("store", settings.store)
    yield _writable("site", settings.site_folder)
    inbox = settings.inbox
    there = "is there" if inbox.is_dir() else "is not there; `turnproof run` without a drop needs it: make the folder"
    yield Finding(True, f"inbox {inbox} {there}")
    yield _server(os.environ.get("PREFECT_API_URL"))


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
    """Whether a folder can be written, or made, without leaving a trace."""
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
