"""Dialogues as JSON: lines, documents, and the records of each format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.benches.rendering import ROLES, Dialogue, label, labelled


def lines(records: Callable[[Dialogue], Any]) -> Callable[[Sequence[Dialogue]], str]:
    """JSON lines of what `records` makes of each dialogue."""
    return lambda dialogues: "".join(f"{json.dumps(records(dialogue))}\n" for dialogue in dialogues)


def document(record: Callable[[Dialogue], Any]) -> Callable[[Sequence[Dialogue]], str]:
    """One JSON document of the only dialogue."""
    return lambda dialogues: json.dumps(record(dialogues[0]), indent=1, ensure_ascii=False)


def messages(key: str, speaker: str, text: str, *names: str) -> Callable[[Dialogue], Any]:
    """A list of messages under a key; ``names`` are those of the patient and the therapist."""
    told: dict[str, str] = dict(zip(ROLES, names, strict=True))
    return lambda dialogue: {key: [{speaker: told[role], text: said} for role, said in dialogue]}


def pairs(dialogue: Dialogue) -> Iterator[tuple[str | None, str | None]]:
    """What the patient says with what the therapist answers; the one or the other may be missing."""
    asked: str | None = None
    for role, text in dialogue:
        if role == ROLES[0]:
            if asked is not None:
                yield asked, None
            asked = text
        else:
            yield asked, text
            asked = None
    if asked is not None:
        yield asked, None


def exchanges(dialogue: Dialogue) -> Any:
    """Exchanges, in a list."""
    return {"exchanges": [{"user": asked, "assistant": answered} for asked, answered in pairs(dialogue)]}


def chosen(dialogue: Dialogue) -> Any:
    """The chosen side of a preference."""
    return {"chosen": messages("_", "role", "content", "user", "assistant")(dialogue)["_"]}


def text(dialogue: Dialogue) -> Any:
    """A dialogue as one labelled text."""
    return {"dialogue": labelled([dialogue])}


def speech(key: str, text: str, milliseconds: int, **more: Any) -> Callable[[Dialogue], Any]:
    """Items with times, of so many milliseconds a turn."""

    def record(dialogue: Dialogue) -> Any:
        items = [
            {"start": turn * milliseconds, "end": (turn + 1) * milliseconds, "speaker": label(role), text: said}
            for turn, (role, said) in enumerate(dialogue)
        ]
        return more | {key: items}

    return record


def deepgram(dialogue: Dialogue) -> Any:
    """Deepgram's utterances."""
    return {"metadata": {}, "results": speech("utterances", "transcript", 1)(dialogue)}


def aws(dialogue: Dialogue) -> Any:
    """AWS Transcribe's segments."""
    segments = [
        {"start_time": f"{turn}.0", "end_time": f"{turn}.9", "speaker_label": label(role), "transcript": said}
        for turn, (role, said) in enumerate(dialogue)
    ]
    return {"results": {"transcripts": [{"transcript": ""}], "audio_segments": segments}}


def convokit(dialogues: Sequence[Dialogue]) -> str:
    """ConvoKit's utterances."""
    return "".join(
        json.dumps(
            {
                "id": f"{number}.{turn}",
                "conversation_id": f"{number}.0",
                "reply-to": f"{number}.{turn - 1}" if turn else None,
                "speaker": label(role),
                "text": text,
                "timestamp": None,
            }
        )
        + "\n"
        for number, dialogue in enumerate(dialogues)
        for turn, (role, text) in enumerate(dialogue)
    )
