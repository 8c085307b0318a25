"""ConvoKit's ``utterances.jsonl``: utterances that name their conversation and the one they reply to.

A conversation (``conversation_id``, in old corpora ``root``) is a transcript, in order of first appearance. Its replies
are a tree; it is read depth first from its root, so that a reply follows what it replies to. Of several replies the
earlier ``timestamp`` comes first, and where there is none, the earlier line. What replies to nothing in its
conversation, or in a circle, is read as a root and told as a problem. Timestamps are dates and no times of a recording:
turns have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import Gathered, Piece, as_record, decoded, seconds, spoken, within
from schemas.json_look import claim
from schemas.json_records import OddRecordError, records
from schemas.roster import Roster


class _Utterance(NamedTuple):
    """One utterance, with its id and that of the one it replies to."""

    key: str
    reply_to: str | None
    time: float | None
    line: int
    piece: Piece


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read conversations from their utterances; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "convokit", 'has no "reply-to" with a "conversation_id"')
    gathered = Gathered()
    for source in claimed["source_key"]:
        gathered.source(source)
    conversations: dict[tuple[int, str], list[_Utterance]] = {}
    unread: set[int] = set()
    for found in decoded(records(claimed, None)):
        try:
            conversation, utterance = _utterance(as_record(found), found.line)
        except OddRecordError as error:
            gathered.broken(found.source, None, found.line, f"utterance {found.record} {error}")
            unread.add(found.source)
            continue
        gathered.expected[found.source] += len(utterance.piece.text)
        conversations.setdefault((found.source, conversation), []).append(utterance)
    for (source, _), utterances in conversations.items():
        number = gathered.transcript(source, utterances[0].line)
        for line, detail in _broken_replies(utterances, missing=source not in unread):
            gathered.broken(source, number, line, detail, "replies")
        for utterance in _in_order(utterances):
            gathered.turn(source, number, utterance.line, utterance.piece)
    return gathered.parsed(refusals)


def _utterance(record: dict[str, Any], line: int) -> tuple[str, _Utterance]:
    key = _id(record, "id")
    conversation = _id(record, "conversation_id") or _id(record, "root")
    if key is None or conversation is None:
        raise OddRecordError('has no "id" or no "conversation_id"')
    name = "speaker" if "speaker" in record else "user"
    fields = within(record, name)
    who = record.get(name) if fields is None else _id(fields, "id") or _id(fields, "name")
    if not isinstance(who, str | int):
        raise OddRecordError('has no "speaker"')
    reply_to = _id(record, "reply-to") or _id(record, "reply_to")
    piece = Piece(str(who), spoken(record, "text", 0))
    return conversation, _Utterance(key, reply_to, seconds(record.get("timestamp")), line, piece)


def _id(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return str(value) if isinstance(value, str | int) and value != "" else None


def _in_order(utterances: list[_Utterance]) -> list[_Utterance]:
    """Depth first, without recursion: a conversation may be thousands of replies deep."""
    known = {utterance.key for utterance in utterances}
    replies: dict[str, list[int]] = {}
    roots: list[int] = []
    for place, utterance in enumerate(utterances):
        if utterance.reply_to in known and utterance.reply_to != utterance.key:
            replies.setdefault(utterance.reply_to or "", []).append(place)
        else:
            roots.append(place)

    def earliest(place: int) -> tuple[bool, float, int]:
        time = utterances[place].time
        return time is None, time or 0, place

    ordered: list[int] = []
    seen: set[int] = set()
    # After the roots whatever no root leads to: replies in a circle.
    for start in [*sorted(roots, key=earliest), *range(len(utterances))]:
        ahead = [start]
        while ahead:
            place = ahead.pop()
            if place in seen:
                continue
            seen.add(place)
            ordered.append(place)
            # An id that recurs has its replies after its first utterance.
            ahead += sorted(replies.pop(utterances[place].key, []), key=earliest, reverse=True)
    return [utterances[place] for place in ordered]


def _broken_replies(utterances: list[_Utterance], *, missing: bool) -> Iterator[tuple[int, str]]:
    """Why the replies are no tree, each way once: the line of the first utterance that is wrong so, and a sentence.

    What is `missing` isn't told where utterances could not be read: it may be one of these.
    """
    places: dict[str, int] = {}
    wrong: dict[str, list[int]] = {}
    for place, utterance in enumerate(utterances):
        if places.setdefault(utterance.key, place) != place:
            wrong.setdefault("has the id of an earlier one", []).append(place)
    parents = [None if each.reply_to is None else places.get(each.reply_to) for each in utterances]
    roots = 0
    for place, utterance in enumerate(utterances):
        if utterance.reply_to is None:
            roots += 1
            if roots > 1:
                wrong.setdefault("replies to nothing, as an earlier one does", []).append(place)
        elif missing and parents[place] is None:
            wrong.setdefault("replies to one that its conversation doesn't hold", []).append(place)
    if circular := sorted(_circles(parents)):
        wrong["replies to itself, by itself or through others"] = circular
    for way, found in wrong.items():
        more = f"; so do {len(found) - 1} more" if len(found) > 1 else ""
        yield utterances[found[0]].line, f"an utterance {way}{more}"


def _circles(parents: list[int | None]) -> Iterator[int]:
    """The places from which the way from parent to parent comes back to the place itself."""
    walks: dict[int, int] = {}
    for start in range(len(parents)):
        place: int | None = start
        while place is not None and place not in walks:
            walks[place] = start
            place = parents[place]
        if place is not None and walks[place] == start:
            yield (first := place)
            while (place := parents[place]) != first and place is not None:
                yield place


FORMAT = Format(
    name="convokit",
    brief='ConvoKit\'s utterances.jsonl: "id", "conversation_id", "reply-to", "speaker" and "text"',
    parse=parse,
    lines_within=False,
    json=True,
)
