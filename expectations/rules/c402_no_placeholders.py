"""C402: what generators and scrapes leave where a turn is missing."""

from __future__ import annotations

from typing import Final

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_NOUN: Final = (
    r"(?:answer|response|reply|output|turn|utterance|text|content|message|data|result|generation|completion)s?"
)
_MORE: Final = r"[^\[\]<>(){}\n]{0,40}"

_SAID: Final = "|".join(
    (
        rf"{_NOUN}\b{_MORE}\b(?:missing|lost|empty|blank|failed|removed|deleted|omitted|(?:un|not )available)",
        rf"{_NOUN}\b{_MORE}\b(?:malformed|not (?:found|provided|generated|(?:properly |correctly )?formatted))",
        rf"{_NOUN}\b{_MORE}\bcould not be (?:parsed|generated|retrieved|loaded)",
        rf"(?:missing|empty|blank|invalid|deleted) {_NOUN}|(?:failed|unable) to (?:parse|generate|load){_MORE}",
        rf"no (?:valid |further )?{_NOUN}(?: (?:was )?(?:given|provided|available|received|generated|found|returned))?",
        rf"(?:insert )?{_NOUN} (?:goes )?here",
        r"(?:deleted|removed|missing|omitted|not available|n/a|none|null|empty|blank|placeholder)",
        r"(?:deleted|removed) by (?:the )?(?:user|author|moderator)",
        r"无回复|无回应|无内容|已删除|缺失|回答(?:格式错误|缺失)",
    )
)

_PLACEHOLDER: Final = (
    rf"(?i)^\s*(\*{{0,2}}(?:[\[<({{]{{1,2}} ?(?:the |this )?(?:{_SAID})(?: or missing)? ?\.?[\]>)}}]{{1,2}}|n/a"
    rf"|(?:answer|response|output) (?:not properly formatted(?: or missing)?|missing|not available))\*{{0,2}}\.?)\s*$"
)
"""The whole turn is a pair of brackets that speaks of something missing, or a phrase that nobody says."""


@expectation(
    "C402",
    "no_placeholders",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("[laughs]"), therapist("[silence]"), patient("(crying)"), therapist("[inaudible]")),
        transcript(patient("What did he text?"), therapist("No response."), patient("It was deleted. Removed. Gone.")),
        transcript(patient("I told [name removed] that something is missing."), therapist("(What is missing?)")),
        transcript(patient("[My sister is missing me.] That is what [I] wrote."), therapist("Not available?")),
    ],
    violated=[
        transcript(
            patient("Hi."),
            therapist("[Answer not properly formatted or missing]"),
            at=1,
            evidence="[Answer not properly formatted or missing]",
        ),
        transcript(patient("Hi."), therapist("[no response]"), at=1, evidence="[no response]"),
        transcript(patient("[deleted]"), therapist("Hello."), at=0, evidence="[deleted]"),
        transcript(patient("Hi."), therapist(" <no output>\n"), at=1, evidence="<no output>"),
        transcript(patient("N/A"), therapist("Hello."), at=0, evidence="N/A"),
        transcript(patient("Hi."), therapist("*(Response could not be parsed)*"), at=1),
    ],
)
def no_placeholders(turns: Turns) -> Violation:
    """A placeholder stands where a turn is missing.

    Why it matters: it was written by a program for want of an answer; a model trained on it learns to give none.

    What to do: generate the turn again. Where it is the last one, the repair `trim_tail` takes it out. Stage directions
    such as `[laughs]` are not placeholders, and no bracket counts that is not the whole turn.
    """
    return Violation(
        # No placeholder is longer.
        maybe=turns.text.str.len_bytes() < 256,
        when=turns.text.str.contains(_PLACEHOLDER),
        message="a placeholder stands as {speaker}'s turn",
        evidence=turns.text.str.extract(_PLACEHOLDER),
        fix="trim_tail",
        fixable=turns.is_last,
    )
