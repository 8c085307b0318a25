"""Dialogues written in each format: for the bench of all formats, and for the test that all read the same.

To add one, write a function from dialogues to a file's text and put it into `RENDERINGS`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

import polars as pl

from tests.benches import as_json
from tests.benches.rendering import ROLES, Dialogue, Rendering, label, labelled, unbroken

# --- text ------------------------------------------------------------------------------------------------------------


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
    writer.writerows(enumerate(labelled([dialogue]) for dialogue in dialogues))
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
    texts = [labelled([dialogue]) for dialogue in dialogues]
    return _parquet(pl.DataFrame({"id": range(len(texts)), "dialogue": texts}))


RENDERINGS: Final = {
    each.name: each
    for each in (
        Rendering("labelled text", "labelled_text", ".txt", labelled, several=False),
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
            as_json.lines(as_json.messages("messages", "role", "content", "user", "assistant")),
        ),
        Rendering(
            "OpenAI document",
            "openai_chat",
            ".json",
            as_json.document(as_json.messages("messages", "role", "content", "user", "assistant")),
            several=False,
        ),
        Rendering(
            "ShareGPT lines",
            "sharegpt",
            ".jsonl",
            as_json.lines(as_json.messages("conversations", "from", "value", "human", "gpt")),
        ),
        Rendering(
            "role and content",
            "role_content",
            ".jsonl",
            as_json.lines(as_json.messages("turns", "speaker", "text", "client", "counselor")),
        ),
        Rendering("exchanges", "exchanges", ".jsonl", as_json.lines(as_json.exchanges)),
        Rendering("preference pairs", "preference_pairs", ".jsonl", as_json.lines(as_json.chosen)),
        Rendering("text in JSON", "text_in_json", ".jsonl", as_json.lines(as_json.text)),
        Rendering("ConvoKit", "convokit", ".jsonl", as_json.convokit),
        Rendering(
            "Whisper",
            "whisper",
            ".json",
            as_json.document(as_json.speech("segments", "text", 1, language="en")),
            several=False,
        ),
        Rendering(
            "AssemblyAI",
            "assemblyai",
            ".json",
            as_json.document(as_json.speech("utterances", "text", 1000, words=[])),
            several=False,
        ),
        Rendering("Deepgram", "deepgram", ".json", as_json.document(as_json.deepgram), several=False),
        Rendering("AWS Transcribe", "aws_transcribe", ".json", as_json.document(as_json.aws), several=False),
    )
}
"""All renderings by name; labelled text, to which the others are compared, comes first."""
