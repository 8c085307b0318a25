"""L302: turns that are too long or too short to be one contribution."""

from __future__ import annotations

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_ALONE = r"^\s*[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{So}…?!]\s*$"
"""One character that says something: a word of a script without letters, an emoji, an ellipsis, a question."""

_VISIBLE = r"[^\s\p{Cf}\x{034f}]"


@expectation(
    "L302",
    "turn_lengths_to_be_within_limits",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("No"), therapist("x" * 4_000)),
        transcript(patient("…"), therapist("嗯"), patient("👍"), therapist("")),
        transcript(patient("嗯" * 4_000), therapist("好的。")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("x" * 20_001), at=1),
        transcript(patient("嗯" * 4_001), therapist("Hello."), at=0),
        transcript(patient("Hi."), therapist("."), at=1),
    ],
)
def turn_lengths_to_be_within_limits(
    turns: Turns, *, critical_above: int = 20_000, warning_above: int = 4_000, warning_below: int = 2
) -> tuple[Violation, ...]:
    """A turn is too long or too short.

    Why it matters: nobody says 20,000 characters in one go: several turns have run together, or a model did not stop. A
    single letter is most often what is left of a turn.

    What to do: look for labels and loops within a long turn; complete or drop a turn of one letter.

    Thresholds: in characters. More than `critical_above` are critical, more than `warning_above` a warning; they are
    proposals, calibrated on real sessions (motivational interviews, podcasts, LLM-made therapy, Chinese counselling).
    Fewer than `warning_below` are a warning, save for an ellipsis, a mark of question or exclamation, an emoji and one
    character of Chinese, Japanese or Korean, which say something alone. Turns without visible text are S203's.
    """
    size, length = turns.text.str.len_bytes(), turns.text.str.len_chars()
    visible = turns.text.str.strip_chars()
    return (
        Violation(
            # There are never more characters than bytes.
            maybe=size > critical_above,
            when=length > critical_above,
            message=f"expected at most {critical_above} characters, found {{length}}",
            values={"length": length},
        ),
        Violation(
            maybe=size > warning_above,
            when=length > warning_above,
            message=f"expected at most {warning_above} characters, found {{length}}",
            values={"length": length},
            severity="warning",
        ),
        Violation(
            # A character has at most four bytes; blanks around the text hardly ever make it longer.
            maybe=size < 4 * warning_below + 16,
            when=(visible.str.len_chars() < warning_below)
            & turns.text.str.contains(_VISIBLE)
            & ~turns.text.str.contains(_ALONE),
            message=f"expected at least {warning_below} characters, found {{length}}",
            values={"length": visible.str.len_chars()},
            severity="warning",
        ),
    )
