"""Whoever reads while a site is written finds all that a page leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from reports import site as publishing
from reports.overview import Explained
from reports.site import publish
from schemas.store import Store
from schemas.stored import STORED
from tests.reports.little_store import FIRST, SECOND, fill_first, fill_hostile, fill_many, fill_second
from tests.reports.parsed import Parsed

C404 = Explained("C404", "no_meta_note", "turn", "critical", "0.1", "A note.", "", "", "", (), ())


def missing(site: Path) -> list[str]:
    """What the pages that can be reached from the front page lead to, and is not there."""
    todo, seen, lost = [site / "index.html"], set[Path](), list[str]()
    while todo:
        page = todo.pop()
        seen.add(page)
        parsed = Parsed(page)
        for link in {*parsed.values("href"), *parsed.values("src")}:
            path = (page.parent / link.partition("#")[0]).resolve() if not link.startswith("#") else page
            if not path.exists():
                lost.append(f"{page.relative_to(site)} -> {link}")
            elif path.suffix == ".html" and path not in seen and path not in todo:
                todo.append(path)
    return lost


@pytest.mark.slow  # looks at the whole site after each file that is written
def test_no_link_is_dead_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    fill_first(store)
    fill_second(store)
    publish(store, site, [C404])
    assert missing(site) == []
    looks: list[list[str]] = []

    def watched(change: Callable[..., None]) -> Callable[..., None]:
        def changed(*args: Any, **named: Any) -> None:
            change(*args, **named)
            looks.append(missing(site))

        return changed

    # A drop comes, one is forgotten, and all pages change with how much is told.
    fill_hostile(store)
    fill_many(store)
    gone = {"run": [SECOND], "drop": ["2025-11-22"], "what": ["run"], "at": [datetime(2025, 11, 24, tzinfo=UTC)]}
    store.append("forgotten", pl.DataFrame(gone, schema=STORED["forgotten"]), transaction="forgotten")
    for name in ("write", "remove"):
        monkeypatch.setattr(publishing, name, watched(getattr(publishing, name)))
    publish(store, site, [C404], "masked")
    assert len(looks) > 30
    assert [look for look in looks if look] == []
    assert not (site / "runs" / SECOND).exists()
    assert (site / "runs" / FIRST).exists()
