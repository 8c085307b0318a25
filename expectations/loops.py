"""Loops across turns: speakers who say the same over and over, found in a batch of turns at little cost.

A cheap look at the ends of all turns tells whose may loop; only theirs are compared word for word.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Final, NamedTuple

import polars as pl

from expectations.search import FOUND

_END: Final = 16
"""Bytes at the beginning or the end of turns that loop: alike in all of them, which is looked up cheaply."""

_NEAR: Final = 6
"""Turns of the same speaker that a turn is compared with, the last before it."""

_ROWS: Final = 2 * _NEAR
"""Turns of a transcript in which the last six of a speaker lie, if another speaks in between."""

_SIGNS: Final = "\u3040-\u30ff\u3400-\u9fff"
"""Chinese and Japanese, where blanks don't tell words apart: two characters count as one."""

_SIGN: Final = re.compile(f"[{_SIGNS}]")
_WORD: Final = re.compile(rf"[{_SIGNS}]{{1,2}}|[^\W{_SIGNS}]+(?:['’][^\W{_SIGNS}]+)*")
_CHARACTERS: Final = 20_000
"""Characters of a turn that are compared; longer ones are L302's."""

_PHRASE: Final = 300
"""Characters at the end of a turn where a phrase is looked for."""

_MARKS: Final = " \n.,;:!?…\"'”’)]*—–-"
"""What may follow the words of a phrase."""

_LISTED: Final = 20
"""Turns that a message names."""

_WHOSE: Final = pl.col("voice").hash(1) ^ pl.col("transcript_key").hash(2)
_BYTES: Final = pl.col("text").cast(pl.Binary)
_HASHES: Final = {
    "whose": _WHOSE,
    "long": pl.col("text").str.len_bytes() >= _END,
    "head": _BYTES.bin.slice(0, _END).hash() ^ _WHOSE,
    "tail": _BYTES.bin.tail(_END).hash() ^ _WHOSE,
}
"""What turns are compared by at first: a speaker, whether there are ends to compare, and these."""


@dataclass(frozen=True)
class Limits:
    """The thresholds; `phrase_within` is the stretch in turns of the speaker that holds `phrase_times` of a phrase."""

    repeats: int
    repeated_words: int
    repeated_warning: float
    repeated_critical: float
    alike: float
    alike_share: float
    alike_times: int
    phrase_words: int
    phrase_times: int
    phrase_within: int


class _Said(NamedTuple):
    """One turn: `place` counts its speaker's turns, `name` is the label, `head` and `tail` are hashes of its ends."""

    place: int
    turn: int
    name: str
    text: str
    head: int
    tail: int


class _Speaker(NamedTuple):
    """Who may loop, how, and all turns of theirs."""

    transcript_key: int
    repeats: bool
    alike: bool
    phrases: bool
    said: list[_Said]


class _Phrase(NamedTuple):
    """A phrase that a speaker opens or closes turns with: as it stands in the first of them."""

    speaker: _Speaker
    text: str
    turns: list[int]
    message: str


Three = tuple[str, str, str]
"""Three words in a row."""

Found = tuple[int, str | None, str, str | None]
"""A finding in a transcript: turn, severity, message, evidence."""

Row = tuple[int, int, str | None, str, str | None]
"""A finding, as `FOUND`."""


def loops(turns: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """The loops in the turns of a batch, as `expectations.rule.FOUND`: at most one per speaker, or one per phrase."""
    keyed = _keyed(turns)
    wanted = _wanted(keyed, limits)
    rows = _found(_speakers(turns, keyed, wanted), limits) if len(wanted) else ()
    return pl.DataFrame(list(rows), schema=FOUND, orient="row")


def _keyed(turns: pl.DataFrame) -> pl.DataFrame:
    """The turns with hashes of speaker and ends, and whether one of these came up in the same speaker's last turns."""
    keyed = turns.select(**_HASHES)
    return keyed.with_columns(
        opens=_again(keyed["head"]) & keyed["long"],
        closes=_again(keyed["tail"]) & keyed["long"],
        same=pl.col("long") & (pl.col("head") ^ pl.col("tail").hash()).is_duplicated(),
    )


def _again(keys: pl.Series) -> pl.Series:
    """Whether each key stands in one of the rows shortly before; without a plan, which would cost more than this."""
    before = pl.concat([pl.zeros(_ROWS, pl.UInt64, eager=True), keys])
    found = before.slice(0, len(keys)) == keys
    for place in range(1, _ROWS):
        found |= before.slice(place, len(keys)) == keys
    return found


def _wanted(keyed: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """The speakers with what a finding of each kind needs at least.

    A phrase that recurs so often in so short a stretch is further than six turns from the last time only once.
    """
    kinds = ("repeats", "alike", "phrases")
    speakers = (
        keyed.lazy()
        .group_by("whose")
        .agg(pl.col("opens", "closes", "same").sum(), turns=pl.len(), near=(pl.col("opens") | pl.col("closes")).sum())
        .select(
            "whose",
            repeats=pl.col("same") >= limits.repeats,
            alike=pl.col("near") >= pl.max_horizontal(limits.alike_times, pl.col("turns") * limits.alike_share),
            phrases=pl.max_horizontal("opens", "closes") >= limits.phrase_times - 2,
        )
        .filter(pl.any_horizontal(kinds))
        .collect()
    )
    some = keyed.join(speakers.filter("phrases"), on="whose", how="semi")
    counts = [some.group_by(end).agg(pl.len(), pl.first("whose")) for end in ("head", "tail")]
    often = pl.concat(each.filter(pl.col("len") >= limits.phrase_times)["whose"] for each in counts)
    phrases = pl.col("phrases") & pl.col("whose").is_in(often.to_list())
    return speakers.lazy().with_columns(phrases).filter(pl.any_horizontal(kinds)).collect()


def _speakers(turns: pl.DataFrame, keyed: pl.DataFrame, wanted: pl.DataFrame) -> list[_Speaker]:
    """All that the wanted speakers say, in order of transcript and voice."""
    theirs = keyed.with_row_index("row").join(wanted, on="whose", maintain_order="left")
    text = pl.col("text").str.head(_CHARACTERS)
    said = turns.select("transcript_key", "voice", "turn", "speaker", "text")[theirs["row"]].with_columns(text)
    # A stable sort leaves each speaker's turns in their order.
    rows = (
        said.hstack(theirs.select("head", "tail", "repeats", "alike", "phrases"))
        .sort("transcript_key", "voice", maintain_order=True)
        .iter_rows()
    )
    speakers: list[_Speaker] = []
    for (key, _), group in groupby(rows, key=itemgetter(0, 1)):
        members = list(group)
        spoken = [_Said(place, *row[2:7]) for place, row in enumerate(members)]
        repeats, alike, phrases = members[0][7:]
        speakers.append(_Speaker(key, repeats, alike, phrases, spoken))
    return speakers


def _found(speakers: Sequence[_Speaker], limits: Limits) -> Iterator[Row]:
    done: dict[int, list[set[int]]] = defaultdict(list)
    for look, wanted in ((_repeated, "repeats"), (_alike, "alike")):
        for place, speaker in enumerate(speakers):
            found = look(speaker.said, limits) if getattr(speaker, wanted) and place not in done else None
            if found is not None:
                done[place].append({each.turn for each in speaker.said})
                yield speaker.transcript_key, *found
    phrases: list[_Phrase] = []
    for end, verb in (("head", "opens"), ("tail", "closes")):
        for place, speaker in enumerate(speakers):
            for text, again, name in _phrases(speaker.said, end, limits) if speaker.phrases else ():
                numbers = [each.turn for each in again]
                if not any(others.issuperset(numbers) for others in done[place]):
                    done[place].append(set(numbers))
                    message = f"{name} {verb} {len(again)} of {len(speaker.said)} turns with the same words"
                    phrases.append(_Phrase(speaker, text, numbers, message))
    for phrase in phrases:
        more = sorted({*_everywhere(phrase), *phrase.turns})
        others = len(more) - len(phrase.turns)
        also = f" and says them in {others} more" if others else ""
        message = f"{phrase.message}{also}: {_listed(more)}"
        yield phrase.speaker.transcript_key, phrase.turns[0], "warning", message, phrase.text


def _everywhere(phrase: _Phrase) -> Iterator[int]:
    """The numbers of all turns where its speaker says a phrase."""
    words = phrase.text.strip(_MARKS).lower()
    return (each.turn for each in phrase.speaker.said if words in each.text.lower())


def _repeated(spoken: Sequence[_Said], limits: Limits) -> Found | None:
    seen: set[tuple[str, ...]] = set()
    again: list[int] = []
    for each in spoken:
        words = tuple(_words(each.text))
        if len(words) >= limits.repeated_words:
            if words in seen:
                again.append(each.turn)
            seen.add(words)
    share = len(again) / len(spoken)
    if len(again) < limits.repeats or share < limits.repeated_warning:
        return None
    severity = None if share >= limits.repeated_critical else "warning"
    message = f"{spoken[0].name} says {len(again)} of {len(spoken)} turns word for word as before: {_listed(again)}"
    return again[0], severity, message, None


def _alike(spoken: Sequence[_Said], limits: Limits) -> Found | None:
    last: deque[set[Three]] = deque(maxlen=_NEAR)
    again: list[int] = []
    for each in spoken:
        # Blanks tell words apart well enough here, and sooner.
        words = _words(each.text) if _SIGN.search(each.text) else each.text.casefold().split()
        threes: set[Three] = set()
        if len(words) >= limits.repeated_words:
            threes.update(zip(words, words[1:], words[2:], strict=False))
        if threes and any(_overlap(threes, other, limits.alike) for other in last):
            again.append(each.turn)
        last.append(threes)
    if len(again) < limits.alike_times or len(again) < limits.alike_share * len(spoken):
        return None
    message = f"{spoken[0].name} says {len(again)} of {len(spoken)} turns nearly as shortly before: {_listed(again)}"
    return again[0], "warning", message, None


def _overlap(one: set[Three], other: set[Three], share: float) -> bool:
    """Whether two sets have `share` of all that is in them in common (Jaccard)."""
    less, more = sorted((len(one), len(other)))
    # Sizes that differ too much tell, too, and sooner.
    return less >= share * more and (common := len(one & other)) >= share * (less + more - common)


def _phrases(said: Sequence[_Said], end: str, limits: Limits) -> Iterator[tuple[str, list[_Said], str]]:
    """Phrases that open (or close) enough turns close enough to each other, as they stand in the first; the turns.

    Beside them the label of the first turn with that end.
    """
    ends: dict[int, list[_Said]] = defaultdict(list)
    for each in said:
        ends[each.head if end == "head" else each.tail].append(each)
    for _, spoken in sorted(ends.items()):
        if not _close(spoken, limits):
            continue
        words = {each.turn: _end_words(each.text, end) for each in spoken}
        same: dict[tuple[str, ...], list[_Said]] = defaultdict(list)
        for each in spoken:
            if len(words[each.turn]) >= limits.phrase_words:
                same[tuple(words[each.turn][: limits.phrase_words])].append(each)
        for again in same.values():
            if _close(again, limits):
                columns = zip(*(words[each.turn] for each in again), strict=False)
                shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
                yield _slice(again[0].text, end, shared), again, spoken[0].name


def _close(said: Sequence[_Said], limits: Limits) -> bool:
    """Whether enough of some turns are close enough to each other."""
    later = said[limits.phrase_times - 1 :]
    return any(two.place - one.place < limits.phrase_within for one, two in zip(said, later, strict=False))


def _end_words(text: str, end: str) -> list[str]:
    """The words of the beginning of a text, or of its end from the last to the first."""
    return _words(text[:_PHRASE]) if end == "head" else _words(text[-_PHRASE:])[::-1]


def _slice(text: str, end: str, words: int) -> str:
    """The first (or last) words of a text; with its last ones, what follows them."""
    found = list(_WORD.finditer(text))
    return text[found[0].start() : found[words - 1].end()] if end == "head" else text[found[-words].start() :]


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _listed(turns: Sequence[int]) -> str:
    more = len(turns) - _LISTED
    listed = ", ".join(map(str, turns[:_LISTED]))
    return f"turns {listed} and {more} more" if more > 0 else f"turns {listed}"
