"""Turns in text: each stands as it was read, between what names the speakers."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.rewriting.edits import LOST, CantRewriteError, Edit, Wanted, differences, line_starts

Span = tuple[int, int]


def edits(text: str, turns: Sequence[Wanted]) -> list[Edit]:
    """What to change in a text; see `schemas.rewriting.rewritten`.

    Raises:
        CantRewriteError: if a turn does not stand in it as it was read.
    """
    spans = _spans(text, turns)
    found: list[Edit] = []
    for number, turn in enumerate(turns):
        if not turn.touched:
            continue
        start, end = _known(spans, number)
        new = "".join(_gap(text, turns, spans, speaker) + said for speaker, said in turn.put_in)
        if turn.after is not None:
            found += [
                Edit(start + edit.start, start + edit.end, edit.text) for edit in differences(turn.text, turn.after)
            ]
            if new:
                found.append(Edit(end, end, new))
        elif any(each.after is not None or each.put_in for each in turns[:number]):
            # With the text goes what stands before it: blanks, its label, its time.
            found.append(Edit(_known(spans, number - 1)[1], end, new))
        elif new:
            found.append(Edit(_label(text, turns, spans, number), end, new.lstrip("\n")))
        else:
            following = _label(text, turns, spans, number + 1) if number + 1 < len(turns) else end
            found.append(Edit(_label(text, turns, spans, number), following, ""))
    return found


def _spans(text: str, turns: Sequence[Wanted]) -> list[Span | None]:
    starts = line_starts(text)
    spans: list[Span | None] = []
    last = 0
    for turn in turns:
        line = starts[min(turn.line, len(starts)) - 1]
        if turn.text:
            place = text.find(turn.text, max(line, last))
        else:
            # An empty turn stands at the end of its label's line.
            place = text.find("\n", line)
            place = len(text) if place < 0 else place
        spans.append(None if place < 0 else (place, place + len(turn.text)))
        last = last if place < 0 else place + len(turn.text)
    return spans


def _known(spans: Sequence[Span | None], number: int) -> Span:
    span = spans[number]
    if span is None:
        raise CantRewriteError(LOST)
    return span


def _label(text: str, turns: Sequence[Wanted], spans: Sequence[Span | None], number: int) -> int:
    """Where what names a turn's speaker begins."""
    before = _known(spans, number - 1)[1] if number else 0
    place = text.rfind(turns[number].speaker, before, _known(spans, number)[0])
    if place < 0 or not turns[number].speaker:
        raise CantRewriteError("what names a speaker can't be told from the text")
    return place


def _gap(text: str, turns: Sequence[Wanted], spans: Sequence[Span | None], speaker: str) -> str:
    """What stands between two turns where the second is this speaker's: blanks, the label, a colon."""
    for number in range(1, len(turns)):
        before, span = spans[number - 1], spans[number]
        if turns[number].speaker == speaker and before is not None and span is not None:
            gap = text[before[1] : span[0]]
            if gap.startswith("\n") and gap.replace(speaker, "", 1).strip() in (":", "："):
                return gap
    raise CantRewriteError("a turn can't be put in: nothing in it shows how one is named")
