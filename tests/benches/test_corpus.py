"""The corpus is exact, repeatable, sound where it says so, and spoilt where it says so."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.benches.corpus import KINDS, make

TURNS, FILES = 6_000, 600
NAMES = "Patient|Therapist|Client|Counselor|User|Assistant"
LABEL = re.compile(rf"(?:^|\n\n)({NAMES}): ")
PAIRS = {("Patient", "Therapist"), ("Client", "Counselor"), ("User", "Assistant")}
SIGNS = {
    "serving_error": re.compile(r"\[Llama-3-3B-Instruct \w+ generation error: .+ \(length \d+\) .+ of \d+\..+\]\n\Z"),
    "placeholder": re.compile(r": \[Answer not properly formatted or missing\]$", re.MULTILINE),
    "leaked_note": re.compile(r"^\(Note: ", re.MULTILINE),
    "empty_turn": re.compile(r"^\w+: $", re.MULTILINE),
    "template_token": re.compile(r"<\|im_end\|>"),
    "repeated_speaker": re.compile(rf"(?:\A|\n\n)({NAMES}): (?:(?!\n\n(?:{NAMES}): )[^\0])*\n\n\1: "),
    "role_bleed": re.compile(r"[^\n]\n(?:Patient|Client|User): "),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small corpus that nobody changes."""
    folder = tmp_path_factory.mktemp("bench") / "corpus"
    make(folder, turns=TURNS, files=FILES)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a corpus by its relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.txt")}


def texts(folder: Path) -> dict[str, str]:
    """Every file's text, with its line ends made the same."""
    return {path: raw.decode().replace("\r\n", "\n") for path, raw in contents(folder).items()}


def signs(text: str) -> list[str]:
    """Name the kinds of defect that a file shows."""
    return [kind for kind, sign in SIGNS.items() if sign.search(text)]


def test_totals_are_exact(folder: Path) -> None:
    """The turns and the files are as many as asked, in subfolders of 500, with lengths that vary."""
    turns = [len(LABEL.findall(text)) for text in texts(folder).values()]
    assert (sum(turns), len(turns)) == (TURNS, FILES)
    assert min(turns) <= 6
    assert max(turns) >= 14
    assert Counter(path.parent.name for path in folder.rglob("*.txt")) == {"000": 500, "001": 100}


def test_same_arguments_make_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """A second corpus is the same byte for byte, and another seed makes another one."""
    make(tmp_path / "same", turns=TURNS, files=FILES)
    make(tmp_path / "other", turns=TURNS, files=FILES, seed=8)
    assert contents(tmp_path / "same") == contents(folder)
    assert not set(contents(tmp_path / "other").values()) & set(contents(folder).values())


def test_planted_defects_are_those_found(folder: Path) -> None:
    """Each planted file shows its own defect and no other, and no other file shows any."""
    found = {path: shown for path, text in texts(folder).items() if (shown := signs(text))}
    planted = json.loads(folder.with_name("corpus.stamp.json").read_text())["planted"]
    assert found == {path: [kind] for path, kind in planted.items()}
    assert make(folder, turns=TURNS, files=FILES) == Counter(planted.values())
    assert set(planted.values()) == set(KINDS)
    assert FILES * 0.03 - 1 <= len(planted) <= FILES * 0.03


def test_sound_files_are_sound(folder: Path) -> None:
    """The speakers alternate from first to last, each turn has a fair length, and no two files or turns are alike."""
    sound = [text for text in texts(folder).values() if not signs(text)]
    for text in sound:
        start, *fields = LABEL.split(text.removesuffix("\n"))
        speakers, said = fields[::2], fields[1::2]
        assert not start
        assert set(zip(speakers[::2], speakers[1::2], strict=True)) <= PAIRS
        assert len(set(speakers)) == 2
        assert all(20 <= len(words) <= 4_000 and words == words.strip() for words in said)
        assert len(set(said)) == len(said)
    assert len(set(sound)) == len(sound)


def test_varieties_are_present(folder: Path) -> None:
    """Some files have other labels, and some have CRLF line ends throughout."""
    raws = contents(folder).values()
    crlf = [raw for raw in raws if b"\r" in raw]
    assert all(raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r") for raw in crlf)
    assert 0.005 < len(crlf) / FILES < 0.05
    assert 0.05 < sum(not raw.startswith(b"Patient: ") for raw in raws) / FILES < 0.2


def test_stamp_spares_the_work(tmp_path: Path) -> None:
    """The same call leaves the files alone; other arguments replace them, and so does a missing file."""
    folder = tmp_path / "corpus"
    make(folder, turns=40, files=4)
    kept = folder / "000" / "000000.txt"
    before = kept.stat().st_mtime_ns
    make(folder, turns=40, files=4)
    assert kept.stat().st_mtime_ns == before
    kept.unlink()
    make(folder, turns=40, files=4)
    assert kept.exists()
    make(folder, turns=40, files=2)
    assert len(contents(folder)) == 2


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    """Files that the generator didn't write are never deleted."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        make(tmp_path, turns=40, files=4)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(("turns", "files"), [(41, 4), (14, 4), (40, 0)])
def test_impossible_totals_are_refused(tmp_path: Path, turns: int, files: int) -> None:
    """Turns come in pairs, at least two pairs a file."""
    with pytest.raises(ValueError, match="can't be dealt out"):
        make(tmp_path / "corpus", turns=turns, files=files)


def test_long_file_needs_no_more_drafts(tmp_path: Path) -> None:
    """One file may hold more turns than the seeds."""
    make(tmp_path / "corpus", turns=1_000, files=1)
    (text,) = texts(tmp_path / "corpus").values()
    assert len(LABEL.findall(text)) == 1_000
