"""Manifests: told by name and content, compared with what is there, and never trusted."""

from __future__ import annotations

import json
import os
import zipfile
from hashlib import md5, sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.listing import list_sources
from schemas.manifest import apart, grown, lacking, missing
from schemas.manifest_forms import form_of, named_in

A, B = b"Patient: Hi.\nTherapist: Hello.\n", b"Patient: Bye.\nTherapist: Goodbye.\n"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop/data").mkdir(parents=True)
    (tmp_path / "drop/a.txt").write_bytes(A)
    (tmp_path / "drop/data/b.txt").write_bytes(B)
    return tmp_path / "drop"


def told(drop: Path) -> list[tuple[str, int | None, str]]:
    return [(each.path, each.line, each.detail) for each in missing(drop)]


def sums(*named: tuple[bytes, str]) -> str:
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for data, name in named)


WHOLE = {
    "SHA256SUMS": sums((A, "./a.txt"), (B, "data/b.txt"), (b"", "SHA256SUMS"), (A, ".DS_Store")),
    "drop.md5": f"# made by hand\n{md5(A).hexdigest()} *a.txt\r\n{md5(B).hexdigest()} *data\\b.txt\r\n",
    "a.txt.sha256": f"{sha256(A).hexdigest()}\n",
    "CHECKSUMS.txt": f"SHA256 (a.txt) = {sha256(A).hexdigest()}\nMD5 (data/b.txt) = {md5(B).hexdigest()}\n",
    "manifest-sha256.txt": sums((B, "data/b.txt")),
    "MANIFEST": "a.txt\ndata/b.txt\n",
    "manifest.csv": f'File,Size,SHA256\n"a.txt",{len(A)},{sha256(A).hexdigest()}\ndata/b.txt,{len(B)},\n',
    "manifest.json": json.dumps(
        {
            "files": [
                {"name": "a.txt", "bytes": len(A)},
                {"path": "data/b.txt", "hash": f"sha256:{sha256(B).hexdigest()}"},
            ]
        }
    ),
}

LACKING = {
    "SHA256SUMS": (sums((A, "a.txt"), (A, "c.txt")), 2, "names c.txt, which is missing"),
    "sha256sum.txt": (
        sums((B, "a.txt")),
        1,
        "names a.txt, whose checksum (SHA-256) is another: it is cut off, still growing, or changed",
    ),
    "manifest-md5.txt": (f"{md5(A).hexdigest()}  data/x%0Ay.txt\n", 1, "names data/x\\x0ay.txt, which is missing"),
    "MANIFEST": ("a.txt\ndata/b.txt\ndata/c.txt\n", 3, "names data/c.txt, which is missing"),
    "manifest.tsv": (
        f"filename\tsize\na.txt\t{len(A) + 9}\n",
        2,
        f"names a.txt, which has {len(A)} bytes in place of {len(A) + 9}: it is cut off, or still growing",
    ),
    "manifest.json": ('["a.txt", "c.txt"]', None, "names c.txt, which is missing"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_drop_lacks_nothing_and_its_manifest_is_no_source(drop: Path, name: str) -> None:
    (drop / name).write_text(WHOLE[name])
    assert told(drop) == []
    manifests, sources = apart(list_sources(drop, within=True))
    assert [each.source.path for each in manifests] == [name]
    assert len(manifests[0].names) >= 1
    assert [each.path for each in sources] == ["a.txt", "data/b.txt"]


@pytest.mark.parametrize("name", LACKING)
def test_what_a_manifest_names_is_missed(drop: Path, name: str) -> None:
    text, line, detail = LACKING[name]
    (drop / name).write_text(text)
    assert told(drop) == [(name, line, detail)]


def test_names_count_from_the_folder_of_the_manifest(drop: Path) -> None:
    (drop / "data/SHA256SUMS").write_text(sums((B, "b.txt"), (A, "../a.txt"), (A, "a.txt")))
    assert told(drop) == [("data/SHA256SUMS", 3, "names a.txt, which is missing")]


def test_names_that_lead_out_are_never_looked_up(drop: Path) -> None:
    (drop.parent / "secret.txt").write_bytes(A)
    (drop / "link").symlink_to("/etc")
    names = ("../secret.txt", "/etc/passwd", "C:\\secret.txt", "data/../../secret.txt", "link/passwd", "n" * 5000)
    (drop / "SHA256SUMS").write_text(sums(*((A, name) for name in names)))
    found = [detail for _, _, detail in told(drop)]
    assert [each.endswith("which leads out of the folder, where nothing is looked up") for each in found] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert [each.endswith("which is missing") for each in found[4:]] == [True, True]
    assert all(len(each) < 300 for each in found)


def test_manifests_in_archives_and_of_archives(drop: Path) -> None:
    with zipfile.ZipFile(drop / "more.zip", "w") as packed:
        packed.writestr("in/c.txt", A)
        packed.writestr("in/SHA256SUMS", sums((A, "c.txt"), (A, "d.txt")))
    (drop / "SHA256SUMS").write_text(sums((A, "a.txt"), ((drop / "more.zip").read_bytes(), "more.zip")))
    assert told(drop) == [("more.zip/in/SHA256SUMS", 2, "names d.txt, which is missing")]


def test_a_bag_is_described_by_no_source(drop: Path) -> None:
    (drop / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (drop / "bag-info.txt").write_text("Source-Organization: A clinic\nContact-Name: Ann\n")
    (drop / "manifest-sha256.txt").write_text(sums((B, "data/b.txt")))
    tags = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
    (drop / "tagmanifest-sha256.txt").write_text(sums(*(((drop / name).read_bytes(), name) for name in tags)))
    assert told(drop) == []
    assert [each.path for each in apart(list_sources(drop, within=True))[1]] == ["a.txt", "data/b.txt"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SHA256SUMS", "Patient: Hi.\nTherapist: Hello.\n"),
        ("MANIFEST", "I slept badly.\nThen: nothing.\n"),
        ("manifest.csv", "speaker,text\nPatient,Hi.\nTherapist,Hello.\n"),
        ("manifest.csv", "name,text\nPatient,Hi.\nTherapist,Hello.\n"),
        ("manifest.json", '{"messages": [{"role": "user", "content": "Hi."}]}'),
        ("manifest.json", '{"name": "app", "icons": []}'),
        ("manifest.json", "[" * 100_000),
        ("manifest.txt", ""),
        ("notes.txt", "a.txt\nc.txt\n"),
    ],
)
def test_other_files_stay_sources(drop: Path, name: str, text: str) -> None:
    (drop / name).write_text(text)
    assert told(drop) == []
    assert len(apart(list_sources(drop))[1]) == 3


def test_a_manifest_alone_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST").write_text("a.txt\n")
    assert apart(list_sources(tmp_path / "MANIFEST"))[0] == ()


def test_accents_may_be_written_in_two_ways(drop: Path) -> None:
    (drop / "Séance.txt").write_bytes(A)
    (drop / "SHA256SUMS").write_text(sums((A, "Se\u0301ance.txt")))
    assert told(drop) == []


def test_sizes_are_compared_without_reading(drop: Path) -> None:
    (drop / "manifest.json").write_text(json.dumps({"files": {"a.txt": {"size": 1}, "data/b.txt": {"md5": "0" * 32}}}))
    assert [each.detail for each in missing(drop, contents=False)] == [
        f"names a.txt, which has {len(A)} bytes in place of 1: it is changed, or written twice"
    ]


def test_a_file_that_changes_is_growing(drop: Path) -> None:
    listed = list_sources(drop, within=True)
    assert grown(listed) == ()
    with (drop / "a.txt").open("ab") as file:
        file.write(B)
    os.utime(drop / "data/b.txt", ns=(0, 0))
    assert [(each.path, each.detail.partition(" since")[0]) for each in grown(listed)] == [
        ("a.txt", f"has grown to {len(A) + len(B)} bytes"),
        ("data/b.txt", "has changed"),
    ]
    (drop / "a.txt").unlink()
    assert [each.detail.partition(" since")[0] for each in grown(listed)] == ["is gone", "has changed"]
    assert lacking((), listed) == ()


_NAMES = st.sampled_from(["SHA256SUMS", "x.md5", "MANIFEST", "manifest.csv", "manifest.tsv", "manifest.json"])


@settings(max_examples=60)
@given(
    name=_NAMES,
    data=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    ),
)
def test_anything_is_read_without_an_error(name: str, data: bytes) -> None:
    form = form_of(name)
    assert form is not None
    assert all(each.name for each in named_in(data, form))
