"""C407: the prompt that was to make a dialogue, within it."""

from __future__ import annotations

from typing import Final

from expectations.rule import Said, Turns, Violation, expectation, patient, therapist, transcript

_WHO: Final = (
    r"(?:patient|client|therapist|counsell?or|psychologist|psychiatrist|user|assistant|chatbot|AI|human|doctor"
    r"|clinician"
    r"|help-?seeker|supporter|interviewer|interviewee|participant|coach|tutor|student|agent|customer|caller|speaker)s?\b"
)
_TALK: Final = r"(?:conversation|dialog|session|exchange|transcript|interaction|role-?play)"
_WORDS: Final = r"(?:[^ .!?\n]+ ){0,4}"
_PAIR: Final = rf"between (?:an?|the|two) {_WORDS}{_WHO}(?: and (?:an?|the) {_WORDS}{_WHO})?"
"""Roles, not people: "between you and the doctor" is speech."""

_PROMPTS: Final = (
    rf"(?:(?:I want you to|[Pp]lease|[Yy]ou (?:will|are to)|[Yy]our task is to) )?(?:[Ss]imulate|[Gg]enerate"
    rf"|[Rr]ole-?play"
    rf"|[Pp]roduce) (?:an?|the|this) {_WORDS}{_TALK}\S* {_PAIR}",
    rf"(?:I want you to|[Pp]lease) (?:write|create|act out|imagine|continue) (?:an?|the"
    rf"|this) {_WORDS}{_TALK}\S* {_PAIR}",
    r"[Yy]ou are an expert (?:at|in) (?:simulat|role-?play|generat|imitat|imperson)[a-z]*",
    r"[Yy]ou are (?:a helpful(?:, [a-z]+(?:,? and [a-z]+)?)?|an AI) "
    r"(?:AI |virtual |language )?(?:assistant|model|chatbot)\b",
    r"Your task is to (?:simulate|role-?play|act as|respond as|generate|write the next|continue the)\b"
    rf"[^.\n]*\b(?:{_WHO}|{_TALK})",
    r"You (?:are (?:now )?(?:playing|role-?playing)|will (?:now )?(?:act as|be playing"
    r"|role-?play)) (?:the (?:role|part) of )?"
    rf"(?:an?|the) {_WORDS}{_WHO}[^.\n]*\b(?:respon[ds][a-z]*|simulat[a-z]+|character)\b",
    r"(?:[Dd]o not|[Dd]on['’]t|[Nn]ever) break character",
    r"(?:[Aa]lways |[Ss]tay |[Rr]emain )+in character (?:at all times|throughout)",
    rf"(?:[Rr]espond|[Rr]eply|[Aa]nswer) only as the {_WHO}",
    r"(?:[Oo]utput|[Rr]eturn|[Pp]rovide) only the (?:next )?(?:response|reply|turn|utterance|dialogue)\b",
    rf"[Hh]ere is the {_TALK}\S* (?:so far|history)\s*:",
    r"(?m:^(?:Conversation history|Chat history):)",
    r"请你?(?:扮演|模拟)(?:一名|一个|一位)?[^。\n]*(?:咨询师|来访者|患者|病人)[^。\n]*(?:对话|回复|回答)",
    r"请生成一段[^。\n]*(?:咨询师|医生|来访者)[^。\n]*对话",
    r"[Ss]imulier(?:e|en Sie) (?:ein|eine|einen|das) [^.\n]*(?:[Gg]espräch|[Dd]ialog|[Ss]itzung)[a-z]* zwischen",
    r"[Ss]imule[zr]? une? [^.\n]*(?:conversation|dialogue|séance) entre",
    r"[Ss]imula una? [^.\n]*(?:conversación|diálogo|sesión) entre",
)
# The boundary of an ASCII word: for any other, the engine leaves its fast path at the first letter with an accent.
_SAID: Final = rf"(?:^|[^a-zA-Z\"“‘«「'])({'|'.join(_PROMPTS)})".replace(r"\b", r"(?-u:\b)")

_SIGNS: Final = (
    r"imulat|imulier|imule|imula u|enerate a|want you to|lease write|n expert |a helpful|an AI |task is|e playing"
    r"|k character|n character|nly as the|nly the |istory:|so far:|请你|请模|请扮|请生"
)
"""Searches for literals that are rare in prose, at most twenty at once."""


@expectation(
    "C407",
    "no_pasted_prompts",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(
            patient("Could you act as my boss? I'd like to role-play it."),
            therapist("I want you to write a conversation between you and your anger. I'll be your mother."),
        ),
        transcript(
            patient("You are an expert at making me laugh. Your task is to listen, mine to talk."),
            therapist("Your job is to play therapist at home. Stay in character, if you can. You will play the dog."),
        ),
        transcript(
            patient("He told me: “You are a helpful assistant.” I'm his wife!"),
            therapist("Simulate the exam at home. Continue the conversation between you and the doctor."),
        ),
        transcript(Said("system", "You are a helpful assistant."), patient("Hi."), therapist("Hello.")),
        transcript(patient("请你扮演我妈妈，好吗？"), therapist("好，请你先说。")),
    ],
    violated=[
        transcript(
            patient("I want you to simulate a conversation between a therapist and a patient with insomnia."),
            therapist("Hello."),
            at=0,
            evidence="I want you to simulate a conversation between a therapist and a patient",
        ),
        transcript(
            patient("Hi."),
            therapist("You are an expert at simulating patients. Reply in two sentences."),
            at=1,
            evidence="You are an expert at simulating",
        ),
        transcript(patient("You are a helpful assistant. Hi."), therapist("Hello."), at=0),
        transcript(
            patient("Hi."), therapist("Hello. Do not break character."), at=1, evidence="Do not break character"
        ),
        transcript(patient("Your task is to respond as the patient below."), therapist("Hello."), at=0),
        transcript(patient("请你扮演一名心理咨询师，与来访者进行对话。"), therapist("你好。"), at=0),
    ],
)
def no_pasted_prompts(turns: Turns) -> Violation:
    """The prompt that was to make the dialogue stands in a turn.

    Why it matters: it is an order to a machine, not something that anyone said; a model trained on it learns to recite
    prompts.

    What to do: keep the prompt apart from what it makes, and export or generate again. System turns may hold it. Asking
    somebody to play a part is speech; a prompt names the roles of the dialogue, or talks to a language model.
    """
    text = turns.text
    found = text.str.extract(_SAID)
    return Violation(
        signs=_SIGNS,
        when=found.is_not_null() & ~turns.voice.is_in(["system", "tool"]),
        message="a prompt stands in {speaker}'s turn",
        evidence=found,
        context=text.str.extract(f"({_SAID})"),
    )
