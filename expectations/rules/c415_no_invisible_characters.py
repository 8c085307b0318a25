"""C415: characters that can't be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

import polars as pl

from expectations.repairs.strip_invisible import mend
from expectations.rule import Severity, Turns, Violation, expectation, patient, therapist, transcript

_HIDING: Final = (
    r"([\x{202d}\x{202e}])",
    r"(?:^|[^\x{1f3f4}\x{e0020}-\x{e007f}])([\x{e0001}\x{e0020}-\x{e007f}]+)",
)
"""Overrides of direction, which make text read otherwise than it stands, and tags, which hide whole sentences. The
flags of England, Scotland and Wales are made of tags."""

_BREAKLESS: Final = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_JOINLESS: Final = r"\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}0-9\s.,;:!?"
_SPARE: Final = (
    r"([\x{2060}-\x{2064}\x{206a}-\x{206f}\x{feff}\x{ad}\x{180e}]+)",
    rf"(?:^|[^{_BREAKLESS}])(\x{{200b}}+)",
    rf"(?:^|[{_JOINLESS}])([\x{{200c}}\x{{200d}}]+)",
    r"\p{L}([\x{a0}\x{202f}]+)\p{L}",
    r"([\x{a0}\x{202f}]{2,}|^[\x{a0}\x{202f}]|[\x{a0}\x{202f}]$)",
)
"""What does nothing for the text around it: joiners where nothing joins, blanks that don't break between two words. A
zero-width space divides the words of scripts without blanks."""

_MARKS: Final = r"([\x{200e}\x{200f}\x{61c}\x{202a}-\x{202c}\x{2066}-\x{2069}]+)"
_RIGHT_TO_LEFT: Final = r"[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}\p{Nko}]"
"""Marks of direction belong to turns with a script that runs from right to left."""

_SIGNS: Final = (
    r"[\x{200b}-\x{200f}\x{202a}-\x{202f}\x{a0}\x{ad}\x{feff}\x{61c}\x{180e}\x{2040}-\x{207f}\x{e0000}-\x{e0fff}]"
)
"""All of them."""


def _name(found: str) -> str:
    first = found[0]
    return f"U+{ord(first):04X} ({unicodedata.name(first, 'unnamed').lower()})"


@expectation(
    "C415",
    "no_invisible_characters",
    scope="turn",
    severity="warning",
    since="0.1",
    holds=[
        transcript(
            patient("👩\u200d⚕️ می\u200cخواهم 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
            therapist("\u200fשלום\u200f"),
        ),
        transcript(patient("Il dit\u00a0: «\u00a0oui\u00a0», à 10\u00a0%, 20\u202f000 fois."), therapist("क्\u200dष")),
        transcript(patient("ภาษา\u200bไทย"), therapist("M.\u00a0Dupont, 10\u00a0min. ❤️")),
    ],
    violated=[
        transcript(patient("Hi.\u200b"), therapist("Hello."), at=0, evidence="\u200b"),
        transcript(patient("It\u200ds me, and\u00a0you."), therapist("Hello."), at=0, evidence="\u200d"),
        transcript(patient("Hi."), therapist("a\u00a0walk"), at=1, evidence="\u00a0"),
        transcript(patient("ex\u00adample"), therapist("Hello."), at=0, evidence="\u00ad"),
        transcript(patient("\ufeffHi."), therapist("Hello."), at=0, evidence="\ufeff"),
        transcript(patient("\u200eHi."), therapist("Hello."), at=0, evidence="\u200e"),
        # Warnings.
        transcript(patient("Open \u202egpj.exe"), therapist("No."), at=0, evidence="\u202e"),
        transcript(patient("Hi.\U000e0068\U000e0069"), therapist("No."), at=0, evidence="\U000e0068\U000e0069"),
    ],
)
def no_invisible_characters(turns: Turns) -> tuple[Violation, ...]:
    """A turn holds characters that can't be seen and do nothing for it.

    Why it matters: words that look alike differ, a search misses them, and a tokeniser cuts them up. An override of
    direction or a hidden tag makes people read something else than the model does.

    What to do: put a blank where a no-break space stands; the repair `strip_invisible` takes the rest out. Joiners in
    emoji, in Persian and in Indic scripts, marks of direction beside text from right to left, and no-break spaces
    beside numbers and marks belong to the text and do not count. Only overrides and tags are warnings, the rest is for
    information.
    """
    text = turns.text
    marks = pl.when(~text.str.contains(_RIGHT_TO_LEFT)).then(text.str.extract(_MARKS))
    hiding = pl.coalesce(*(text.str.extract(each) for each in _HIDING))
    spare = pl.coalesce(*(text.str.extract(each) for each in _SPARE), marks)
    named = {"what": pl.col("evidence").map_elements(_name, return_dtype=pl.String)}
    # A no-break space may stand for any blank, so no repair takes it out.
    changes = text.map_elements(lambda text: mend(text, "") != text, return_dtype=pl.Boolean)
    found: tuple[tuple[pl.Expr, Sequence[str], str, Severity | None], ...] = (
        (hiding, _HIDING, "and hides what it says", None),
        (spare, _SPARE, "and can't be seen", "info"),
    )
    return tuple(
        Violation(
            fix="strip_invisible",
            fixable=changes,
            signs=_SIGNS,
            when=evidence.is_not_null(),
            message=f"{{what}} stands in {{speaker}}'s turn {does}",
            values=named,
            evidence=evidence,
            context=pl.coalesce(*(text.str.extract(f"({each})") for each in patterns)),
            severity=severity,
        )
        for evidence, patterns, does, severity in found
    )
