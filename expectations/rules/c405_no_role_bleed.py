"""C405: speakers' labels within turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript
from schemas.roster import Roster

_SILENT: Final = ("system", "tool")
"""Roles whose labels (``System:``, ``Function:``) head lines in ordinary prose."""

_NOUNS: Final = ("model", "student", "helper")
"""Labels that head lines in lists and tasks as well: ``Model: B12``."""


@expectation(
    "C405",
    "no_role_bleed",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(
            patient("First this.\nThen: that.\nStep 2: sleep."), therapist("She said: 'Therapist: heal thyself'.")
        ),
        transcript(
            patient("- Bedtime phrase: enough.\n\nNext line in the letter: all is well."),
            therapist("Therapist or patient:"),
        ),
        transcript(patient("my therapist: a saint.\ntherapist: a word."), therapist("Patients:\nFunction: avoidance")),
        transcript(patient("My scooter:\nModel: B12\nYear: 2019"), therapist("Go on.")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("Hello.\n\nPatient: I slept badly."), at=1, evidence="Patient:"),
        transcript(patient("Hi."), therapist("Therapist: Hello."), at=1, evidence="Therapist:"),
        transcript(patient("Hi."), therapist("Hello.\n**Client:** I slept badly."), at=1, evidence="Client:"),
        transcript(patient("ASSISTANT: Hello."), therapist("Hello."), at=0, evidence="ASSISTANT:"),
        transcript(patient("你好。"), therapist("你好。\n来访者：我睡不好。"), at=1, evidence="来访者："),
    ],
)
def no_role_bleed(turns: Turns) -> Violation:
    """A speaker's label opens a line within a turn, or the turn itself.

    Why it matters: a model went on and spoke for the other side, or repeated its own label. It is the commonest defect
    of LLM-made dialogue: two people's words stand as one person's.

    What to do: stop generation at the labels, and split the turn at them or generate it again. The repair
    `split_bleed` cuts the turn at the label, and takes out a turn's own label; it is unsafe, since nobody can know who
    said what is behind it, so a suite has to ask for it. Labels are those of the
    suite's roster as names are written, `Therapist:` or `THERAPIST:`; within a line they are quotations.
    """
    labels = "|".join(re.escape(each) for each in sorted(_labels(turns.roster), key=len, reverse=True))
    if not labels:
        return Violation(when=pl.lit(False), message="")
    opening = rf"[ \t]*\*{{0,2}}((?:{labels})[ \t]?\*{{0,2}} ?[:：])"
    # Two searches, since one for either place would have to look at every character.
    at_start, on_line = rf"^{opening}", rf"\n{opening}"
    return Violation(
        when=turns.text.str.contains(at_start) | turns.text.str.contains(on_line),
        message="a speaker's label stands within {speaker}'s turn",
        evidence=pl.coalesce(turns.text.str.extract(at_start), turns.text.str.extract(on_line)),
        fix="split_bleed",
    )


def _labels(roster: Roster) -> Iterator[str]:
    """The roster's labels as they head turns; a lower-case word is no name where a script has capitals."""
    written = {
        form
        for role, labels in roster.roles.items()
        if role not in _SILENT
        for label in (role, *labels)
        if label.lower() not in _NOUNS
        for form in (label, label.title(), label.capitalize(), label.upper())
    }
    return (form for form in written if form != form.lower() or form == form.upper())
