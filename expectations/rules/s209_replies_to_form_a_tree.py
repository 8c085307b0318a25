"""S209: replies that form no tree."""

from __future__ import annotations

import json

from expectations.rule import Bytes, Symptom, expectation, source


def _replies(*parents: tuple[str, str | None], line: int | None = None) -> Bytes:
    """A conversation of utterances, each with its id and that of the one it replies to."""
    texts = ("I slept badly, again.", "What kept you up?", "The rain, and a door.", "Whose door was it?")
    rows = [
        {
            "id": key,
            "conversation_id": "a",
            "speaker": "ben" if place % 2 else "ann",
            "text": texts[place],
            "reply-to": parent,
        }
        for place, (key, parent) in enumerate(parents)
    ]
    return source("".join(json.dumps(row) + "\n" for row in rows), line=line)


@expectation(
    "S209",
    "replies_to_form_a_tree",
    scope="source",
    severity="critical",
    since="0.2",
    holds=[
        _replies(("a", None), ("b", "a"), ("c", "b"), ("d", "c")),
        # Branches, in another order than they were written.
        _replies(("d", "b"), ("b", "a"), ("a", None), ("c", "a")),
        # Nobody replies to anybody by id: this could not be evaluated.
        source("Patient: I slept badly, again.\n\nTherapist: What kept you up?\n"),
    ],
    violated=[
        _replies(("a", None), ("b", "a"), ("c", "x"), ("d", "c"), line=3),
        _replies(("a", None), ("b", "a"), ("c", None), ("d", "c"), line=3),
        _replies(("a", None), ("b", "a"), ("c", "c"), ("d", "a"), line=3),
        _replies(("a", None), ("b", "d"), ("c", "b"), ("d", "c"), line=2),
        _replies(("a", None), ("b", "a"), ("b", "a"), ("d", "b"), line=3),
    ],
)
def replies_to_form_a_tree() -> Symptom:
    """An utterance replies to one that is missing, to nothing, or in a circle, or two have the same id.

    Why it matters: the order of the turns is that of the replies. Where these are broken, turns follow others than they
    answered, and a part of the conversation may be missing.

    What to do: look at the utterance at the line that the finding names. Export the conversation again, whole; where it
    was thinned out on purpose, let the replies name the nearest utterance that was kept. All utterances were read, the
    first of those that lead to no root as if it replied to nothing. In a source with an utterance that could not be
    read (F103), no other is told as missing. Where turns don't name those they reply to, this could not be evaluated.
    """
    return Symptom("replies", known_once="claimed", formats=("convokit",))
