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
    # People who talk about machines, and play parts.
    "an AI in the news": patient("As an AI skeptic, I say: AI language models are everywhere. I'm not an AI person."),
    "an AI engineer": patient("I'm an AI engineer. I'm an artificial intelligence researcher at OpenAI."),
    "like a machine": patient("Some days it's as if I'm an AI: I answer, and I feel nothing."),
    "a quoted model": patient("ChatGPT wrote: “As an AI language model, I can't replace a therapist.”"),
    "I'm Claude": patient("I'm Claude. I was made by my mother, I'm a Gemini, and I'm a virtual assistant by trade."),
    "a refusal by a person": therapist("I'm sorry, I can't help with that. I won't do it, and I cannot prescribe."),
    "a request": patient("I can't fulfil his every request. I won't comply with this man."),
    "als Künstler": patient("Als Kind habe ich gern gemalt, als KI noch ein Fremdwort war, und ich auch."),
    "a student of AI": patient("我是人工智能专业的学生，最近睡不好。作为学生，我很累。"),
    "a role play": therapist(
        "I want you to be your boss. Act as your boss would, and I'll play you. Stay in character."
    ),
    "a letter to oneself": therapist("I want you to write a conversation between you and your fear."),
    "an expert": therapist("You are an expert at worrying, you said. You are a helpful friend, too."),
    "a task": therapist("Your task this week is to listen. Your job is to act as a parent, not as a therapist."),
    # Streams, endings, loops.
    "a bar of blocks": patient("Sleep: ▂▄▆█ Mood: ██████▌░░░ Energy: ▌▌"),
    "continue generating": patient("I should continue generating income, they say."),
    "no, no, no": patient("No no no no no no. I can't, I can't, I can't, I can't."),
    "laughter": patient("Ha" + "ha" * 60),
    "a scream": patient("A" + "a" * 190 + "h!"),
    "a mantra": therapist("Say it three times: I am enough. I am enough. I am enough. Now look at me."),
    "a breath": therapist("In… and out. In… and out. In… and out. In… and out. Good."),
    "a chorus": patient("Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily."),
    "a long rule": therapist("First.\n\n" + "-" * 120 + "\n\nSecond.\n\n" + "=" * 300),
    "a table": therapist(
        "| day | mood |\n" + "| --- | --- |\n" * 3 + "\n".join(f"| {day} | low |" for day in range(30))
    ),
    "a plan for the week": patient(
        "\n".join(f"- {day}: ten minutes outside, then one line in the book." for day in "Mon Tue Wed Thu Fri".split())
    ),
    # Encodings and invisible characters.
    "french": patient("Ça va, « déjà » : à Noël, l’été, où l’on rêve… cœur, naïf, Ÿ. ÉÀÇ"),
    "portuguese": patient("Não sei. Estão à espera; coração, pães, vovô. ÃO É ASSIM."),
    "vietnamese": patient("Tôi mệt quá, đêm nào cũng mất ngủ, ăn không được."),
    "turkish": patient("Uyuyamıyorum, İstanbul’da yağmur yağıyor. Ğ, ş, ç."),
    "icelandic": patient("Það er Ólafur, og Ásta. Þetta er gott."),
    "a currency": patient("It cost £20, 30 €, 5¢ – ±10 %, 20 °C, ½ of it, §3, ©, ®, ™."),
    "devanagari": patient("क्\u200dष और मैं थक गया हूँ।"),
    "thai with spaces of no width": patient("ฉัน\u200bนอน\u200bไม่\u200bหลับ"),
    "french spaces": patient("Tu as dit\u00a0: «\u00a0Non\u00a0!\u00a0» à 10\u202f%, le 3\u00a0mai."),
    "a heart": patient("❤️ 1️⃣ 👍🏽 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"),
    # Markup and lists.
    "signs": patient("Q&A, R&B, 3 < 4 > 2, a & b; #tired, C#, issue #4, `<br>`, x</3."),
    "two lists": therapist("Tonight:\n\n1. Rest.\n2. Eat.\n\nTomorrow:\n\n1. Walk.\n2. Call."),
    "a list in a list": therapist("1. Rest.\n   1. Dim the light.\n   2. Read.\n2. Eat."),
    "all ones": therapist("1. Rest.\n1. Eat.\n1. Walk."),
    # Numbers that are nobody's.
    "crisis lines": therapist("Call 988, 116 123, 13 11 14, 3114, 112, 0800 1110111, 1-800-273-8255 or text 741741."),
    "help by mail": therapist("Write to jo@samaritans.org, info@mind.org.uk or help@example.com."),
    "times and dates": patient("Call me at 5. It was 17:30, 2023-10-12, 12/11/2023, from 1998-2003, 24.12.1999 06:30."),
    "scores": patient("PHQ-9: 12, 14, 15, 16, 9, 8. We won 21-19 21-18. 7/10, 8/10, 9/10. BP 120/80, 130/85."),
    "an ISBN": patient("ISBN 978-3-16-148410-0, or 0-306-40615-2. Page 1,234 of 5,678."),
    "a version": patient("Version 10.0.19041.1023 of it, v1.22.333.4444, section 10.12.1.2."),
    "money": patient("It cost 1,250,000 dollars, 2 000 000 000 won, or 12345678.90."),
    "an order": patient("Order 4158675309 came late. Ticket 2025551234. Room 1234567."),
    "a film": patient("It's 555-0123 in films, (212) 555-0187 at best. My router is 192.168.100.100."),
    "handles": patient("@home I'm @ease, me@work… a@b"),
}

ENDS = {
    "a farewell": therapist("You did well today. Sleep well, and be kind to yourself.\n\nWarmly,\nDr. Ana Ruiz"),
    "no name": therapist("You did well today. Sleep well.\n\nTake care,"),
    "an emoji": therapist("You did well today. Sleep well, and be as kind to yourself as you are to others 🌱"),
    "a quotation": therapist("You did well today. Tell her, in your own words: “I need a little more time for this”"),
    "a link": therapist("You did well today. You find all of the breathing exercises at https://example.org/a,b"),
    "a list": therapist("You did well today. Until next week:\n\n- ten minutes of a slow walk on every day but Sunday"),
    "code": therapist("Here you are. Run it.\n\n```python\nprint('this is the end of a long line of code',\n```"),
    "thai": therapist("วันนี้คุณทำได้ดีมาก ขอบคุณที่เล่าให้ฟัง แล้วพบกันใหม่ ในสัปดาห์หน้า ดูแลตัวเองด้วยนะ ลาก่อน"),
    "chinese": therapist("我理解你的感受。今天先到这里，我们下周再见。"),
    "without marks": therapist("i think that was a lot for one day so lets stop here and go on next week if you like"),
    "goodbye": therapist("You did well today. Goodbye"),
    "interrupted": therapist("I know it is late, and you have a long way home, so let us just —"),
}
"""Last turns that are complete."""


@pytest.mark.parametrize("said", SOUND.values(), ids=SOUND.keys())
def test_it_is_silent(said: Said) -> None:
    opening = (patient("I slept badly."), therapist("What kept you awake?"))
    closing = (therapist("Tell me more."),) if said.role == "patient" else (patient("I see."), therapist("Good."))
    before = opening if said.role == "patient" else (*opening, patient("Everything."))
    result = evaluate(batch_of(Example((*before, said, *closing)), SUITE.roster), SUITE)
    assert not result.failures
    assert result.findings.filter(pl.col("severity") == "critical").to_dicts() == []
    found = result.findings.filter(pl.col("code").str.contains(r"^C4(?:0[6-9]|1[04-79])"))
    # A guided breath looks like a loop, and a plan for a week compresses well.
    assert found.filter(pl.col("severity") != "info").select("code", "message").to_dicts() == []


@pytest.mark.parametrize("said", ENDS.values(), ids=ENDS.keys())
def test_it_may_end_so(said: Said) -> None:
    turns = (patient("I slept badly."), therapist("What kept you awake?"), patient("Everything."), said)
    result = evaluate(batch_of(Example(turns), SUITE.roster), SUITE)
    assert result.findings.filter(code="C409").to_dicts() == []
