"""What holds of a drop as a whole: duplicates in it and of what was released before, and its gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from expectations.drop import Drop
from expectations.evaluate_drop import evaluate_drop
from expectations.fingerprints import SKETCH, digests, fingerprints, likeness
from expectations.suite import Suite
from flows import pipeline
from flows.checking import check_paths
from schemas.store import Store
from schemas.stored import STORED

NAMES = ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hans"]
OTHERS = ["Jan", "Karl", "Lea", "Max", "Nora", "Otto", "Paul", "Ruth"]


def talk(names: list[str], last: str = "Goodbye.", labels: tuple[str, str] = ("Patient", "Therapist")) -> str:
    """A sound transcript about some people."""
    said = [
        turn
        for name in names
        for turn in (
            f"{labels[0]}: {name} told me the other day that I should come here, or so {name} says.",
            f"{labels[1]}: And what did you say to {name}? Take all the time that you need for {name}.",
        )
    ]
    return "\n\n".join([*said, f"{labels[0]}: I'd better go now, I think. {last}", f"{labels[1]}: So long. {last}"])


def dropped(folder: Path, **texts: str) -> Path:
    """A drop of text files."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def findings(store: Store, drop: str) -> list[tuple[str, str, str]]:
    """Path, code and message of what was found of a whole drop."""
    rows = store.scan("findings").filter((pl.col("drop") == drop) & pl.col("code").str.starts_with("D")).collect()
    return rows.select("path", "code", "message").sort("path", "code").rows()


@pytest.mark.slow  # several runs
def test_duplicates_are_told_within_a_drop_and_against_what_was_released(tmp_path: Path, suite: Suite) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    monday = dropped(
        tmp_path / "monday",
        a=talk(NAMES),
        # Other labels, other blanks: the same text.
        b=talk(NAMES, labels=("Client", "Counselor")).replace("\n\n", "\n\n\n"),
        c=talk(OTHERS, "See you."),
    )
    first = pipeline.run_drop(monday, store, suite, site)
    assert findings(store, "monday") == [("b.txt", "D501", "the same text as a.txt")]
    assert first.row is not None
    # It is released: it is sound by itself. The gate warns.
    assert (first.row["transcripts_accepted"], first.row["gate"]) == (3, "warned")
    assert str(first.row["gate_reason"]).endswith("quarantined or unreadable; of the drop as a whole: D501 1 time")

    tuesday = dropped(
        tmp_path / "tuesday",
        d=talk(NAMES) + "\n",
        e=talk([*NAMES[:7], "Ida"]),
        f=talk(["Sam", "Tom", "Uwe", "Vera", "Willi", "Xenia", "Yann", "Zoe"], "Bye then."),
    )
    second = pipeline.run_drop(tuesday, store, suite, site)
    assert second.row is not None
    assert findings(store, "tuesday") == [
        ("d.txt", "D501", "the same text as a.txt of the drop monday, released before"),
        ("e.txt", "D502", "nearly the same as a.txt of the drop monday: 79% alike"),
    ]
    outcomes = store.scan("outcomes").filter((pl.col("drop") == "tuesday") & (pl.col("scope") == "drop")).collect()
    assert dict(outcomes.select("code", "violated").iter_rows()) | {"D501": 1, "D502": 1, "D504": 0} == dict(
        outcomes.select("code", "violated").iter_rows()
    )
    assert "the same text as a.txt of the drop monday" in second.report.read_text()


@pytest.mark.slow  # several runs
def test_a_quarantined_transcript_is_no_release_to_be_a_copy_of(tmp_path: Path, suite: Suite) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    broken = talk(NAMES).replace("So long. Goodbye.", "[Answer not properly formatted or missing] So long <|im_end|>")
    pipeline.run_drop(dropped(tmp_path / "one", a=broken), store, suite, site)
    result = pipeline.run_drop(dropped(tmp_path / "two", a=broken + "\n"), store, suite, site)
    assert result.row is not None
    assert result.row["transcripts_quarantined"] == 1
    assert [code for _, code, _ in findings(store, "two")] == ["D504"]
    assert result.row["gate_reason"] == (
        "1 of 1 transcripts (100.0%) are quarantined or unreadable; the gate fails from 20%"
    )


def test_check_compares_the_paths_it_is_given(tmp_path: Path, suite: Suite) -> None:
    folder = dropped(tmp_path / "drop", a=talk(NAMES), b=talk(NAMES[::-1]), c=talk(NAMES))
    checked = check_paths([folder], suite, lambda _done, _all: None)
    found = checked.findings.filter(pl.col("code").str.starts_with("D"))
    assert found.select("path", "code", "severity", "line").rows() == [(f"{folder}/c.txt", "D501", "critical", 1)]
    assert found["message"].to_list() == [f"the same text as {folder}/a.txt"]


@pytest.mark.slow  # several runs
def test_a_phrase_that_opens_most_turns_is_told_of_the_drop(tmp_path: Path, suite: Suite) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    habit = {"And what did you say": "I hear you saying that. What did you say"}
    texts = {each: talk([name + each for name in NAMES + OTHERS]) for each in "abc"}
    first = pipeline.run_drop(dropped(tmp_path / "sound", **texts), store, suite, site)
    assert first.row is not None
    for one, other in habit.items():
        texts = {name: text.replace(one, other) for name, text in texts.items()}
    texts["d"] = talk([name.upper() for name in NAMES])
    second = pipeline.run_drop(dropped(tmp_path / "model", **texts), store, suite, site)
    assert second.row is not None
    rows = (
        store.scan("findings").filter(code="D503").select("drop", "path", "severity", "message", "evidence").collect()
    )
    # 16 turns in each of three transcripts, of 17; and 9 in the fourth.
    message = "therapist opens 48 of 60 turns, in 3 transcripts, alike"
    assert ("model", "model", "warning", message, "I hear you saying") in rows.rows()
    assert second.row["transcripts_quarantined"] == 0
    assert "I hear you saying" not in str(second.row) + store.scan("validations").collect()["result"].str.join()[0]


@pytest.mark.slow  # several runs
def test_a_drop_is_compared_with_those_before(tmp_path: Path, suite: Suite) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    first = pipeline.run_drop(dropped(tmp_path / "first", a=talk(NAMES), b=talk(OTHERS)), store, suite, site).row
    assert first is not None
    assert dict(store.scan("outcomes").select("code", "unknown").collect().iter_rows())["D505"] == 1
    for number in range(6):
        # Hundreds of transcripts like those two.
        count = 300 + number
        sizes = {"transcripts": count, "turns": 18 * count, "characters": 18 * 65 * count}
        row = first | {"run": f"{number:016x}", **sizes}
        store.append("runs", pl.DataFrame([row], schema=STORED["runs"]), transaction=str(number))
    folder = dropped(tmp_path / "eighth", c=talk([*NAMES, "Ida"]), d=talk([*OTHERS, "Jim"]))
    result = pipeline.run_drop(folder, store, suite, site)
    assert result.row is not None
    told = [message for _, code, message in findings(store, "eighth") if code == "D505"]
    assert len(told) == 1
    # The median is 302; the least spread of a fifth, five times.
    assert told[0].startswith("2 transcripts, fewer than usual: 111 to 821, by the last 7 drops on a ")
    before = store.runs(), store.scan("findings").collect()
    assert pipeline.run_drop(folder, store, suite, site).row is None
    assert store.runs().equals(before[0])
    assert len(store.scan("findings").collect()) == len(before[1])


def test_a_night_without_anything_new_is_told_where_it_was_swept(tmp_path: Path, suite: Suite) -> None:
    store = Store(tmp_path / "store")
    pipeline.run_drop(dropped(tmp_path / "drop", a=talk(NAMES)), store, suite, tmp_path / "site")
    now = datetime.now(UTC)
    fared = {}
    for day in (0, 1, 2):
        drop = Drop("inbox", runs=store.runs(), swept=now + timedelta(days=day))
        found = evaluate_drop(drop, suite.changed(select=["D506"]))
        fared[day] = found.outcomes.select("holds", "violated", "unknown").row(0)
        assert found.findings["path"].to_list() == ["inbox"] * fared[day][1]
    assert fared == {0: (1, 0, 0), 1: (0, 1, 0), 2: (0, 1, 0)}
    assert dict(store.scan("outcomes").select("code", "unknown").collect().iter_rows())["D506"] == 1


@pytest.fixture
def turns() -> pl.DataFrame:
    """Two transcripts that differ in a word of the last turn, a copy of the first, and one without words."""
    texts = [[f"{name} came late, and told us why at length." for name in NAMES] for _ in range(3)]
    texts[1][-1] = "Hans came late, and told us why at dinner."
    rows = [(key, number, text) for key, said in enumerate([*texts, ["", "Hm."]]) for number, text in enumerate(said)]
    schema = {"transcript_key": pl.UInt32, "turn": pl.UInt32, "text": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_fingerprints_mean_the_same_for_ever(turns: pl.DataFrame) -> None:
    made = fingerprints(turns)
    assert made["transcript_key"].to_list() == [0, 1, 2, 3]
    # Stored ones must be comparable with those of any later version: these numbers never change.
    one, other, nothing = 1047905446367721134, 6810574743386378858, 6755281562015237199
    assert made["digest"].to_list() == [one, other, one, nothing]
    assert made["sketch"].list.first().to_list() == [*[-9140641009900826807] * 3, None]


def test_likeness_is_the_share_of_samples_in_common(turns: pl.DataFrame) -> None:
    one, other, copy, nothing = fingerprints(turns)["sketch"].to_list()
    assert nothing is None
    # Eight beginnings, and one end that they share; the other has an end of its own.
    assert (len(one), len(other)) == (9, 10)
    assert likeness(one, copy) == 1
    assert likeness(one, other) == pytest.approx(9 / 10)
    assert likeness([], []) == 0
    assert likeness(list(range(SKETCH)), list(range(1000, 1000 + SKETCH))) == 0
    quick = digests(turns)["digest"].to_list()
    assert [each == quick[0] for each in quick] == [True, False, True, False]


def test_order_counts_in_digests(turns: pl.DataFrame) -> None:
    turned = turns.with_columns(text=pl.col("text").reverse().over("transcript_key"))
    for make in (digests, fingerprints):
        assert make(turned)["digest"][0] != make(turns)["digest"][0]
