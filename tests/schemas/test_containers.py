"""Archives and compressed files: what is in them is read as if it lay in a folder."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.judge import judge
from expectations.suite import Suite
from schemas import files
from schemas.listing import list_sources
from schemas.loading import digest, load
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS
from tests.schemas.packing import PACKERS, SAMPLES, SOUND, listed, tar_of, zip_of


def as_folder(folder: Path, drop: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            (drop / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (drop / path.relative_to(folder)).write_bytes(path.read_bytes())


def each(pack: Callable[[bytes], bytes]) -> Callable[[Path, Path], None]:
    def write(folder: Path, drop: Path) -> None:
        as_folder(folder, drop)
        for path in drop.rglob("*"):
            if path.is_file():
                path.write_bytes(pack(path.read_bytes()))

    return write


def as_zip(method: int) -> Callable[[Path, Path], None]:
    def write(folder: Path, drop: Path) -> None:
        with zipfile.ZipFile(drop / "x", "w", method) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))

    return write


def as_tar(form: int, pack: Callable[[bytes], bytes]) -> Callable[[Path, Path], None]:
    def write(folder: Path, drop: Path) -> None:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as archive:
            archive.add(folder, "./")
        (drop / "x").write_bytes(pack(out.getvalue()))

    return write


PACKINGS: dict[str, Callable[[Path, Path], None]] = {
    "zip, deflated": as_zip(zipfile.ZIP_DEFLATED),
    "zip, stored": as_zip(zipfile.ZIP_STORED),
    "tar, pax": as_tar(tarfile.PAX_FORMAT, bytes),
    "tar, GNU": as_tar(tarfile.GNU_FORMAT, bytes),
    "tar, ustar": as_tar(tarfile.USTAR_FORMAT, bytes),
    **{f"tar, {name}": as_tar(tarfile.PAX_FORMAT, pack) for name, pack in PACKERS.items()},
    **{f"each file, {name}": each(pack) for name, pack in PACKERS.items()},
}


def told(drop: Path, suite: Suite) -> dict[str, pl.DataFrame]:
    """What becomes of a drop by table, paths within the archive."""
    raw = load(list_sources(drop, within=True))
    return judge(raw.with_columns(pl.col("path").str.strip_prefix("x/")).sort("path"), suite).tables()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> tuple[Path, dict[str, pl.DataFrame]]:
    folder = tmp_path_factory.mktemp("plain")
    as_folder(SAMPLES, folder)
    as_folder(SEEDS, folder / "seeds")
    long = folder / ("Fälle" * 15)
    long.mkdir()
    (long / f"{'lang' * 20}.txt").write_bytes(SOUND)  # together more than the 100 bytes that a name has in a tar
    (folder / "empty.txt").write_bytes(b"")
    (folder / ".hidden").write_bytes(SOUND)
    return folder, told(folder, suite)


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_read_like_a_folder(
    packing: str, plain: tuple[Path, dict[str, pl.DataFrame]], tmp_path: Path, suite: Suite
) -> None:
    folder, expected = plain
    PACKINGS[packing](folder, tmp_path)
    found = told(tmp_path, suite)
    assert len(found["release"]) + len(found["quarantine"]) > 300
    assert len(found["findings"]) > 10
    assert all(found[table].equals(expected[table]) for table in found)


def test_members_have_paths_and_verdicts_of_their_own(tmp_path: Path, suite: Suite) -> None:
    data = zip_of({name: (SEEDS / name).read_bytes() for name in (FIRST_SEED, SECOND_SEED)})
    (tmp_path / "drop.zip").write_bytes(data)
    judged = judge(load(list_sources(tmp_path / "drop.zip", within=True)), suite)
    assert judged.transcripts.select("transcript", "verdict").rows() == [
        (f"drop.zip/{FIRST_SEED}", "quarantined"),
        (f"drop.zip/{SECOND_SEED}", "repaired"),
    ]
    plainly = load(list_sources(SEEDS))
    assert judged.sources["sha256"].to_list() == plainly["sha256"].to_list()
    assert list_sources(tmp_path)[0].path == f"{tmp_path}/drop.zip/{FIRST_SEED}"
    assert [digest(source) for source in list_sources(tmp_path)] == plainly["sha256"].to_list()


NAMES = st.lists(
    st.text(st.characters(exclude_characters="/\\\0\ud800", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
    .filter(lambda name: not name.startswith(".") and ":" not in name),
    min_size=1,
    max_size=3,
).map("/".join)  # fmt: skip
MEMBERS = st.dictionaries(NAMES, st.binary(max_size=2000), min_size=1, max_size=6)


@given(named=MEMBERS, packer=st.sampled_from(["zip", "stored", "pax", "gnu"]))
def test_whatever_the_library_packs_is_found(
    named: dict[str, bytes], packer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if packer in ("zip", "stored"):
        data = zip_of(named, zipfile.ZIP_DEFLATED if packer == "zip" else zipfile.ZIP_STORED)
    else:
        data = tar_of(named, tarfile.PAX_FORMAT if packer == "pax" else tarfile.GNU_FORMAT)
    sources = listed(tmp_path_factory.getbasetemp(), data)
    raw = load(sources)
    assert raw["trouble"].null_count() == len(named)
    assert dict(zip(raw["path"].str.strip_prefix("drop/"), raw["data"], strict=True)) == {
        files.shown(name): content for name, content in named.items()
    }


@given(
    base=st.sampled_from(["zip", "tar", *PACKERS]),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=8), st.integers(0, 8)), max_size=6),
)
def test_mutated_archives_are_told_and_nothing_is_lost(
    base: str, edits: list[tuple[float, bytes, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    named = {"a.txt": SOUND, "b/c.txt": SOUND * 3}
    data = zip_of(named) if base == "zip" else tar_of(named)
    data = PACKERS[base](data) if base in PACKERS else data
    for place, found, less in edits:
        at = int(place * len(data))
        data = data[:at] + found + data[at + less :]
    raw = load(listed(tmp_path_factory.getbasetemp(), data))
    assert len(raw) >= 1
    assert raw["path"].is_unique().all()
    for content, kind, trouble in raw.select("data", "kind", "trouble").iter_rows():
        assert (content is None) == (kind is not None) == (trouble is not None)
