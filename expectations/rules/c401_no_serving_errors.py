"""C401: errors of serving stacks that stand where a turn should."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript

_LONG: Final = "the prompt is longer than the model's context"
_BUSY: Final = "too many requests, or too little capacity"
_REFUSED: Final = "the content filter stepped in"

_SURE: Final = (
    (
        "vLLM",
        _LONG,
        r"(?:The )?(?:(?:de|en)coder )?(?:\(?text[^\n()]{0,24}\)? )?(?:(?:de|en)coder )?[Pp]rompt"
        r" \((?:total )?length [0-9]+\) is (?:longer than the maximum model length|too long to fit into the model)",
    ),
    ("vLLM", _LONG, r"Prompt length of [0-9]+ is longer than the maximum model length of [0-9]+"),
    (
        "OpenAI or its like",
        _LONG,
        r"(?:(?:This|The) (?:model|endpoint)\\?['’]s )?maximum context length (?:is|of) [0-9]+",
    ),
    ("OpenAI or its like", _LONG, r"context_length_exceeded|Input tokens exceed the configured limit"),
    ("OpenAI or its like", _LONG, r"Your input exceeds the context window of this model"),
    ("Anthropic", _LONG, r"prompt is too long: [0-9]+ tokens > [0-9]+ maximum"),
    ("Bedrock", _LONG, r"Input is too long for requested model"),
    ("Gemini", _LONG, r"(?:The )?input token count (?:\([0-9]+\) )?exceeds the maximum number of tokens allowed"),
    ("xAI", _LONG, r"(?:This model['’]s )?maximum prompt length is [0-9]+ but the request contains [0-9]+"),
    (
        "Groq",
        _LONG,
        r"Please reduce the length of the messages(?: or completion)?|reduce your prompt; or completion length",
    ),
    ("llama.cpp", _LONG, r"(?:[Tt]he )?request (?:\([0-9]+ tokens\) )?exceeds the available context size"),
    (
        "Mistral",
        _LONG,
        r"(?:Prompt contains [0-9]+ tokens[a-z0-9 ]{0,24}, )?too large for model with [0-9]+ maximum context length",
    ),
    (
        "LM Studio",
        _LONG,
        r"(?:The number of )?tokens to keep from the initial prompt is greater than the context length",
    ),
    ("SGLang", _LONG, r"(?:The )?input \([0-9]+ tokens\) is longer than the model['’]s context length"),
    ("TGI", _LONG, r"Input validation error: `inputs`"),
    (
        "Azure",
        _REFUSED,
        r"(?:The )?response was filtered due to the prompt triggering|ResponsibleAIPolicyViolation",
    ),
    ("FastChat", "a request failed", r"\*\*API REQUEST ERROR\*\*|NETWORK ERROR DUE TO HIGH TRAFFIC"),
    ("FastChat", _REFUSED, r"\$MODERATION\$|YOUR INPUT VIOLATES OUR CONTENT MODERATION"),
    ("FastChat", _BUSY, r"(?:THE )?RATE LIMIT OF THIS MODEL IS REACHED"),
    ("FastChat", "a limit of the page", r"(?:[A-Z]+ )*(?:CONVERSATION LENGTH LIMIT|SESSION HAS BEEN INACTIVE FOR)"),
    ("a chat template", "roles don't alternate", r"Conversation roles must alternate user/assistant"),
    ("a chat template", "it could not be rendered", r"jinja2\.exceptions\.[A-Z][a-zA-Z]+"),
    ("Xinference", "a request failed", r"\[address=[^\]\s]+, pid=[0-9]+\]"),
    ("Anthropic", _BUSY, r"overloaded_error"),
    ("OpenAI", _BUSY, r"Rate limit reached for [^\s]+ (?:in organization|in project|on )"),
    (
        "OpenAI",
        _BUSY,
        r"You exceeded your current quota, please check|(?:That )?model is currently overloaded with other requests",
    ),
    ("OpenAI", "a request failed", r"The server had an error while processing your request\. Sorry"),
    ("ChatGPT", "a request failed", r"(?:[^\n.]{1,60}\. )?If this issue persists,? please contact us"),
    ("openai-python", "a request failed", r"Error code: [45][0-9]{2} - [{\[]"),
    ("PyTorch", "memory ran out", r"CUDA out of memory\. Tried to allocate"),
    ("LiteLLM", _LONG, r"(?:litellm\.)?ContextWindowExceededError"),
    ("LiteLLM", "a request failed", r"litellm\.[A-Za-z]+Error:"),
    ("Gemini", _BUSY, r"(?:429 )?Resource has been exhausted \(e\.g\. check quota\)"),
    ("Gemini", _REFUSED, r"(?:Invalid operation: )?The `response\.text` quick accessor"),
    ("Bedrock", _BUSY, r"An error occurred \(ThrottlingException\)"),
    ("OpenAI", _BUSY, r"Request too large for [^\s]+ (?:in organization|in project|on )"),
    ("OpenAI", "a request failed", r"Error communicating with OpenAI"),
    ("Envoy", "a request failed", r"upstream connect error or disconnect/reset before headers"),
    (
        "an HTTP client",
        "a request timed out",
        r"(?:HTTPS?ConnectionPool\([^\n]{0,120}\): )?(?:Read timed out\. \(read timeout|Max retries exceeded with url)",
    ),
)
"""(stack, what it says, pattern): known wherever they stand. The first that fits names the stack."""

_OPENING: Final = (
    (
        "an HTTP API",
        "a request failed",
        r"""\{\s*["'](?:error|detail)["']\s*:\s*[{"']|\{\s*["']type["']\s*:\s*["']error["']|\{\s*"object"\s*:\s*"error\"""",
    ),
    (
        "a web server",
        "a request failed",
        r"(?:<!DOCTYPE [^>\n]*>\s*)?<html>\s*(?:<head>\s*<title>|<body>\s*<h1>)[45][0-9]{2} ",
    ),
    ("Python", "an exception", r"Traceback \(most recent call last\):"),
)
"""The same, known at the start of a turn only: within one, somebody shows what they saw."""

_GENERATOR: Final = (
    r"(?:[Gg]eneration (?:error|failed)|[Ii]nference error|API error|[Ss]erver error|[Rr]equest failed|LLM error)"
)
"""The wrapper of a program that caught an error of any other kind; it counts in square brackets only."""

_BARE: Final = (
    (
        "a web server",
        "a request failed",
        r"(?i:(?:(?:http )?(?:error:? )?5[0-9]{2}[ :-]*)?(?:internal server error|bad gateway|gateway time-?out"
        r"|service (?:temporarily )?unavailable))",
    ),
    (
        "an HTTP client",
        "a request failed",
        r"(?i:(?:api)?connection ?error|connection (?:reset by peer|refused|aborted)|(?:request|read) timed out"
        r"|network error|error in body stream|cuda out of memory)",
    ),
    ("ChatGPT", "a request failed", r"There was an error generating a response"),
    (
        "a chat page",
        _BUSY,
        r"(?i:too many requests(?: in [0-9]+ (?:hour|minute)s?)?(?:\. (?:please )?try again later)?)",
    ),
    ("a generator", "a turn could not be generated", rf"[\[<(] ?(?:(?i:errors?)|{_GENERATOR}) ?[\])>]"),
)
"""The same, where nothing else stands in the turn."""

_WRAP: Final = (
    r"(?:(?:[A-Za-z0-9_.]*(?:Error|Exception)|[Ee]rror)[^\n:]{0,40}: *|\[address=[^\]]*\] *"
    r"""|(?:HTTP )?[45][0-9]{2}[A-Za-z ]{0,40}[:,-]? *|["'](?:detail|error|message)["']: *["'{]*"""
    rf"|(?:[A-Za-z0-9_.-]+ ){{0,5}}{_GENERATOR} *: *)"
)
"""What stands between a turn's start and the error: ``openai.BadRequestError: ``, ``<model> generation error: ``."""

_SIGNS: Final = (
    r"`max_|`inp|Please reduce|Azure|Responsi|ERROR|MODERATION|LIMIT|INACTIVE|\[address=|Rate limit|Error"
    r"""|"error"|'error'|<title>|<h1>|CUDA|Read timed|Max retries|Traceback"""
    r"|ximum|xceed|quested model|kens to keep|kens\) is|ser/assistant|jinja2|verload|quest\. Sorry|issue persists|rror:"
    r"|iled:|ceededError|exhausted \(|quick acc|ThrottlingE|unicating with Op|upstream con|large for gpt|litellm\."
)
"""One of them stands in every error but the bare ones, which are short. They are rare in prose."""

_BARE_BYTES: Final = 80
"""No bare error is longer."""


def _any(table: tuple[tuple[str, str, str], ...]) -> str:
    return "(?:" + "|".join(pattern for _, _, pattern in table) + ")"


_KNOWN: Final = _any(_SURE)
_NESTED: Final = r"(?:[^\[\]]|\[[^\[\]]*\])"
_MARKS: Final = r"[^A-Za-z0-9\n]{0,12}"
_STANDS: Final = (
    rf"^\s*({_MARKS}{_any(_BARE)}{_MARKS})$",
    rf"(\[[^\[\]\n]{{0,120}}?(?:{_KNOWN}|{_GENERATOR}\s*:){_NESTED}*\])",
    rf"^\s*(\[[^\[\]\n]{{0,60}}?\b(?i:error): {_any(_BARE)}{_MARKS}\])$",
    rf"(?s)^\s*({_MARKS}(?:{_WRAP}{_WRAP}?)?(?:{_KNOWN}|{_any(_OPENING)}).*?)\s*(?:\n[ \t]*\n|$)",
)
"""An error in place of a turn: bare, in square brackets, or from the turn's start to a blank line or its end."""


def _name(error: str) -> str:
    """An error in words. In Python, since only findings come here, and forty patterns would slow every batch down."""
    for stack, what, pattern in (*_SURE, *_OPENING, *_BARE):
        if re.search(pattern, error):
            return f"an error of {stack} ({what})"
    return "an error of a generator (a turn could not be generated)"


@expectation(
    "C401",
    "no_serving_errors",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(
            patient("Read timed out, it said. I ran out of memory, and then you hit your limit."),
            therapist("That was an error. What happened next?"),
        ),
        transcript(
            patient("My server had an issue at work, error after error, too many requests. Try again later, they say."),
            therapist("An internal server error, if you will."),
        ),
        transcript(patient("[laughs]"), therapist("The connection to your mother is an error code to you.")),
        transcript(patient("Book it."), Said("tool", '{"error": "no room"}'), therapist("There is no room left.")),
    ],
    violated=[
        transcript(
            patient("Hi."),
            therapist(
                "[Llama-3-3B-Instruct Therapist generation error: The decoder prompt (length 9041) is longer than the "
                "maximum model length of 9000. Make sure that `max_model_len` is no smaller than the number of text "
                "tokens.]"
            ),
            at=1,
            evidence="[Llama-3-3B-Instruct Therapist generation error: The decoder prompt (length 9041) is longer than "
            "the maximum model length of 9000. Make sure that `max_model_len` is no smaller than the number of text "
            "tokens.]",
        ),
        transcript(
            patient("Hi."),
            therapist("Let us breathe. [GPT-4 generation error: connection reset]\n\nBreathe."),
            at=1,
            evidence="[GPT-4 generation error: connection reset]",
        ),
        transcript(patient("Hi."), therapist("**502 Bad Gateway**"), at=1, evidence="**502 Bad Gateway**"),
        transcript(
            patient("Hi."),
            therapist("Error code: 400 - {'error': {'code': 'context_length_exceeded'}}\n\nHello."),
            at=1,
            evidence="Error code: 400 - {'error': {'code': 'context_length_exceeded'}}",
        ),
        # In mid-prose it is a warning.
        transcript(
            patient("My screen said: Rate limit reached for gpt-4 in organization org-1. What now?"),
            therapist("Now we wait."),
            at=0,
            evidence="Rate limit reached for gpt-4 in organization",
        ),
    ],
)
def no_serving_errors(turns: Turns) -> tuple[Violation, ...]:
    """An error of a serving stack stands as a turn.

    Why it matters: the model was never asked, or never answered; trained on it, a model learns to answer people in
    distress with an error of its server.

    What to do: shorten the prompt or raise the limit that the message names, and generate the turn again. Where the
    error is all of the last turn, the repair `trim_tail` takes it out. An error within somebody's sentence is only a
    warning, and errors of tools are results.
    """
    text, spoken = turns.text, turns.voice != "tool"
    stands = pl.coalesce(*(text.str.extract(pattern) for pattern in _STANDS))
    within = text.str.extract(f"({_KNOWN})")
    evidence = pl.col("evidence")
    named = {"error": evidence.map_elements(_name, return_dtype=pl.String)}
    return (
        Violation(
            signs=_SIGNS,
            maybe=text.str.len_bytes() < _BARE_BYTES,
            when=stands.is_not_null() & spoken,
            message="{error} stands as {speaker}'s turn",
            values=named,
            evidence=stands,
            fix="trim_tail",
            fixable=turns.is_last & (evidence.str.strip_chars() == text.str.strip_chars()),
        ),
        Violation(
            signs=_SIGNS,
            when=within.is_not_null() & spoken,
            message="{error} stands within {speaker}'s turn",
            values=named,
            evidence=within,
            severity="warning",
        ),
    )
