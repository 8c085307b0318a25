"""What looks like a fault and is none: no critical finding under the default suite."""

from __future__ import annotations

import polars as pl
import pytest

from expectations.evaluate import evaluate
from expectations.examples import batch_of
from expectations.rule import Example, Said, patient, therapist
from expectations.suite import load_suite

SUITE = load_suite()

SOUND = {
    # People who talk about errors and limits.
    "you hit your limit": therapist("You hit your limit, and you noticed it."),
    "that was an error": therapist("That was an error, and errors are how we learn."),
    "errors at work": patient("Error after error: my server timed out, then it was out of memory. So was I."),
    "an error as one word": patient("Error."),
    "something went wrong": patient("Something went wrong."),
    "too many requests": patient("Too many requests from my boss. Try again later, I said."),
    "rate limit": patient("There should be a rate limit for my mother-in-law."),
    "the prompt was long": patient("The prompt is longer than I thought, and the context is missing."),
    "an exam's maximum": patient("The maximum length is 9000 words; my context is longer than the maximum."),
    "overloaded": patient("I am overloaded, my quota is exceeded, and the service is unavailable: me."),
    "a failed request": patient("My request failed. The connection to her is an error."),
    "traceback": therapist("Let's trace that back: the most recent call last night?"),
    # Lines that look like labels.
    "then": patient('First I breathe.\n\nThen: "Those old voices lie."\nAnd: "You showed up today."'),
    "bedtime phrase": patient("My plan:\n\n- Bedtime phrase: enough for today.\n- Phone plan: in the kitchen."),
    "bedtime phrase as a paragraph": patient("Okay.\n\nBedtime phrase: enough for today."),
    "step 2": therapist("Step 1: breathe.\nStep 2: name it.\nStep 3: let it pass."),
    "a quoted label": patient("She said: 'Therapist: heal thyself', and laughed."),
    "a quoted dialogue": patient("He wrote “Patient: unknown. Doctor: none.” on the form."),
    "labels without capitals": patient("Two words:\npatient: one who waits.\ntherapist: one who asks."),
    "many patients": therapist("Patients: forty.\nTherapy: weekly."),
    "a function": therapist("Behaviour: you leave.\nFunction: it ends the fear.\nSystem: the family."),
    # Plans, rules, structure.
    "a bulleted plan": patient("Tonight:\n\n- dim the lights\n- write one line\n- if it fails: get up\n\nI'll try."),
    "a numbered plan": patient("1) Dim lights.\n2) Worry list.\n3) Breathe.\n\nCan we slow down?"),
    "a rule between paragraphs": therapist("One thing is your work.\n\n---\n\nThe other is you."),
    "markdown": therapist("## Tonight\n\n**Breathe** and *rest*.\n\n### Response:\nCalm."),
    # Notes on the matter, and directions.
    "a note on units": therapist("It holds 75 gallons. (Note: 1 cubic foot = 7.48 gallons)"),
    "a note to oneself": patient("(Note to self: buy milk)"),
    "a note on the body": therapist("(Note: this response is normal after a shock; your body protects you.)"),
    "a note on confidence": therapist("Note: this session is confidential."),
    "a disclaimer": therapist("(Note: This conversation does not replace a therapist.)"),
    "a note on next time": therapist("(Note: next session we'll review the instructions for your breathing.)"),
    "a pasted thread": patient("Here's the conversation: she wrote “fine”. Here's the next message: “whatever”."),
    "the next line": therapist("Let's go on. Here's the next line: \"You're allowed to feel.\""),
    "an announced sentence": therapist("Here is the sentence: “I may rest.”"),
    "an offered answer": therapist("Here's a possible response: “I need a minute.”"),
    "here's the thing": patient("Here's the thing: I never asked for the conversation."),
    "the end of the session": therapist("At the end of the session (not before) we will sum up."),
    "laughs": patient("[laughs]"),
    "crying": patient("[crying]"),
    "laughs in parentheses": patient("(laughs)"),
    "inaudible": patient("[inaudible]"),
    "silence": patient("[silence]"),
    "a redacted name": patient("I told [name removed] that [place deleted] is where I live."),
    "something is missing": patient("(Something is missing.)"),
    "no response": patient("No response."),
    "not available": patient("He was not available."),
    # Little words and signs.
    "an ellipsis": patient("…"),
    "three dots": patient("..."),
    "none of that": patient("None of that."),
    "none": patient("none"),
    "none with a full stop": patient("None."),
    "nan": patient("Nan raised me."),
    "null and void": patient("Null and void."),
    "one word": patient("No"),
    "one letter": patient("K"),
    "one character of Chinese": patient("嗯"),
    # Scripts.
    "persian with a joiner": patient("نمی\u200cخواهم دربارهٔ آن حرف بزنم."),
    "emoji with joiners": patient("👩\u200d⚕️ 👨\u200d👩\u200d👧 🏳️\u200d🌈"),
    "an emoji alone": patient("👍"),
    "hebrew": patient("\u200fאני לא ישן.\u200f"),
    "arabic": patient("لا أستطيع النوم."),
    "chinese": patient("我睡不好：脑子停不下来。（笑）"),
    "maltese": patient("Ġorġ u Ġanni marru ċ-ċinema, u Ċensa baqgħet id-dar."),
    "no-break spaces": patient("10\u00a0% of the time,\u202fmaybe."),
    # What was asked for.
    "code that was asked for": therapist(
        "```python\ntry:\n    call()\nexcept Exception as error:\n    print(f'Error code: {error}')\n```"
    ),
    "html that was asked for": therapist("```html\n<html><body><s>old</s> <b>new</b></body></html>\n```"),
    "json that was asked for": therapist('```json\n{"name": "Ann", "mood": "low", "items": []}\n```'),
    "html in a line": therapist("Write <b>calm</b> or <s>panic</s> in it."),
    "a token in backticks": therapist("`<|im_end|>` ends a turn in ChatML, and `</s>` a sequence."),
    "less than": patient("I slept < 4 hours <3 but I'm here |> still."),
    "a bare angle": patient("<sigh>"),
}


@pytest.mark.parametrize("said", SOUND.values(), ids=SOUND.keys())
def test_it_is_silent(said: Said) -> None:
    opening = (patient("I slept badly."), therapist("What kept you awake?"))
    closing = (therapist("Tell me more."),) if said.role == "patient" else (patient("I see."), therapist("Good."))
    before = opening if said.role == "patient" else (*opening, patient("Everything."))
    result = evaluate(batch_of(Example((*before, said, *closing)), SUITE.roster), SUITE)
    assert not result.failures
    assert result.findings.filter(pl.col("severity") == "critical").to_dicts() == []
