"""What a worker takes at once: sources listed and packed, and what comes out again."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from expectations.suite import Suite
from flows import shares
from flows.shares import Listed, Share
from flows.workers import workers
from schemas.errors import InputError
from schemas.listing import Part, Source, list_sources
from schemas.loading import load
from tests.conftest import SEEDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten sources of nine bytes, and a manifest that names one more."""
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text("Kim: Hi.\n")
    (tmp_path / "MANIFEST").write_text("0.txt\n10.txt\n")
    return tmp_path


def test_shares_hold_all_sources_in_order_and_get_smaller_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "workers", lambda: 1)
    sources = [Source(f"{number}.txt", f"drop/{number}.txt", 40, stamp=(1, number, 40, 7)) for number in range(10)]
    batches = [sources[place : place + 2] for place in range(0, 10, 2)]
    found = list(shares.shares(sources, 100, 2))
    assert [share.size for share in found] == [160, 160, 80]
    assert [share.batches() for share in found] == [batches[:2], batches[2:4], batches[4:]]
    monkeypatch.setattr(shares, "workers", lambda: 2)
    assert [len(share.batches()) for share in shares.shares(sources, 100, 4)] == [2, 1, 1, 1]
    assert [len(share.batches()) for share in shares.shares(sources, 50, 4)] == [4, 2, 2, 1, 1]
    assert list(shares.shares([], 100, 2)) == []
    assert Share().batches() == []


def test_whatever_a_source_is_it_can_be_loaded_afterwards(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(next(SEEDS.glob("*.txt")), "within.txt")
    (tmp_path / "a.txt").write_text("Kim: Hi.\n")
    (tmp_path / "link.txt").symlink_to("a.txt")
    sources = [*list_sources(tmp_path), Source("c", str(tmp_path / "a.txt"), 4, part=Part(5, 4, 0, 0))]
    (share,) = shares.shares(sources, 10**9, 1)
    assert share.batches() == [sources]
    assert load(share.batches()[0]).equals(load(sources))


def test_a_source_takes_little_where_it_is_packed() -> None:
    places = [f"/drops/of/a/team/{number // 100:03}/{number:06}.txt" for number in range(1_000)]
    stamps = [
        (66_305, 9_000_000 + number, 20_000 + 37 * number % 9_000, 10**18 + 10**7 * number) for number in range(1_000)
    ]
    sources = [Source(place, place, stamp[2], stamp=stamp) for place, stamp in zip(places, stamps, strict=True)]
    (share,) = shares.shares(sources, 10**9, 1)
    assert len(share.packed) < 30 * len(sources)


def test_few_sources_are_one_share(folder: Path, suite: Suite) -> None:
    listed = Listed([folder], suite)
    (share,) = listed
    assert [source.path for source in share.batches()[0]] == [f"{folder}/{number}.txt" for number in range(10)]
    assert listed.shares == [share]
    assert (listed.count, listed.manifests) == (10, 1)
    assert [lack.line for lack in listed.lacks] == [2]


def test_processes_get_ready_while_many_are_listed(folder: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "READ_BYTES", 20)
    monkeypatch.setattr(shares, "_SEVERAL", 40)
    listed = Listed([folder], suite, most=1)
    each = iter(listed)
    assert [next(each) for _ in range(workers())] == [Share()] * workers()
    assert not listed.count, "the rest is still to be listed"
    assert [share.size for share in each] == [18] * 5
    assert (listed.count, len(listed.shares)) == (10, 5)


def test_nobody_gets_ready_before_what_is_unpacked_here(
    folder: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(folder / "0.zip", "w") as archive:
        archive.writestr("a.txt", "Kim: Hi.\n")
    monkeypatch.setattr(shares, "READ_BYTES", 20)
    monkeypatch.setattr(shares, "_SEVERAL", 40)
    assert all(share.size for share in Listed([folder], suite, most=1))


def test_what_is_not_there_is_told_before_anything_is_judged(tmp_path: Path, suite: Suite) -> None:
    with pytest.raises(InputError, match="found nothing there"):
        next(iter(Listed([tmp_path / "none"], suite)))
    with pytest.raises(InputError, match="found no file in it"):
        next(iter(Listed([tmp_path], suite)))
