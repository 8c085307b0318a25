"""What `turnproof publish` does with what it has written."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from schemas.store import Store
from tests.flows.test_cli import turnproof
from tests.reports.little_store import fill_first


def test_the_browser_is_opened_when_all_is_written(tmp_path: Path) -> None:
    fill_first(Store(tmp_path / "store"))
    index = tmp_path / "site" / "index.html"
    there: list[bool] = []

    def opened(url: str) -> bool:
        there.append(url == index.as_uri() and index.exists())
        return len(there) == 1

    arguments = ("publish", "--store", tmp_path / "store", "--site", tmp_path / "site", "--open")
    with patch("webbrowser.open", opened):
        first, second = turnproof(*arguments), turnproof(*arguments)
    assert there == [True, True]
    assert (first.returncode, first.stdout.strip()) == (0, str(index))
    assert second.returncode == 2
    assert "expected a browser, found none that can be started" in second.stderr
