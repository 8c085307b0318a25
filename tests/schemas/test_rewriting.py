"""Rewriting: edits are small, stay where they belong, and what can't be done is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rewriting import CantRewriteError, Wanted, rewritten
from schemas.rewriting.edits import applied, differences

_TEXT = st.text("ab \n\u200bé", max_size=12)


@given(before=_TEXT, after=_TEXT)
def test_differences_make_one_text_of_the_other(before: str, after: str) -> None:
    edits = differences(before, after)
    assert applied(before, edits) == after
    assert (before == after) == (edits == [])


@given(parts=st.lists(_TEXT, min_size=1, max_size=5), cut=st.integers(0, 4))
def test_what_is_taken_out_is_all_that_changes(parts: list[str], cut: int) -> None:
    before, after = "".join(parts), "".join(parts[:cut] + parts[cut + 1 :])
    assert sum(edit.end - edit.start for edit in differences(before, after)) == len(before) - len(after)
    assert all(edit.text == "" for edit in differences(before, after))


def said(text: str, line: int, after: str | None, put_in: tuple[tuple[str, str], ...] = ()) -> Wanted:
    return Wanted("A", text, line, after, put_in)


@pytest.mark.parametrize(
    ("data", "form", "turns", "told"),
    [
        (b"speaker,text\nA,x y\n", "turn_table", [said("x y", 2, "x", (("B", "y"),))], "other cells of its row"),
        (b"speaker,text\nA,x\n", "turn_table", [said("z", 2, None)], "as one text"),
        (b'speaker,text\nA,"x"y\n', "turn_table", [said("x", 2, None)], "quotes are not sound"),
        (b"A: x\n", "labelled_text", [said("z", 1, None)], "as one text"),
        (b"A: x y\n", "labelled_text", [said("x y", 1, "x", (("B", "y"),))], "nothing in it shows"),
        (b'{"messages": ["x"]}', "openai_chat", [said("x", 1, None), said("y", 1, "y")], "no object of its own"),
        (
            b'{"messages": [{"role": "A", "content": "x y", "id": 1}]}',
            "openai_chat",
            [said("x y", 1, "x", (("A", "y"),))],
            "hold more",
        ),
        (b"A: x", "no_such_format", [said("x", 1, "y")], "can't be written"),
        (b"A: \xff", "labelled_text", [said("x", 1, "y")], "could not all be read"),
    ],
)
def test_what_can_not_be_written_without_loss_is_said(data: bytes, form: str, turns: list[Wanted], told: str) -> None:
    with pytest.raises(CantRewriteError, match=told):
        rewritten(data, "utf-8", form, turns)


def test_what_an_encoding_has_no_place_for_is_said() -> None:
    with pytest.raises(CantRewriteError, match="windows-1252 has no place"):
        rewritten(b"A: \xe9", "windows-1252", "labelled_text", [said("é", 1, "中")])
    assert rewritten(b"A: \xe9", "windows-1252", "labelled_text", [said("é", 1, "è")]) == b"A: \xe8"
