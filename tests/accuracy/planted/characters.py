"""Characters that no one meant to write, and private ones that should not be there."""

from __future__ import annotations

import random

from tests.accuracy.planting import Planted, anywhere, defect, lure
from tests.accuracy.sound import Dialogue


def _into(text: str, piece: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(text)) if len(text) > 1 else len(text)
    return text[:place] + piece + text[place:]


@defect("C413")
def control_character(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    turn = dialogue.turns[place]
    turn.text = _into(turn.text, rng.choice(("\ufffd", "\x00", "\x08", "\x1b[31m", "\x0b", "\x7f")), rng)
    return Planted(place)


@defect("C414", "C413", "C415")
def mojibake(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    turn = dialogue.turns[place]
    turn.text += rng.choice((" It’s a café — “ours”, he says.", " She doesn’t know…", " Größe? Zu groß für Jürgen."))
    # Five bytes mean nothing in Windows-1252; most editors drop them.
    turn.text = turn.text.encode().decode("cp1252", "ignore")
    return Planted(place)


@defect("C415")
def invisible_character(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    turn = dialogue.turns[place]
    turn.text = _into(turn.text, rng.choice(("\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\u2060")), rng)
    return Planted(place)


@defect("C419")
def private_data(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    digits = "".join(rng.choices("0123456789", k=14))
    card = f"4{digits}"
    total = sum(sum(divmod(int(digit) * (2 - n % 2), 10)) for n, digit in enumerate(card))
    card += str(-total % 10)
    person = rng.choice(("anna.k", "j_martinez", "t.okafor", "lena"))
    said = rng.choice(
        (
            f"Write to {person}{rng.randrange(99)}@{rng.choice(('gmail.com', 'web.de', 'outlook.com'))}.",
            f"The card is {card}, valid till June.",
            f"It's {card[:4]} {card[4:8]} {card[8:12]} {card[12:]}.",
            f"Call me: +1 212 {rng.randrange(230, 555)} {rng.randrange(1000, 9999)}, please.",
            f"My number is +49 30 {rng.randrange(2000000, 8999999)}.",
            f"The camera is at 84.{rng.randrange(10, 250)}.{rng.randrange(250)}.{rng.randrange(1, 250)}.",
            "My IBAN is DE89 3704 0044 0532 0130 00.",
            "It's at https://lena:hunter2@files.example.net/photos.",
            f"My SSN is {rng.randrange(100, 600)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}.",
        )
    )
    dialogue.turns[place].text += " " + said
    return Planted(place)


@lure("C413")
def other_scripts(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text += rng.choice(
        (" नमस्ते।", " שלום.", " ขอบคุณครับ", "\tand a tab.", " 👩‍👩‍👧")
    )


@lure("C414")
def rightly_accented(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text += rng.choice(
        (" Ângela ouviu a canção: “São Paulo”.", " ¿Qué tal, señora?", " Élan vital — voilà.", " Đặng Thị Hà.", " ÂME.")
    )


@lure("C415")
def joiners_with_a_purpose(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text += rng.choice((" می\u200cخواهم", " 👨\u200d👩\u200d👧", " क्\u200dष"))


@lure("C419")
def numbers_that_are_public(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "If it gets worse tonight, dial 988 or 116 123, any time.",
            "The score was 4-3, then 5-3, and at 22:45 we all went home.",
            "I was born in 1984, moved in 2003, and married on 12/05/2011.",
            "Version 10.2.1 broke it, 10.2.2 fixed it.",
            "The order number is 4500012345678, can you look it up?",
            "Room 3.14.2.7 is on the third floor, behind the stairs.",
            "It cost 1,299.00 euros, of which 207.40 was tax.",
            "She said meet me @ noon.",
            "The ISBN is 978-3-16-148410-0.",
        )
    )
