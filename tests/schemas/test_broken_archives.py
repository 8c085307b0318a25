"""Hostile and damaged archives: what leads out is not read, and what is broken costs no other."""

from __future__ import annotations

import bz2
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from expectations.suite import Suite
from schemas.loading import load
from tests.schemas.packing import PACKERS, SOUND, batch_of, listed, problems, tar_of, zip_of


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
