"""Archives that ask for more than there is: bombs, headers that lie, archives in each other."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from backports import zstd

from expectations.suite import Suite
from schemas import files
from schemas.containers import compression, members, tar
from schemas.containers import zip as zipped
from schemas.listing import list_sources
from schemas.loading import digest, load
from tests.schemas.packing import PACKERS, SOUND, batch_of, listed, problems, tar_of, zip_of


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
    monkeypatch.setattr("schemas.loading.SOURCE_BYTES", 100_000)
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
