"""Loops across turns: speakers who say the same over and over, found in a batch of turns at little cost.

A cheap look at the ends of all turns tells whose may loop; only theirs are compared word for word.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
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
    """One turn of the speaker; `place` counts the speaker's turns."""

    place: int
    turn: int
    text: str


class _Phrase(NamedTuple):
    """A phrase that a speaker opens or closes turns with: as it stands in the first of them."""

    speaker: Speaker
    text: str
    turns: list[int]
    message: str


Speaker = tuple[int, str]
"""A transcript's key and a voice in it."""

Three = tuple[str, str, str]
"""Three words in a row."""

Found = tuple[int, str | None, str, str | None]
"""A finding in a transcript: turn, severity, message, evidence."""

Row = tuple[int, int, str | None, str, str | None]
"""A finding, as `FOUND`."""


def loops(turns: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """The loops in the turns of a batch, as `expectations.rule.FOUND`: at most one per speaker, or one per phrase."""
    keyed = _keyed(turns)
    speakers = keyed.group_by("transcript_key", "voice", maintain_order=True).agg(
        pl.col("opens", "closes", "same").sum(), turns=pl.len(), near=(pl.col("opens") | pl.col("closes")).sum()
    )
    # What a finding of each kind needs at least. A phrase that recurs so often in so short a stretch is further than
    # six turns from the last time only once.
    wanted = speakers.with_columns(
        repeats=pl.col("same") >= limits.repeats,
        alike=pl.col("near") >= pl.max_horizontal(limits.alike_times, pl.col("turns") * limits.alike_share),
        phrases=pl.max_horizontal("opens", "closes") >= limits.phrase_times - 2,
    ).filter(pl.any_horizontal("repeats", "alike", "phrases"))
    rows = list(_found(turns, keyed, wanted, limits)) if len(wanted) else []
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def _keyed(turns: pl.DataFrame) -> pl.DataFrame:
    """The turns with hashes of their ends, and whether one of these came up in the same speaker's last turns."""
    text = pl.col("text").cast(pl.Binary)
    whose = pl.col("voice").hash(1) ^ pl.col("transcript_key").hash(2)
    keyed = turns.select(
        "transcript_key",
        "voice",
        "speaker",
        long=pl.col("text").str.len_bytes() >= _END,
        head=text.bin.head(_END).hash() ^ whose,
        tail=text.bin.tail(_END).hash() ^ whose,
    ).with_row_index("row")

    def again(end: str) -> pl.Expr:
        before = pl.any_horizontal(pl.col(end) == pl.col(end).shift(rows) for rows in range(1, _ROWS + 1))
        return pl.col("long") & before.fill_null(False)

    return keyed.with_columns(
        opens=again("head"),
        closes=again("tail"),
        same=pl.col("long") & (pl.col("head") ^ pl.col("tail").hash()).is_duplicated(),
    )


def _found(turns: pl.DataFrame, keyed: pl.DataFrame, wanted: pl.DataFrame, limits: Limits) -> Iterator[Row]:
    whose = ("transcript_key", "voice")
    said = (
        keyed.drop("opens", "closes", "same")
        .join(wanted, on=whose, maintain_order="left")
        .with_columns(place=pl.int_range(pl.len(), dtype=pl.Int64).over(whose))
    )
    done: dict[Speaker, list[set[int]]] = defaultdict(list)
    for look, loops in ((_repeated, "repeats"), (_alike, "alike")):
        for speaker, name, count, spoken in _grouped(said.filter(loops), turns, whose):
            found = None if speaker in done else look(name, count, spoken, limits)
            if found is None:
                continue
            done[speaker].append({each.turn for each in spoken})
            yield speaker[0], *found
    phrases: list[_Phrase] = []
    for end, verb in (("head", "opens"), ("tail", "closes")):
        some = said.filter("phrases")
        often = some.group_by(end).len().filter(pl.col("len") >= limits.phrase_times)
        before = pl.col("place").shift(limits.phrase_times - 1).over(end)
        close = some.join(often, on=end, how="semi", maintain_order="left").filter(
            (pl.col("place") - before < limits.phrase_within).any().over(end)
        )
        for speaker, name, count, spoken in _grouped(close, turns, (*whose, end)):
            for text, again in _phrases(spoken, end, limits):
                numbers = [each.turn for each in again]
                if not any(others.issuperset(numbers) for others in done[speaker]):
                    done[speaker].append(set(numbers))
                    message = f"{name} {verb} {len(again)} of {count} turns with the same words"
                    phrases.append(_Phrase(speaker, text, numbers, message))
    for phrase, numbers in zip(phrases, _everywhere(phrases, said, turns), strict=True):
        more = sorted({*numbers, *phrase.turns})
        others = len(more) - len(phrase.turns)
        also = f" and says them in {others} more" if others else ""
        yield phrase.speaker[0], phrase.turns[0], "warning", f"{phrase.message}{also}: {_listed(more)}", phrase.text


def _everywhere(phrases: Sequence[_Phrase], said: pl.DataFrame, turns: pl.DataFrame) -> list[list[int]]:
    """The numbers of all turns where its speaker says a phrase, for each phrase."""
    rows = [(place, *each.speaker, each.text.strip(_MARKS).lower()) for place, each in enumerate(phrases)]
    schema = {"phrase": pl.UInt32, "transcript_key": pl.UInt32, "voice": pl.String, "words": pl.String}
    wanted = pl.DataFrame(rows, schema=schema, orient="row")
    spoken = wanted.join(said, on=["transcript_key", "voice"], maintain_order="left_right")
    text = pl.col("text").str.head(_CHARACTERS).str.to_lowercase()
    found = spoken.hstack(turns.select("turn", "text")[spoken["row"]]).filter(
        text.str.contains(pl.col("words"), literal=True)
    )
    numbers: dict[int, list[int]] = defaultdict(list)
    for phrase, turn in found.select("phrase", "turn").iter_rows():
        numbers[phrase].append(turn)
    return [numbers[place] for place in range(len(phrases))]


def _grouped(
    said: pl.DataFrame, turns: pl.DataFrame, by: tuple[str, ...]
) -> Iterator[tuple[Speaker, str, int, list[_Said]]]:
    """The turns of each group, in order: (transcript and voice), label, how many turns the speaker has, the turns."""
    some = turns.select("turn", "text")[said["row"]].with_columns(pl.col("text").str.head(_CHARACTERS))
    # A stable sort leaves each group's turns in their order.
    rows = said.select(*by, "speaker", "turns", "place").hstack(some).sort(by, maintain_order=True)
    for key, group in groupby(rows.iter_rows(), key=lambda row: row[: len(by)]):
        members = list(group)
        *_, name, count, _, _, _ = members[0]
        yield key[:2], name, count, [_Said(place, turn, text) for *_, place, turn, text in members]


def _repeated(name: str, count: int, spoken: Sequence[_Said], limits: Limits) -> Found | None:
    seen: set[tuple[str, ...]] = set()
    again: list[int] = []
    for each in spoken:
        words = tuple(_words(each.text))
        if len(words) >= limits.repeated_words:
            if words in seen:
                again.append(each.turn)
            seen.add(words)
    share = len(again) / count
    if len(again) < limits.repeats or share < limits.repeated_warning:
        return None
    severity = None if share >= limits.repeated_critical else "warning"
    message = f"{name} says {len(again)} of {count} turns word for word as before: {_listed(again)}"
    return again[0], severity, message, None


def _alike(name: str, count: int, spoken: Sequence[_Said], limits: Limits) -> Found | None:
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
    if len(again) < limits.alike_times or len(again) < limits.alike_share * count:
        return None
    message = f"{name} says {len(again)} of {count} turns nearly as shortly before: {_listed(again)}"
    return again[0], "warning", message, None


def _overlap(one: set[Three], other: set[Three], share: float) -> bool:
    """Whether two sets have `share` of all that is in them in common (Jaccard)."""
    less, more = sorted((len(one), len(other)))
    # Sizes that differ too much tell, too, and sooner.
    return less >= share * more and (common := len(one & other)) >= share * (less + more - common)


def _phrases(spoken: Sequence[_Said], end: str, limits: Limits) -> Iterator[tuple[str, list[_Said]]]:
    """Phrases that open (or close) enough of the turns close enough to each other, as they stand in the first."""
    same: dict[tuple[str, ...], list[_Said]] = defaultdict(list)
    ends: dict[int, list[str]] = {}
    for each in spoken:
        words = _words(each.text[:_PHRASE] if end == "head" else each.text[-_PHRASE:])
        ends[each.turn] = words = words if end == "head" else words[::-1]
        if len(words) >= limits.phrase_words:
            same[tuple(words[: limits.phrase_words])].append(each)
    far = limits.phrase_times - 1
    for again in same.values():
        if any(two.place - one.place < limits.phrase_within for one, two in zip(again, again[far:], strict=False)):
            shared = sum(1 for _ in takewhile(_one, zip(*(ends[each.turn] for each in again), strict=False)))
            yield _slice(again[0].text, end, shared), again


def _slice(text: str, end: str, words: int) -> str:
    """The first (or last) words of a text; with its last ones, what follows them."""
    found = list(_WORD.finditer(text))
    return text[found[0].start() : found[words - 1].end()] if end == "head" else text[found[-words].start() :]


def _one(words: tuple[str, ...]) -> bool:
    return len(set(words)) == 1


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _listed(turns: Sequence[int]) -> str:
    more = len(turns) - _LISTED
    listed = ", ".join(map(str, turns[:_LISTED]))
    return f"turns {listed} and {more} more" if more > 0 else f"turns {listed}"
