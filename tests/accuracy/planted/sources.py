"""What goes wrong with a source as a whole: its bytes, its container, its records."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from tests.accuracy.planting import Planted, Source, anywhere, defect, lure
from tests.accuracy.sound import HELPERS, Dialogue, Turn, cut, labelled

_ARTICLE = (
    "The station was built in 1908 on the edge of the old town.",
    "Two of its platforms were closed after the war, and a garden grew over them.",
    "In the eighties the council wanted to pull it down: it was said to be unsafe.",
    "A group of neighbours collected four thousand signatures within a month.",
    "Today there is a library in the hall where tickets were sold.",
    "Trains pass on the hour, and the windows shake a little.",
)


def _messages(dialogue: Dialogue) -> list[dict[str, Any]]:
    names = {speaker: "assistant" if speaker in HELPERS else "user" for speaker in dialogue.speakers}
    return [{"role": names[turn.speaker], "content": turn.text} for turn in dialogue.turns]


def _lines(records: Sequence[object]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _chats(rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Records of dialogues in which the user begins."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        dialogue = cut(rng)
        if dialogue.speakers[0] not in HELPERS:
            found.append({"messages": _messages(dialogue)})
    return found


@defect("F101")
def old_encoding(dialogue: Dialogue, rng: random.Random) -> Planted:
    while dialogue.voice.endswith("_zh"):
        dialogue = cut(rng)
    dialogue.turns[anywhere(dialogue, rng)].text += " Größe, café, “so” — et cetera."
    text = labelled(dialogue).encode("cp1252" if rng.random() < 0.5 else "latin-1", "ignore")
    return Planted(None, source=Source(".txt", text))


@defect("F101")
def no_text_at_all(dialogue: Dialogue, rng: random.Random) -> Planted:
    head = rng.choice(
        (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"ID3\x04\x00", b"%PDF-1.7\n", b"OggS\x00\x02")
    )
    return Planted(None, source=Source(".txt", head + rng.randbytes(rng.randrange(200, 3000))))


@defect("F102", "F101")
def nothing_but_blanks(_dialogue: Dialogue, rng: random.Random) -> Planted:
    return Planted(None, source=Source(".txt", rng.choice((b"", b"\n", b"  \n\t\n", b"\xef\xbb\xbf", b"\r\n\r\n"))))


@defect("F103")
def line_cut(_dialogue: Dialogue, rng: random.Random) -> Planted:
    lines = _lines(_chats(rng, 5)).splitlines()
    place = rng.randrange(5)
    lines[place] = lines[place][: rng.randrange(20, len(lines[place]) - 2)]
    return Planted(None, source=Source(".jsonl", ("\n".join(lines) + "\n").encode()))


@defect("F103")
def document_cut(_dialogue: Dialogue, rng: random.Random) -> Planted:
    text = json.dumps(_chats(rng, 3), ensure_ascii=False, indent=1)
    return Planted(None, source=Source(".json", text[: rng.randrange(len(text) // 2, len(text) - 3)].encode()))


@defect("F104")
def another_shape(_dialogue: Dialogue, rng: random.Random) -> Planted:
    records: list[dict[str, Any]] = _chats(rng, 6)
    odd = rng.choice(
        (
            {"text": "A story without speakers, of a station."},
            {"prompt": "Hello?", "completion": "Hello."},
            {"conversations": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}]},
        )
    )
    records[rng.randrange(2, 6)] = odd
    return Planted(None, source=Source(".jsonl", _lines(records).encode()))


@defect("F105")
def prose_first(dialogue: Dialogue, rng: random.Random) -> Planted:
    text = " ".join(rng.sample(_ARTICLE, rng.randrange(2, 6)))
    return Planted(None, source=Source(".txt", f"{text}\n\n{labelled(dialogue)}".encode()))


@defect("F108")
def nobody_speaks(_dialogue: Dialogue, rng: random.Random) -> Planted:
    article = "\n\n".join(rng.sample(_ARTICLE, rng.randrange(3, 7)))
    data = json.dumps({"title": "A station", "paragraphs": article.split("\n\n")})
    return Planted(None, source=Source(*rng.choice(((".txt", article.encode()), (".json", data.encode())))))


@defect("S206")
def instructions_in_the_middle(_dialogue: Dialogue, rng: random.Random) -> Planted:
    (record,) = _chats(rng, 1)
    place = rng.randrange(1, len(record["messages"]))
    record["messages"].insert(place, {"role": "system", "content": "Answer in one sentence."})
    return Planted(place, source=Source(".jsonl", _lines([record]).encode()))


def _with_tool(rng: random.Random) -> list[dict[str, Any]]:
    (record,) = _chats(rng, 1)
    messages: list[dict[str, Any]] = record["messages"]
    name = f"call_{rng.getrandbits(32):08x}"
    function = {"name": "look_up", "arguments": '{"key": "14 March"}'}
    call = {"id": name, "type": "function", "function": function}
    place = rng.choice([n for n, message in enumerate(messages) if message["role"] == "assistant"])
    messages[place:place] = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": name, "content": "two rooms"},
    ]
    return messages


@defect("S208", "S201", "S203", "S202")
def call_without_result(_dialogue: Dialogue, rng: random.Random) -> Planted:
    messages = [message for message in _with_tool(rng) if message["role"] != "tool"]
    return Planted(None, source=Source(".jsonl", _lines([{"messages": messages}]).encode()))


@defect("S208", "S201")
def result_without_call(_dialogue: Dialogue, rng: random.Random) -> Planted:
    messages = [message for message in _with_tool(rng) if "tool_calls" not in message]
    return Planted(None, source=Source(".jsonl", _lines([{"messages": messages}]).encode()))


def _replies(dialogue: Dialogue) -> list[dict[str, Any]]:
    return [
        {
            "id": f"u{place}",
            "conversation_id": "u0",
            "speaker": turn.speaker,
            "text": turn.text,
            "reply-to": f"u{place - 1}" if place else None,
            "timestamp": place,
            "meta": {},
        }
        for place, turn in enumerate(dialogue.turns)
    ]


@defect("S209")
def broken_replies(dialogue: Dialogue, rng: random.Random) -> Planted:
    replies = _replies(dialogue)
    place = rng.randrange(2, len(replies))
    replies[place]["reply-to"] = rng.choice(("u999", None, f"u{len(replies) - 1}"))
    return Planted(None, source=Source(".jsonl", _lines(replies).encode()))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"


def _subtitles(dialogue: Dialogue, times: Sequence[tuple[float, float]]) -> bytes:
    cues = [
        f"{_clock(start)} --> {_clock(end)}\n<v {turn.speaker}>{' '.join(turn.text.split())}</v>\n"
        for turn, (start, end) in zip(dialogue.turns, times, strict=True)
    ]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


@defect("S210", "C416")
def time_runs_backwards(dialogue: Dialogue, rng: random.Random) -> Planted:
    times = [(7.0 * place, 7.0 * place + 6) for place in range(len(dialogue.turns))]
    place = rng.randrange(2, len(times))
    start, end = times[place]
    times[place] = rng.choice(((end, start), (start - 7.0 * place, start - 7.0 * place + 2)))
    return Planted(place, source=Source(".vtt", _subtitles(dialogue, times)))


@lure("F101")
def every_script(dialogue: Dialogue, rng: random.Random) -> Source:
    dialogue.turns[anywhere(dialogue, rng)].text += " ½ Ω 漢字 नमस्ते 🙂 \u00a0 ﬁ."
    return Source(".txt", labelled(dialogue).encode())


@lure("F102")
def very_short(dialogue: Dialogue, _rng: random.Random) -> Source:
    one, other = dialogue.speakers if dialogue.speakers[1] in HELPERS else dialogue.speakers[::-1]
    turns = [Turn(one, "Hi."), Turn(other, "Hello."), Turn(one, "Bye."), Turn(other, "Bye.")]
    return Source(".txt", labelled(Dialogue(dialogue.voice, dialogue.speakers, turns)).encode())


@lure("F103")
def blank_lines_and_escapes(_dialogue: Dialogue, rng: random.Random) -> Source:
    text = "\n\n".join(json.dumps(record) for record in _chats(rng, 3))
    return Source(".jsonl", (text.replace("/", "\\/") + "\n\n").encode())


@lure("F104")
def keys_that_come_and_go(_dialogue: Dialogue, rng: random.Random) -> Source:
    records = _chats(rng, 5)
    records[3] |= {"id": 3, "source": "web"}
    records[4]["messages"].insert(0, {"role": "system", "content": "Be kind."})
    return Source(".jsonl", _lines(records).encode())


@lure("F105")
def front_matter(dialogue: Dialogue, _rng: random.Random) -> Source:
    head = "---\ntitle: Session 4\ndate: 2024-03-01\nconsent: yes\n---\n\n"
    return Source(".txt", (head + labelled(dialogue)).encode())


@lure("F108")
def dressed_labels(dialogue: Dialogue, rng: random.Random) -> Source:
    template = rng.choice(("**{}:** {}", "{}: {}", "**{}**: {}", "{} : {}"))
    text = "\n\n".join(template.format(turn.speaker, turn.text) for turn in dialogue.turns)
    return Source(".txt", text.encode())


@lure("S206")
def instructions_first(_dialogue: Dialogue, rng: random.Random) -> Source:
    (record,) = _chats(rng, 1)
    record["messages"].insert(0, {"role": "system", "content": "Answer in one sentence."})
    return Source(".jsonl", _lines([record]).encode())


@lure("S208")
def call_and_result(_dialogue: Dialogue, rng: random.Random) -> Source:
    return Source(".jsonl", _lines([{"messages": _with_tool(rng)}]).encode())


@lure("S209")
def whole_replies(dialogue: Dialogue, rng: random.Random) -> Source:
    replies = _replies(dialogue)
    rng.shuffle(replies)
    return Source(".jsonl", _lines(replies).encode())


@lure("S210")
def talking_at_once(dialogue: Dialogue, rng: random.Random) -> Source:
    times = [(7.0 * place, 7.0 * place + rng.choice((5, 6.5, 7.4, 8))) for place in range(len(dialogue.turns))]
    return Source(".vtt", _subtitles(dialogue, times))
