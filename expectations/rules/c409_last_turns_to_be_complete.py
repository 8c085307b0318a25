"""C409: a last turn that breaks off."""

from __future__ import annotations

from typing import Final

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_TAIL: Final = 400
"""Characters at the end that are looked at."""

_CLOSING: Final = ' \t\r\n"”’»›」』)]}*_~`'
"""What may stand behind the end of a sentence."""

_OPEN: Final = (
    r"(?:[,;:，、：（(“«「\[]|\b(?:the|a|an|and|or|but|because|if|than|although|unless|my|your|our|their|[a-zA-Z]+['’](?:d|ll|re|ve)"
    r"|und|oder|aber|obwohl|weil|dass|wenn|et|ou|mais|une|lorsque|quoique|y|pero|una|porque|aunque)"
    r"|(?:^|\n)[ \t]*(?:[-*•–]|[0-9]{1,2}[.)]))$"
)
"""What never ends a turn: a comma, an opening bracket, an article, a conjunction, a contraction, an empty item."""

_LETTER: Final = r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}0-9]$"
"""Scripts whose writers end sentences with a mark; in Thai, Arabic, Hindi and others many don't."""

_WIDE: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_ENDED: Final = r"[.!?…][\s\"”’»)*]|[。！？؟۔।]"
_PROSE: Final = r"(?:^|\n)[ \t]*[^\s#>*\-•–|0-9][^\n]*$"
"""The last line is no heading, quotation, item, table or verse number."""

_LINK: Final = r"(?:https?://|www\.)\S+$|\S+@\S+$"
_FAREWELL: Final = r"\n[^\n]{0,30},$"
"""A farewell on a line of its own, the name left out."""


@expectation(
    "C409",
    "last_turns_to_be_complete",
    scope="turn",
    severity="warning",
    since="0.1",
    holds=[
        transcript(patient("I slept. It was fine,"), therapist("Good. See you on Monday. Take care")),
        transcript(patient("Hi."), therapist("You did well today, and I mean it. Try the list, and rest. 🌱")),
        transcript(
            patient("Hi."), therapist("I hear you. The plan for tonight that we made is:\n\n- a walk\n- a bath")
        ),
        transcript(
            patient("Hi."), therapist("You did well today. Be kind to yourself this week.\n\nWarmly,\nDr. Ana Ruiz")
        ),
        transcript(
            patient("Hi."), therapist("Rest now. You will find the exercise that we did at https://example.org/a")
        ),
        transcript(patient("Hi."), therapist('You can tell her this. Say it slowly: "I need a little more time"')),
        transcript(patient("Hi."), therapist("ฉันเข้าใจความรู้สึกของคุณ วันนี้คุณทำได้ดีมาก แล้วพบกันใหม่สัปดาห์หน้า")),
        transcript(patient("嗯。"), therapist("我理解你的感受。我们下周再见。")),
        transcript(
            patient("ok"), therapist("i think that was a lot for one day so lets stop here and go on next week")
        ),
        transcript(patient("Hi."), therapist("Here it is, as you asked.\n\n```python\nprint('rest')\n```")),
    ],
    violated=[
        transcript(
            patient("Hi."),
            therapist("I hear how tired you are. What helps most at such times is often to slow down and let the"),
            at=1,
            evidence="and let the",
        ),
        transcript(patient("Hi."), therapist("I hear you, and"), at=1),
        transcript(patient("Hi."), therapist("Try this:\n\n1. Breathe.\n2."), at=1),
        transcript(patient("The thesis. Ugh."), therapist("Ugh indeed. What's the one thing you'd"), at=1),
        transcript(
            patient("I can't sleep. I lie awake, and I think of my mother and what she said to us when"),
            at=0,
        ),
        transcript(patient("你好。"), therapist("我理解你的感受。这种时候，最重要的是慢慢地呼吸，然后"), at=1),
    ],
)
def last_turns_to_be_complete(turns: Turns, *, words: int = 10) -> Violation:
    """The last turn breaks off.

    Why it matters: the model ran into its limit of tokens, and a model trained on it learns to stop anywhere.

    What to do: raise the limit, and generate the turn again, or cut it back to its last sentence. A turn breaks off
    that ends in a comma, an article, a conjunction, a contraction or an item without text, or, if it ended a sentence
    before, without a mark at the end of a long line of prose. Emoji, quotations, links, code, lists and signatures may
    end one.

    Thresholds: `words`: so many words at least must the last line have to count where only the mark is missing (in
    scripts without blanks, twice as many characters); shorter ones are greetings and names. Ours, by eye on the seeds
    and on 5,000 recombined dialogues.
    """
    text = turns.text
    tail = text.str.strip_chars_end().str.tail(_TAIL)
    last = tail.str.split("\n").list.last()
    long = (last.str.count_matches(" ", literal=True) >= words - 1) | (last.str.count_matches(_WIDE) >= 2 * words)
    bare = tail.str.strip_chars_end(_CLOSING) == tail
    unmarked = bare & tail.str.contains(_LETTER) & tail.str.contains(_PROSE) & text.str.contains(_ENDED) & long
    open_end = tail.str.contains(_OPEN) & ~tail.str.contains(_FAREWELL)
    return Violation(
        maybe=turns.is_last,
        when=turns.is_last
        & (open_end | unmarked)
        & ~tail.str.contains(_LINK)
        & (~text.str.contains("```", literal=True)),
        message="{speaker}'s last turn breaks off",
        evidence=tail.str.extract(r"(\S+(?:[ \t]+\S+){0,2})$"),
        context=tail,
    )
