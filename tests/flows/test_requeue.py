"""Requeues: today's verdicts for what was quarantined, history kept, the same however often they are interrupted."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from expectations.judge import judge
from expectations.suite import Suite, load_suite
from expectations.waivers import Waiver
from flows import requeue as requeuing
from flows.finishing import drop_runs
from flows.held import Choice, held
from flows.pipeline import run_drop
from flows.requeue import Requeued, requeue, told
from flows.waiving import grant
from schemas.errors import BusyError, InputError
from schemas.listing import list_sources
from schemas.loading import load
from schemas.store import Store
from schemas.stored import STORED
from tests.flows.deaths import dies_before, places
from tests.flows.test_cli import turnproof
from tests.flows.test_pipeline import kept, rows

TALK = "Patient: I slept badly.\n\nTherapist: What kept you up?\n\nPatient: The noise.\n\nTherapist: I see."
COACHED = TALK.replace("Therapist", "Couch")
PREAMBLE = "What follows was typed from a tape by somebody who did not know either of the two.\n\n"
PLACEHOLDER = TALK.replace("The noise.", "[no response]")
ERROR = "Error: 429 Too Many Requests"


def chat(*said: dict[str, object]) -> str:
    return json.dumps({"messages": said}) + "\n"


CHATS = chat(
    {"role": "user", "content": "What is the weather in Malta?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "a", "content": "Sunny, 24 degrees."},
    {"role": "assistant", "content": "It is sunny."},
) + chat(
    {"role": "user", "content": "And in Oslo?"}, {"role": "assistant", "content": "It snows."},
    {"role": "user", "content": "Thanks."},
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> Path:
    """A drop with one sound transcript and three that are not, one for what only reading finds; judged."""
    root = tmp_path_factory.mktemp("made")
    (root / "drop").mkdir()
    (root / "drop" / "sound.txt").write_text(TALK)
    (root / "drop" / "coached.txt").write_text(COACHED)
    (root / "drop" / "early.txt").write_text(PREAMBLE + TALK.replace("noise", "heat"))
    (root / "drop" / "silent.txt").write_text(PLACEHOLDER)
    run_drop(root / "drop", Store(root / "store"), suite, root / "site")
    return root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Store(tmp_path / "store")


def again(store: Store, suite: Suite, choice: Choice = Choice()) -> list[Requeued]:  # noqa: B008 - frozen
    done = requeue(store, suite, store.root.parent / "site", choice)
    assert not any(isinstance(each, BusyError) for each in done)
    return [each for each in done if isinstance(each, Requeued)]


@pytest.mark.slow  # several runs
def test_what_is_sound_today_is_released_and_history_is_kept(store: Store, tmp_path: Path) -> None:
    assert held(store)["transcript"].to_list() == ["coached.txt", "early.txt", "silent.txt"]
    before = {table: rows(store, table) for table in STORED}
    (result,) = again(store, load_suite("human"))
    assert result.verdicts == {"accepted": 2, "repaired": 0, "quarantined": 1}
    assert result.by_reading == 1
    assert told(result)[0] == "drop: 3 transcripts judged again: 2 accepted, 0 repaired, 1 quarantined"
    for table, frame in before.items():
        assert len(rows(store, table).join(frame, on=frame.columns, how="semi", nulls_equal=True)) == len(frame), table
    released = store.scan("release").group_by("transcript").len().sort("transcript").collect()
    assert released.rows() == [("coached.txt", 4), ("silent.txt", 4), ("sound.txt", 4)]
    origin = before["runs"]["run"].item()
    links = store.scan("requeued").sort("transcript").select("run", "transcript", "origin", "verdict").collect()
    assert links.rows() == [
        (result.run, "coached.txt", origin, "accepted"),
        (result.run, "early.txt", origin, "quarantined"),
        (result.run, "silent.txt", origin, "accepted"),
    ]
    assert held(store)["transcript"].to_list() == ["early.txt"]
    assert rows(store, "sources").equals(before["sources"])
    assert rows(store, "quarantine").equals(before["quarantine"])
    # What runs learn from earlier ones is of drops.
    assert drop_runs(store)["run"].to_list() == [origin]
    with pytest.raises(InputError, match=r"silent\.txt: expected a transcript in quarantine, found it released"):
        again(store, load_suite("human"), Choice(("silent.txt",)))


@pytest.mark.slow  # several runs
def test_the_site_tells_both_verdicts(store: Store, tmp_path: Path) -> None:
    (result,) = again(store, load_suite("human"))
    origin = drop_runs(store)["run"].item()

    def page(run: str | None, transcript: str) -> str:
        (path,) = (tmp_path / "site" / "runs" / str(run) / "transcripts").glob(f"{transcript}*.html")
        return path.read_text()

    link = f'<a href="../../{result.run}/index.html">'
    for transcript, verdict in (("coached", "accepted"), ("early", "quarantined")):
        note = next(line for line in page(origin, transcript).splitlines() if "judged again" in line)
        assert link in note
        assert f'class="badge {verdict}"' in note
        new = page(result.run, transcript)
        assert f'<a href="../../{origin}/index.html">' in new
        assert "I slept badly." in new
    assert "F105" in page(result.run, "early")
    assert (
        "2 transcripts that this run had quarantined were judged again"
        in (tmp_path / "site" / "runs" / origin / "index.html").read_text()
    )
    assert f'2 transcripts that <a href="../{origin}/index.html">' in result.report.read_text()


@pytest.mark.slow  # several runs
def test_the_same_requeue_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    human = load_suite("human")
    again(store, human)
    before = kept(tmp_path)
    (second,) = again(store, human)
    assert (second.run, second.known) == (None, 1)
    assert kept(tmp_path) == before
    # A waiver that is about it is something new.
    grant(store, Waiver("F105", "early.txt", None, None, "a typist's note", "Ann", date(2999, 1, 1)))
    (third,) = again(store, human)
    assert third.verdicts == {"accepted": 1, "repaired": 0, "quarantined": 0}
    with pytest.raises(InputError, match="found none; there is nothing to requeue"):
        again(store, human)


@pytest.mark.slow  # several runs
def test_each_is_judged_as_its_source_would_be(tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text(
        "name: strict\nexpectations:\n  - type: expect_two_speakers\n    kwargs: {speakers: 9}\n"
        "meta: {turnproof: {extends: synthetic}}\n"
    )
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "chats.jsonl").write_text(CHATS)
    (drop / "cut.txt").write_text(f"{TALK}\n\nPatient: And now?\n\nTherapist: {ERROR}\n\nCouch: No.")
    (drop / "silent.txt").write_text(PLACEHOLDER)
    store = Store(tmp_path / "store")
    run_drop(drop, store, load_suite(str(strict)), tmp_path / "site")
    names = held(store)["transcript"].to_list()
    assert names == ["chats.jsonl#0", "chats.jsonl#1", "cut.txt", "silent.txt"]
    for name in ("chat", "human"):
        other = Store(shutil.copytree(store.root, tmp_path / name))
        (result,) = requeue(other, load_suite(name), tmp_path / "site", Choice())
        assert isinstance(result, Requeued)
        fresh = judge(load(list_sources(drop, within=True)), load_suite(name))
        for table in ("transcripts", "release", "findings", "repairs"):
            mine = other.scan_run(table, str(result.run)).drop("run", "drop", "batch").collect()
            expected = getattr(fresh, table)
            order = [column for column, kind in expected.schema.items() if not isinstance(kind, pl.List)]
            assert mine.sort(order, nulls_last=True).equals(expected.sort(order, nulls_last=True)), (name, table)


@pytest.mark.slow  # several runs
def test_what_was_judged_in_another_version_since_is_left_alone(store: Store, tmp_path: Path, suite: Suite) -> None:
    drop = tmp_path / "drop"
    (drop / "coached.txt").write_text(COACHED.replace("Couch", "Therapist").replace("noise", "cold"))
    run_drop(drop, store, suite, tmp_path / "site")
    assert held(store)["transcript"].to_list() == ["early.txt", "silent.txt"]
    again(store, load_suite("human"))
    assert store.scan("release").group_by("transcript").len().collect()["len"].to_list() == [4, 4, 4]


def test_a_drop_that_is_held_is_told(store: Store, tmp_path: Path, suite: Suite) -> None:
    with store.claim("drop"):
        (result,) = requeue(store, suite, tmp_path / "site", Choice())
    assert isinstance(result, BusyError)
    assert store.scan("requeued").collect().is_empty()


COMMITS = 3 * 7 + 2
"""Of a requeue of three batches: seven tables a batch, the outcomes, its own row."""


@pytest.mark.endurance
@pytest.mark.parametrize("fatal", places(COMMITS))
def test_a_requeue_that_dies_before_any_commit_is_finished_by_the_next(
    fatal: int, store: Store, undisturbed: dict[str, pl.DataFrame]
) -> None:
    human = load_suite("human")
    before = {table: rows(store, table) for table in STORED}
    with patch.object(requeuing, "BATCH_CHARACTERS", 1):
        with dies_before(fatal):
            again(store, human)
        assert all(rows(store, table).equals(frame) for table, frame in before.items())
        again(store, human)
    for table, expected in undisturbed.items():
        assert rows(store, table).equals(expected), table


@pytest.fixture(scope="module")
def undisturbed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    root = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(made, root, dirs_exist_ok=True)
    store = Store(root / "store")
    with patch.object(requeuing, "BATCH_CHARACTERS", 1):
        again(store, load_suite("human"))
    return {table: rows(store, table) for table in STORED}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected transcripts, --run RUN or --all, found none of them; name one of the three"),
        (["a.txt", "--all"], "found several of them"),
        (["silent.tx"], "silent.tx: expected a transcript in quarantine, found none of this id; use silent.txt"),
        (["sound.txt"], "found it released"),
        (["--run", "abc"], "--run: expected a run with transcripts in quarantine, found abc"),
    ],
)
def test_a_slip_is_told_in_a_sentence(arguments: list[str], message: str, store: Store) -> None:
    done = turnproof("requeue", "--store", store.root, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow  # several runs
def test_the_command_prints_the_counts(store: Store) -> None:
    done = turnproof("requeue", "early.txt", "silent.txt", "--suite", "human", "--store", store.root)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, report = done.stdout.splitlines()
    assert first == "drop: 2 transcripts judged again: 1 accepted, 0 repaired, 1 quarantined"
    assert second.startswith("drop: 1 transcript held by what was found in reading")
    assert Path(report.removeprefix("Report: ")).is_file()
