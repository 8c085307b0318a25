"""Who speaks, how often and how long."""

from __future__ import annotations

import random

from tests.accuracy.planting import Planted, anywhere, defect, lengthen, lure
from tests.accuracy.sound import Dialogue, Turn, voices


@defect("S201", "S202")
def a_turn_is_missing(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = rng.randrange(1, len(dialogue.turns) - 1)
    del dialogue.turns[place]
    return Planted(place)


@defect("S202")
def unanswered(dialogue: Dialogue, rng: random.Random) -> Planted:
    del dialogue.turns[-1]
    return Planted(len(dialogue.turns) - 1)


@defect("S203", "S202", "C415", "L304")
def says_nothing(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    dialogue.turns[place].text = rng.choice(("", " ", "\u200b", "\u00a0", "\u2060"))
    return Planted(place)


@defect("S204", "S205", "S201", "S202")
def label_misspelt(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    label = dialogue.turns[place].speaker
    at = rng.randrange(1, len(label) - 1)
    dialogue.turns[place].speaker = label[:at] + label[at + 1] + label[at] + label[at + 2 :]
    if dialogue.turns[place].speaker == label:
        dialogue.turns[place].speaker = label + label[-1]
    return Planted(place)


@defect("S205", "S204", "S207")
def a_third_one_joins(dialogue: Dialogue, rng: random.Random) -> Planted:
    # Breaks in on somebody who then goes on. Where the two would take turns anyway, a line may be anything.
    name = rng.choice(("Narrator", "Brother", "Maria", "Supervisor"))
    for place in sorted(rng.sample(range(1, len(dialogue.turns)), 2), reverse=True):
        turn = dialogue.turns[place]
        said = rng.choice(("Can I say something?", "That's not how it was.", "Sorry."))
        dialogue.turns[place + 1 : place + 1] = [Turn(name, said), Turn(turn.speaker, "One moment. Where was I?")]
    return Planted(None)


@defect("L301", "S202", "S205", "S207", "F108", "S201")
def hardly_begun(dialogue: Dialogue, rng: random.Random) -> Planted:
    del dialogue.turns[rng.randrange(2, 4) :]
    return Planted(None)


@defect("L302", "L303", "L304", "C409", "C416", "S211")
def endless_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    words = [word for turns in voices().values() for _, text in turns for word in text.split()]
    length, text = rng.choice((4500, 9000, 21000)), ""
    while len(text) < length:
        text += rng.choice(words) + " "
    dialogue.turns[place].text = text.strip() + "."
    return Planted(place)


@defect("L304", "L302", "C410", "C411", "S202")
def one_side_talks(dialogue: Dialogue, rng: random.Random) -> Planted:
    lengthen(dialogue)
    side = rng.choice(dialogue.speakers)
    for turn in dialogue.turns:
        if turn.speaker != side:
            turn.text = rng.choice(("Yes.", "Hm.", "I see.", "Go on.", "Okay.", "And then?"))
        elif len(turn.text) < 150:
            turn.text += (
                " I have thought about that a great deal since last week, and there is more to it than I can say."
            )
    return Planted(None)


@lure("S201")
def a_long_turn_with_paragraphs(dialogue: Dialogue, rng: random.Random) -> None:
    turn = dialogue.turns[anywhere(dialogue, rng)]
    turn.text = f"{turn.text}\n\nAnd one more thing, on another matter.\n\nIt can wait, though."


@lure("S203")
def only_dots(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(("…", "...", "?", "!!!", "🙂"))


@lure("S204")
def a_name_that_is_said(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text += " Then Maria called. Maria: always at the worst moment."


@lure("S211")
def smileys_and_lists(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        ("It's fine :) really", "a) stay b) leave c) cry", "He's 5' 10\" tall, and the boys' room is tiny.", ":-( no")
    )
