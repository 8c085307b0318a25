"""What a worker takes at once: sources packed, and what comes out again."""

from __future__ import annotations

import pickle
import sys
import zipfile
from pathlib import Path

import pytest

from flows.shares import Shares
from schemas.listing import Part, Source, list_sources
from schemas.loading import load
from tests.conftest import SEEDS


def test_shares_hold_all_sources_in_order_and_are_of_a_size() -> None:
    sources = [Source(f"{number}.txt", f"drop/{number}.txt", 40, stamp=(1, number, 40, 7)) for number in range(10)]
    shares = Shares(sources, 100)
    assert len(shares) == 5
    assert shares.bytes == [80] * 5
    assert [source for share in shares for source in share] == sources
    assert shares[-2:] == [sources[6:8], sources[8:]]
    with pytest.raises(IndexError):
        shares[5]
    assert list(Shares([], 100)) == []


def test_whatever_a_source_is_it_can_be_loaded_afterwards(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(next(SEEDS.glob("*.txt")), "within.txt")
    (tmp_path / "a.txt").write_text("Kim: Hi.\n")
    (tmp_path / "link.txt").symlink_to("a.txt")
    sources = [*list_sources(tmp_path), Source("c", str(tmp_path / "a.txt"), 4, part=Part(5, 4, 0, 0))]
    (share,) = Shares(sources, 10**9)
    assert share == sources
    assert load(share).equals(load(sources))


def test_a_source_takes_little_where_it_is_packed(tmp_path: Path) -> None:
    for number in range(500):
        (tmp_path / f"{number:03}.txt").write_text("Kim: Hi.\n")
    sources = list_sources(tmp_path)
    each = sys.getsizeof(pickle.dumps(sources)) / len(sources)
    assert each < len(sources[0].path) + 60, "a path, a size and a stamp"
