"""C406: a speaker who says that they are a language model, or refuses like one."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript

_STARTS: Final = (
    r"(?:^|[.!?…。！？\n:;,，—–-]|\b(?:[Bb]ut|[Aa]nd|because|since|that|[Aa]ber|[Mm]ais|[Pp]ero|que|dass) )[ \t*_]*"
)
"""Where a clause starts. After "like" it is a comparison, and after a quotation mark somebody else's words."""

_KIND: Final = (
    r"(?:AI|A\.I\.|artificial intelligence|(?:AI |large )?language model)(?:[ -](?:language |based |powered )?"
    r"(?:model|assistant|chatbot|system|program|companion|therapist|counsell?or))?"
)
_MAKER: Final = r"(?:Anthropic|OpenAI|Alibaba Cloud|DeepSeek|Mistral AI|xAI|Google DeepMind|Meta AI|Moonshot AI)"
_NAME: Final = (
    r"(?:ChatGPT|GPT-[3-9][a-z0-9.]*|Claude|Gemini|Bard|Llama(?: ?[2-9][a-z0-9.]*)?|Qwen[a-z0-9.]*|DeepSeek|Grok"
    r"|Copilot)"
)
_ENDS: Final = (
    r"(?:[.,;:!?…—–)-]|$| (?:and|so|but|not|created|trained|developed|designed|made|built|here|without|who)\b)"
)

_BREAKS: Final = (
    # English.
    rf"[Aa]s an? {_KIND},? (?:(?:created|developed|trained|made|built) by {_MAKER},? )?I\b",
    rf"I(?:['’]m| am) (?:just |only |actually |merely |simply |really )?an? {_KIND}{_ENDS}",
    rf"I(?:['’]m| am) {_NAME},? [^.!?\n]*\b(?:{_MAKER}|AI|language model)\b",
    rf"I(?:['’]m| am| was) (?:[^.!?\n]* )?(?:created|developed|trained|made|built|designed) by {_MAKER}\b",
    r"I(?:['’]m| am) (?:ChatGPT|GPT-[3-9])\b",
    r"[Mm]y (?:last )?knowledge (?:cut-?off|update)\b",
    r"[Tt]his is not a therapy conversation",
    # German.
    r"[Aa]ls (?:eine? )?(?:KI(?:-(?:Sprachmodell|Modell|Assistent(?:in)?|System))?|[Kk]ünstliche Intelligenz"
    r"|(?:großes )?Sprachmodell),? (?:kann|habe|bin|darf|verfüge|möchte|muss|fühle|besitze|werde|empfinde|verstehe)"
    r" ich\b",
    r"[Ii]ch bin (?:nur |lediglich |bloß )?(?:ein |eine )(?:KI(?:-[A-Za-z]+)?|[Kk]ünstliche Intelligenz"
    r"|(?:großes )?Sprachmodell)(?:[.,;:!?]| und\b)",
    # French.
    r"[Ee]n tant qu(?:e |['’])(?:IA|intelligence artificielle|assistant virtuel|modèle de lang(?:age|ue))\b"
    r",? (?:je\b|j['’])",
    r"[Jj]e (?:ne )?suis (?:qu['’]|seulement |juste )?(?:une IA|une intelligence artificielle"
    r"|un modèle de lang(?:age|ue))(?:[.,;:!?]| et\b)",
    # Spanish, Portuguese, Italian.
    r"[Cc]omo (?:una? )?(?:IA|[Ii]nteligencia [Aa]rtificial|modelo de lenguaje)\b,? (?:yo )?(?:no )?(?:puedo|tengo|soy"
    r"|estoy|fui"
    r"|carezco)\b",
    r"[Ss]oy (?:solo |sólo |únicamente )?(?:una IA|una inteligencia artificial|un modelo de lenguaje)(?:[.,;:!?]| y\b)",
    r"[Cc]omo um modelo de linguagem\b|[Cc]ome modello (?:di linguaggio|linguistico)\b",
    # Chinese, Japanese.
    r"作为(?:一个|一名|一款)?(?:大型|大)?(?:人工智能|AI|语言模型)(?:助手|语言模型|模型|程序)?[，,]?我",
    r"我(?:只)?是(?:一个|一名|一款)?(?:由[^。！？\n]+(?:开发|训练)的)?(?:人工智能|AI|大型?语言模型)"
    r"(?:助手|语言模型|模型|程序)?(?:[，。！？,]|$)",
    r"(?:AI|人工知能)(?:言語モデル)?として、?私|私は(?:AI|人工知能)(?:言語モデル|アシスタント)?です",
)
"""What only a language model says of itself."""

_CANNOT: Final = r"I(?: can['’]?t|['’]m (?:not able|unable) to| can ?not| am (?:not able|unable) to| won['’]t)"
_REFUSALS: Final = (
    rf"{_CANNOT} (?:assist|help|comply) (?:you )?with (?:this|that|your) (?:particular |specific |type of )?request\b",
    rf"{_CANNOT} (?:fulfill?|complete|process|accommodate) (?:this|that|your) (?:particular )?request\b",
    rf"{_CANNOT} (?:continue|engage in|participate in) (?:with )?(?:this|that) (?:role-?play(?:ing)?|scenario"
    rf"|simulation)\b",
    rf"{_CANNOT} (?:generate|create|write|produce|provide) (?:explicit |harmful |inappropriate |sexual "
    rf"|graphic )+content\b",
    r"I(?: need| have| want)(?: to)? (?:step|break) out of (?:the |this |my )?(?:role-?play|character)\b",
    r"[Ii]ch kann (?:diese|Ihre|deine) Anfrage (?:leider )?nicht (?:erfüllen|bearbeiten|beantworten)",
    r"[Jj]e ne peux pas (?:répondre à|satisfaire|traiter) (?:cette|votre|ta) (?:demande|requête)",
    r"[Nn]o puedo (?:cumplir con|atender|ayudar(?:te|le|lo)? con) (?:esta|esa|tu|su) (?:solicitud|petición)",
    r"我(?:无法|不能)(?:满足|完成|处理)(?:这个|该|您的|你的)(?:请求|要求)",
)
"""Refusals in the words of models; "I can't help with that" alone is speech."""

_WHOLE: Final = (
    r"^\s*((?:I['’]m sorry,?|I am sorry,?|Sorry,?|I apologi[sz]e,?)(?: but)? "
    rf"{_CANNOT} (?:assist|help|continue|comply)(?: you)?(?: with)?(?: (?:that|this))?\.)\s*$"
)
"""The shortest refusal, where a turn says nothing else."""

_WHOLE_BYTES: Final = 96
"""No such turn is longer."""

# The boundary of an ASCII word: for any other, the engine leaves its fast path at the first letter with an accent.
_SAID: Final = rf"{_STARTS}((?:{'|'.join(_BREAKS)})|(?:{'|'.join(_REFUSALS)}))".replace(r"\b", r"(?-u:\b)")

_SIGNS: Final = (
    r"AI|KI|IA|GPT|anguage mod|Sprachmod|delo de len|èle de lang|语言模型|人工|Anthropic|gence artif|gencia artif"
    r"|ficial intel"
    r"|apy conversation|request|rolep|is role-p|at role-p|mful cont|Anfrage|requête|solicitud|petición|请求|要求"
)
"""Literals that are rare in prose, which one of the above holds."""


@expectation(
    "C406",
    "no_persona_breaks",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(
            patient("I asked an AI language model, and ChatGPT told me to rest. I'm an AI researcher at OpenAI."),
            therapist("I'm sorry, I can't help with that today. I can't do it."),
        ),
        transcript(
            patient("It said: “As an AI language model, I cannot give advice.” Some days it's like I'm an AI."),
            therapist("As an artist, I hear that. Are you afraid of AI?"),
        ),
        transcript(patient("I'm Claude, and I'm a Gemini."), therapist("Shall we go on with the role-play, Claude?")),
        transcript(patient("我是人工智能专业的学生，我不能满足他的要求。"), therapist("作为学生，你很累。")),
        transcript(
            patient("Als Künstler bin ich müde. Die KI ersetzt mich."), therapist("Je suis une amie, dit-elle.")
        ),
    ],
    violated=[
        transcript(
            patient("Hi."),
            therapist("I'm sorry, but as an AI language model, I don't have feelings."),
            at=1,
            evidence="as an AI language model, I",
        ),
        transcript(
            patient("Are you human?"),
            therapist("I'm Claude, made by Anthropic, and I'd rather be clear."),
            at=1,
            evidence="I'm Claude, made by Anthropic",
        ),
        transcript(patient("I'm just an AI, so I feel nothing."), therapist("Oh."), at=0, evidence="I'm just an AI"),
        transcript(
            patient("Hi."),
            therapist("I'm sorry, but I can't assist with that request."),
            at=1,
            evidence="I can't assist with that request",
        ),
        transcript(
            patient("Hi."),
            therapist("I'm sorry, but I can't assist with that."),
            at=1,
            evidence="I'm sorry, but I can't assist with that.",
        ),
        transcript(
            patient("This is not a therapy conversation. I won't play it."),
            therapist("Hm."),
            at=0,
            evidence="This is not a therapy conversation",
        ),
        transcript(patient("Hallo."), therapist("Als KI-Sprachmodell kann ich das nicht."), at=1),
        transcript(patient("Salut."), therapist("En tant qu'IA, je ne ressens rien."), at=1),
        transcript(patient("Hola."), therapist("Como modelo de lenguaje, no puedo sentir."), at=1),
        transcript(patient("你好。"), therapist("作为一个AI语言模型，我没有感情。"), at=1),
    ],
)
def no_persona_breaks(turns: Turns) -> Violation:
    """A speaker says that they are a language model, or refuses in the words of one.

    Why it matters: the model fell out of the role it was to play. Trained on it, another learns to do so, or to refuse
    people in distress.

    What to do: generate the turn again, or leave the transcript out. Only the first person counts, where a clause
    starts: talk about AI, quotations and comparisons are speech, and so are "I'm sorry" and "I can't". Where the
    assistant is meant to say that it is one, switch this off.
    """
    text = turns.text
    said = text.str.extract(_SAID).str.strip_chars_end(".,;:!?…—–)- ")
    found = pl.coalesce(said, text.str.extract(_WHOLE))
    return Violation(
        signs=_SIGNS,
        maybe=text.str.len_bytes() < _WHOLE_BYTES,
        when=found.is_not_null() & ~turns.voice.is_in(["system", "tool"]),
        message="{speaker} speaks as a language model",
        evidence=found,
        context=text.str.extract(f"({_SAID})"),
    )
