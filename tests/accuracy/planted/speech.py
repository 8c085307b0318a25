"""What goes wrong in what is said: bleeding roles, cuts, loops, leftovers of markup, a change of language."""

from __future__ import annotations

import random

from tests.accuracy.planting import Planted, answer, anywhere, defect, halves, lengthen, lure
from tests.accuracy.sound import Dialogue


@defect("C405", "L301")
def other_side_speaks_within(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    turn = dialogue.turns[place]
    other = dialogue.speakers[turn.speaker == dialogue.speakers[0]]
    bled = rng.choice(("I see. Go on.", "That sounds hard.", "And what happened then?"))
    turn.text += f"\n{rng.choice(('', chr(10)))}{other}: {bled}"
    return Planted(place)


@defect("C405")
def own_label_again(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    turn = dialogue.turns[place]
    turn.text = f"{turn.speaker}: {turn.text}"
    return Planted(place)


@defect("C409", "L301", "S202", "S205", "S207", "S211")
def last_turn_cut(dialogue: Dialogue, rng: random.Random) -> Planted:
    # Cut in the middle of a word, of a sentence, or after a comma; of the longest turn of the one who answers.
    turns = [n for n, turn in enumerate(dialogue.turns) if turn.speaker == dialogue.speakers[1]]
    place = max(turns, key=lambda n: len(dialogue.turns[n].text))
    del dialogue.turns[place + 1 :]
    text = dialogue.turns[place].text
    spaces = [n for n, letter in enumerate(text) if letter == " " and text[n - 1].isalpha()] or [len(text) // 2]
    dialogue.turns[place].text = text[: rng.choice(spaces[len(spaces) // 2 :])]
    return Planted(place)


@defect("C410", "L302", "L304", "C409", "C416")
def stuck_within_a_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    unit = rng.choice(
        (
            "I understand. ",
            "and then we can try again, ",
            "You are not alone in this. ",
            "no no ",
            "haha ",
            "Let's breathe. ",
        )
    )
    dialogue.turns[place].text = halves(dialogue.turns[place].text)[0] + " " + unit * rng.randrange(20, 60)
    return Planted(place)


@defect("C410", "L302", "L304")
def paragraph_again_and_again(dialogue: Dialogue, rng: random.Random) -> Planted:
    places = [n for n, turn in enumerate(dialogue.turns) if len(turn.text) >= 60] or [0]
    place = rng.choice(places)
    text = dialogue.turns[place].text
    dialogue.turns[place].text = "\n\n".join([text] * rng.randrange(5, 9))
    return Planted(place)


@defect("C411", "S202", "L303")
def same_answer_over_and_over(dialogue: Dialogue, rng: random.Random) -> Planted:
    lengthen(dialogue)
    side = rng.choice(dialogue.speakers)
    places = [n for n, turn in enumerate(dialogue.turns) if turn.speaker == side]
    phrase = rng.choice(
        (
            "It sounds like this has been weighing on you for a while.",
            "Can we please slow down for a moment here?",
            "Let's try a different approach to this together.",
            "I really don't know what else I could say about it.",
        )
    )
    for place in places[1:]:
        dialogue.turns[place].text = phrase
    return Planted(None)


@defect("C411", "S202", "L303")
def same_opening_over_and_over(dialogue: Dialogue, rng: random.Random) -> Planted:
    lengthen(dialogue)
    side = rng.choice(dialogue.speakers)
    opening = rng.choice(
        (
            "It sounds like you're feeling that",
            "I hear what you are saying, and",
            "Let's try a different approach:",
            "Honestly, I don't really know, but",
        )
    )
    for place, turn in enumerate(turn for turn in dialogue.turns if turn.speaker == side):
        if place % 6 != 5:
            turn.text = f"{opening} {turn.text[:1].lower()}{turn.text[1:]}"
    return Planted(None)


@defect("C416")
def markup_left_over(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    text = dialogue.turns[place].text
    dialogue.turns[place].text = rng.choice(
        (f"<p>{text}</p>", f"{text}<br/>", f'<div class="message">{text}</div>', f"#\n{text}", f"** {text}")
    )
    return Planted(place)


@defect("C417")
def numbers_begin_anew(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    steps = rng.sample(("Breathe out slowly.", "Write one line.", "Call your brother.", "Walk to the corner."), 3)
    again = rng.sample(("Drink some water.", "Open the window.", "Put the phone away.", "Set a timer."), 3)
    numbered = [f"{n}. {step}" for part in (steps, again) for n, step in enumerate(part, 1)]
    dialogue.turns[place].text = "Here is what you could do:\n\n" + "\n".join(numbered)
    return Planted(place)


_ASIDES = {
    "zh": "我觉得你已经做得很好了，我们可以慢慢来，不用着急，一步一步地往前走就可以。",
    "ru": "Мне кажется, вы уже очень многое сделали, и сейчас нам некуда спешить, давайте попробуем ещё раз.",
    "en": "I think that you have already done a great deal, and we can take the next step as slowly as you want to.",
}


@defect("C418")
def language_switches(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    chinese = dialogue.voice.endswith("_zh")
    dialogue.turns[place].text = _ASIDES["en" if chinese else rng.choice(("zh", "ru"))]
    return Planted(None)


@lure("C405")
def labels_that_are_none(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text += rng.choice(
        (
            "\n\nBedtime phrase: enough for today.",
            "\nStep 2: put the kettle on.",
            "\n\nThen: nothing. Just the fridge humming.",
            f" She said: '{dialogue.speakers[1]}: heal thyself', and laughed.",
            "\n\nPlan for tonight:\n- phone: in the kitchen\n- window: open",
            "\n\nQuestion: what if it rains?",
        )
    )


@lure("C409")
def ends_that_are_ends(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[-1].text = rng.choice(
        (
            "Take care of yourself 🙂",
            "ok thx bye",
            "He whispered, “You can stay.”",
            "See you on Friday…",
            "(smiles and nods)",
            "You can read it here: https://example.org/sleep",
            "See you next week —",
        )
    )


@lure("C410")
def said_again_for_a_reason(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "No, no, no. Not again.",
            "Very, very, very tired. And then the phone rings.",
            "Haha, haha! I didn't expect that.",
            "It's always the same: work, eat, sleep, work, eat, sleep. And then it's Monday.",
            "Breathe in, two, three, four. Hold, two, three, four. Out, two, three, four. And rest.",
            "Monday: walk for ten minutes. Tuesday: walk for ten minutes. Wednesday: rest. Thursday: walk for "
            "twenty minutes. Friday: walk for twenty minutes. Saturday: swim, if the pool is open. Sunday: rest.",
        )
    )


@lure("C411")
def short_words_again(dialogue: Dialogue, rng: random.Random) -> None:
    word = rng.choice(("Yes.", "Mm-hm.", "Okay.", "I see.", "Right."))
    places = [n for n, turn in enumerate(dialogue.turns) if turn.speaker == dialogue.speakers[1]]
    for place in rng.sample(places, len(places) // 2):
        dialogue.turns[place].text = word


@lure("C416")
def markup_with_a_purpose(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "In HTML you write:\n\n```html\n<p>Hello</p>\n```\n\nand the browser does the rest.",
            "If x < 3 and y > 5, nothing happens.",
            "We're number #1 in the street!",
            "The tag `<br>` breaks the line.",
        )
    )


@lure("C417")
def two_lists(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = (
        "Before you leave:\n\n1. Lock the back door.\n2. Feed the cat.\n\nAnd when you come home:\n\n1. Shoes off.\n"
        "2. Tea on."
    )


@lure("C418")
def foreign_words(dialogue: Dialogue, rng: random.Random) -> None:
    place = anywhere(dialogue, rng)
    dialogue.turns[place].text += rng.choice(
        (
            " My grandmother called it Weltschmerz.",
            " C'est la vie, as they say.",
            " The sign said 出口, and I followed it.",
            " He signed it with ❤️ and nothing else.",
            " In Russian it's тоска, there's no word for it in English.",
        )
    )
