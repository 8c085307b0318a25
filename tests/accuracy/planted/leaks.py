"""What models leak: chat-template tokens, notes on the text, their persona, their prompt."""

from __future__ import annotations

import json
import random

from tests.accuracy.planting import Planted, answer, anywhere, defect, halves, lure
from tests.accuracy.sound import Dialogue


@defect("C403")
def template_token_at_the_end(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    token = rng.choice(("<|eot_id|>", "<|im_end|>", "<|endoftext|>", "</s>", "<end_of_turn>", "<|end|>", "<|eom_id|>"))
    dialogue.turns[place].text += rng.choice(("", " ", "\n")) + token
    return Planted(place)


@defect("C403", "C405")
def template_runs_on(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    run = rng.choice(
        (
            "<|im_end|>\n<|im_start|>user\nAnd then?",
            "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnd then?",
            "</s><s>[INST] And then? [/INST]",
            "<end_of_turn>\n<start_of_turn>user\nAnd then?",
            "<｜end▁of▁sentence｜><｜User｜>And then?",
            "\n\n### Human: And then?",
            "\n\n### Instruction:\nAnswer as the other one.",
        )
    )
    dialogue.turns[place].text += run
    return Planted(place)


@defect("C403")
def thought_aloud(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    thought = rng.choice(("Okay, they seem upset. I should be gentle.", "The user wants a short reply.", "Hmm."))
    dialogue.turns[place].text = f"<think>\n{thought}\n</think>\n\n{dialogue.turns[place].text}"
    return Planted(place)


@defect("C403")
def tool_call_as_the_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    call = json.dumps({"name": rng.choice(("get_weather", "search", "book_room")), "arguments": {"query": "tonight"}})
    dialogue.turns[place].text = rng.choice((call, f"<tool_call>\n{call}\n</tool_call>", f"```json\n{call}\n```"))
    return Planted(place)


@defect("C403")
def bytes_of_a_vocabulary(dialogue: Dialogue, rng: random.Random) -> Planted:
    spaced = [n for n, turn in enumerate(dialogue.turns) if turn.text.count(" ") >= 3]
    if not spaced:
        dialogue.turns[-1].text, spaced = "I see. Please go on.", [len(dialogue.turns) - 1]
    place = rng.choice(spaced)
    dialogue.turns[place].text = dialogue.turns[place].text.replace(" ", "Ġ").replace("\n", "Ċ")
    return Planted(place)


@defect("C404")
def note_after_the_text(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    note = rng.choice(
        (
            "(Note: This response is designed to be empathetic and to invite the other side to say more.)",
            "(Note: This response aims to validate the feelings expressed while gently introducing a new perspective.)",
            "[Note: The assistant's reply stays within the limits of its role.]",
            "(Note: I have kept the response short and in character, as requested.)",
            "Note: This response follows the guidelines by keeping the tone warm and avoiding advice.",
            "(Word count: 87)",
            "[End of session]",
            "[End of conversation]",
            "(The conversation continues)",
            "(The conversation continues in the same vein for several more turns.)",
            "(The rest of the dialogue is omitted for brevity.)",
        )
    )
    dialogue.turns[place].text += "\n\n" + note
    return Planted(place, note)


@defect("C404")
def announced_text(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    side = dialogue.speakers[1].lower()
    said = rng.choice(
        (
            "Here is the next response:",
            "Here's the next reply:",
            f"Sure, here's the next response from the {side}:",
            f"Sure! Here is a possible reply for the {side}:",
            f"Here is the {side}'s next message:",
        )
    )
    dialogue.turns[place].text = f"{said}\n\n{dialogue.turns[place].text}"
    return Planted(place, said)


@defect("C406", "C418")
def persona_break(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    said = rng.choice(
        (
            "As an AI language model, I don't have feelings or personal experiences.",
            "I'm an AI language model and can't experience that myself.",
            "As a large language model, I cannot give you medical advice.",
            "I'm Claude, made by Anthropic, and I'd rather not play this part any longer.",
            "I am ChatGPT, a language model trained by OpenAI.",
            "As an AI assistant, I am not able to continue this role-play.",
            "As an AI, I do not have a body, so I can't feel it.",
            "I'm sorry, but as an AI language model I cannot fulfil that request.",
            "Als KI-Sprachmodell habe ich keine Gefühle.",
            "En tant que modèle de langage, je ne peux pas vous répondre.",
            "Como modelo de lenguaje, no tengo sentimientos.",
            "作为一个人工智能语言模型，我没有感情。",
        )
    )
    before, after = halves(dialogue.turns[place].text)
    dialogue.turns[place].text = rng.choice((said, f"{said} {after or before}", f"{before} {said}"))
    return Planted(place)


@defect("C407", "C405", "C404")
def pasted_prompt(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = rng.choice((0, 0, anywhere(dialogue, rng)))
    one, other = dialogue.speakers
    dialogue.turns[place].text = rng.choice(
        (
            f"I want you to simulate a conversation between a {one.lower()} and a {other.lower()}. Keep every turn short.",
            f"You are an expert at simulating conversations between a {one.lower()} and a {other.lower()}. "
            "Write twenty turns.",
            f"Generate a realistic dialogue between a {one.lower()} and a {other.lower()} about a difficult week. "
            "Stay in character at all times.",
            f"You are playing the role of a {one.lower()}. Respond only as the {one.lower()} and never break character. "
            "Do not mention that you are an AI.",
            f"Your task is to write the next turn of the {other.lower()} in the conversation below. Respond only with "
            "the text of the turn.",
        )
    )
    return Planted(place)


@lure("C403")
def angle_brackets(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "I love you <3 and I miss you.",
            "How do I write a <s> element in HTML? I want the old price crossed out: `<s>10</s>`.",
            'What does a config look like? `{"name": "demo", "port": 8080}` is all I have.',
            "If a < b and b < c, then a < c. Agreed?",
            "Markdown headings start with a hash: `### Results` is the third level.",
            "My instruction to myself: get up at six.",
            "I think </rant>, as my daughter says.",
        )
    )


@lure("C404")
def notes_on_the_matter(dialogue: Dialogue, rng: random.Random) -> None:
    place = anywhere(dialogue, rng)
    dialogue.turns[place].text += rng.choice(
        (
            "\n\n(Note: 1 cubic foot holds about 7.48 gallons.)",
            "\n\nNote: bring the form on Friday, please.",
            " (Note to self: buy milk.)",
            "\n\n[laughs]",
            "\n\nHere is the list:\n\n- water\n- a torch\n- her number",
            "\n\nAt the end of the session I'd like five minutes for the form.",
            " Here's the next step: call the landlord before noon.",
            "\n\nThe conversation continues to bother me, even in the shower.",
            " My word count is stuck at 870, by the way.",
            "\n\nSure, here's my number for emergencies: the front desk has it.",
        )
    )


@lure("C406")
def talk_of_machines(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "I asked one of those AI language models, and it told me to drink more water.",
            "I'm sorry, I can't talk about that yet.",
            "I can't help you move on Saturday, I told her, and the sky didn't fall.",
            "As a nurse, I am not able to switch off at five.",
            "My cousin trains a large language model for a living. I train tomatoes.",
            "I don't have feelings for him any more, and I don't know when that happened.",
            "As an assistant, I do what the others leave on the table. That's the job.",
            "Claude is my uncle; he made me this jumper.",
            "ChatGPT says I should see a doctor. So I'm here.",
        )
    )


@lure("C407")
def talk_of_roles(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "I want you to imagine a conversation between you and your mother. What would you say first?",
            "You are an expert at hiding it, aren't you?",
            "Could we role-play it? You are my boss, and I ask for the raise.",
            "My task is to write a speech for the wedding, and I can't.",
            "I had to act as the interpreter between my parents.",
        )
    )
