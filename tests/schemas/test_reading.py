"""Listing, batching, decoding: whatever lies in a folder gets its place or its sentence."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from expectations.judge import judge
from expectations.suite import Suite
from schemas.batching import batches, parts
from schemas.errors import InputError
from schemas.format import Parsed, formats
from schemas.limits import BATCH_SOURCES, FOLDERS
from schemas.listing import Source, list_sources
from schemas.loading import digest, load
from schemas.reading import read
from schemas.roster import Roster, one_edit_apart
from tests.conftest import raw

DIALOGUE = "Patient: caf\u00e9\n\nTherapist: ok"

ENCODINGS: dict[str, tuple[bytes, str | None, list[str]]] = {
    "utf-8": (DIALOGUE.encode(), "utf-8", []),
    "byte order mark": (DIALOGUE.encode("utf-8-sig"), "utf-8", ["bom"]),
    "utf-16 little endian": (b"\xff\xfe" + DIALOGUE.encode("utf-16-le"), "utf-16-le", ["assumed"]),
    "utf-16 big endian": (b"\xfe\xff" + DIALOGUE.encode("utf-16-be"), "utf-16-be", ["assumed"]),
    "windows-1252": (DIALOGUE.encode("cp1252"), "windows-1252", ["assumed"]),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_encoding_is_told_and_the_text_is_right(case: str, suite: Suite) -> None:
    data, encoding, kinds = ENCODINGS[case]
    batch = read(raw(a_txt=data), suite.roster)
    assert batch.sources["encoding"].item() == encoding
    assert batch.problems["kind"].to_list() == kinds
    assert batch.turns["text"].to_list() == ["caf\u00e9", "ok"]


def test_a_nul_costs_no_more_than_its_turn(suite: Suite) -> None:
    judged = judge(raw(a_txt=b"Patient: Hello the\0re.\n\nTherapist: Hello. How was your week?\n" * 2), suite)
    assert "F101" not in judged.findings["code"]
    assert judged.findings.filter(code="C413").select("turn", "line").rows() == [(0, 1), (2, 4)]


def test_damaged_utf8_is_read_on_with_the_line_of_the_damage(suite: Suite) -> None:
    data = "Patient: ok\n\nTherapist: caf\u00e9 na\u00efve ".encode() + b"\xff end"
    batch = read(raw(a_txt=data), suite.roster)
    assert batch.turns["text"].last() == "caf\u00e9 na\u00efve \ufffd end"
    assert batch.problems.select("kind", "line").rows() == [("damaged", 3)]


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        (b"", "empty", "holds no text"),
        (b" \r\n\t", "empty", "holds no text"),
        (b"\xef\xbb\xbf", "empty", "holds no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "undecodable", "a PNG image"),
        (b"PK\x03\x04\x14\x00\x00\x00\xff", "oversized", "a zip archive within another"),
        (bytes(range(256)) * 8, "undecodable", "neither UTF-8 nor text"),
        (b"\x00" * 64, "undecodable", "neither UTF-8 nor text"),
        (b"prose without any label", "unclaimed", "labelled_text: has no two labels"),
        (b'{"a": 1}', "unclaimed", 'openai_chat: has no list "messages"'),
    ],
)
def test_what_can_not_be_read_is_told(data: bytes, kind: str, told: str, suite: Suite) -> None:
    batch = read(raw(a_txt=data), suite.roster)
    assert kind in batch.problems["kind"]
    assert batch.problems["detail"].str.contains(told, literal=True).any()
    assert batch.transcripts.is_empty()


def test_folder_is_listed_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b.txt", ".DS_Store", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [source.path for source in list_sources(tmp_path, within=True)] == ["a/b.txt", "a/z.txt", "b.txt"]
    assert list_sources(tmp_path)[0].path == str(tmp_path / "a" / "b.txt")
    assert [source.path for source in list_sources(tmp_path / "b.txt", within=True)] == ["b.txt"]


def test_links_are_listed_and_not_followed(tmp_path: Path, suite: Suite) -> None:
    (tmp_path / "secret").write_text("Patient: secret")
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "link.txt").symlink_to(tmp_path / "secret")
    (drop / "folder").symlink_to(tmp_path)
    batch = read(load(list_sources(drop, within=True)), suite.roster)
    assert batch.sources["path"].to_list() == ["folder", "link.txt"]
    assert batch.problems["kind"].to_list() == ["unreadable", "unreadable"]
    assert batch.problems["detail"].str.contains("link").all()
    assert digest(list_sources(drop)[1]) is None


def test_a_pipe_does_not_hang(tmp_path: Path, suite: Suite) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text(DIALOGUE)
    batch = read(load(list_sources(tmp_path, within=True)), suite.roster)
    assert batch.problems.select("kind", "detail").rows() == [
        ("unreadable", "the file can't be read: it is no regular file")
    ]
    assert len(batch.turns) == 2


def test_a_folder_that_can_not_be_listed_costs_no_other(tmp_path: Path, suite: Suite) -> None:
    (tmp_path / "a.txt").write_text(DIALOGUE)
    deep = tmp_path / "deep"
    for _ in range(FOLDERS - 1):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "lost.txt").write_text(DIALOGUE)
    (deep.parent / "found.txt").write_text(DIALOGUE)
    closed = tmp_path / "shut"
    closed.mkdir()
    (closed / "a.txt").write_text(DIALOGUE)
    listed = os.scandir

    def scandir(path: Path) -> object:
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied")  # as root has none to be denied
        return listed(path)

    with patch("os.scandir", scandir):
        sources = list_sources(tmp_path, within=True)
    batch = read(load(sources), suite.roster)
    assert batch.problems.select("kind", "detail").rows() == [
        ("oversized", f"lies more than {FOLDERS} folders deep; move it up"),
        ("unreadable", "the file can't be read: Permission denied"),
    ]
    assert batch.transcripts["transcript"].to_list() == [
        "a.txt",
        str((deep.parent / "found.txt").relative_to(tmp_path)),
    ]
    assert len(batch.sources) == 4


@pytest.mark.parametrize("name", ["missing", "empty", "hidden"])
def test_nothing_to_read_is_an_error_of_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".x").write_text("x")
    with pytest.raises(InputError, match=r"expected .*, found .*; check the path") as caught:
        list_sources(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_names_that_are_no_utf8_are_shown(tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.txt", os.O_CREAT | os.O_WRONLY))
    assert list_sources(tmp_path, within=True)[0].path == "\\xff.txt"


def test_control_characters_in_names_are_shown(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n\u202eb.txt").write_text("x")
    assert [source.path for source in list_sources(tmp_path, within=True)] == ["a\\x1b[31m\\x0a\\x202eb.txt"]


def test_batches_keep_order_and_size() -> None:
    sources = [Source(str(size), "", size) for size in (5, 5, 11, 1, 9, 10)]
    assert [[each.bytes for each in group] for group in batches(sources, 10)] == [[5, 5], [11], [1, 9], [10]]
    empty = [Source("", "", 0)] * (BATCH_SOURCES + 1)
    assert [len(group) for group in batches(empty)] == [BATCH_SOURCES, 1]


def test_parts_keep_order_and_count() -> None:
    dense = raw(a="A: x\n" * 5, b=b'{"a":[1,"\\n' * 2, c="", d="1|2\t3<" * 7, e="a", f="\n" * 10)
    dense = pl.concat([dense, dense[:1].with_columns(path=pl.lit("g"), data=None)])
    assert [part["path"].to_list() for part in parts(dense, 10)] == [["a"], ["b", "c"], ["d"], ["e", "f", "g"]]
    assert [len(part) for part in parts(dense[:1], 1)] == [1]


def test_parts_of_large_batches_are_estimated_first() -> None:
    texts = [b"a\n" * 2_000] * 20 + [b"a, b" * 1_000] * 200 + [b"\n" * 90_000] * 3
    sources = raw(**{str(place): data for place, data in enumerate(texts)})
    assert [len(part) for part in parts(sources, 100_000)] == [80, 100, 40, 1, 1, 1]
    assert [len(part) for part in parts(sources, 500_000)] == [222, 1]
    assert [len(part) for part in parts(sources, 700_000)] == [223]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("threapist", "therapist", True),
        ("therapst", "therapist", True),
        ("therapistt", "therapist", True),
        ("therapost", "therapist", True),
        ("therapist", "therapist", False),
        ("thearpits", "therapist", False),
        ("patient", "therapist", False),
        ("", "a", True),
        ("ab", "ba", True),
    ],
)
def test_one_edit(one: str, other: str, apart: bool) -> None:
    assert one_edit_apart(one, other) is apart
    assert one_edit_apart(other, one) is apart


def test_roster_ignores_case_and_spaces() -> None:
    roster = Roster({"patient": ("Help  seeker",)})
    assert roster.role("HELP SEEKER") == roster.role(" patient ") == "patient"
    assert roster.role("stranger") is None
    assert roster.likely("Pateint") == "patient"
    assert roster.role("ＨＥＬＰ＿seeker") == roster.role("help-\u00a0Seeker") == "patient"
    assert Roster({"therapist": ("Großer", "Ärztin")}).role("GROSSER") == "therapist"


@pytest.mark.parametrize(
    ("patient", "therapist"),
    [
        ("CALLER", "counsellor"),
        ("Help seeker", "gpt"),
        ("student", "BING"),
        ("Ratsuchende", "Ärztin"),
        ("Utilisateur", "thérapeute"),
        ("entrevistada", "Psicólogo"),
        ("Usuário", "Conselheira"),
        ("PAZIENTE", "Dottoressa"),
        ("Cliënt", "Hulpverlener"),
        ("Pacjentka", "lekarz"),
        ("Клиент", "ПСИХОЛОГ"),
        ("來訪者", "諮商師"),
        ("相談者", "カウンセラー"),
        ("내담자", "상담사"),
        ("المريض", "الطبيب"),
    ],
)
def test_the_default_roster_knows_labels_of_many_languages(patient: str, therapist: str, suite: Suite) -> None:
    assert suite.roster.role(patient) == "patient"
    assert suite.roster.role(therapist) == "therapist"
    batch = read(raw(a_txt=f"{patient}: a\n\n{therapist}: b\n\n{patient}: c"), suite.roster)
    assert batch.turns["role"].to_list() == ["patient", "therapist", "patient"]


def test_a_format_that_fails_costs_one_source(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = formats()["labelled_text"]

    def failing(sources: pl.DataFrame, roster: Roster) -> Parsed:
        if sources["text"].str.contains("boom").any():
            raise ZeroDivisionError("what the patient said")
        return sound.parse(sources, roster)

    monkeypatch.setitem(formats(), "labelled_text", replace(sound, parse=failing))
    batch = read(
        raw(a_txt=DIALOGUE, b_txt="Patient: boom\n\nTherapist: b", c_txt=DIALOGUE, d_txt="prose"), suite.roster
    )
    assert batch.sources["format"].to_list() == ["labelled_text"] * 3 + [None]
    assert batch.problems.select("source_key", "kind").rows() == [(1, "failed"), (3, "unclaimed")]
    assert "ZeroDivisionError" in batch.problems["detail"][0]
    assert "patient said" not in batch.problems["detail"][0]
    assert len(batch.turns) == 4
    assert judge(raw(b_txt="Patient: boom\n\nTherapist: b"), suite).transcripts["verdict"].to_list() == ["quarantined"]
