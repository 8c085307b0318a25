"""The stores and the sites that the tests read, and nobody writes to; and the browser that opens them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from flows.publishing import publish as publish_all
from reports.site import publish
from schemas.store import Store
from tests.reports.little_store import (
    TODAY,
    append,
    fill_first,
    fill_hostile,
    fill_many,
    fill_second,
    outcome,
    run_row,
)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three runs: a failed gate, one with nearly nothing new, and a hostile one."""
    made = Store(tmp_path_factory.mktemp("store"))
    fill_first(made)
    fill_second(made)
    fill_hostile(made)
    return made


@pytest.fixture(scope="session")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that store."""
    return publish(store, tmp_path_factory.mktemp("site")).parent


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the little store with a history: seven sound nights before, and a long list of flagged after."""
    store = Store(tmp_path_factory.mktemp("store"))
    for night in range(6):
        run, drop = f"0000000000000e{night:02}", f"2025-11-{10 + night}"
        append(store, run, drop, "outcomes", [outcome("C404", 100), outcome("S202", 100, violated=3)])
        counts: dict[str, Any] = {
            "found": 100,
            "accepted": 100,
            "transcripts": 100,
            "transcripts_accepted": 100,
            "turns": 2_000,
        }
        append(store, run, drop, "runs", [run_row(run, drop, TODAY - timedelta(days=13 - night), **counts)])
    fill_first(store)
    fill_second(store)
    fill_hostile(store)
    fill_many(store)
    return publish_all(store, tmp_path_factory.mktemp("site")).parent


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("expected chromium on the path, found none; install Debian's package")
        pytest.skip("chromium is not installed, so no page was opened")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on anything in the console, blocked files included, and on any request outside file://."""
    troubles: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("dialog", lambda dialog: troubles.append(f"it said {dialog.message}"))
    opened.on("request", lambda request: None if request.url.startswith("file://") else troubles.append(request.url))
    opened.clock.set_fixed_time(TODAY + timedelta(hours=3, minutes=5))
    yield opened
    opened.close()
    assert troubles == []
