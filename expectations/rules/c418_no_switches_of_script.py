"""C418: a speaker who goes over to another script or language."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import polars as pl

from expectations.rule import Transcripts, expectation, patient, therapist, transcript
from expectations.search import FOUND, Search, unknown
from expectations.switches import Said, language_switches, switches

_SCRIPTS: Final = {
    "Latin letters": r"\p{Latin}",
    "Cyrillic letters": r"\p{Cyrillic}",
    "Greek letters": r"\p{Greek}",
    "Arabic letters": r"\p{Arabic}",
    "Hebrew letters": r"\p{Hebrew}",
    "Devanagari": r"\p{Devanagari}",
    "Bengali letters": r"\p{Bengali}",
    "Tamil letters": r"\p{Tamil}",
    "Telugu letters": r"\p{Telugu}",
    "Thai letters": r"\p{Thai}",
    "Armenian letters": r"\p{Armenian}",
    "Georgian letters": r"\p{Georgian}",
    # A character is a syllable or a word.
    "Korean letters": r"\p{Hangul}",
    # Japanese mixes them.
    "Chinese or Japanese characters": r"[\p{Han}\p{Hiragana}\p{Katakana}]",
}
"""What a script is called, and its letters."""

_DENSE: Final = ("Korean letters", "Chinese or Japanese characters")

_LOOK: Final = 120
"""Characters; so much of a turn tells in a first look which script it may be in."""

_READ: Final = 4_000
"""Characters; so much of a turn is counted where a transcript seems to have several scripts."""

_CODE: Final = r"(?s)```.*?(?:```|\z)"
"""Code in a fence, which is in Latin letters everywhere."""

_WIDE: Final = 1.4
"""Bytes for a character: more than any language in Latin letters takes, fewer than any in other letters."""


_ONE = "I think that it would have been easier to say nothing at all, and to wait."
_TWO = "You waited for a long time, and you still came here to say it to somebody."
_CHINESE = "我觉得你已经做得很好了，我们可以慢慢来，不用着急，一步一步地往前走就可以。"
_RUSSIAN = "Мне кажется, вы уже очень многое сделали, и сейчас нам некуда спешить."
_SPANISH = "Creo que no tenemos prisa, y que podemos hablar de lo que pasó ayer cuando usted quiera."
_PORTUGUESE = "Acho que não temos pressa, e que podemos falar do que aconteceu ontem quando você quiser."
_GERMAN = "Ich glaube, wir müssen uns nicht beeilen, und wir können auch morgen noch darüber reden."
_UKRAINIAN = "Мені здається, що ви вже дуже багато зробили, і зараз нам нема куди поспішати."
_JAPANESE = "きのうは友だちとコーヒーを飲みながら、ゆっくり話をすることができました。"


@expectation(
    "C418",
    "no_switches_of_script",
    scope="transcript",
    severity="warning",
    since="0.2",
    holds=[
        transcript(patient(_ONE), therapist(_TWO), patient(_ONE), therapist(_TWO)),
        # A foreign word, a quotation, an emoji.
        transcript(patient(_ONE), therapist(_TWO), patient(f"{_ONE} In Russian it's тоска ❤️."), therapist(_TWO)),
        transcript(patient(_ONE), therapist(_TWO), patient(f"{_ONE} {_ONE} «Мне некуда спешить».")),
        # One word or name alone.
        transcript(patient(_ONE), therapist(_TWO), patient("出口"), therapist(_TWO)),
        transcript(
            patient(_CHINESE), therapist(_CHINESE), patient("Harry Potter, The Lord of the Rings"), patient("嗯")
        ),
        # Japanese in all its scripts, beside names in Latin letters.
        transcript(
            patient(_JAPANESE), therapist("昨日東京大学附属病院精神神経科受診予約完了、" * 2), patient(_JAPANESE)
        ),
        # Each stays with an own language; an interpreter speaks both.
        transcript(patient(_RUSSIAN), therapist(_TWO), patient(_RUSSIAN), therapist(_ONE)),
        transcript(therapist(_TWO), patient(_RUSSIAN), *(therapist(_RUSSIAN), therapist(_ONE)) * 3),
        # Code that was asked for.
        transcript(patient(_CHINESE), therapist(_CHINESE), patient(_CHINESE), therapist("for i in x[1:]: y(i); " * 4)),
        # What somebody else says, sings or writes; names and titles; both languages in one turn.
        transcript(patient(_ONE), therapist(_TWO), patient(f"“{_GERMAN}”"), therapist(f"*{_SPANISH}* (Mercedes Sosa)")),
        transcript(
            patient(_GERMAN), therapist(_GERMAN), patient("The Lord of the Rings, Lost in Translation, To the Wonder")
        ),
        transcript(
            patient(_ONE), therapist(_TWO), patient("Mi abuela, she said that no quiero, and that was that, ya sabes.")
        ),
        # Somebody asked for it, or had gone over before: only the one who did so first is told.
        transcript(patient(_ONE), therapist(_TWO), patient(f"{_ONE} What is that in German?"), therapist(_GERMAN)),
        # Each stays with an own language; an interpreter and a tutor speak both.
        transcript(patient(_SPANISH), therapist(_TWO), patient(_SPANISH), therapist(_ONE)),
        transcript(therapist(_TWO), patient(_SPANISH), *(therapist(_SPANISH), therapist(_ONE)) * 3),
        transcript(*(patient(_GERMAN), therapist(_TWO), patient(_ONE), therapist(_GERMAN)) * 3),
    ],
    violated=[
        transcript(patient(_ONE), therapist(_TWO), patient(_ONE), therapist(_CHINESE), patient(_ONE), at=3),
        transcript(patient(_ONE), therapist(_TWO), patient(_RUSSIAN), therapist(_TWO), patient(_RUSSIAN), at=2),
        transcript(patient(_CHINESE), therapist(_CHINESE), patient(_CHINESE), therapist(_TWO), at=3),
        transcript(patient(_CHINESE), therapist(_CHINESE), patient(_CHINESE), therapist(_RUSSIAN), at=3),
        transcript(patient(_ONE), therapist(_TWO), patient(_ONE), therapist(_GERMAN), patient(_ONE), at=3),
        transcript(patient(_SPANISH), therapist(_SPANISH), patient(_SPANISH), therapist(_PORTUGUESE), at=3),
        transcript(patient(_RUSSIAN), therapist(_RUSSIAN), patient(_UKRAINIAN), therapist(_RUSSIAN), at=2),
        # The therapist answers in the language of the turn before.
        transcript(patient(_ONE), therapist(_TWO), patient(_GERMAN), therapist(_GERMAN), patient(_GERMAN), at=2),
    ],
)
def no_switches_of_script(
    _transcripts: Transcripts, *, letters: int = 40, share: float = 0.8, both: float = 0.25, words: int = 3
) -> Search:
    """A speaker says whole turns in another script or language than before.

    Why it matters: language models fall into another language, and speech recognisers hear one that nobody spoke;
    whoever trains on it teaches the model to do so.

    What to do: look at the turn. Take it out, or have it said again, unless somebody wanted the other language.
    Languages are told apart in Latin letters (English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish,
    Danish or Norwegian, Polish, Czech, Croatian or Serbian, Romanian, Turkish, Hungarian, Indonesian or Malay,
    Catalan) and in Cyrillic ones (Russian, Ukrainian, Bulgarian). Other languages in one script, as Chinese and
    Japanese, aren't, nor are short turns without common words.

    Thresholds: a turn in another script than its speaker's usual one counts from `letters` letters on, if at least the
    share `share` of them is of that script; a character of Chinese, Japanese or Korean counts as two letters, and code
    doesn't count, nor does a turn in Latin letters with many signs. A turn in another language of that script counts
    from as many letters on, without code, quotations and what stands in brackets or asterisks, if at least `words`
    different ones are common in that language and not in the speaker's, hardly any the other way round, and a fifth of
    all are such: of 20,000 texts in 15 languages none was wrongly taken for another. A speaker who changes more than
    twice, with more than the share `both` of these turns in each, speaks both, as does one who talks to two others of
    whom each keeps to one. Whoever answers in the language of the turn before follows it, and isn't told; nor is a
    change to a language that the two turns before name. `letters`, `share` and `both` are proposals; `words` was
    tried. Where no turn is that long, it could not be evaluated.
    """
    return Search(find=lambda turns: _find(turns, letters, share, both, words))


def _find(turns: pl.DataFrame, letters: int, share: float, both: float, words: int) -> pl.DataFrame:
    columns = ("transcript_key", "turn", "voice", "speaker", "text")
    characters, size = pl.col("characters"), pl.col("size")
    looked = (
        turns.lazy()
        .select("transcript_key", characters=pl.col("text").str.len_chars(), size=pl.col("text").str.len_bytes())
        .group_by("transcript_key")
        .agg(
            # Half as many characters may count as double.
            long=((size >= letters) & (characters * 2 >= letters)).any(),
            wide=((size > _WIDE * characters) & (characters > 1)).any(),
        )
        .collect()
    )
    short = looked.filter(~pl.col("long"))
    found: list[tuple[int, int, None, str, None]] = []
    # Where all turns are in Latin letters, as nearly everywhere, this is the end of looking for scripts.
    keys = looked.filter("long", "wide")
    if len(keys):
        some = turns.select(columns).join(keys, on="transcript_key", how="semi", maintain_order="left")
        looked = _scripts(some, _LOOK, 0.0).drop_nulls("script")
        keys = looked.group_by("transcript_key").agg(kinds=pl.col("script").n_unique()).filter(pl.col("kinds") > 1)
        some = some.join(keys, on="transcript_key", how="semi", maintain_order="left")
        counted = _scripts(some, _READ, share).drop_nulls("script")
        rows = counted.select("transcript_key", "turn", "voice", "speaker", "script", pl.col("most") >= letters)
        for key, group in groupby(rows.iter_rows(), key=lambda row: row[0]):
            said = [Said(*row[1:]) for row in group]
            found += ((key, turn, None, message, None) for turn, message in switches(said, both))
    languages = language_switches(turns, letters, both, words)
    return pl.concat([pl.DataFrame(found, schema=FOUND, orient="row"), languages, unknown(short)])


def _scripts(turns: pl.DataFrame, read: int, share: float) -> pl.DataFrame:
    """Turns with the ``script`` that `share` of their letters are of, null where there is none; ``most`` counts these.

    So many characters are read as `read` says.
    """
    text = pl.col("text")
    counted = turns.with_columns(text=text.str.head(read).str.replace_all(_CODE, "")).with_columns(
        text.str.count_matches(pattern).alias(name) * (2 if name in _DENSE else 1) for name, pattern in _SCRIPTS.items()
    )
    most, known = pl.max_horizontal(*_SCRIPTS), pl.sum_horizontal(*_SCRIPTS)
    script = pl.coalesce(pl.when((pl.col(name) == most) & (most > 0)).then(pl.lit(name)) for name in _SCRIPTS)
    prose = text.str.count_matches(r"[\p{L}\p{N}\s]") >= 0.9 * text.str.len_chars()
    plain = (pl.col("Latin letters") < most) | prose
    return counted.with_columns(most=most, script=pl.when((most >= share * known) & plain).then(script))
