"""Dialogues written in each format: for the bench of all formats, and for the test that all read the same.

To add one, write a function from dialogues to a file's text and put it into `RENDERINGS`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

Dialogue = list[tuple[str, str]]
"""Turns: the role, ``patient`` or ``therapist``, and what is said, without blanks around it."""

ROLES: Final = ("patient", "therapist")


def whole(dialogue: Dialogue) -> Dialogue:
    """A dialogue of which nothing is lost."""
    return dialogue


def unbroken(dialogue: Dialogue) -> Dialogue:
    """A dialogue whose texts lost their line breaks and double blanks."""
    return [(role, " ".join(text.split())) for role, text in dialogue]


@dataclass(frozen=True)
class Rendering:
    """How dialogues are written as one file of a format.

    Attributes:
        name: unique.
        format: the format that claims the file.
        suffix: of the file.
        render: a file of the dialogues.
        several: whether one file can hold several dialogues; else `render` gets one.
        kept: what is left of a dialogue that is read back.
    """

    name: str
    format: str
    suffix: str
    render: Callable[[Sequence[Dialogue]], str | bytes]
    several: bool = True
    kept: Callable[[Dialogue], Dialogue] = whole

    def write(self, folder: Path, dialogues: Sequence[Dialogue], together: int) -> list[Path]:
        """Write files of `together` dialogues each (of one, where a file holds no more), named in order."""
        step = together if self.several else 1
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        for place in range(0, len(dialogues), step):
            made = self.render(dialogues[place : place + step])
            written.append(folder / f"{place:06d}{self.suffix}")
            written[-1].write_bytes(made if isinstance(made, bytes) else made.encode())
        return written


def label(role: str) -> str:
    """A role as a label of the suite's roster."""
    return role.capitalize()


# --- text ------------------------------------------------------------------------------------------------------------


def _labelled(dialogues: Sequence[Dialogue]) -> str:
    return "\n\n".join(f"{label(role)}: {text}" for role, text in dialogues[0]) + "\n"


def _numbered(dialogues: Sequence[Dialogue]) -> str:
    return "\n".join(f"{label(role)} {turn}: {text}\n" for turn, (role, text) in enumerate(dialogues[0], start=1))


def _timed(dialogues: Sequence[Dialogue]) -> str:
    return "\n".join(f"{label(role)} ({clock(turn)}):\n{text}\n" for turn, (role, text) in enumerate(dialogues[0]))


def _otter(dialogues: Sequence[Dialogue]) -> str:
    return "\n".join(f"{label(role)}  {clock(turn)}\n{text}\n" for turn, (role, text) in enumerate(dialogues[0]))


def _zoom(dialogues: Sequence[Dialogue]) -> str:
    return "".join(f"{clock(turn)}\t {label(role)}:\t{text}\n" for turn, (role, text) in enumerate(dialogues[0]))


def _pipes(dialogues: Sequence[Dialogue]) -> str:
    return "".join(f"{label(role)}|{text}\n" for role, text in unbroken(dialogues[0]))


def _webvtt(dialogues: Sequence[Dialogue]) -> str:
    escaped = [
        (role, text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        for role, text in unbroken(dialogues[0])
    ]
    cues = [
        f"{clock(turn)}.000 --> {clock(turn)}.900\n<v {label(role)}>{text}</v>\n"
        for turn, (role, text) in enumerate(escaped)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _srt(dialogues: Sequence[Dialogue]) -> str:
    return "\n".join(
        f"{turn + 1}\n{clock(turn)},000 --> {clock(turn)},900\n{label(role)}: {text}\n"
        for turn, (role, text) in enumerate(unbroken(dialogues[0]))
    )


def _chat_cha(dialogues: Sequence[Dialogue]) -> str:
    heads = ["@UTF8", "@Begin", "@Languages:\teng", "@Participants:\tPatient Patient, Therapist Therapist"]
    return "\n".join([*heads, *(f"*{label(role)}:\t{text}" for role, text in unbroken(dialogues[0])), "@End", ""])


def _textgrid(dialogues: Sequence[Dialogue]) -> str:
    turns = list(enumerate(dialogues[0]))
    lines = ['File type = "ooTextFile"', '"TextGrid"', "", "0", str(len(turns)), "<exists>", str(len(ROLES))]
    for role in ROLES:
        mine = [(turn, text) for turn, (who, text) in turns if who == role]
        lines += ['"IntervalTier"', f'"{label(role)}"', "0", str(len(turns)), str(len(mine))]
        for turn, text in mine:
            quoted = text.replace('"', '""')
            lines += [str(turn), str(turn + 1), f'"{quoted}"']
    return "\n".join([*lines, ""])


def _daic_woz(dialogues: Sequence[Dialogue]) -> str:
    rows = [
        f"{turn}.0\t{turn}.9\t{label(role)}\t{text.replace(chr(9), ' ')}"
        for turn, (role, text) in enumerate(unbroken(dialogues[0]))
    ]
    return "\n".join(["start_time\tstop_time\tspeaker\tvalue", *rows, ""])


def clock(second: int) -> str:
    """Seconds as ``hh:mm:ss``."""
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


# --- tables ----------------------------------------------------------------------------------------------------------


def _turn_table(dialogues: Sequence[Dialogue]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("transcript_id", "turn", "speaker", "text"))
    for number, dialogue in enumerate(dialogues):
        writer.writerows((number, turn, label(role), text) for turn, (role, text) in enumerate(dialogue))
    return file.getvalue()


# --- JSON ------------------------------------------------------------------------------------------------------------


def _tsv(dialogues: Sequence[Dialogue]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(("transcript_id", "utterance_id", "interlocutor", "utterance_text"))
    writer.writerows(
        (talk, turn, role, text) for talk, each in enumerate(dialogues) for turn, (role, text) in enumerate(each)
    )
    return file.getvalue()


def _texts(dialogues: Sequence[Dialogue]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("id", "dialogue"))
    writer.writerows(enumerate(_labelled([dialogue]) for dialogue in dialogues))
    return file.getvalue()


def _parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def _parquet_turns(dialogues: Sequence[Dialogue]) -> bytes:
    rows = [(talk, turn, *said) for talk, each in enumerate(dialogues) for turn, said in enumerate(each)]
    return _parquet(pl.DataFrame(rows, ["dialogue_id", "turn", "speaker", "text"], orient="row"))


def _parquet_messages(dialogues: Sequence[Dialogue]) -> bytes:
    lists = [[{"role": role, "content": text} for role, text in each] for each in dialogues]
    return _parquet(pl.DataFrame({"messages": lists}))


def _parquet_texts(dialogues: Sequence[Dialogue]) -> bytes:
    texts = [_labelled([dialogue]) for dialogue in dialogues]
    return _parquet(pl.DataFrame({"id": range(len(texts)), "dialogue": texts}))


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


def _exchanges(dialogue: Dialogue) -> Any:
    return {"exchanges": [{"user": asked, "assistant": answered} for asked, answered in pairs(dialogue)]}


def _chosen(dialogue: Dialogue) -> Any:
    return {"chosen": messages("_", "role", "content", "user", "assistant")(dialogue)["_"]}


def _text(dialogue: Dialogue) -> Any:
    return {"dialogue": _labelled([dialogue])}


def _speech(key: str, text: str, milliseconds: int, **more: Any) -> Callable[[Dialogue], Any]:
    def record(dialogue: Dialogue) -> Any:
        items = [
            {"start": turn * milliseconds, "end": (turn + 1) * milliseconds, "speaker": label(role), text: said}
            for turn, (role, said) in enumerate(dialogue)
        ]
        return more | {key: items}

    return record


def _deepgram(dialogue: Dialogue) -> Any:
    return {"metadata": {}, "results": _speech("utterances", "transcript", 1)(dialogue)}


def _aws(dialogue: Dialogue) -> Any:
    segments = [
        {"start_time": f"{turn}.0", "end_time": f"{turn}.9", "speaker_label": label(role), "transcript": said}
        for turn, (role, said) in enumerate(dialogue)
    ]
    return {"results": {"transcripts": [{"transcript": ""}], "audio_segments": segments}}


def _convokit(dialogues: Sequence[Dialogue]) -> str:
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


RENDERINGS: Final = {
    each.name: each
    for each in (
        Rendering("labelled text", "labelled_text", ".txt", _labelled, several=False),
        Rendering("numbered text", "numbered_text", ".txt", _numbered, several=False),
        Rendering("timed text", "timed_text", ".txt", _timed, several=False),
        Rendering("Otter", "otter", ".txt", _otter, several=False),
        Rendering("Zoom chat", "zoom_chat", ".txt", _zoom, several=False),
        Rendering("pipe table", "tab_table", ".txt", _pipes, several=False, kept=unbroken),
        Rendering("WebVTT", "webvtt", ".vtt", _webvtt, several=False, kept=unbroken),
        Rendering("SRT", "srt", ".srt", _srt, several=False, kept=unbroken),
        Rendering("CHAT", "chat_cha", ".cha", _chat_cha, several=False, kept=unbroken),
        Rendering("TextGrid", "textgrid", ".TextGrid", _textgrid, several=False),
        Rendering("DAIC-WOZ", "daic_woz", ".tsv", _daic_woz, several=False, kept=unbroken),
        Rendering("turn table", "turn_table", ".csv", _turn_table),
        Rendering("turn table, TSV", "turn_table", ".tsv", _tsv),
        Rendering("text in a table", "text_in_table", ".csv", _texts),
        Rendering("Parquet turns", "parquet", ".parquet", _parquet_turns),
        Rendering("Parquet messages", "parquet", ".parquet", _parquet_messages),
        Rendering("Parquet texts", "parquet", ".parquet", _parquet_texts),
        Rendering(
            "OpenAI lines",
            "openai_chat",
            ".jsonl",
            lines(messages("messages", "role", "content", "user", "assistant")),
        ),
        Rendering(
            "OpenAI document",
            "openai_chat",
            ".json",
            document(messages("messages", "role", "content", "user", "assistant")),
            several=False,
        ),
        Rendering(
            "ShareGPT lines", "sharegpt", ".jsonl", lines(messages("conversations", "from", "value", "human", "gpt"))
        ),
        Rendering(
            "role and content",
            "role_content",
            ".jsonl",
            lines(messages("turns", "speaker", "text", "client", "counselor")),
        ),
        Rendering("exchanges", "exchanges", ".jsonl", lines(_exchanges)),
        Rendering("preference pairs", "preference_pairs", ".jsonl", lines(_chosen)),
        Rendering("text in JSON", "text_in_json", ".jsonl", lines(_text)),
        Rendering("ConvoKit", "convokit", ".jsonl", _convokit),
        Rendering(
            "Whisper", "whisper", ".json", document(_speech("segments", "text", 1, language="en")), several=False
        ),
        Rendering(
            "AssemblyAI", "assemblyai", ".json", document(_speech("utterances", "text", 1000, words=[])), several=False
        ),
        Rendering("Deepgram", "deepgram", ".json", document(_deepgram), several=False),
        Rendering("AWS Transcribe", "aws_transcribe", ".json", document(_aws), several=False),
    )
}
"""All renderings by name; labelled text, to which the others are compared, comes first."""
