"""Archives and compressed files: what is in them is read as if it lay in a folder, and nothing hostile gets far."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from expectations.judge import judge
from expectations.suite import Suite
from schemas import files
from schemas.containers import compression, members, tar
from schemas.containers import zip as zipped
from schemas.listing import Source, digest, list_sources, load
from schemas.reading import Batch, read
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS

SAMPLES = Path(__file__).parent.parent / "samples"
SOUND = b"Patient: I slept badly.\n\nTherapist: What kept you up?\n"

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    files.forget()


def zip_of(named: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in named.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tar_of(named: dict[str, bytes], form: int = tarfile.PAX_FORMAT, **fields: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in named.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def listed(tmp_path: Path, data: bytes) -> list[Source]:
    """The sources of an archive; its name tells nothing of what it is."""
    (tmp_path / "drop").write_bytes(data)
    return list_sources(tmp_path / "drop", within=True)


def batch_of(tmp_path: Path, data: bytes, suite: Suite) -> Batch:
    return read(load(listed(tmp_path, data)), suite.roster)


def problems(batch: Batch) -> dict[str, tuple[str, str]]:
    """Kind and detail of each source's problem, by path."""
    rows = batch.problems.join(batch.sources.select("source_key", "path"), on="source_key")
    return {path: (kind, detail) for path, kind, detail in rows.select("path", "kind", "detail").iter_rows()}


# --- what is packed is read as if it were not ------------------------------------------------------------------------


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


# --- what is wrong is told, and costs no other -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "C:\\x", "c:x", "..\\x", "\\\\host\\x", "/", "a/.."]
)
@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_members_that_lead_out_are_not_read(
    name: str, pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path, suite: Suite
) -> None:
    batch = batch_of(tmp_path, pack({"a.txt": SOUND, name: SOUND + b" "}), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt"]
    if name != "/":
        ((path, (kind, detail)),) = problems(batch).items()
        assert kind == "broken"
        assert "leads out of the archive" in detail
        assert ".." not in path.split("/")
        assert not path.startswith("drop//")


def test_backslashes_within_are_separators(tmp_path: Path, suite: Suite) -> None:
    batch = batch_of(tmp_path, zip_of({"in\\a.txt": SOUND, "in\\": b""}), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/in/a.txt"]


@pytest.mark.parametrize(
    ("kind", "told_as"),
    [(tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "link"), (tarfile.FIFOTYPE, "pipe"), (tarfile.CHRTYPE, "device")],
)
def test_links_and_devices_in_a_tar_are_not_read(kind: bytes, told_as: str, tmp_path: Path, suite: Suite) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        odd = tarfile.TarInfo("odd")
        odd.type, odd.linkname = kind, "/etc/passwd"
        archive.addfile(odd)
        after = tarfile.TarInfo("after.txt")
        after.size = len(SOUND)
        archive.addfile(after, io.BytesIO(SOUND))
    batch = batch_of(tmp_path, out.getvalue(), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/after.txt"]
    kind_of, detail = problems(batch)["drop/odd"]
    assert kind_of == "unreadable"
    assert told_as in detail


@pytest.mark.parametrize(("mode", "told_as"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "pipe")])
def test_links_and_devices_in_a_zip_are_not_read(mode: int, told_as: str, tmp_path: Path, suite: Suite) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        odd = zipfile.ZipInfo("odd")
        odd.create_system, odd.external_attr = 3, (mode | 0o644) << 16
        archive.writestr(odd, "/etc/passwd")
        archive.writestr("after.txt", SOUND)
    batch = batch_of(tmp_path, out.getvalue(), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/after.txt"]
    assert told_as in problems(batch)["drop/odd"][1]


def test_members_of_one_name_are_told_apart(tmp_path: Path, suite: Suite) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.txt", "a.txt", "./a.txt", "b.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(SOUND)
            archive.addfile(info, io.BytesIO(SOUND))
    batch = batch_of(tmp_path, out.getvalue(), suite)
    assert batch.sources["path"].to_list() == ["drop/a.txt", "drop/a.txt (2)", "drop/a.txt (3)", "drop/b.txt"]
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt", "drop/b.txt"]
    assert all("more than once" in detail for _, detail in problems(batch).values())


def test_odd_names_are_shown(tmp_path: Path, suite: Suite) -> None:
    data = zip_of({"a\x1b[31m\nb.txt": SOUND, "n" * 3000: SOUND, "m.txt": SOUND, "?.txt": SOUND})
    data = data.replace(b"?.txt", b"\xff.txt")
    batch = batch_of(tmp_path, data, suite)
    assert batch.sources["path"].to_list() == [
        "drop/a\\x1b[31m\\x0ab.txt",
        f"drop/{'n' * 100}…",
        "drop/m.txt",
        "drop/\xa0.txt",  # 0xff in the code page of DOS
    ]
    assert list(problems(batch)) == [f"drop/{'n' * 100}…"]
    names = ["é.txt", "\udcff.txt"]
    data = tar_of(dict.fromkeys(names, SOUND), tarfile.GNU_FORMAT)
    assert [source.path for source in listed(tmp_path, data)] == ["drop/é.txt", "drop/\\xff.txt"]


def test_an_undecodable_name_costs_no_other_member(tmp_path: Path, suite: Suite) -> None:
    # The library marks the name as UTF-8, and could not read it back.
    data = zip_of({"é.txt": SOUND, "b.txt": SOUND}).replace("é".encode(), b"\xff\xfe")
    assert [source.path for source in listed(tmp_path, data)] == ["drop/\\xff\\xfe.txt", "drop/b.txt"]
    assert len(batch_of(tmp_path, data, suite).turns) == 4


def test_encrypted_and_unknown_methods_cost_no_other(tmp_path: Path, suite: Suite) -> None:
    plainly = zip_of({"a.txt": SOUND, "b.txt": SOUND})
    listed_at = plainly.index(b"PK\x01\x02")
    for at, value, told_as in ((8, 1, "encrypted"), (10, 99, "method 99")):
        data = bytearray(plainly)
        data[listed_at + at] = value
        batch = batch_of(tmp_path, bytes(data), suite)
        assert batch.transcripts["transcript"].to_list() == ["drop/b.txt"]
        assert told_as in problems(batch)["drop/a.txt"][1]


def test_a_damaged_member_of_a_zip_costs_no_other(tmp_path: Path, suite: Suite) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = bytearray(zip_of({"a.txt": SOUND * 9, "b.txt": SOUND}, method))
        data[50] ^= 0xFF
        batch = batch_of(tmp_path, bytes(data), suite)
        assert batch.transcripts["transcript"].to_list() == ["drop/b.txt"]
        assert problems(batch)["drop/a.txt"][0] == "broken"


def test_a_zip_that_is_cut_off_is_one_finding(tmp_path: Path, suite: Suite) -> None:
    batch = batch_of(tmp_path, zip_of({"a.txt": SOUND})[:-30], suite)
    assert problems(batch) == {"drop": ("broken", "is cut off: it has no directory at its end; copy it again")}


@pytest.mark.parametrize("packer", [None, *PACKERS])
def test_a_tar_that_is_cut_off_gives_what_is_whole(packer: str | None, tmp_path: Path, suite: Suite) -> None:
    noise = [os.urandom(6000).hex().encode() for _ in range(4)]
    named = {f"{number}.txt": b"Patient: %b\n\nTherapist: Yes?\n" % text for number, text in enumerate(noise)}
    data = tar_of(named) if packer is None else PACKERS[packer](tar_of(named))
    cut = data[: len(data) // 2] if packer != "bz2" else bz2.compress(tar_of(named), 1)[:-9]
    batch = batch_of(tmp_path, cut, suite)
    whole = batch.transcripts["transcript"].to_list()
    assert whole[:1] == ["drop/0.txt"] or packer in ("bz2", "xz", "zst")  # these come out in large blocks
    found = problems(batch)
    assert "cut off" in found["drop"][1]
    assert all("cut off" in detail for _, detail in found.values())


def test_a_tar_with_a_damaged_header_gives_what_comes_before(tmp_path: Path, suite: Suite) -> None:
    data = bytearray(tar_of({"a.txt": SOUND, "b.txt": SOUND, "c.txt": SOUND}))
    data[1024 + 3] ^= 1
    batch = batch_of(tmp_path, bytes(data), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt"]
    assert problems(batch) == {
        "drop": ("broken", "is damaged at byte 1,024, and nothing behind that can be read; pack it again")
    }


def test_data_behind_the_end_of_a_tar_are_told(tmp_path: Path, suite: Suite) -> None:
    batch = batch_of(tmp_path, tar_of({"a.txt": SOUND}) + tar_of({"b.txt": SOUND}), suite)
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt"]
    assert "behind its end mark" in problems(batch)["drop"][1]


@pytest.mark.parametrize("packer", PACKERS)
def test_damaged_compressed_files_are_told(packer: str, tmp_path: Path, suite: Suite) -> None:
    text = b"Patient: %b\n\nTherapist: Yes?\n" % os.urandom(2000).hex().encode()
    checked = {int(zstd.CompressionParameter.checksum_flag): 1}
    data = bytearray(PACKERS[packer](text) if packer != "zst" else zstd.compress(text, options=checked))
    data[len(data) // 2] ^= 0xFF
    ((kind, _),) = problems(batch_of(tmp_path, bytes(data), suite)).values()
    assert kind == "broken"
    for cut in (bytes(data[:-20]), bytes(data) + b"rubbish", bytes(data[:12])):
        ((kind, _),) = problems(batch_of(tmp_path, cut, suite)).values()
        assert kind == "broken"


@pytest.mark.parametrize("packer", PACKERS)
def test_streams_may_follow_each_other(packer: str, tmp_path: Path, suite: Suite) -> None:
    pack = PACKERS[packer]
    data = pack(SOUND) + pack(b"\nPatient: The noise.\n") + pack(b"") + pack(b"\nTherapist: I see.\n")
    batch = batch_of(tmp_path, data, suite)
    assert batch.turns["text"].to_list() == ["I slept badly.", "What kept you up?", "The noise.", "I see."]
    assert batch.sources["path"].to_list() == ["drop"]


def test_an_empty_archive_is_told(tmp_path: Path, suite: Suite) -> None:
    for data in (zip_of({}), zip_of({"folder/": b"", ".DS_Store": b"x"}), tar_of({"__MACOSX/._a.txt": b"x"})):
        assert problems(batch_of(tmp_path, data, suite)) == {"drop": ("empty", "the archive holds no file")}


def test_an_archive_that_changes_is_told(tmp_path: Path) -> None:
    sources = listed(tmp_path, zip_of({"a.txt": SOUND}))
    (tmp_path / "drop").write_bytes(zip_of({"b.txt": SOUND * 2}))
    assert load(sources)["trouble"].to_list() == ["it has changed since it was listed; judge it again"]


# --- limits ----------------------------------------------------------------------------------------------------------


def nested() -> dict[str, bytes]:
    inner = zip_of({"a.txt": SOUND})
    return {
        "zip in zip": zip_of({"b.zip": inner}),
        "zip in gz": gzip.compress(inner),
        "gz in gz": gzip.compress(gzip.compress(SOUND)),
        "gz in tar": tar_of({"b": gzip.compress(SOUND)}),
        "tar in zip": zip_of({"b": tar_of({"a.txt": SOUND})}),
        "tar.gz in tar.gz": gzip.compress(tar_of({"b": gzip.compress(tar_of({"a.txt": SOUND}))})),
    }


@pytest.mark.parametrize("case", nested())
def test_one_archive_within_another_is_not_opened(case: str, tmp_path: Path, suite: Suite) -> None:
    batch = batch_of(tmp_path, nested()[case], suite)
    ((kind, detail),) = problems(batch).values()
    assert kind == "oversized"
    assert "within another, and only one is opened" in detail
    assert batch.transcripts.is_empty()


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are reached in no time: 100 kB a source, 1 MB an archive, 5 members, 10 kB free of a ratio."""
    monkeypatch.setattr("schemas.limits.FREE_BYTES", 10_000)
    for module in (compression, members):
        monkeypatch.setattr(module, "SOURCE_BYTES", 100_000)
        monkeypatch.setattr(module, "ARCHIVE_BYTES", 1_000_000)
    monkeypatch.setattr("schemas.listing.SOURCE_BYTES", 100_000)
    monkeypatch.setattr(zipped, "MEMBERS", 5)
    monkeypatch.setattr(tar, "MEMBERS", 5)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("packer", [None, *PACKERS])
def test_large_sources_are_told(packer: str | None, tmp_path: Path, suite: Suite) -> None:
    noise = os.urandom(60_000).hex().encode()
    data = noise if packer is None else PACKERS[packer](noise)
    found = problems(batch_of(tmp_path, data, suite))
    assert [kind for kind, _ in found.values()] == ["oversized"]
    assert digest(list_sources(tmp_path / "drop")[0]) is None


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("packer", PACKERS)
def test_bombs_are_told(packer: str, tmp_path: Path, suite: Suite) -> None:
    bomb = PACKERS[packer](bytes(90_000))
    assert len(bomb) < 90_000 / 200
    assert "200 times its size" in problems(batch_of(tmp_path, bomb, suite))["drop"][1]
    packed = PACKERS[packer](tar_of({"a.txt": SOUND, "bomb": bytes(900_000)}))
    assert "200 times its size" in problems(batch_of(tmp_path, packed, suite))["drop"][1]
    assert problems(batch_of(tmp_path, PACKERS[packer](bytes(9_000)), suite))["drop"][0] == "undecodable"


@pytest.mark.usefixtures("small_limits")
def test_members_that_are_too_large_cost_no_other(tmp_path: Path, suite: Suite) -> None:
    named = {"a.txt": SOUND, "bomb": bytes(90_000), "large": os.urandom(110_000), "z.txt": SOUND}
    for data, both in ((zip_of(named), True), (tar_of(named), False)):
        batch = batch_of(tmp_path, data, suite)
        assert batch.transcripts["transcript"].to_list() == ["drop/a.txt", "drop/z.txt"]
        found = problems(batch)
        assert found["drop/large"] == ("oversized", "unpacks to more than 97.66 KiB, the most that is taken; split it")
        assert found["drop/bomb"][0] == ("oversized" if both else "undecodable")


@pytest.mark.usefixtures("small_limits")
def test_archives_that_are_too_large_are_not_opened(tmp_path: Path, suite: Suite) -> None:
    six = {f"{number}.txt": SOUND for number in range(6)}
    for data in (zip_of(six), tar_of(six), gzip.compress(tar_of(six))):
        ((kind, detail),) = problems(batch_of(tmp_path, data, suite)).values()
        assert kind == "oversized"
        assert "members, the most that are taken" in detail
    five = dict(list(six.items())[:5])
    assert len(batch_of(tmp_path, tar_of(five), suite).transcripts) == 5
    assert len(batch_of(tmp_path, zip_of(five), suite).transcripts) == 5


def header(kind: bytes, size: int, name: bytes = b"x") -> bytes:
    info = tarfile.TarInfo(name.decode())
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def test_tar_headers_are_not_trusted(tmp_path: Path, suite: Suite) -> None:
    end = bytes(1024)
    after = header(b"0", len(SOUND), b"a.txt") + SOUND.ljust(512, b"\0") + end
    # A name of a gigabyte; a chain of headers, on which a reader that calls itself runs out of stack.
    assert problems(batch_of(tmp_path, header(b"L", 2**30) + after, suite))["drop"][0] == "oversized"
    assert problems(batch_of(tmp_path, header(b"x", 2**33) + after, suite))["drop"][0] == "oversized"
    chain = header(b"L", 1) + b"y".ljust(512, b"\0")
    assert listed(tmp_path, chain * 5000 + after)[0].path == "drop/y"
    # Digits over which `tarfile` takes quadratic time.
    digits = header(b"x", 2**19) + b"1" * 2**19
    assert len(batch_of(tmp_path, digits * 4 + after, suite).turns) == 2
    # A size below zero, which leads `tarfile` in circles.
    back = bytearray(header(b"0", 0))
    back[124:136] = b"\xff" * 11 + b"\x00"
    back[148:156] = b"%06o\0 " % (sum(back[:148]) + sum(back[156:]) + 8 * 32)
    assert "damaged at byte 0" in problems(batch_of(tmp_path, bytes(back) + after, suite))["drop"][1]
    # A sparse file says that it is a terabyte.
    sparse = bytearray(header(b"S", 512))
    sparse[482] = 1
    sparse[148:156] = b"%06o\0 " % (sum(sparse[:148]) + sum(sparse[156:]) + 8 * 32)
    batch = batch_of(tmp_path, bytes(sparse) + bytes(512) + bytes(512) + after, suite)
    assert "with holes" in problems(batch)["drop/x"][1]
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt"]


def test_zip_headers_are_not_trusted(tmp_path: Path, suite: Suite) -> None:
    bomb = bytearray(zip_of({"a.txt": SOUND, "bomb": bytes(10**7)}))
    listed_at = bomb.rindex(b"PK\x01\x02")
    # It says that it is small.
    struct.pack_into("<L", bomb, listed_at + 24, 100)
    tracemalloc.start()
    batch = batch_of(tmp_path, bytes(bomb), suite)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert batch.transcripts["transcript"].to_list() == ["drop/a.txt"]
    assert problems(batch)["drop/bomb"][0] == "broken"
    # Members that share their data, as in the bombs that are large without being deep.
    shared = bytearray(zip_of({"a.txt": SOUND, "b.txt": SOUND}))
    struct.pack_into("<L", shared, shared.rindex(b"PK\x01\x02") + 42, 0)
    assert "overlap" in problems(batch_of(tmp_path, bytes(shared), suite))["drop"][1]
    # A directory that says it is longer than the file.
    long = bytearray(zip_of({"a.txt": SOUND}))
    struct.pack_into("<L", long, len(long) - 10, 2**31)
    assert problems(batch_of(tmp_path, bytes(long), suite))["drop"][0] == "broken"


def test_zip64_is_read(tmp_path: Path, suite: Suite) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open(zipfile.ZipInfo("a.txt"), "w", force_zip64=True) as member:
        member.write(SOUND)
    data = out.getvalue()
    assert len(batch_of(tmp_path, data, suite).turns) == 2
    # The numbers of the directory where they stand when they have more than 32 bits.
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = bytearray(data[at:end])
    size = len(SOUND)
    struct.pack_into("<2L", entry, 20, 2**32 - 1, 2**32 - 1)
    struct.pack_into("<L", entry, 42, 2**32 - 1)
    extra = struct.pack("<2H3Q", 1, 24, size, size, 0)
    struct.pack_into("<H", entry, 30, len(extra))
    entry = entry[: 46 + len("a.txt")] + extra
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(entry), 1)
    unset = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 0)
    long = data[:at] + bytes(entry) + record + locator + unset
    assert zipfile.ZipFile(io.BytesIO(long)).read("a.txt") == SOUND
    assert len(batch_of(tmp_path, long, suite).turns) == 2


def test_xz_that_asks_for_much_memory_is_told(tmp_path: Path, suite: Suite) -> None:
    hungry = lzma.compress(SOUND, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**28}])
    assert "128 MiB" in problems(batch_of(tmp_path, hungry, suite))["drop"][1]


def test_many_empty_streams_take_no_long_time(tmp_path: Path, suite: Suite) -> None:
    found = batch_of(tmp_path, zstd.compress(b"") * 50_000 + zstd.compress(SOUND), suite)
    assert len(found.turns) == 2


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    sources = listed(tmp_path, gzip.compress(tar_of({"a.txt": SOUND})))
    assert load(sources)["data"].to_list() == [SOUND]
    assert list((tmp_path / "tmp").iterdir()) == []
    held = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert any(str(tmp_path / "tmp") in path for path in held)
    files.forget()
    held = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not any(str(tmp_path / "tmp") in path for path in held)


def test_no_room_to_unpack_is_told(tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("schemas.files.TemporaryFile", Full)
    ((kind, detail),) = problems(batch_of(tmp_path, gzip.compress(SOUND), suite)).values()
    assert kind == "unreadable"
    assert "No space left on device); set TMPDIR" in detail


def test_a_tar_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Counted(compression.Inflater):
        def __init__(self, wbits: int) -> None:
            made.append(wbits)
            super().__init__(wbits)

    monkeypatch.setattr(compression, "Inflater", Counted)
    sources = listed(tmp_path, gzip.compress(tar_of({f"{number}.txt": SOUND for number in range(50)})))
    for source in sources:
        assert digest(source) is not None
        assert load([source])["data"].to_list() == [SOUND]
    assert made == [31]


# --- what is no transcript -------------------------------------------------------------------------------------------


def office(name: str) -> bytes:
    return zip_of({"[Content_Types].xml": b"<x/>", name: b"<x/>", "docProps/app.xml": b"<x/>"})


def opendocument(kind: str) -> bytes:
    return zip_of({"mimetype": f"application/{kind}".encode(), "content.xml": b"<x/>"}, zipfile.ZIP_STORED)


FOREIGN: dict[str, tuple[bytes, str, str]] = {
    "docx": (office("word/document.xml"), "a Word document", "export the transcript as plain text"),
    "xlsx": (office("xl/workbook.xml"), "an Excel workbook", "export each of its sheets as CSV"),
    "pptx": (office("ppt/presentation.xml"), "a PowerPoint presentation", "plain text"),
    "odt": (opendocument("vnd.oasis.opendocument.text"), "an OpenDocument text", "plain text"),
    "ods": (opendocument("vnd.oasis.opendocument.spreadsheet"), "a spreadsheet", "CSV"),
    "epub": (opendocument("epub+zip"), "an e-book", "plain text"),
    "jar": (zip_of({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0"}), "a Java archive", "take it out"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document", "plain text"),
    "pdf in ASCII": (b"%PDF-1.4\nPatient: Hi.\n\nTherapist: Hello.\n", "a PDF document", "plain text"),
    "rtf": (b"{\\rtf1\\ansi Patient: Hi.\\par}", "an RTF document", "plain text"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "Word, Excel or Outlook", "plain text"),
    "wav": (b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(50), "a WAV recording", "not the recording"),
    "mp3": (b"ID3\x04\x00" + bytes(50), "an MP3 recording", "not the recording"),
    "mp3 without tags": (b"\xff\xfb\x90\x64" + bytes(50), "an MP3 recording", "not the recording"),
    "ogg": (b"OggS\x00\x02" + bytes(50), "an Ogg recording", "not the recording"),
    "flac": (b"fLaC\x00\x00\x00\x22" + bytes(50), "a FLAC recording", "not the recording"),
    "m4a": (b"\x00\x00\x00\x20ftypM4A " + bytes(50), "an MP4 or M4A recording", "not the recording"),
    "heic": (b"\x00\x00\x00\x20ftypheic" + bytes(50), "a HEIC or AVIF image", "plain text"),
    "webm": (b"\x1a\x45\xdf\xa3\x9f" + bytes(50), "a WebM or Matroska recording", "not the recording"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image", "plain text"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(50), "a JPEG image", "plain text"),
    "gif": (b"GIF89a" + bytes(50), "a GIF image", "plain text"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(50), "a 7z archive", "pack it as zip or tar.gz"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(50), "a RAR archive", "pack it as zip or tar.gz"),
    "lz4": (b"\x04\x22\x4d\x18" + bytes(50), "LZ4-compressed data", "pack it as zip or tar.gz"),
    "sqlite": (b"SQLite format 3\x00" + bytes(50), "a SQLite database", "CSV"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_text_is_told_with_what_to_do(case: str, tmp_path: Path, suite: Suite) -> None:
    data, name, remedy = FOREIGN[case]
    for packed in (data, zip_of({"a": data}), gzip.compress(data)):
        batch = batch_of(tmp_path, packed, suite)
        ((kind, detail),) = problems(batch).values()
        assert kind == "undecodable"
        assert name in detail
        assert remedy in detail
        assert batch.transcripts.is_empty()


@pytest.mark.parametrize(
    "text", ["RIFF: I said caf\u00e9.", "OggS caf\u00e9", "ID3 caf\u00e9", "PK caf\u00e9", "BZh9 caf\u00e9"]
)
def test_text_that_begins_like_something_else_is_text(text: str, suite: Suite) -> None:
    raw = pl.DataFrame(
        [("a", f"Patient: {text}".encode("cp1252")[9:], None, None, None)], schema=load([]).schema, orient="row"
    )
    assert "undecodable" not in read(raw, suite.roster).problems["kind"]


def test_inflater_gives_all_there_is() -> None:
    data = zlib.compress(bytes(10**6), wbits=31)
    pieces = list(compression.unpack([data], lambda: compression.Inflater(31)))
    assert sum(map(len, pieces)) == 10**6
    assert max(map(len, pieces)) <= 2**18
