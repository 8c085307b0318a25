"""C403: what chat templates, tokenisers and tool calls leave in a turn."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_MARK: Final = (
    r"(?:<\|[a-zA-Z][a-zA-Z0-9_]{0,40}\|>|<｜[^｜\n]{1,40}｜>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|</?(?:think|tool_call|tool_response|function_calls?)>|</thinking>|<(?:bos|eos|pad|unk)>)"
)
_UNQUOTED: Final = rf"(?:^|[^`])({_MARK})"
"""In backticks somebody writes about a token."""

_HEADING: Final = r"(?m)^(### ?(?:Human|Assistant|User|Instruction):)"
"""Not ``### Response:``, which heads a column of thought records."""

_BOS_EOS: Final = (r"^\s*(<s>)", r"(</s>)\s*$")
"""Begin and end of a sequence. Where both tags stand, they may also strike text through."""

_STRUCK: Final = r"(?s)<s>.*</s>"

_CALL: Final = (
    r"""(?s)^\s*((?:```(?:json|tool_code|tool_call)?\s*)?\[?\s*\{\s*"name"\s*:\s*"[^"\n]+"\s*,\s*"(?:arguments|parameters)"\s*:"""
    r"""\s*.*\}\s*\]?(?:\s*```)?)\s*$"""
)
_GLYPH: Final = r"[a-z0-9,.;!?)][ĠĊ▁]+[a-zA-Z]"
"""The mark of a blank or a line break within a word: ``Ġorġ`` is Maltese. It has to stand twice."""

_GLYPHS: Final = (rf"([a-zA-Z]*{_GLYPH}[^ \n]*)", r"([Ġ▁][a-z]+ [Ġ▁][a-z]+ [Ġ▁][a-z]+)")

_LOOSE: Final = r"^(?:<\|[^|]+\|>|<｜[^｜]+｜>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|</?s>)$"
_OPENS: Final = r"^(?:<\|(?:begin_of_text|startoftext)\|>|<｜begin[^｜]*｜>|<bos>|<s>)$"
"""What only marks an end or a beginning, and can be taken off there; behind another token there may be more than it."""

_SIGNS: Final = (
    r"<\||<｜|</|<<SYS|<start_of|<end_of|<think|<tool_|<function_call|<bos>|<eos>|<pad>|<unk>|<s>"
    r"""|INST\]|### H|### A|### U|### I|###H|###A|###U|###I|"arguments"|"parameters"|Ġ|Ċ|▁"""
)
"""Literals, which are found fast."""


@expectation(
    "C403",
    "no_template_tokens",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("What does `<|im_end|>` do in ChatML?"), therapist("It ends a turn.")),
        transcript(patient("Bold?"), therapist("```html\n<p>a <b>b</b> <s>c</s></p>\n```")),
        transcript(patient("It costs <s>20</s> 10."), therapist("<s>Never mind.</s> Go on.")),
        transcript(patient("Ġorġ and Ġanni live in Ħaż-Żebbuġ, near Ċensa."), therapist("JSON?")),
        transcript(patient("As JSON, please."), therapist('```json\n{"name": "Ann", "mood": "low"}\n```')),
        transcript(patient("a < b | c > d"), therapist("### Situation:\nWork.\n### Response:\nI froze. [inst]")),
    ],
    violated=[
        transcript(patient("Hi."), therapist("How are you?<|im_end|>"), at=1, evidence="<|im_end|>"),
        transcript(patient("Hi."), therapist("[INST] Be kind. [/INST] Hello."), at=1, evidence="[INST]"),
        transcript(patient("Hi."), therapist("<think>They greet me.</think>Hello."), at=1, evidence="<think>"),
        transcript(patient("Hi."), therapist("<｜Assistant｜>Hello."), at=1, evidence="<｜Assistant｜>"),
        transcript(patient("Hi."), therapist("Hello.</s>"), at=1, evidence="</s>"),
        transcript(patient("Hi."), therapist("Hello.\n\n### Human: Hi"), at=1, evidence="### Human:"),
        transcript(patient("Hi."), therapist("HelloĠthere,ĠhowĠareĠyou?"), at=1, evidence="HelloĠthere,ĠhowĠareĠyou?"),
        transcript(
            patient("Book it."),
            therapist('{"name": "book_room", "arguments": {"day": "Monday"}}'),
            at=1,
            evidence='{"name": "book_room", "arguments": {"day": "Monday"}}',
        ),
    ],
)
def no_template_tokens(turns: Turns) -> Violation:
    """A turn holds tokens of a chat template or a tokeniser, or is a raw tool call.

    Why it matters: they are the machine's punctuation. A template that meets them in a text ends the turn there, or
    lets the text speak for somebody else.

    What to do: decode without special tokens, keep tool calls and thoughts out of the text, and export again. The
    repair `strip_tokens` takes one that only marks an end or a beginning off it; it is unsafe, since text of another
    turn may have stood behind it, so a suite has to ask for it. A token in backticks or in a block of code is text
    about it and does not count.
    """
    text = turns.text
    # Code that was asked for may hold anything.
    prose = text.str.replace_all(r"(?s)```.*?```", "")
    struck = prose.str.contains(_STRUCK)
    ends = [pl.when(~struck).then(prose.str.extract(each)) for each in _BOS_EOS]
    call = pl.when(turns.voice != "tool").then(text.str.extract(_CALL))
    found = pl.coalesce(
        prose.str.extract(_UNQUOTED),
        prose.str.extract(_HEADING),
        *ends,
        call,
        pl.when(prose.str.count_matches(_GLYPH) > 1).then(prose.str.extract(_GLYPHS[0])),
        prose.str.extract(_GLYPHS[1]),
    )
    evidence = pl.col("evidence")
    closes = text.str.strip_chars_end().str.ends_with(evidence)
    begins = evidence.str.contains(_OPENS) & text.str.strip_chars_start().str.starts_with(evidence)
    return Violation(
        signs=_SIGNS,
        when=found.is_not_null(),
        message="{what} in {speaker}'s turn",
        values={
            "what": pl.when(call.is_not_null())
            .then(pl.lit("a raw tool call"))
            .when(found.str.contains("[ĠĊ▁]"))
            .then(pl.lit("glyphs of a tokeniser stand"))
            .otherwise(pl.lit("a token of a chat template stands"))
        },
        evidence=found,
        context=prose.str.extract(f"({_UNQUOTED})"),
        fix="strip_tokens",
        # In backticks somebody writes about the token.
        fixable=evidence.str.contains(_LOOSE) & (closes | begins) & ~text.str.contains("`", literal=True),
    )
