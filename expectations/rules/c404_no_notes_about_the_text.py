"""C404: notes about the text, within the text."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_WORD: Final = (
    r"(?:(?:Author|Editor|Writer|Therapist)['’]s )?(?:Notes?|NOTES?|note|Disclaimer|Explanation|Rationale|OOC)"
)
_ASIDE: Final = (
    rf"\([*_]{{0,2}}{_WORD}\**\s*[:\-–—]\**(?:[^()]|\([^()]*\))*\)",
    rf"\[[*_]{{0,2}}{_WORD}\**\s*[:\-–—]\**(?:[^\[\]]|\[[^\[\]]*\])*\]",
    rf"(?m:^[*_]{{0,2}}{_WORD}[*_]{{0,2}}:[*_]{{0,2}} [^\n]*$)",
)
"""A note, as an aside in brackets or as a paragraph."""

_ROLE: Final = (
    r"(?:patient|client|therapist|counsell?or|assistant|user|character|psychologist|doctor|coach|tutor|interviewer"
    r"|interviewee|agent|customer|speaker)"
)
_ABOUT: Final = (
    (
        r"(?i)\b(?:th(?:is|e|ese)|above|next|following|(?:therapist|counsell?or|assistant)['’]s) (?:[a-z]+ ){0,2}"
        r"(?:responses?|repl(?:y|ies)|dialogues?|utterances?|outputs?|prompts?|transcripts?)\b",
        rf"(?i)\bthe {_ROLE}\b|\bword (?:count|limit)|\b(?:concise|empathetic|empathic|conversational|more direct"
        r"|open-ended|in character|fictional|simulated|simulation|hypothetical|tone of|guidelines|instructions?"
        r"|the prompt|persona|as requested|sentences|format(?:ted)?|reflective listening"
        r"|aim(?:s|ing)? to (?:validate|acknowledge|provide|offer|create|show|demonstrate|encourage|maintain|be)"
        r"|validat(?:es|ing)|acknowledges|avoid(?:s|ing) (?:giving )?advice|is written|(?:have )?kept (?:it|the))\b",
    ),
    (
        r"(?i)\b(?:this|above|following) (?:[a-z]+ ){0,2}(?:conversation|session|interaction|scenario|exchange)\b",
        rf"(?i)\bthe {_ROLE}\b|\b(?:fictional|simulated|simulation|hypothetical|role-?play)",
    ),
)
"""A note is about the text if it speaks of a text (or a scene) and of its parts or its making: "this response is normal
after a shock" is about a response of the body."""

_LEAK: Final = (
    r"[(\[][Ww]ord [Cc]ount:? ?~?[0-9]+(?: words)?\s*[)\]]",
    r"(?m:^[*_]{0,2}[Ww]ord [Cc]ount:[*_]{0,2} ?~?[0-9]+(?: words)?\.?[*_]{0,2}$)",
    r"(?i:[(\[][*_]{0,2}(?:the )?(?:end of (?:the )?(?:session|conversation|dialogue|transcript|simulation|role-?play)"
    r"|(?:conversation|dialogue|session|role-?play|simulation) (?:continues?|ends?|ended|concludes?|to be continued)"
    r"(?: here| (?:in|for|like|as|with|until|along)\b[^()\[\]\n]{0,60})?)\s*(?:\.{3}|[.…])?[*_]{0,2}\s*[)\]])",
    r"(?i:[(\[](?:\.{3}|…)?\s*(?:[0-9]+ |some |several |more )?(?:omitted (?:turns?|messages?|exchanges?|dialogue)"
    r"|(?:turns?|messages?|exchanges?|dialogue|(?:the )?rest of (?:the )?(?:conversation|dialogue|session|transcript))"
    r" (?:is |was |has been )?omitted)"
    r"[^()\[\]\n]{0,40}[)\]])",
    r"（以下省略[^（）\n]{0,40}）?|（注[:：][^（）]{0,40}(?:回复|回答|对话|咨询师|来访者|角色)[^（）]*）",
    r"★ Insight ─+",
)
"""What is a note whatever else it says."""

_PREFACE: Final = (
    r"^\s*((?:(?:Sure(?: thing)?|Certainly|Of course|Absolutely|Okay|OK)[,!.] ?)?[Hh]ere(?:['’]s| is) "
    r"(?:(?:the|a|your) (?:next|continued|rewritten) (?:response|reply|turn|utterance)"
    rf"(?: (?:of|from|for|by) (?:the|a) {_ROLE})?"
    rf"|(?:the|a) (?:possible|suggested) (?:response|reply|turn|utterance) (?:of|from|for|by) (?:the|a) {_ROLE}"
    rf"|(?:the|a) (?:possible |suggested )?{_ROLE}['’]s (?:next )?(?:response|reply|turn|utterance|message)"
    r"|(?:the|a) continuation of the (?:dialogue|conversation|session|transcript)"
    rf"|(?:the|a) (?:[a-z]+ )?(?:dialogue|conversation|transcript) between (?:the|a) {_ROLE}[^\n:]{{0,40}})\s*:)"
)
"""A model that announces its text, at the start of a turn; "here's the next line" within one is speech."""

_HANDED: Final = (
    r"^\s*((?:(?:Sure(?: thing)?|Certainly|Of course|Absolutely|Okay|OK)[,!.] ?)?[Hh]ere(?:['’]s| is) "
    r"(?:(?:the|a) [^\s:]{1,20}['’]s next (?:response|reply|turn|utterance|message)"
    r"|(?:the|a) (?:next|possible) (?:response|reply|turn|utterance|message) (?:of|from|for|by) the [^\s:]{1,20})\s*:)"
    r"[ \t]*\n"
)
"""The same for whoever it is, where the words stand on lines of their own."""

_SIGNS: Final = (
    r"[(\[\n][*_]{0,2}(?i:(?:author['’]s |editor['’]s |writer['’]s |therapist['’]s )?(?:notes?[:*_ –—-]|disclaimer"
    r"|explanation|rationale|ooc|word count)|(?:the )?(?:end of|conversation|dialogue|session|role|simulation))"
    r"|(?i:omitted)"
    r"|^\s*[*_]{0,2}(?:(?:Sure|Certainly|Of course|Absolutely|Okay|OK)[^\n:]{0,8} ?)?"
    r"(?:[Hh]ere(?:['’]s| is) (?:the|a|your|my) |Notes?|NOTES?|Disclaimer|Explanation|Rationale|OOC|Word [Cc]ount)"
    r"|以下省略|（注|★ Insight"
)
"""How each of them begins: a bracket, a line or the turn, and a word that is rare there; or another such word."""


@expectation(
    "C404",
    "no_notes_about_the_text",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(
            patient("How much is it? (Note: 1 cubic foot = 7.48 gallons)"), therapist("(Note to self: buy milk)")
        ),
        transcript(patient('(laughs) Here\'s the next line: "You showed up."'), therapist("[crying] Mm.")),
        transcript(
            patient("Why do I freeze?"),
            therapist("It protects you. (Note: this response is normal after a shock, and your body learns.)"),
        ),
        transcript(
            patient("At the end of the session I wrote a note: the patient is tired."),
            therapist("Here's a possible response: “I need a minute.”"),
        ),
    ],
    violated=[
        transcript(
            patient("Hi."),
            therapist(
                "Hello.\n\n(Note: This response is more direct, and acknowledges the patient's need for a break.)"
            ),
            at=1,
            evidence="(Note: This response is more direct, and acknowledges the patient's need for a break.)",
        ),
        transcript(
            patient("Hi."), therapist("Here is the next response: Hello."), at=1, evidence="Here is the next response:"
        ),
        transcript(patient("Hi."), therapist("See you. [End of session]"), at=1, evidence="[End of session]"),
        transcript(patient("(12 turns omitted)"), therapist("Hello."), at=0, evidence="(12 turns omitted)"),
        transcript(patient("Hi."), therapist("Hello.\n\n(Word count: 12)"), at=1, evidence="(Word count: 12)"),
        transcript(
            patient("Hi."),
            therapist("Hello.\n\nNote: The above dialogue is fictional."),
            at=1,
            evidence="Note: The above dialogue is fictional.",
        ),
        transcript(patient("你好。"), therapist("（注：此回复体现了咨询师的共情）"), at=1),
    ],
)
def no_notes_about_the_text(turns: Turns) -> Violation:
    """A note about the text stands in a turn.

    Why it matters: a language model comments on what it has just written. Nobody said it, and it gives the conversation
    away as made.

    What to do: take the note out. The repair `strip_note` does where the note begins or ends the turn or is a paragraph
    of its own; it is unsafe, since what is left may be incomplete, so a suite has to ask for it. An aside counts only
    if it speaks of the text as a text: notes on the matter at hand are speech.
    """
    text, evidence = turns.text, pl.col("evidence")
    about = pl.any_horizontal(
        pl.element().str.contains(what) & pl.element().str.contains(of_it) for what, of_it in _ABOUT
    )
    asides = [text.str.extract_all(each).list.eval(pl.element().filter(about)).list.first() for each in _ASIDE]
    found = pl.coalesce(
        *asides,
        *(text.str.extract(f"({each})") for each in _LEAK),
        text.str.extract(_PREFACE),
        text.str.extract(_HANDED),
    )
    alone = text.str.strip_chars() == evidence
    apart = (
        text.str.strip_chars_start().str.starts_with(evidence)
        | text.str.strip_chars_end().str.ends_with(evidence)
        | text.str.contains(pl.format("\n{}\n", evidence), literal=True)
    )
    return Violation(
        signs=_SIGNS,
        when=found.is_not_null(),
        message="a note about the text stands in {speaker}'s turn",
        evidence=found,
        fix="strip_note",
        # A turn that is nothing but a note would be left empty.
        fixable=apart & ~alone,
    )
