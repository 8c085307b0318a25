"""C405: speakers' labels within turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript
from schemas.roster import Roster

_COLONS: Final = (":", "：")
_ITEM: Final = r"[ \t]*[-*•]?[ \t]*\p{Lu}[^\n:]{0,24}: "
"""A line of a list of things with names."""

_SILENT: Final = ("system", "tool")
"""Roles whose labels (``System:``, ``Function:``) head lines in ordinary prose."""

_NOUNS: Final = ("model", "student", "helper", "teacher")
"""Labels that head lines in lists and tasks as well: ``Model: B12``."""


@expectation(
    "C405",
    "no_role_bleed",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("To do:\nDentist: Monday.\nDoctor: book a check-up.\nAgent: call."), therapist("Good.")),
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
        transcript(patient("Hi."), therapist("Hello. He said: Patient: no.\nPatient: Yes."), at=1, evidence="Patient:"),
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
    said what is behind it, so a suite has to ask for it. A label of the transcript's own two speakers counts wherever
    it opens a line; any other of the suite's roster, as names are written, `Therapist:` or `THERAPIST:`, but between
    lines with a colon, where `Doctor: book a check-up` is an item of a list. Within a line labels are quotations.
    """
    text, speaker, other = turns.text, turns.speaker, turns.other_speaker
    labels = "|".join(re.escape(each) for each in sorted(_labels(turns.roster), key=len, reverse=True))
    if not labels:
        return Violation(when=pl.lit(False), message="")
    opening = rf"[ \t]*\*{{0,2}}((?:{labels})[ \t]?\*{{0,2}} ?[:：])"
    at_start, on_line = rf"^{opening}", rf"\n{opening}"
    line = text.str.extract(on_line)
    listed = text.str.contains(rf":(?:[ \t][^\n]*)?\n{opening}") | text.str.contains(rf"\n{opening}[^\n]*\n{_ITEM}")
    name = _name(line)
    in_use = (name == _name(speaker)) | (name == _name(other)).fill_null(False) | other.is_null()
    # Labels that the roster doesn't know, as they stand.
    own = [pl.concat_str(speaker, pl.lit(colon)) for colon in _COLONS]
    others = [pl.concat_str(other, pl.lit(colon)) for colon in _COLONS]
    unknown = pl.coalesce(
        *(pl.when(text.str.starts_with(each)).then(each) for each in own),
        *(pl.when(text.str.contains(pl.concat_str(pl.lit("\n"), each), literal=True)).then(each) for each in others),
    )
    known = pl.coalesce(text.str.extract(at_start), pl.when(in_use | ~listed).then(line))
    evidence = pl.col("evidence")
    return Violation(
        signs=rf"(?:^|\n){opening}",
        maybe=text.str.starts_with(speaker) | turns.role.is_null() | (turns.previous_voice == other).fill_null(False),
        when=pl.coalesce(known, unknown).is_not_null(),
        message="a speaker's label stands within {speaker}'s turn",
        evidence=pl.coalesce(known, unknown),
        context=pl.when(text.str.starts_with(evidence))
        .then(evidence)
        .otherwise(text.str.extract(pl.concat_str(pl.lit(r"(\n[ \t]*\*{0,2}"), _escaped(evidence), pl.lit(")")))),
        fix="split_bleed",
        fixable=known.is_not_null(),
    )


def _name(label: pl.Expr) -> pl.Expr:
    return label.str.replace_all(r"[\s*:：]", "").str.to_lowercase()


def _escaped(label: pl.Expr) -> pl.Expr:
    return label.str.replace_all(r"([^\p{L}\p{N}\s])", r"\\$1")


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
