"""Waivers: granted and revoked with their history, honoured by run and check, expired and wrong ones told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from expectations.waivers import Waiver, read_waivers
from flows.pipeline import run_drop
from flows.waiving import counting, current, exported, grant, history, revoke
from schemas.errors import InputError
from schemas.store import Store
from tests.conftest import FIRST_SEED, SEEDS
from tests.flows.test_cli import turnproof

NOTE = Waiver("C404", FIRST_SEED, 43, None, "a quotation", "Ann", date(2999, 1, 1))
PLACEHOLDER = Waiver("C402", FIRST_SEED, None, "not properly formatted", "as it was", "Ben", date(2999, 1, 1))


def test_history_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    grant(store, NOTE)
    grant(store, NOTE)
    grant(store, PLACEHOLDER)
    revoke(store, NOTE.id, "Cem")
    with pytest.raises(InputError, match="expected a waiver that stands"):
        revoke(store, NOTE.id, "Cem")
    assert counting(store) == ((PLACEHOLDER,), ())
    grant(store, NOTE)
    told = history(store).select("waiver", "event", "by").rows()
    assert told == [
        (NOTE.id, "granted", "Ann"),
        (PLACEHOLDER.id, "granted", "Ben"),
        (NOTE.id, "revoked", "Cem"),
        (NOTE.id, "granted", "Ann"),
    ]
    assert set(current(store)["waiver"]) == {NOTE.id, PLACEHOLDER.id}
    with pytest.raises(InputError, match="expected a day that is not over, found 2020-01-01"):
        grant(store, Waiver("C404", "a", None, None, "r", "b", date(2020, 1, 1)))


def test_run_honours_waivers_and_the_site_tells_why(tmp_path: Path, suite: Suite) -> None:
    store = Store(tmp_path / "store")
    grant(store, NOTE)
    grant(store, PLACEHOLDER)
    run_drop(SEEDS, store, suite, tmp_path / "site")
    verdicts = store.scan("transcripts").sort("transcript").select("verdict", "critical", "released_turns").collect()
    assert verdicts.rows() == [("accepted", 0, 50), ("repaired", 1, 48)]
    waived = store.scan("findings").drop_nulls("waived").sort("turn").collect()
    assert waived.select("code", "severity", "turn", "waived", "fix").rows() == [
        ("C404", "critical", 43, "a quotation (Ann, until 2999-01-01)", None),
        ("C402", "critical", 49, "as it was (Ben, until 2999-01-01)", None),
    ]
    pages = "".join(path.read_text() for path in (tmp_path / "site").rglob("*.html"))
    assert "Waived:" in pages
    assert "a quotation (Ann, until 2999-01-01)" in pages


def test_a_waiver_is_about_its_turn_its_pattern_and_its_transcript(tmp_path: Path) -> None:
    def left(*waivers: Waiver) -> int:
        store = Store(tmp_path / str(len(list(tmp_path.iterdir()))))
        for each in waivers:
            grant(store, each)
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        file.write_text(exported(store))
        assert {each.id for each, _ in read_waivers(file)} == {each.id for each in waivers}
        done = turnproof("check", SEEDS, "--select", "C404", "--output-format", "jsonl", "--waivers", file)
        assert done.returncode == len(done.stdout.splitlines())
        return done.returncode

    day = date(2999, 1, 1)
    assert left() == 1
    assert left(NOTE) == 0
    assert left(Waiver("C404", FIRST_SEED, 42, None, "r", "b", day)) == 1
    assert left(Waiver("C404", FIRST_SEED, None, "This response is more direct", "r", "b", day)) == 0
    assert left(Waiver("C404", FIRST_SEED, None, "nothing of the kind", "r", "b", day)) == 1
    assert left(Waiver("C404", FIRST_SEED[1:], None, None, "r", "b", day)) == 1
    assert left(Waiver("C402", FIRST_SEED, None, None, "r", "b", day)) == 1


def test_what_is_waived_is_not_mended(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(f"waivers:\n- {{code: C402, transcript: {FIRST_SEED}, reason: r, by: b, until: 2999-01-01}}\n")
    done = turnproof("check", SEEDS, "--fix", "--out", tmp_path / "out", "--waivers", file)
    assert "1 source mended" in done.stderr
    assert not (tmp_path / "out" / FIRST_SEED).exists()


def test_expired_waivers_are_told_and_do_not_count(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n\n- {code: C404, transcript: a.txt, reason: r, by: b, until: 2020-01-01}\n")
    done = turnproof("check", SEEDS, "--select", "C404", "--waivers", file)
    assert done.returncode == 1
    assert f"{file}:3: expected a waiver that counts, found that of C404 for a.txt expired on 2020-01-01" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("code: C44", '2: expected the code of an expectation, found "C44"; use C4'),
        ("turn: -1", "2: expected the number of a turn, counted from 0, found -1"),
        ("until: soon", '2: expected a last day such as 2026-12-31, found "soon"'),
        ("until: 2999-01-01 10:00:00", "2: expected a last day"),
        ("reason: ''", '2: expected a text as reason, found ""; add `reason: …`'),
        ("tern: 1", 'expected one of code, transcript, turn, pattern, reason, by, until, found "tern"; use turn'),
        ("pattern: 3", "2: expected a text that stands in the evidence, found 3"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(change: str, told: str, tmp_path: Path) -> None:
    fields = {"code": "C404", "transcript": "a.txt", "reason": "r", "by": "b", "until": "2999-01-01"}
    name, _, value = change.partition(": ")
    fields[name] = value
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n- {" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}\n")
    done = turnproof("check", SEEDS, "--waivers", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    file.write_text("waiver: []\n")
    assert 'found "waiver"; use waivers' in turnproof("check", SEEDS, "--waivers", file).stderr


def test_the_command_grants_lists_exports_and_revokes(tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "store")]
    full = ["C404", FIRST_SEED, "--turn", "43", "--reason", "a quotation", "--by", "Ann", "--until", "2999-01-01"]
    assert turnproof("waive", *full, *store).stdout == f"{NOTE.id} waives C404 for {FIRST_SEED} until 2999-01-01\n"
    assert "counts      C404" in turnproof("waive", "--list", *store).stdout
    assert "reason: a quotation" in turnproof("waive", "--export", *store).stdout
    assert turnproof("waive", "--revoke", NOTE.id, "--by", "Cem", *store).returncode == 0
    assert [line.split()[1] for line in turnproof("waive", "--list", *store).stdout.splitlines()] == [
        "revoked",
        "revocation",
    ]
    assert turnproof("waive", "--export", *store).stdout == "waivers: []\n"
    for arguments, told in (
        (["C404", "a.txt", "--reason", "r", "--by", "b"], "--until: expected a value"),
        (["C404", "a.txt", "--reason", "r", "--by", "b", "--until", "soon"], 'found "soon"'),
        (["C499", *full[1:]], 'found "C499"'),
        ([*full[:2], "--turn", "-1", *full[4:]], "--turn: expected the number of a turn"),
        ([], "--until: expected a value"),
        (["--revoke", "abc"], "--by: expected a value"),
    ):
        done = turnproof("waive", *arguments, *store)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr


def test_the_store_holds_events_in_its_contract(tmp_path: Path) -> None:
    grant(Store(tmp_path), NOTE)
    assert history(Store(tmp_path)).schema["until"] == pl.Date
