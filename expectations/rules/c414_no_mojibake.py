"""C414: text that was decoded with the wrong encoding."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.repairs.unicode import mend
from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript
from schemas.regex import regex

_LEAD: Final = b"\xc3"
"""Characters from U+00C0 to U+00FF begin with it: so does what UTF-8 becomes when read as Latin-1 or Windows-1252."""

_PAIR: Final = r"[Â-ô][\x{80}-\x{bf}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|√[©®°±†ß•¶ºª]|‚[ÄÅÇ]|вЂ|Р[°-їЃ-џ]"
"""What ftfy is asked about: a lead byte and a byte that goes on, read as Windows-1252, Mac Roman or Windows-1251."""

_STRANGE: Final = regex(r"[^\x00-\x7f]+(?:[ \xa0][^\x00-\x7f]+)*")


def _garbled(text: str) -> str | None:
    """The first stretch of a text that was decoded with the wrong encoding."""
    from ftfy import fix_encoding  # noqa: PLC0415 - few batches need it
    from ftfy.badness import is_bad  # noqa: PLC0415 - likewise

    for line in text.splitlines():
        if line.isascii() or not is_bad(line):
            continue
        mended = fix_encoding(line)
        if mended == line:
            continue
        stretches = [found[0] for found in _STRANGE.finditer(line)]
        return next((each for each in stretches if each not in mended), stretches[0])
    return None


@expectation(
    "C414",
    "no_mojibake",
    scope="turn",
    severity="warning",
    since="0.1",
    holds=[
        transcript(patient("Ça va à Noël, « naïve »\u00a0: déjà vu, cœur."), therapist("Não, coração, à toa. ÀÉÎÕÜ")),
        transcript(patient("Tôi cảm thấy mệt mỏi quá, không ngủ được."), therapist("Größe, Ärger, Übung – „so“?")),
        transcript(patient("Über “AÑO”, “MAMÁ”… “É”?"), therapist("Ð and Þ are Icelandic: Ólafur, það.")),
        transcript(patient("我睡不好。"), therapist("Что случилось? Рассказывайте.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("That isnâ€™t your fault."), at=1, evidence="â€™"),
        transcript(patient("The cafÃ© was full."), therapist("Oh."), at=0, evidence="Ã©"),
        transcript(patient("Hi."), therapist("Rest a little. ðŸ˜Š"), at=1, evidence="ðŸ˜Š"),
        transcript(patient("ä½\u00a0å¥½ï¼Œæˆ‘ç\u009d¡ä¸�å¥½"), therapist("Oh."), at=0),
        transcript(patient("Hi."), therapist("It‚Äôs fine, isn‚Äôt it?"), at=1, evidence="‚Äô"),
    ],
)
def no_mojibake(turns: Turns) -> Violation:
    """A turn was decoded with the wrong encoding somewhere on its way.

    Why it matters: `â€™` is an apostrophe whose bytes were taken for three characters. A model learns the three, and
    people stumble.

    What to do: export the transcript with the right encoding. The library ftfy decides whether a stretch is such a
    mistake, and the repair `unicode` undoes what it is sure of.
    Letters with accents are text in most languages and do not count.
    """
    text = turns.text
    found = pl.when(text.str.contains(_PAIR)).then(text).map_elements(_garbled, return_dtype=pl.String)
    return Violation(
        maybe=text.cast(pl.Binary).bin.contains(_LEAD) | text.str.contains("√|вЂ|Р°|Рѕ|Рµ|Рё"),
        when=found.is_not_null(),
        message="{speaker}'s turn was decoded with the wrong encoding",
        evidence=found,
        fix="unicode",
        fixable=text.map_elements(lambda text: mend(text, "") != text, return_dtype=pl.Boolean),
    )
