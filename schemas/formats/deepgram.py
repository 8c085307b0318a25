"""Deepgram's JSON: ``results.utterances`` with ``start`` and ``end`` in seconds, ``transcript`` and ``speaker``.

Without utterances (they must be asked for) the words of ``results.channels`` are read, ``punctuated_word`` before
``word``, the best alternative only; several channels are interleaved by time, each a speaker (``Speaker 0``) where the
words name none. What one speaker says in a row is one turn; who is not named is ``Speaker``.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import Piece, listed, read_speech, seconds, speaker, spoken, within
from schemas.json_look import claim
from schemas.json_records import OddRecordError
from schemas.roster import Roster


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``results``; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "deepgram", 'has no "results" with "utterances" or "channels"')
    return read_speech(claimed, refusals, _heard, "deepgram", "utterances")


def _heard(record: dict[str, Any]) -> list[Piece]:
    results = within(record, "results")
    if results is None:
        raise OddRecordError('has no "results"')
    if "utterances" not in results:
        return _words(results)
    return [
        _piece(item, spoken(item, "transcript", place, needed=True), place, item.get("speaker"))
        for place, item in enumerate(listed(results, "utterances"))
    ]


def _words(results: dict[str, Any]) -> list[Piece]:
    channels = listed(results, "channels")
    pieces: list[Piece] = []
    for number, channel in enumerate(channels):
        for best in listed(channel, "alternatives")[:1]:
            for place, word in enumerate(listed(best, "words")):
                key = "punctuated_word" if "punctuated_word" in word else "word"
                who = word.get("speaker", number if len(channels) > 1 else None)
                # The words' lines are not looked for: the record's line is theirs.
                pieces.append(_piece(word, spoken(word, key, place, needed=True), -1, who))
    if len(channels) > 1:
        pieces.sort(key=lambda piece: piece.start or 0)
    return pieces


def _piece(item: dict[str, Any], text: str, place: int, who: object) -> Piece:
    return Piece(speaker(who), text, place, seconds(item.get("start")), seconds(item.get("end")))


FORMAT = Format(
    name="deepgram",
    brief='Deepgram\'s JSON: "results" with "utterances" or, without them, "channels"',
    parse=parse,
    lines_within=False,
    json=True,
    cuts_by_time=True,
    joint=" ",
)
