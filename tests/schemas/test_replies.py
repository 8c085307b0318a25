"""Replies in ConvoKit that form no tree: what is told of them, and that nothing is lost."""

from __future__ import annotations

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.columns import RAW
from schemas.reading import Batch, read

ROSTER = load_suite().roster


def read_replies(*parents: tuple[object, object]) -> Batch:
    rows = [
        {"id": key, "conversation_id": "c", "speaker": "ann", "text": f"text {n}", "reply-to": parent}
        for n, (key, parent) in enumerate(parents)
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return read(pl.DataFrame([{"path": "u.jsonl", "data": data}], schema=RAW), ROSTER)


def told(*parents: tuple[object, object]) -> list[tuple[object, ...]]:
    return read_replies(*parents).problems.select("kind", "record", "line", "detail").rows()


def test_each_way_is_told_once_at_its_first_utterance() -> None:
    assert told(("a", None), ("b", "x"), ("d", None), ("e", "y"), ("f", "g"), ("g", "f"), ("h", "h")) == [
        ("replies", 0, 2, "an utterance replies to one that its conversation doesn't hold; so do 1 more"),
        ("replies", 0, 3, "an utterance replies to nothing, as an earlier one does"),
        ("replies", 0, 5, "an utterance replies to itself, by itself or through others; so do 2 more"),
    ]


def test_what_leads_into_a_circle_is_not_in_it() -> None:
    assert told(("a", None), ("b", "c"), ("c", "d"), ("d", "c")) == [
        ("replies", 0, 3, "an utterance replies to itself, by itself or through others; so do 1 more"),
    ]


def test_a_deep_tree_is_sound() -> None:
    assert told(("0", None), *((str(n), str(n - 1)) for n in range(1, 3000))) == []


PARENTS = st.lists(st.one_of(st.none(), st.integers(0, 9).map(str)), min_size=2, max_size=8)


@given(PARENTS)
def test_a_tree_is_what_walks_to_one_root(parents: list[str | None]) -> None:
    batch = read_replies(*((str(n), parent) for n, parent in enumerate(parents)))

    def root(place: int) -> int | None:
        for _ in parents:
            parent = parents[place]
            if parent is None:
                return place
            if int(parent) >= len(parents):
                return None
            place = int(parent)
        return None

    roots = {root(place) for place in range(len(parents))}
    sound = len(roots) == 1 and None not in roots
    assert ("replies" not in batch.problems["kind"]) == sound
    assert len(batch.turns) == len(parents)
