"""AWS Transcribe's JSON: ``results`` with ``audio_segments``, or ``items`` and ``speaker_labels``.

Segments are whole sentences and are read where there are any. Otherwise items are: words have times, as text, and
punctuation none; it stands right after the word before it and is that word's speaker's. Who speaks stands in a word
(``speaker_label``) or in ``speaker_labels.segments``, found by the word's start. Where each speaker has a channel
(``channel_labels``), these are interleaved by time, and nobody else tells them apart: ``ch_0`` speaks. What one speaker
says in a row is one turn; where nobody is named, ``Speaker`` speaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import Piece, listed, read_speech, seconds, speaker, spoken, within
from schemas.json_look import claim
from schemas.json_records import OddRecordError
from schemas.roster import Roster


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``results`` with ``transcripts``; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "aws_transcribe", 'has no "results" with "transcripts"')
    return read_speech(claimed, refusals, _heard, "aws_transcribe", "audio_segments")


def _heard(record: dict[str, Any]) -> list[Piece]:
    results = within(record, "results")
    if results is None:
        raise OddRecordError('has no "results"')
    if not results.get("audio_segments"):
        return _by_channel(results) or list(_words(results))
    return [
        Piece(
            speaker(item.get("speaker_label") or item.get("channel_label")),
            spoken(item, "transcript", place, needed=True),
            place,
            seconds(item.get("start_time")),
            seconds(item.get("end_time")),
        )
        for place, item in enumerate(listed(results, "audio_segments"))
    ]


def _by_channel(results: dict[str, Any]) -> list[Piece]:
    """The words of all channels in order of time, each with the marks after it; none where there are no channels."""
    labels = within(results, "channel_labels")
    channels = listed(labels, "channels") if labels is not None else []
    groups: list[list[Piece]] = []
    for channel in channels:
        who = speaker(channel.get("channel_label"))
        for piece in _words(channel):
            if piece.joint or not groups:
                groups.append([])
            groups[-1].append(piece._replace(speaker=who))
    groups.sort(key=lambda group: group[0].start or 0)
    return [piece for group in groups for piece in group]


def _words(results: dict[str, Any]) -> Iterator[Piece]:
    labels = within(results, "speaker_labels")
    segments = listed(labels, "segments") if labels is not None else []
    by_start = {
        str(word.get("start_time")): word.get("speaker_label") or segment.get("speaker_label")
        for segment in segments
        for word in (listed(segment, "items") if "items" in segment else [])
    }
    who, end = speaker(None), None
    for place, item in enumerate(listed(results, "items")):
        best = listed(item, "alternatives")[:1]
        text = spoken(best[0], "content", place, needed=True) if best else ""
        is_mark = item.get("type") == "punctuation"
        if not is_mark:
            who = speaker(item.get("speaker_label") or by_start.get(str(item.get("start_time"))))
            end = seconds(item.get("end_time"))
        # The items' lines are not looked for: the record's line is theirs.
        yield Piece(who, text, -1, seconds(item.get("start_time")), end, "" if is_mark else " ")


FORMAT = Format(
    name="aws_transcribe",
    brief='AWS Transcribe\'s JSON: "results" with "transcripts" and "items" or "audio_segments"',
    parse=parse,
    lines_within=False,
    json=True,
    cuts_by_time=True,
    joint=" ",
)
