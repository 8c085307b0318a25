"""`check --fix`: copies in the source's own format, nothing lost, nothing half-written."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.suite import Suite
from flows import checking, fixing
from flows.checking import check_paths
from flows.fixing import Target, fix_paths
from schemas.batching import parts
from tests.conftest import FIRST_SEED, SECOND_SEED, SEEDS
from tests.flows.test_cli import turnproof

ERROR = "[Answer not properly formatted or missing]"
SOUND = "Patient: Ich schlief schlecht.\n\nTherapist: Café?\n\nPatient: Ja.\n\nTherapist: Ach so."
BROKEN = f"{SOUND}\n\nPatient: So?\n\nTherapist: {ERROR}\n"
CHAT = [("user", "I slept badly."), ("assistant", "What kept you up?"), ("user", "Noise."), ("assistant", "Ok.")]
LAST = [("user", "So?"), ("assistant", ERROR)]
PARTS = [{"type": "text", "text": "Ok."}, {"type": "text", "text": "<|im_end|>"}]
ALL = [f"--repair={name}" for name in ("drop_empty", "merge", "split_bleed", "strip_note", "strip_tokens")]


def record(turns: Sequence[tuple[str, object]], **extra: object) -> str:
    return json.dumps({**extra, "messages": [{"role": role, "content": text} for role, text in turns]})


def fixed(tmp_path: Path, name: str, data: bytes | str, *options: str, status: int = 0) -> bytes:
    """The copy that is written of a source; the source stays as it is."""
    source = tmp_path / name
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    before = source.read_bytes()
    done = turnproof("check", source, "--fix", "--out", tmp_path / "out", *options)
    assert done.returncode == status, done.stderr + done.stdout
    assert source.read_bytes() == before
    return (tmp_path / "out" / name).read_bytes()


def test_seeds_lose_their_tails_and_nothing_else(tmp_path: Path) -> None:
    done = turnproof("check", SEEDS, "--fix", "--out", tmp_path)
    assert done.returncode == 1
    assert "2 sources mended" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}{suffix}" for name in (FIRST_SEED, SECOND_SEED) for suffix in ("", ".repairs.json")
    }
    for name in (FIRST_SEED, SECOND_SEED):
        assert (SEEDS / name).read_bytes().startswith((tmp_path / name).read_bytes().rstrip())
    again = turnproof("check", tmp_path)
    assert [line.split()[1] for line in again.stdout.splitlines() if "critical" in line] == ["C404"]
    report = json.loads((tmp_path / f"{SECOND_SEED}.repairs.json").read_text())
    assert report["repairs"] == {"trim_tail": 2}
    assert [(step["turn"], step["repair"], step["code"], step["after"]) for step in report["steps"]] == [
        (48, "trim_tail", "S202", None), (49, "trim_tail", "C401", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE), ("cp1252", b"")],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_stay(encoding: str, mark: bytes, line_end: str, tmp_path: Path) -> None:
    def encoded(text: str) -> bytes:
        return mark + text.replace("\n", line_end).encode(encoding)

    data = fixed(tmp_path, "a.txt", encoded(BROKEN), "--ignore", "F101")
    assert data == encoded(f"{SOUND}\n")


def test_json_lines_change_where_they_must(tmp_path: Path) -> None:
    lines = [
        record(CHAT, id=1),
        record([*CHAT, *LAST], id=2),
        '{ "messages" : [ {"role":"user","content":"caf\\u00e9 \\ud83d\\ude0a a\\nb"}, {"role":"assistant", "content":"Ok.<|im_end|>", "id": "x"} , {"role":"user","content":"No\\/ise."},{"role":"assistant","content":"So."} ] }',
        "{broken",
    ]
    data = fixed(tmp_path, "a.jsonl", "\n".join(lines), *ALL, status=1).decode().split("\n")
    assert data == [lines[0], record(CHAT, id=2), lines[2].replace("<|im_end|>", ""), "{broken"]


def test_a_json_document_keeps_its_layout(tmp_path: Path) -> None:
    turns = [
        ("user", "Hi."),
        ("assistant", "Hello.\n\nUser: I slept é badly.\n\nAssistant: Why?"),
        ("user", "\u200b"),
        ("assistant", "Mm."),
    ]
    text = json.dumps([{"messages": [{"role": a, "content": b} for a, b in turns]}], indent=2, ensure_ascii=False)
    done = json.loads(fixed(tmp_path, "a.json", text, *ALL))
    assert [(each["role"], each["content"]) for each in done[0]["messages"]] == [
        ("user", "Hi."), ("assistant", "Hello."), ("user", "I slept é badly."), ("assistant", "Why?\n\nMm.")
    ]  # fmt: skip


def test_table_cells_are_quoted_as_needed(tmp_path: Path) -> None:
    rows = [
        "id,speaker,text,note", "1,Patient,Hi there.,a", '2,Therapist,"Yes, ""so"".\n\n(Note: This response is more direct, and acknowledges the patient\'s need.)",b',
        "3,Patient,Good.,c", "4,Therapist,Fine.,d", "5,Patient,So?,e", f"6,Therapist,{ERROR},f", "",
    ]  # fmt: skip
    data = fixed(tmp_path, "a.csv", "\r\n".join(rows), *ALL).decode()
    assert data == "\r\n".join([*rows[:2], '2,Therapist,"Yes, ""so"".",b', *rows[3:5], ""])


def test_turns_that_were_put_in_are_named_like_the_others(tmp_path: Path) -> None:
    text = "Patient: Hi there.\n\nTherapist: Hello.\nPatient: I slept badly.\n\nPatient: So badly.\n\nTherapist: Oh.\n\nPatient: Yes.\n\nTherapist: Well."
    data = fixed(tmp_path, "a.txt", text, *ALL).decode()
    assert data == text.replace(
        "Hello.\nPatient: I slept badly.\n\nPatient: So", "Hello.\n\nPatient: I slept badly.\n\nSo"
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl", record([*CHAT[:3], ("assistant", PARTS)]), "does not stand in it as one text"),
        ("a.txt", BROKEN.encode().replace("é".encode(), "éüä".encode() + b"\xff"), "could not all be read"),
    ],
)  # fmt: skip
def test_what_can_not_be_written_is_told_and_left(name: str, data: bytes | str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (tmp_path / "b.txt").write_text(BROKEN)
    done = turnproof("check", tmp_path, "--fix", "--out", tmp_path / "out", *ALL)
    assert f"{tmp_path / name}: expected to write it again without loss, found that" in done.stderr
    assert reason in done.stderr
    assert "1 source mended" in done.stderr
    assert not (tmp_path / "out" / name).exists()
    assert (tmp_path / "out" / "b.txt").read_text() == f"{SOUND}\n"


def test_files_that_are_there_are_not_written_over(tmp_path: Path) -> None:
    source, copy = tmp_path / "a.txt", tmp_path / "out" / "a.txt"
    source.write_text(BROKEN)
    copy.parent.mkdir()
    copy.write_text("mine")
    done = turnproof("check", source, "--fix", "--out", copy.parent)
    assert done.returncode == 1
    assert f"{copy}: expected no file there, found one; use --force to write over it" in done.stderr
    assert copy.read_text() == "mine"
    assert turnproof("check", source, "--fix", "--out", copy.parent, "--force").returncode == 0
    assert copy.read_text() == f"{SOUND}\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(BROKEN)
    both = turnproof("check", source, tmp_path / "sub" / "a.txt", "--fix", "--out", copy.parent, "--force")
    assert "found the copy of another source" in both.stderr


def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "drop" / "sub").mkdir(parents=True)
    (tmp_path / "drop" / "sub" / "a.txt").write_text(BROKEN)
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    done = turnproof("check", tmp_path / "drop", "--fix", "--out", tmp_path / "out", "--force")
    assert "expected a folder, found a link" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_in_place_writes_over_the_source_in_one_step(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text(BROKEN)
    source.chmod(0o640)

    def failing(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with patch.object(Path, "replace", failing):
        done = turnproof("check", source, "--fix", "--in-place")
    assert "found No space left on device; it is left as it was" in done.stderr
    assert (source.read_text(), os.listdir(tmp_path)) == (BROKEN, ["a.txt"])
    assert turnproof("check", source, "--fix", "--in-place").returncode == 0
    assert source.read_text() == f"{SOUND}\n"
    assert source.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "a.txt.repairs.json"]
    report = (tmp_path / "a.txt.repairs.json").read_bytes()
    # Once is enough, and its own report is no source.
    again = turnproof("check", tmp_path, "--fix", "--in-place")
    assert (again.returncode, again.stderr.splitlines()[0]) == (0, "0 sources mended")
    assert (tmp_path / "a.txt.repairs.json").read_bytes() == report


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fix"], "expected either --out DIR or --in-place, found neither"),
        (["--fix", "--out", "x", "--in-place"], "expected either --out DIR or --in-place, found both"),
        (["--out", "x"], "--out: expected --fix beside it"),
        (["--fix", "--in-place", "--force"], "--force: expected --out beside it"),
        (["--fix", "--out", "/proc/no"], "expected a folder to write to"),
    ],
)
def test_options_that_do_not_go_together_are_told(options: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(BROKEN)
    done = turnproof("check", tmp_path, *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_standard_input_can_not_be_mended(tmp_path: Path) -> None:
    done = turnproof("check", "-", "--fix", "--out", tmp_path, stdin=BROKEN.encode())
    assert done.returncode == 2
    assert "expected files to mend, found standard input" in done.stderr


def test_an_exchange_goes_whole(tmp_path: Path) -> None:
    said = [
        {"user": "Hi.", "assistant": "Yes."},
        {"user": "Hm.", "assistant": "Well?"},
        {"user": "So?", "assistant": ERROR},
    ]
    data = fixed(tmp_path, "a.jsonl", json.dumps({"exchanges": said}))
    assert data.decode() == json.dumps({"exchanges": said[:2]})


def test_parts_of_a_batch_are_checked_and_mended_as_the_whole(
    tmp_path: Path, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, bytes]]:
        target = tmp_path / name
        checked = check_paths([SEEDS], suite, lambda done, total: None)
        mended = fix_paths([SEEDS], suite, Target(folder=target, force=False), lambda done, total: None)
        return checked.findings, mended.checked.findings, {path.name: path.read_bytes() for path in target.iterdir()}

    whole = found("whole")
    for module in (checking, fixing):
        monkeypatch.setattr(module, "parts", lambda raw: parts(raw, 1))
    apart = found("apart")
    assert [len(each) for each in apart] == [6, len(whole[1]), 4]
    assert_frame_equal(apart[0], whole[0])
    assert_frame_equal(apart[1], whole[1])
    assert apart[2] == whole[2]
