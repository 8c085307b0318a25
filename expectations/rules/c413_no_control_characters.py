"""C413: characters that no text holds."""

from __future__ import annotations

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_BAD = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\ufffd]"


@expectation(
    "C413",
    "no_control_characters",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("One.\n\n\tTwo."), therapist("A line\r\nand another.")),
        # Joiners, marks of direction and no-break spaces belong to text.
        transcript(patient("👩\u200d⚕️ می\u200cخواهم"), therapist("\u200fשלום\u200f, 10\u00a0%")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("That\ufffds fine."), at=1, evidence="\ufffd"),
        transcript(patient("It\x00s me."), therapist("Hello."), at=0, evidence="\x00"),
        transcript(patient("\x1b[31mHi."), therapist("Hello."), at=0, evidence="\x1b"),
    ],
)
def no_control_characters(turns: Turns) -> Violation:
    """A turn holds a control character, or U+FFFD in place of a character that could not be decoded.

    Why it matters: U+FFFD and lone surrogates, which are read as U+FFFD, are characters that were lost; control
    characters are left by terminals and binary data, and break what reads the text next.

    What to do: export the transcript from its source again with the right encoding. What stood in place of U+FFFD can't
    be told from the text.
    """
    return Violation(
        signs=_BAD,
        when=turns.text.str.contains(_BAD),
        message="U+{point} stands in {speaker}'s turn",
        values={
            "point": turns.text.str.extract(f"({_BAD})")
            .str.encode("hex")
            .replace({"efbfbd": "FFFD"})
            .str.to_uppercase()
            .str.pad_start(4, "0")
        },
        evidence=turns.text.str.extract(f"({_BAD})"),
    )
