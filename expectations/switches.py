"""Speakers who go over to another language: found in a batch of turns at little cost.

A transcript where every turn has a word of one and the same language's own, or none of another's, is sound: searching
for these words ends within the first few of a sound turn. Only what is left is told word by word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

import polars as pl

from expectations.languages import CYRILLIC, language_of, prose, signs
from expectations.search import FOUND
from schemas.regex import regex

_SAMPLE: Final = 8
"""Turns of a batch that tell the language to look for next."""

_READ: Final = 300
"""Characters of a turn that are read where many are looked at."""

_FEW: Final = 0.25
"""Of the turns of a transcript or speaker: more that aren't in a language mean that it isn't the one of all others."""

_MANY: Final = 4
"""Turns of a speaker that tell the usual language: of fewer, all may be in another one."""

_TRIED: Final = 4
"""Turns of a speaker, of which one at least has to be in a language that is known."""

_FEW_BYTES: Final = 200_000
"""So few are searched for any of 1,500 words sooner word by word than by a pattern, which takes 5 ms to compile."""

_COPIED: Final = 2_000
"""Characters; so much of a turn is looked at closely."""

_BEFORE: Final = 2
"""Turns before a switch in which it may be asked for."""

_ASKED: Final = regex(
    r"(?i)\b(?:languages?|sprachen?|langues?|idiomas?|lingu[ae]|lengua|língua|talen|język\w*|языка?\w*|translat\w+|übersetz\w+"
    r"|traduc\w+|tradui\w+|tradu[zr]\w+|vertaal\w*|vertal\w+|tłumacz\w+|перевод\w*|перевед\w+)\b"
)
"""Words by which somebody speaks of languages."""

_NAMES: Final = {
    "English": "english|engl[ei]|anglais|ingl[eéê]s|engels|angielsk|anglick|английск|англійськ|ingilizce",
    "German": "german|deutsch|alem[aáã]|allemand|tedesc|duits|tysk|niemieck|německ|немецк|німецьк|almanca",
    "French": "french|französisch|fran[cç][eéêaè]|frans|francusk|francouz|французск|fransızca",
    "Spanish": "spanish|spanisch|español|castellan|espagnol|espanhol|spagnol|spaans|spansk|hiszpańsk|испанск",
    "Portuguese": "portug|portoghes|португальск",
    "Italian": "itali|włosk|итальянск",
    "Dutch": "dutch|niederländ|holländ|néerland|holand|neerland|nederland|olandes|holendersk|голландск",
    "Polish": "polish|poln|polon|pola[ck]|pools|polsk|польск",
    "Russian": "russ|ruso|rosyjsk|rusk|русск|російськ",
}
"""How the names of a language begin in others, and in itself. Another one is known by its name in English."""


class Said(NamedTuple):
    """A turn in one script or language, its `kind`; ``long`` if it has letters enough to be told as a switch."""

    turn: int
    voice: str
    speaker: str
    kind: str
    long: bool


class _Turn(NamedTuple):
    turn: int
    voice: str
    speaker: str
    text: str


def never(_said: Said) -> bool:
    """No switch is asked for."""
    return False


def switches(turns: list[Said], both: float, asked: Callable[[Said], bool] = never) -> Iterator[tuple[int, str]]:
    """The first turn of each speaker in another language or script than the speaker's before, with a message.

    Args:
        turns: of a transcript, in order.
        both: a speaker with more than this share of them in each, and more than two changes, speaks both.
        asked: tells a switch that was asked for.
    """
    by_voice: dict[str, list[Said]] = {}
    for each in turns:
        by_voice.setdefault(each.voice, []).append(each)
    kept: set[str] = set()
    counted: list[tuple[str, list[Said]]] = []
    for all_said in by_voice.values():
        ((usual, _),) = Counter(each.kind for each in all_said).most_common(1)
        said = [each for each in all_said if each.long or each.kind == usual]
        counted.append((usual, said))
        if len({each.kind for each in said}) == 1:
            kept.add(usual)
    before = {each: last for last, each in pairwise(turns)}
    for usual, said in counted:
        kinds = [each.kind for each in said]
        changes = [(last, each) for last, each in pairwise(said) if each.kind != last.kind]
        rarest = min(Counter(kinds).values()) / len(kinds)
        if (len(changes) > 2 and rarest > both) or kept.issuperset(kinds):
            continue
        for last, each in changes:
            # Whoever answers in the language of the turn before has followed; the other one may have gone over.
            answered = before[each]
            follows = answered.voice != each.voice and answered.kind == each.kind != usual
            if each.kind != kinds[0] and not follows and not asked(each) and not asked(last):
                yield each.turn, f"{each.speaker} goes over from {kinds[0]} to {each.kind}"
                break


def language_switches(turns: pl.DataFrame, letters: int, both: float, words: int) -> pl.DataFrame:
    """Switches of language within a script, as `FOUND`.

    Args:
        turns: of a batch, as in `expectations.plan.TURNS`.
        letters: so many a turn has to have.
        both: as in `switches`.
        words: as in `language_of`.
    """
    suspected = _suspected(turns.select("transcript_key", "voice", "text"), letters, words)
    found: list[tuple[int, int, None, str, None]] = []
    if len(suspected):
        near = turns.select("transcript_key", "turn", "voice", "speaker", pl.col("text"))
        near = near.join(suspected, on="transcript_key", how="semi", maintain_order="left")
        near = near.with_columns(pl.col("text").str.head(_COPIED))
        for key, group in groupby(near.iter_rows(), key=lambda row: row[0]):
            all_said = [_Turn(*row[1:]) for row in group]
            said = _told(all_said, letters, words)
            found += ((key, turn, None, message, None) for turn, message in switches(said, both, _asks(all_said)))
    return pl.DataFrame(found, schema=FOUND, orient="row")


def _suspected(turns: pl.DataFrame, letters: int, words: int) -> pl.DataFrame:
    """The transcripts whose turns aren't all in one language, nor those of each speaker."""
    key, tried = "transcript_key", list[str]()
    suspected: set[int] = set()
    while len(turns) and (language := _next_language(turns["text"], tried)):
        tried.append(language)
        strange = _strange(turns, language, letters)
        if not len(strange):
            # As nearly everywhere.
            turns = turns.clear()
            break
        turns = turns.join(strange, on=key, how="semi", maintain_order="left").filter(
            pl.col("text").str.len_bytes() >= letters
        )
        turns, found = _left(turns, strange, language, words, (key,))
        suspected |= found
    for language in tried if len(turns) else ():
        turns, found = _left(turns, _strange(turns, language, letters), language, words, (key, "voice"), _MANY)
        suspected |= found
    keys = sorted(suspected.union(turns[key]))
    return pl.DataFrame({key: keys}, schema={key: pl.UInt32})


def _strange(turns: pl.DataFrame, language: str, letters: int) -> pl.DataFrame:
    """The long turns that have words of other languages and none of the language's own."""
    text, (first, second, own, foreign) = pl.col("text"), signs(language)
    # Each looks at what the one before has left. A literal is nearly everywhere, and costs a quarter of a pattern.
    strange = turns.filter((text.str.len_bytes() >= letters) & ~text.str.contains(first, literal=True))
    strange = strange.filter(~text.str.contains(second, literal=True)).filter(~text.str.contains(own))
    if strange["text"].str.len_bytes().sum() > _FEW_BYTES:
        return strange.filter(text.str.contains(f" (?:{'|'.join(foreign)}) (?:.* )?(?:{'|'.join(foreign)}) "))
    return strange.filter(pl.Series([_has_two(each, foreign) for each in strange["text"]], dtype=pl.Boolean))


def _has_two(text: str, words: frozenset[str]) -> bool:
    """Whether two of some words stand in a line of a text, each between blanks."""
    return any(sum(word in words for word in line.split(" ")[1:-1]) > 1 for line in text.split("\n"))


def _left(
    turns: pl.DataFrame, strange: pl.DataFrame, language: str, words: int, each: Sequence[str], least: int = 1
) -> tuple[pl.DataFrame, set[int]]:
    """The turns of each transcript or speaker that isn't mainly in a language; transcripts with others where one is."""
    few = strange.group_by(each).len("few")
    share = turns.group_by(each).len("all").join(few, on=each, how="left").with_columns(pl.col("few").fill_null(0))
    mainly = share.filter((pl.col("few") <= _FEW * pl.col("all")) & (pl.col("all") >= least))
    found: set[int] = set()
    rows = strange.join(mainly, on=each, how="semi").select("transcript_key", pl.col("text").str.head(_COPIED))
    for key, text in rows.iter_rows():
        if key not in found and language_of(prose(text), than=language, words=words) not in (None, language):
            found.add(key)
    return turns.join(mainly, on=each, how="anti", maintain_order="left"), found


def _next_language(texts: pl.Series, tried: Sequence[str]) -> str | None:
    """The language, not tried yet, of most texts in a sample; English where none is told."""
    sample = texts.gather_every(-(-len(texts) // _SAMPLE)).str.head(_READ)
    told = Counter(language for each in sample if (language := language_of(prose(each))) not in tried)
    del told[None]
    return told.most_common(1)[0][0] if told else None if "English" in tried else "English"


def _told(turns: Sequence[_Turn], letters: int, words: int) -> list[Said]:
    """The turns of a transcript whose language can be told."""
    by_voice: dict[str, list[_Turn]] = {}
    for each in turns:
        by_voice.setdefault(each.voice, []).append(each)
    told: list[Said] = []
    for turns_of_one in by_voice.values():
        tried = [each.text for each in turns_of_one if len(each.text) >= letters]
        if not any(language_of(prose(text[:_READ])) for text in tried[:: -(-len(tried) // _TRIED) or 1]):
            continue
        said = [(each, prose(each.text)) for each in turns_of_one]
        long = [len(text) >= letters and sum(map(str.isalpha, text)) >= letters for _, text in said]
        likely = [language_of(text) if is_long else None for (_, text), is_long in zip(said, long, strict=True)]
        # Short turns tell little by themselves, but more together.
        short = language_of(" ".join(text for (_, text), is_long in zip(said, long, strict=True) if not is_long))
        for place, (_, text) in enumerate(said):
            if not long[place] and short and language_of(text, words=1) == short:
                likely[place] = short
        if not any(likely):
            continue
        ((usual, _),) = Counter(each for each in likely if each).most_common(1)
        for (each, text), language, is_long in zip(said, likely, long, strict=True):
            told_apart = is_long and language not in (None, usual)
            kind = language_of(text, than=usual, words=words) if told_apart else language
            if kind is not None and (kind in CYRILLIC) == (usual in CYRILLIC):
                told.append(Said(each.turn, each.voice, each.speaker, kind, is_long))
    return sorted(told)


def _asks(turns: Sequence[_Turn]) -> Callable[[Said], bool]:
    """Whether a switch was asked for: the turn or those before speak of translations, or of the language by name."""
    places = {each.turn: place for place, each in enumerate(turns)}

    def asked(switch: Said) -> bool:
        place = places[switch.turn]
        name = _NAMES.get(switch.kind, switch.kind.lower().replace(" or ", "|"))
        near = " ".join(each.text for each in turns[max(0, place - _BEFORE) : place + 1])
        return bool(_ASKED.search(near) or re.search(rf"(?i)\b(?:{name})", near))

    return asked
