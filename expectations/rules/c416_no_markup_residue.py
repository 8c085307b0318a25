"""C416: markup that was left in a turn."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_CODE: Final = r"(?s:```.*?```)|`[^`\n]+`"
_RESIDUE: Final = (
    r"(</?(?:p|br|div|span|b|i|u|em|strong|ul|ol|li|a|font|table|tr|td|th|h[1-6]|blockquote|sup|sub|img|hr)"
    r"(?:\s[^<>\n]{0,200})?/?>)",
    r"(&(?:amp|lt|gt|quot|apos|nbsp|rsquo|lsquo|ldquo|rdquo|mdash|ndash|hellip|#x?[0-9a-fA-F]{2,5});)",
    r"(?m)^[ \t]*(#{1,6})[ \t]*$",
    r"^(\*\*) ",
    r"(?m)^[ \t]*(Copy code)[ \t]*$",
    r"^\s*([0-9]{1,3} / [0-9]{1,3})[ \t]*\n",
    r"(Copy[0-9]+ chars / [0-9]+ words)",
)
"""Tags and entities of HTML, a heading without words, the rest of a label in bold, what stands around answers on chat
pages."""

_FENCE: Final = r"(?m)^[ \t]*(```)"
_SIGNS: Final = r"[<&#`]|Copy|^\*\* | / "


@expectation(
    "C416",
    "no_markup_residue",
    scope="turn",
    severity="info",
    since="0.1",
    holds=[
        transcript(patient("As HTML, please."), therapist("```html\n<p>Rest &amp; sleep</p>\n# a\n```\nOr `<br>`.")),
        transcript(
            patient("I slept <4 hours, a < b > c, Q&A, R&B; #tired <sigh>"), therapist("# Tonight\n\n**Breathe.**")
        ),
        transcript(patient("2 / 2"), therapist("Copy code? No, copy me.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("<p>Hello.</p>"), at=1, evidence="<p>"),
        transcript(patient("Hi."), therapist("Rest &amp; sleep."), at=1, evidence="&amp;"),
        transcript(patient("Hi."), therapist("Hello.\n```"), at=1, evidence="```"),
        transcript(patient("Hi."), therapist("Hello.\n#\nRest."), at=1, evidence="#"),
        transcript(patient("Hi."), therapist("** Hello."), at=1, evidence="**"),
        transcript(patient("Hi."), therapist("2 / 2\n\nHello."), at=1, evidence="2 / 2"),
        transcript(patient("Hi."), therapist("Like so:\n\npython\nCopy code\nprint(1)"), at=1, evidence="Copy code"),
    ],
)
def no_markup_residue(turns: Turns) -> Violation:
    """Markup of a page, or what stands around an answer on one, was left in a turn.

    Why it matters: it was never said. A model learns to write it where nothing renders it.

    What to do: convert the page to text with a parser, and take the text of the turn only. What stands in code, in
    backticks or in Markdown that is complete does not count.
    """
    text = turns.text
    prose = text.str.replace_all(_CODE, " ")
    found = pl.coalesce(*(prose.str.extract(each) for each in _RESIDUE), prose.str.extract(_FENCE))
    return Violation(
        signs=_SIGNS,
        when=found.is_not_null(),
        message="markup was left in {speaker}'s turn",
        evidence=found,
        context=pl.coalesce(*(prose.str.extract(f"({each})") for each in _RESIDUE)),
    )
