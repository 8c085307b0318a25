"""Examples of expectations as batches: what their tests and their documentation run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import polars as pl

from expectations.drop import MEMBERS, RATES, RELEASED, Drop, Dropped
from expectations.evaluate import Evaluation, evaluate
from expectations.evaluate_drop import DropEvaluation, evaluate_drop
from expectations.fingerprints import fingerprints
from expectations.rule import Bytes, Example, Expectation
from expectations.suite import Check, Suite
from schemas.columns import PROBLEMS, RAW, TOOLS
from schemas.reading import STAGES, Batch, read
from schemas.roster import Roster
from schemas.stored import STORED

PATH = "example.txt"
"""The path of an example's source."""


def batch_of(example: Example | Bytes, roster: Roster) -> Batch:
    """An example as a batch.

    A transcript goes by no format: its turns are as written, a line each, and a role's label is its name with a
    capital. A source is read as any other.
    """
    if isinstance(example, Bytes):
        kind = None if example.trouble is None else example.kind
        row = {"path": PATH, "data": example.data, "kind": kind, "trouble": example.trouble}
        return read(pl.DataFrame([row], schema=RAW), roster)
    speakers = pl.Series([said.role.capitalize() for said in example.turns], dtype=pl.String)
    numbers = range(len(example.turns))
    return Batch(
        sources=pl.DataFrame(
            {
                "source_key": [0],
                "path": [PATH],
                "format": [None],
                "stage": [STAGES.index("claimed")],
                "lines_within": [False],
            },
            schema_overrides={"source_key": pl.UInt32, "format": pl.String, "stage": pl.UInt8},
        ),
        transcripts=pl.DataFrame(
            {"transcript_key": [0], "source_key": [0], "record": [0], "line": [1], "transcript": [PATH]},
            schema_overrides=dict.fromkeys(("transcript_key", "source_key", "record", "line"), pl.UInt32),
        ),
        turns=pl.DataFrame(
            {
                "transcript_key": pl.Series([0 for _ in numbers], dtype=pl.UInt32),
                "turn": pl.Series(numbers, dtype=pl.UInt32),
                "speaker": speakers,
                "role": roster.roles_of(speakers),
                "text": pl.Series([said.text for said in example.turns], dtype=pl.String),
                "line": pl.Series([number + 1 for number in numbers], dtype=pl.UInt32),
                "start": pl.Series([said.start for said in example.turns], dtype=pl.Float64),
                "end": pl.Series([said.end for said in example.turns], dtype=pl.Float64),
                "calls": pl.Series([said.calls for said in example.turns], dtype=TOOLS["calls"]),
                "answers": pl.Series([said.answers for said in example.turns], dtype=TOOLS["answers"]),
            }
        ),
        problems=pl.DataFrame(schema=PROBLEMS),
    )


def drop_of(example: Dropped, roster: Roster) -> Drop:
    """An example of a drop; its transcripts are called ``0.txt``, ``1.txt`` and so on, as are those before."""
    before = None
    if example.before is not None:
        members = _members(example.before, roster).with_columns(drop=pl.lit("before"), released=True)
        before = members.select(RELEASED.names()).lazy()
    members = _members(example.transcripts, roster)
    past = example.past or ()
    said = [
        _turns(each, roster).select(pl.lit(f"{number}.txt").alias("transcript"), "turn", "role", "text")
        for number, each in enumerate(example.transcripts)
    ]
    return Drop(
        "drop",
        members,
        released=before,
        runs=None if example.past is None else _runs(example.past),
        run=None if example.run is None else {"run": "this", **example.run},
        rates=_rates({"this": example.run or {}, **{str(number): run for number, run in enumerate(past)}}),
        turns=pl.concat(said).lazy() if said else None,
        swept=example.swept,
        lacks=example.lacks,
    )


def _members(transcripts: tuple[Example, ...], roster: Roster) -> pl.DataFrame:
    members = [pl.DataFrame(schema=MEMBERS)]
    for number, each in enumerate(transcripts):
        turns = _turns(each, roster)
        row = fingerprints(turns).with_columns(
            path=pl.lit(f"{number}.txt"),
            transcript=pl.lit(f"{number}.txt"),
            record=0,
            line=1,
            characters=turns["text"].str.len_chars().sum(),
        )
        members.append(row.select(pl.col(name).cast(kind) for name, kind in MEMBERS.items()))
    return pl.concat(members)


def _runs(past: Sequence[dict[str, object]]) -> pl.DataFrame:
    rows = [[{"run": str(number), **run}.get(name) for name in STORED["runs"]] for number, run in enumerate(past)]
    return pl.DataFrame(rows, schema=STORED["runs"], orient="row")


def _rates(runs: Mapping[str, dict[str, object]]) -> pl.LazyFrame:
    rows = [
        (name, code, violated, run["transcripts"])
        for name, run in runs.items()
        for code, violated in cast("dict[str, int]", run.get("violated", {})).items()
    ]
    return pl.LazyFrame(rows, schema=RATES, orient="row")


def _turns(transcript: Example, roster: Roster) -> pl.DataFrame:
    return batch_of(transcript, roster).turns


def evaluated_drop(expectation: Expectation, example: Dropped, roster: Roster) -> DropEvaluation:
    """What one drop-level expectation, with its own thresholds and severity, finds in an example."""
    return evaluate_drop(drop_of(example, roster), _alone(expectation, roster))


def _alone(expectation: Expectation, roster: Roster) -> Suite:
    check = Check(expectation, expectation.thresholds, expectation.severity)
    return Suite("example", (check,), roster, repairs=(), warn=1.0, fail=1.0)


def evaluated(expectation: Expectation, example: Example | Bytes, roster: Roster) -> Evaluation:
    """What one expectation, with its own thresholds and severity, finds in an example."""
    return evaluate(batch_of(example, roster), _alone(expectation, roster))
