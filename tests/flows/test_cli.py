"""The command line and its contracts: exit statuses, fields, sentences in place of tracebacks."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from flows.cli import main
from schemas.format import formats as known_formats
from tests.conftest import FIRST_SEED, ROOT, SECOND_SEED, SEEDS

FINDING_FIELDS = [
    "path", "transcript", "turn", "line", "code", "rule", "severity", "message", "evidence", "fixable"
]  # fmt: skip
TURN_FIELDS = ["path", "transcript", "turn", "speaker", "role", "text", "line", "start", "end"]


def turnproof(*arguments: str | Path, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command within this process, which saves a second each time; `test_the_real_command` starts it."""
    out, err = io.StringIO(), io.StringIO()
    command = ["turnproof", *map(str, arguments)]
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        chdir(cwd),
        patch.object(sys, "argv", command),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        patch.dict(os.environ, {"COLUMNS": "200"}),
    ):
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())


def test_the_real_command() -> None:
    command = [str(Path(sys.executable).parent / "turnproof"), "check", "-", "--output-format", "jsonl"]
    done = subprocess.run(command, input=b"Patient: hi", capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert {json.loads(line)["path"] for line in done.stdout.splitlines()} == {"-"}
    assert done.stderr.decode().startswith("1 transcript in 1 source: ")


def findings(*arguments: str | Path, stdin: bytes = b"") -> list[dict[str, object]]:
    done = turnproof("check", "--output-format", "jsonl", *arguments, stdin=stdin)
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_check_of_the_seeds() -> None:
    done = turnproof("check", "seeds/", "--output-format", "jsonl")
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(each) == FINDING_FIELDS for each in found)
    critical = [
        (each["path"], each["transcript"], each["turn"], each["line"], each["code"], each["fixable"])
        for each in found
        if each["severity"] == "critical"
    ]
    assert critical == [
        (f"seeds/{FIRST_SEED}", 0, 43, 93, "C404", True),
        (f"seeds/{FIRST_SEED}", 0, 49, 107, "C402", True),
        (f"seeds/{SECOND_SEED}", 0, 49, 135, "C401", True),
    ]
    evidence = [each["evidence"] for each in found if each["code"] == "C402"]
    assert evidence == ["[Answer not properly formatted or missing]"]
    assert "2 transcripts in 2 sources: 3 critical" in done.stderr


def test_turns_of_the_seeds() -> None:
    done = turnproof("turns", "seeds")
    assert done.returncode == 0
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == 100
    assert all(list(turn) == TURN_FIELDS for turn in turns)
    last = {name: turns[49][name] for name in TURN_FIELDS if name != "path"}
    assert turns[49]["path"] == f"seeds/{FIRST_SEED}"
    assert last == {
        "transcript": 0, "turn": 49, "speaker": "Therapist", "role": "therapist",
        "text": "[Answer not properly formatted or missing]", "line": 107, "start": None, "end": None,
    }  # fmt: skip


WHO = b"Patient: a\n\nThreapist: b\n\nPatient: c\n\nTherapist: d\n\nAnna\x1b: x\n\nTherapist: e\n\nNurse: f\n\nNurse: g"


def test_who_speaks_is_shown_with_the_reason() -> None:
    done = turnproof("turns", "-", "--roster", "--output-format", "jsonl", stdin=WHO)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0] == {
        "path": "-", "format": "labelled_text", "label": "Patient", "role": "patient", "turns": 2, "line": 1,
        "why": "known by the roster",
    }  # fmt: skip
    assert {row["label"]: (row["role"], row["turns"], row["why"]) for row in rows[1:]} == {
        "Threapist": (None, 1, 'one edit from "therapist"'),
        "Therapist": ("therapist", 2, "known by the roster"),
        "Nurse": (None, 2, "recurs, unknown to the roster"),
    }
    shown = turnproof("turns", "-", "--roster", stdin=WHO)
    assert shown.returncode == 0
    assert "- (labelled_text)" in shown.stdout
    assert re.search(r"\| Threapist \| none +\| +1 \| +3 \| one edit from \"therapist\"", shown.stdout)


def test_one_person_under_two_names_is_told() -> None:
    text = b"Dana Reyes  0:01\na\n\nKim  0:02\nb\n\nDana  0:03\nc\n"
    done = turnproof("turns", "-", "--roster", "--output-format", "jsonl", stdin=text)
    whys = {row["label"]: row["why"] for row in map(json.loads, done.stdout.splitlines())}
    assert whys["Dana"] == 'stands once, unknown to the roster; perhaps "Dana Reyes"'
    assert whys["Dana Reyes"] == whys["Kim"] == "stands once, unknown to the roster"


def test_a_label_can_not_steer_the_terminal() -> None:
    chat = json.dumps({"messages": [{"role": "a\x1b[31m\nb", "content": "x"}, {"role": "", "content": "y"}]})
    shown = turnproof("turns", "-", "--roster", stdin=chat.encode())
    assert "\x1b" not in shown.stdout
    assert "(nobody)" in shown.stdout
    assert "no speaker is named" in shown.stdout


def test_one_format_can_be_forced() -> None:
    cues = b"00:00:01,000 --> 00:00:02,000\nPatient: a\n\n00:00:02,000 --> 00:00:03,000\nTherapist: b\n"
    turns = [json.loads(line) for line in turnproof("turns", "-", "--format", "webvtt", stdin=cues).stdout.splitlines()]
    assert [(turn["speaker"], turn["text"], turn["start"]) for turn in turns] == [
        ("Patient", "a", 1.0),
        ("Therapist", "b", 2.0),
    ]
    (found,) = findings("-", "--format", "chat_cha", stdin=cues)
    assert (found["code"], found["message"]) == (
        "F108",
        "it can't be read as chat_cha: it has no main line such as `*PAT:`",
    )


SOUND = b"Patient: I slept badly.\n\nTherapist: What kept you up?\n\nPatient: The noise.\n\nTherapist: I see."
WARNS = SOUND + b"\n\nPatient: Yes."


@pytest.mark.parametrize(
    ("stdin", "options", "status"),
    [
        (SOUND, [], 0),
        (SOUND, ["--fail-on", "info"], 0),
        (WARNS, [], 0),
        (WARNS, ["--fail-on", "warning"], 1),
        (WARNS, ["--fail-on", "warning", "--ignore", "S202"], 0),
        (WARNS, ["--fail-on", "warning", "--select", "C"], 0),
        (b"", [], 1),
        (b"", ["--fail-on", "never"], 0),
        (b"\x89PNG\r\n\x1a\n\x00", [], 1),
    ],
)
def test_exit_status_follows_fail_on(stdin: bytes, options: list[str], status: int) -> None:
    assert turnproof("check", "-", *options, stdin=stdin).returncode == status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "no/such/path"], "turnproof: no/such/path: expected a file or a folder, found nothing there"),
        (["turns", "no/such/path"], "turnproof: no/such/path: expected a file or a folder, found nothing there"),
        (["run", "no/such/path"], "turnproof: no/such/path: expected a file or a folder, found nothing there"),
        (["check", "seeds", "--suite", "human-ish"], "turnproof: human-ish: expected a suite"),
        (["run", "seeds", "--suite", "human-ish"], "turnproof: human-ish: expected a suite"),
        (["run", "seeds", "--repair", "strip_notes"], 'found "strip_notes"; use strip_note'),
        (["check", "seeds", "--select", "C999"], 'found "C999"'),
        (["check", "seeds", "--format", "vtt"], 'turnproof: expected a format, found "vtt"; use webvtt'),
        (["turns", "seeds", "--format", "labeled_text"], 'found "labeled_text"; use labelled_text'),
        (["run", "seeds", "--format", "docx"], 'found "docx"; `turnproof formats` lists them'),
        (["turns", "seeds", "--output-format", "text"], "expected --output-format text with --roster"),
        (["check", "seeds", "--output-format", "pdf"], "pdf"),
        (["check", "seeds", "--fail-on", "fatal"], "fatal"),
        (["check"], "Missing argument"),
        (["explain", "S2033"], "use S203"),
        (["publish", "--store", "no/such/store"], "turnproof: no/such/store: expected a store, found nothing there"),
        (["run"], "turnproof: inbox: expected an inbox with drops, found No such file or directory"),
        (["chek"], "No such command"),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_status_2(arguments: list[str], told: str) -> None:
    done = turnproof(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.slow  # One of the files is a line of 50 MB, which is looked at by every format, twice.
def test_broken_input_is_found_and_the_rest_is_judged(tmp_path: Path) -> None:
    whole = json.dumps([{"messages": [{"role": "user", "content": "a" * 30}, {"role": "assistant", "content": "b"}]}])
    broken: dict[str, bytes] = {
        "empty.txt": b"",
        "random.bin": bytes(range(256)) * 40,
        "picture.txt": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00",
        "invalid.txt": SOUND.replace(b"badly", b"b\xc3\xa9\xc3\xa9 \xff"),
        "line.txt": b"x" * 50_000_000,
        "half.json": whole[: len(whole) // 2].encode(),
        "prose/notes.txt": b"Only notes.\n\nNothing was said.",
    }
    for name, data in broken.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "sound.txt").write_bytes(SOUND)
    found = findings(tmp_path)
    codes = {
        (str(each["path"]).removeprefix(f"{tmp_path}/"), each["code"])
        for each in found
        if each["severity"] == "critical"
    }
    assert codes == {
        ("empty.txt", "F102"),
        ("random.bin", "F101"),
        ("picture.txt", "F101"),
        ("invalid.txt", "F101"),
        ("invalid.txt", "C413"),
        ("line.txt", "F108"),
        ("half.json", "F103"),
        ("prose/notes.txt", "F108"),
    }
    assert "transcripts in 8 sources" in turnproof("check", tmp_path).stderr


def test_a_file_without_permission_is_a_finding(tmp_path: Path) -> None:
    for name in ("locked.txt", "sound.txt"):
        (tmp_path / name).write_bytes(SOUND)
    (tmp_path / "locked.txt").chmod(0)
    opened = os.open

    def refusing(path: str | Path, *arguments: int) -> int:
        # Root may read everything, and tests may be run by root.
        if Path(path).name == "locked.txt":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, *arguments)

    with patch.object(os, "open", refusing):
        (found,) = findings(tmp_path)
    assert (found["code"], found["severity"], found["path"]) == ("F110", "critical", str(tmp_path / "locked.txt"))
    assert "Permission denied" in str(found["message"])


@pytest.mark.slow  # a process for each archive
def test_archives_are_checked_from_files_and_from_standard_input(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(SEEDS, "in")
    (tmp_path / "drop").write_bytes(packed.getvalue())
    expected = [(Path(str(each["path"])).name, each["line"], each["code"]) for each in findings(SEEDS)]
    assert {"C401", "C402", "C404"} <= {code for _, _, code in expected}
    for path, stdin in ((tmp_path / "drop", b""), (Path("-"), packed.getvalue())):
        found = findings(path, stdin=stdin)
        assert [(Path(str(each["path"])).name, each["line"], each["code"]) for each in found] == expected
        assert {Path(str(each["path"])).parent for each in found} == {path / "in"}
    one = (SEEDS / FIRST_SEED).read_bytes()
    assert findings("-", stdin=gzip.compress(one)) == findings("-", stdin=one) != []


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    done = turnproof("check", tmp_path)
    assert done.returncode == 2
    assert (
        done.stderr
        == f"turnproof: {tmp_path}: expected a folder with transcripts, found no file in it; check the path\n"
    )


def test_check_imports_nothing_slow(tmp_path: Path) -> None:
    slow = ["prefect", "great_expectations", "pandas", "pandera", "deltalake", "pydantic", "jinja2", "pyarrow", "numpy"]
    slow += ["ftfy", "phonenumbers", "stdnum"]
    slow.append("backports")
    script = (
        "import sys; from flows.cli import app\n"
        f"try: app(['check', {str(SEEDS)!r}])\n"
        f"except SystemExit: print([name for name in {slow!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_hostile_names_and_texts_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\nb.txt").write_bytes(b"Patient: \x1b]0;title\x07\n\nTherapist: [no response] \x1b[2J")
    done = turnproof("check", tmp_path)
    assert done.returncode == 1
    assert not set(done.stdout + done.stderr) & {"\x1b", "\x07"}


def test_rules_and_explain_tell_every_code() -> None:
    from expectations.catalogue import catalogue

    listed = turnproof("rules").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(catalogue())
    told = turnproof("explain", "l302").stdout
    assert "L302 turn_lengths_to_be_within_limits" in told
    assert "Why it matters" in told
    assert "critical_above = 20000" in told


def test_suite_shows_what_is_in_force_and_where_it_stands(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: own\nexpectations:\n  - type: expect_two_speakers\n    kwargs: {speakers: 3}\n"
        "meta:\n  turnproof:\n    extends: synthetic\n    without: [C401]\n"
    )
    told = [
        json.loads(line) for line in turnproof("suite", "--suite", own, "--output-format", "jsonl").stdout.splitlines()
    ]
    found = {(each["about"], each["setting"]): (each["value"], each["origin"]) for each in told}
    assert found["S205", "speakers"] == (3, f"{own}:4")
    assert found["S205", "severity"][1].startswith("synthetic.yaml:")
    assert found["L301", "critical_below"] == (2, "the expectation's default")
    assert found["C401", "on"] == (False, f"{own}:8")
    assert found["suite", "name"] == ("own", f"{own}:1")
    text = turnproof("suite", cwd=tmp_path).stdout
    assert re.search(r"^S205  critical  two_speakers +synthetic\.yaml:\d+$", text, re.MULTILINE)
    whole = turnproof("suite", "--suite", own, "--output-format", "yaml").stdout
    (tmp_path / "whole.yaml").write_text(whole)
    assert "digest" in text
    assert (
        turnproof("suite", "--suite", tmp_path / "whole.yaml").stdout.split("\n")[0]
        == turnproof("suite", "--suite", own).stdout.split("\n")[0]
    )


def test_formats_are_listed_with_how_they_are_told() -> None:
    listed = turnproof("formats").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(known_formats())
    assert all(len(line.split(maxsplit=1)[1]) > 10 for line in listed)


def test_doctor_is_content_here(tmp_path: Path) -> None:
    done = turnproof("doctor", "--store", tmp_path / "store")
    assert done.returncode == 0, done.stdout
    assert "can be written" in done.stdout
    assert not (tmp_path / "store").exists()


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    (tmp_path / "turnproof.toml").write_text("sote = 'x'\n")
    done = turnproof("doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert "sote" in done.stderr.lower()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["check", "turns", "run", "publish", "rules", "suite", "waive", "explain", "formats", "doctor", "join"]
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = turnproof(command, "--help")
    assert done.returncode == 0
    assert f"Example: turnproof {command}" in " ".join(done.stdout.split())
