"""Loops across turns: speakers who say the same over and over, found in a batch of turns at little cost.

A cheap look at the ends of all turns tells whose may loop; only theirs are compared word for word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

import polars as pl

from expectations.repetition import NEAR, Limits, Said, alike_turns, listed, repeated_turns, shared_phrases
from expectations.search import FOUND

_END: Final = 16
"""Bytes at the beginning or the end of turns that loop: alike in all of them, which is looked up cheaply."""

_ROWS: Final = 2 * NEAR
"""Turns of a transcript in which the last six of a speaker lie, if another speaks in between."""

_CHARACTERS: Final = 20_000
"""Characters of a turn that are compared; longer ones are L302's."""

_MARKS: Final = " \n.,;:!?…\"'”’)]*—–-"
"""What may follow the words of a phrase."""

_WHOSE: Final = pl.col("voice").hash(1) ^ pl.col("transcript_key").hash(2)
_BYTES: Final = pl.col("text").cast(pl.Binary)
_HASHES: Final = {
    "whose": _WHOSE,
    "long": pl.col("text").str.len_bytes() >= _END,
    "head": _BYTES.bin.slice(0, _END).hash() ^ _WHOSE,
    "tail": _BYTES.bin.tail(_END).hash() ^ _WHOSE,
}
"""What turns are compared by at first: a speaker, whether there are ends to compare, and these."""


class _Speaker(NamedTuple):
    """Who may loop, how, and all turns of theirs."""

    transcript_key: int
    repeats: bool
    alike: bool
    phrases: bool
    said: list[Said]


class _Phrase(NamedTuple):
    """A phrase that a speaker opens or closes turns with: as it stands in the first of them."""

    speaker: _Speaker
    text: str
    turns: list[int]
    message: str


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
        spoken = [Said(place, *row[2:7]) for place, row in enumerate(members)]
        repeats, alike, phrases = members[0][7:]
        speakers.append(_Speaker(key, repeats, alike, phrases, spoken))
    return speakers


def _found(speakers: Sequence[_Speaker], limits: Limits) -> Iterator[Row]:
    done: dict[int, list[set[int]]] = defaultdict(list)
    for look, wanted in ((repeated_turns, "repeats"), (alike_turns, "alike")):
        for place, speaker in enumerate(speakers):
            found = look(speaker.said, limits) if getattr(speaker, wanted) and place not in done else None
            if found is not None:
                done[place].append({each.turn for each in speaker.said})
                yield speaker.transcript_key, *found
    phrases: list[_Phrase] = []
    for end, verb in (("head", "opens"), ("tail", "closes")):
        for place, speaker in enumerate(speakers):
            for text, again, name in shared_phrases(speaker.said, end, limits) if speaker.phrases else ():
                numbers = [each.turn for each in again]
                if not any(others.issuperset(numbers) for others in done[place]):
                    done[place].append(set(numbers))
                    message = f"{name} {verb} {len(again)} of {len(speaker.said)} turns with the same words"
                    phrases.append(_Phrase(speaker, text, numbers, message))
    for phrase in phrases:
        more = sorted({*_everywhere(phrase), *phrase.turns})
        others = len(more) - len(phrase.turns)
        also = f" and says them in {others} more" if others else ""
        message = f"{phrase.message}{also}: {listed(more)}"
        yield phrase.speaker.transcript_key, phrase.turns[0], "warning", message, phrase.text


def _everywhere(phrase: _Phrase) -> Iterator[int]:
    """The numbers of all turns where its speaker says a phrase."""
    words = phrase.text.strip(_MARKS).lower()
    return (each.turn for each in phrase.speaker.said if words in each.text.lower())
