"""S208: tool calls without results, and results without calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

import polars as pl

from expectations.rule import (
    Transcripts,
    answering,
    calling,
    expectation,
    patient,
    therapist,
    transcript,
)
from expectations.search import FOUND, Search, unknown

_ASKED = patient("When is my next session?")
_SAID = therapist("At ten.")


@expectation(
    "S208",
    "tool_calls_to_be_answered",
    scope="transcript",
    severity="critical",
    since="0.2",
    holds=[
        transcript(_ASKED, calling("c1"), answering("c1"), _SAID),
        # Calls at once, and results in another order.
        transcript(_ASKED, calling("c1", "c2"), answering("c2"), answering("c1"), _SAID),
        # A call by its function's name, twice; and one that goes without any name.
        transcript(_ASKED, calling("find"), answering("find"), calling("find"), answering("find"), _SAID),
        transcript(_ASKED, calling("c1"), answering(""), _SAID),
        # What is trained here is the call: it is the last turn.
        transcript(_ASKED, _SAID, _ASKED, calling("c1")),
        # Nobody calls a tool: this could not be evaluated.
        transcript(_ASKED, _SAID),
    ],
    violated=[
        transcript(_ASKED, calling("c1"), _SAID, at=1),
        transcript(_ASKED, calling("c1", "c2"), answering("c2"), _SAID, at=1),
        transcript(_ASKED, answering("c1"), _SAID, at=1),
        transcript(_ASKED, calling("c1"), answering("c1"), answering("c1"), _SAID, at=3),
        transcript(_ASKED, answering("c1"), calling("c1"), at=1),
    ],
)
def tool_calls_to_be_answered(_transcripts: Transcripts) -> Search:
    """A tool is called and no result follows, or a result stands without a call before it.

    Why it matters: chat templates and serving stacks refuse such a conversation, and a model that is trained on it
    learns to make up what a tool would have said.

    What to do: look whether the result was lost or stands before its call. A call in the very last turn needs no
    result: there the call is what is to be learnt. A transcript without tools could not be evaluated.
    """
    return Search(find=_find)


def _find(turns: pl.DataFrame) -> pl.DataFrame:
    marked = turns["calls"].is_not_null() | turns["answers"].is_not_null()
    without = turns.select(pl.col("transcript_key").unique())
    if not marked.any():
        return unknown(without)
    tools = turns.select("transcript_key", "turn", "calls", "answers", "is_last").filter(marked)
    without = without.join(tools, on="transcript_key", how="anti")
    rows = [
        (key, turn, None, message, None)
        for key, group in groupby(tools.iter_rows(), key=lambda row: row[0])
        for turn, message in _unpaired(group)
    ]
    return pl.concat([pl.DataFrame(rows, schema=FOUND, orient="row"), unknown(without)])


def _unpaired(rows: Iterable[tuple[int, int, list[str] | None, list[str] | None, bool]]) -> Iterator[tuple[int, str]]:
    """The turns of one transcript whose calls or results have no partner, with a message for each."""
    waiting: list[tuple[str, int]] = []
    lonely: Counter[tuple[int, str]] = Counter()
    for _, turn, calls, answers, is_last in rows:
        for answer in answers or ():
            # An answer or a call without an id may belong to any other.
            place = next((n for n, (call, _) in enumerate(waiting) if answer in (call, "") or call == ""), None)
            if place is None:
                lonely[turn, "result"] += 1
            else:
                del waiting[place]
        if not is_last:
            waiting += [(call, turn) for call in calls or ()]
    for _, turn in waiting:
        lonely[turn, "call"] += 1
    for (turn, kind), count in sorted(lonely.items()):
        things = f"{count} tool {kind}s" if count > 1 else f"a tool {kind}"
        yield turn, f"{things} without a {'call before it' if kind == 'result' else 'result'}"
