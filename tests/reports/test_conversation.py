"""Rebuilding a transcript as it was read."""

from __future__ import annotations

from reports.conversation import TURN_CHARACTERS, WHOLE_TURNS, conversation
from reports.diff import Part, words_changed
from reports.turns import Finding, Repair, Spoken, Turn


def spoken(*texts: str) -> list[Spoken]:
    return [Spoken(number, "AB"[number % 2], None, text, number + 1) for number, text in enumerate(texts)]


def repair(turn: int, before: str, after: str | None, name: str = "merge") -> Repair:
    return Repair(turn, turn + 1, "AB"[turn % 2], None, name, "S201", before, after)


def finding(turn: int, evidence: str | None, offset: int | None = None, severity: str = "critical") -> Finding:
    return Finding("a.txt", turn, 1, "C404", "rule", severity, "message", evidence, offset)


def read(turn: Turn) -> str:
    """The turn's text as read: without what was put in."""
    return "".join(part.text for part in turn.parts if part.kind != "ins")


def test_removed_turns_go_back_to_their_numbers() -> None:
    repairs = [repair(0, "zero", None), repair(2, "two", None), repair(5, "five", None)]
    turns = conversation(spoken("one", "three", "four"), repairs, [])
    assert [(turn.number, read(turn), turn.state) for turn in turns] == [
        (0, "zero", "removed"), (1, "one", "kept"), (2, "two", "removed"), (3, "three", "kept"), (4, "four", "kept"),
        (5, "five", "removed"),
    ]  # fmt: skip


def test_merged_turns_are_one_changed_and_one_removed() -> None:
    turns = conversation(spoken("a", "b c", "d"), [repair(1, "b", "b c"), repair(2, "c", None)], [])
    assert [(turn.number, read(turn), turn.state) for turn in turns] == [
        (0, "a", "kept"), (1, "b", "changed"), (2, "c", "removed"), (3, "d", "kept"),
    ]  # fmt: skip
    assert turns[1].parts == (Part("b"), Part(" c", "ins"))


def test_repairs_of_one_turn_are_told_in_the_order_they_were_made() -> None:
    chain = [repair(0, "b", "c", "x"), repair(0, "c", None, "trim_tail"), repair(0, "a", "b", "z")]
    (turn,) = conversation([], chain, [])
    assert [one.repair for one in turn.repairs] == ["z", "x", "trim_tail"]
    assert [part.text for part in turn.repairs[0].parts] == ["a", "b"]
    assert read(turn) == "a"


def test_evidence_is_marked_by_offset_in_characters() -> None:
    (turn,) = conversation(spoken("né né"), [], [finding(0, "né", 3)])
    assert turn.parts == (Part("né "), Part("né", mark="critical", ends=(1,)))
    assert turn.notes[0].quote is None


def test_overlapping_evidence_shows_the_worse_severity() -> None:
    found = [finding(0, "abc", 0, "info"), finding(0, "cd", 2)]
    (turn,) = conversation(spoken("abcd"), [], found)
    assert turn.parts == (
        Part("ab", mark="info"),
        Part("c", mark="critical", ends=(1,)),
        Part("d", mark="critical", ends=(2,)),
    )


def test_evidence_that_is_not_in_the_text_is_quoted_beside_it() -> None:
    (turn,) = conversation(spoken("mail me"), [], [finding(0, "j***@e***.org", 0)])
    assert turn.parts == (Part("mail me"),)
    assert turn.notes[0].quote == "j***@e***.org"


def test_long_transcripts_show_what_stands_around_findings() -> None:
    turns = conversation(spoken(*["x"] * (WHOLE_TURNS + 100)), [], [finding(250, None)])
    numbers = [turn.number for turn in turns]
    assert numbers == [*range(20), *range(246, 255), *range(WHOLE_TURNS + 80, WHOLE_TURNS + 100)]
    assert sum(turn.skipped for turn in turns) + len(turns) == WHOLE_TURNS + 100


def test_long_turns_are_clipped_and_counted() -> None:
    (turn,) = conversation(spoken("x" * (TURN_CHARACTERS + 7)), [], [])
    assert (len(read(turn)), turn.clipped) == (TURN_CHARACTERS, 7)


def test_sides_are_given_by_who_speaks_first() -> None:
    lines = [Spoken(n, who, who, "x", 1) for n, who in enumerate(("system", "user", "assistant", "tool", "user"))]
    assert [turn.side for turn in conversation(lines, [], [])] == ["third", "one", "other", "third", "one"]


def test_a_diff_is_by_words_and_reads_in_runs() -> None:
    assert words_changed("I am very tired, today", "I am a bit sad, today") == [
        Part("I am "), Part("very tired", "del"), Part("a bit sad", "ins"), Part(", today"),
    ]  # fmt: skip


def test_a_diff_of_endless_texts_stays_cheap() -> None:
    before, after = " ".join(map(str, range(5_000))), " ".join(map(str, range(5_000, 10_000)))
    assert [part.kind for part in words_changed(before, after)] == ["del", "ins"]


def test_a_diff_rebuilds_both_texts() -> None:
    before, after = "Itâ€™s fine.  Really – fine", "It's fine. Really, it is – fine."
    parts = words_changed(before, after)
    assert "".join(part.text for part in parts if part.kind != "ins") == before
    assert "".join(part.text for part in parts if part.kind != "del") == after


def test_turns_that_were_put_in_follow_the_turn_they_stood_in() -> None:
    text = "Hello.\n\nB: Yes.\n\nA: Well?"
    stored = [
        Spoken(number, who, None, said, 1)
        for number, (who, said) in enumerate(
            (("B", "Hi."), ("A", "Hello."), ("B", "Yes."), ("A", "Well?"), ("B", "Mm."))
        )
    ]

    def step(who: str, before: str, after: str | None) -> Repair:
        return Repair(1, 1, who, None, "split_bleed", "C405", before, after)

    # In no order: a table promises none.
    steps = [
        step("A", "", "Well?"),
        step("B", "Yes.\n\nA: Well?", "Yes."),
        step("A", text, "Hello."),
        step("B", "", "Yes.\n\nA: Well?"),
    ]
    turns = conversation(stored, steps, [])
    assert [(turn.anchor, turn.state, turn.speaker, len(turn.repairs)) for turn in turns] == [
        ("turn-0", "kept", "B", 0),
        ("turn-1", "changed", "A", 1),
        ("turn-1-1", "added", "B", 2),
        ("turn-1-2", "added", "A", 1),
        ("turn-2", "kept", "B", 0),
    ]
    assert "".join(part.text for part in turns[1].parts if part.kind != "ins") == text
