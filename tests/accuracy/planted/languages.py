"""Turns in another language of the same script, and what only looks like one."""

from __future__ import annotations

import random

from tests.accuracy.planting import Planted, anywhere, defect, lure
from tests.accuracy.sound import Dialogue

_TURNS = {
    "en": (
        "That must have been exhausting for you, and I wonder who was there to help you that evening.",
        "Sure, no problem at all. I'll put you through to my colleague, who can look into it right away.",
        "We could start with something small, so that you don't have to do everything at once. What do you think?",
        "Okay, and how long have you been feeling like this?",
    ),
    "de": (
        "Das klingt so, als hätten Sie in den letzten Wochen kaum eine Pause gehabt. Was hat Ihnen früher geholfen?",
        "Kein Problem, ich schaue kurz nach, ob wir den Termin noch auf nächste Woche verschieben können.",
        "Ehrlich gesagt weiß ich selbst nicht mehr, warum ich damals so laut geworden bin. Es tat mir sofort leid.",
        "Und wie war das für Sie, als er am Abend gegangen ist?",
    ),
    "fr": (
        "Je comprends que ce soit difficile à dire, et vous n'êtes pas obligé de tout raconter aujourd'hui.",
        "Bien sûr, je vérifie tout de suite votre commande et je vous rappelle dans la journée.",
        "J'ai encore mal dormi cette nuit, parce que je pensais tout le temps à ce que ma sœur m'avait dit.",
        "Qu'est-ce qui vous aiderait le plus en ce moment, à votre avis ?",
    ),
    "es": (
        "Entiendo que para usted no fue fácil, y me alegra que haya venido a contármelo hoy.",
        "Claro que sí, déjeme revisar su pedido y enseguida le digo cuándo va a llegar.",
        "La verdad es que ya no sé qué hacer con mi hermano, porque nunca contesta cuando lo llamo.",
        "¿Y qué le gustaría hacer esta semana para descansar un poco más?",
    ),
    "pt": (
        "Eu entendo que isso não foi nada fácil para você, e fico feliz que tenha vindo falar comigo.",
        "Claro, vou verificar o seu pedido agora mesmo e já lhe digo quando ele vai chegar.",
        "Na verdade eu não sei mais o que fazer com o meu irmão, porque ele nunca atende quando eu ligo.",
        "E o que você gostaria de fazer esta semana para descansar um pouco mais?",
    ),
    "it": (
        "Capisco che per lei non sia stato facile, e sono contento che oggi ne abbia voluto parlare con me.",
        "Certo, controllo subito il suo ordine e le dico quando arriva, di solito ci vogliono due giorni.",
        "Non so più cosa fare con mio fratello, perché non risponde mai quando lo chiamo.",
        "E che cosa le piacerebbe fare questa settimana per stare un po' meglio?",
    ),
    "nl": (
        "Ik begrijp dat het voor u niet makkelijk was, en ik ben blij dat u er vandaag over wilt praten.",
        "Natuurlijk, ik kijk even naar uw bestelling en dan weet ik wanneer het pakket wordt bezorgd.",
        "Eigenlijk weet ik niet meer wat ik met mijn broer moet doen, want hij neemt nooit op als ik bel.",
        "En wat zou u deze week graag willen doen om wat meer uit te rusten?",
    ),
    "sv": (
        "Jag förstår att det inte var lätt för dig, och jag är glad att du ville prata med mig om det i dag.",
        "Självklart, jag ska titta på din beställning och sedan säger jag när den kommer fram.",
        "Jag vet inte längre vad jag ska göra med min bror, för han svarar aldrig när jag ringer.",
    ),
    "pl": (
        "Rozumiem, że to nie było dla pani łatwe, i cieszę się, że chce pani dzisiaj o tym porozmawiać ze mną.",
        "Oczywiście, zaraz sprawdzę pana zamówienie i powiem, kiedy do pana przyjdzie, bo to już chyba wysłane.",
        "Ja już sama nie wiem, co mam zrobić z moim bratem, bo on nigdy nie odbiera, kiedy do niego dzwonię.",
    ),
    "tr": (
        "Bunun sizin için çok zor olduğunu anlıyorum ve bugün benimle bunu konuşmak istediğiniz için mutluyum.",
        "Tabii, siparişinize hemen bakıyorum ve size ne zaman geleceğini söylüyorum, ama biraz bekleyin.",
    ),
    "ro": (
        "Înțeleg că nu a fost ușor pentru dumneavoastră și mă bucur că ați vrut să vorbim despre asta astăzi.",
        "Nu mai știu ce să fac cu fratele meu, pentru că nu răspunde niciodată când îl sun.",
    ),
}
"""Turns written for this, by language: someone who counsels, someone who sells, someone who tells of a trouble."""

_REQUESTS = {
    "en": "My neighbour only speaks {}. How would I say to her that she can have the room?",
    "de": "Meine Nachbarin spricht nur {}. Wie sage ich ihr auf {}, dass sie das Zimmer haben kann?",
    "es": "Mi vecina solo habla {}. ¿Cómo le digo en {} que puede quedarse con la habitación?",
}
_NAMES = {
    "en": {"de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch"},
    "de": {"en": "Englisch", "fr": "Französisch", "es": "Spanisch", "it": "Italienisch", "nl": "Niederländisch"},
    "es": {"en": "inglés", "de": "alemán", "fr": "francés", "it": "italiano", "nl": "neerlandés"},
}


def _own(dialogue: Dialogue) -> str:
    ending = dialogue.voice[-2:]
    return ending if ending in ("de", "es", "zh") else "en"


def _other(dialogue: Dialogue, rng: random.Random, among: tuple[str, ...] = tuple(_TURNS)) -> str:
    return rng.choice([language for language in among if language != _own(dialogue)])


def _say(dialogue: Dialogue, speaker: str, texts: list[str], place: int = 0) -> None:
    """Let a speaker say texts from a place on; the dialogue ends with them, and with whom it ended before."""
    last = dialogue.turns[-1].speaker
    places = [n for n, turn in enumerate(dialogue.turns) if n >= place and turn.speaker == speaker]
    del dialogue.turns[[*places, len(dialogue.turns)][min(len(texts), len(places))] :]
    for number, text in zip(places, texts, strict=False):
        dialogue.turns[number].text = text
    while dialogue.turns[-1].speaker != last:
        del dialogue.turns[-1]


@defect("C418")
def other_language_in_one_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    dialogue.turns[place].text = rng.choice(_TURNS[_other(dialogue, rng)])
    return Planted(place)


@defect("C418")
def other_language_to_the_end(dialogue: Dialogue, rng: random.Random) -> Planted:
    place, language = anywhere(dialogue, rng), _other(dialogue, rng)
    _say(dialogue, dialogue.turns[place].speaker, rng.sample(_TURNS[language], len(_TURNS[language])), place)
    return Planted(place)


@lure("C418")
def foreign_quotations(dialogue: Dialogue, rng: random.Random) -> None:
    if _own(dialogue) == "zh":
        return
    said = rng.choice(_TURNS[_other(dialogue, rng)])
    form = rng.choice(("“{}”", '"{}"', "«{}»", "„{}“", "*{}*", "> {}", "♪ {} ♪", "({})"))
    place = anywhere(dialogue, rng)
    own = dialogue.turns[place].text
    dialogue.turns[place].text = f"{own}\n{form.format(said)}" if rng.random() < 0.6 else form.format(said)


@lure("C418")
def foreign_names(dialogue: Dialogue, rng: random.Random) -> None:
    if _own(dialogue) == "zh":
        return
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "Los Angeles, San Francisco, Las Vegas, El Paso, Santa Fe, La Jolla, Sacramento, Los Alamos.",
            "Spaghetti alla puttanesca, penne all'arrabbiata, bistecca alla fiorentina, tiramisù della casa.",
            "The Lord of the Rings, The Wizard of Oz, Lost in Translation, The Silence of the Lambs.",
            "Crème brûlée, mousse au chocolat, coq au vin, pot-au-feu, tarte aux pommes, café au lait.",
            "Nietzsche, Schopenhauer, von der Leyen, van der Waals, de la Cruz, dos Santos, di Caprio.",
            "Sertralin 50 mg, Quetiapin 25 mg, Ibuprofen 400 mg, Vitamin D3, Magnesium 300 mg.",
            "Cogito ergo sum, carpe diem, et cetera, mea culpa, quid pro quo, in dubio pro reo.",
            "SELECT name, city FROM users WHERE age > 30 AND city IN (SELECT city FROM towns) ORDER BY name",
            "Déjà vu, Schadenfreude, Gemütlichkeit, savoir-vivre, siesta, dolce vita, hygge, fika.",
        )
    )


@lure("C418")
def both_languages_in_a_turn(dialogue: Dialogue, rng: random.Random) -> None:
    if _own(dialogue) != "en":
        return
    place = anywhere(dialogue, rng)
    dialogue.turns[place].text = rng.choice(
        (
            "I told my mom que no quería ir, but she said, ay mija, you have to, and then we went anyway.",
            "So ich war dann at the office and then my boss sagt zu mir, you can go home, und das war es.",
            "We were at the beach con los niños and then, de repente, it started to rain, y ya.",
            "C'est la vie, you know, but je ne sais pas, I think we should go there on Sunday.",
        )
    )


@lure("C418")
def asked_for_a_translation(dialogue: Dialogue, rng: random.Random) -> None:
    own = _own(dialogue)
    if own == "zh":
        return
    place = anywhere(dialogue, rng)
    language = rng.choice(sorted(_NAMES[own]))
    name = _NAMES[own][language]
    dialogue.turns[place - 1].text = _REQUESTS[own].format(name, name)
    dialogue.turns[place].text = rng.choice(_TURNS[language])


@lure("C418")
def each_in_an_own_language(dialogue: Dialogue, rng: random.Random) -> None:
    if _own(dialogue) == "zh":
        return
    language, speaker = _other(dialogue, rng), rng.choice(dialogue.speakers)
    _say(dialogue, speaker, rng.sample(_TURNS[language], len(_TURNS[language])))


@lure("C418")
def speaks_both(dialogue: Dialogue, rng: random.Random) -> None:
    own = _own(dialogue)
    if own == "zh" or len(dialogue.turns) < 8:
        return
    language, speaker = _other(dialogue, rng), rng.choice(dialogue.speakers)
    pairs = zip(rng.sample(_TURNS[own], 4), rng.sample(_TURNS[language], len(_TURNS[language])), strict=False)
    _say(dialogue, speaker, [text for pair in pairs for text in pair])
