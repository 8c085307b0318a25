"""Which language a text is in, told by the words that are most common in each.

Function words alone were more precise than a model on what decides here: 20,000 aphorisms and sentences of 40 to 400
letters in 15 languages (Debian's ``fortunes``, mimesis), each language against each other. The few that they told to
be in another language than their collection's were. Of texts with 80 letters and more in a speaker's English, they
found 0.95 and more of those in Western European languages, 0.65 to 0.9 in Slavic ones and Hungarian, half in Turkish;
of Spanish, Portuguese and Italian among each other 0.85 to 0.97. Finnish was left out: too few. py3langid 0.4
(BSD-3-Clause, 4.5 MB with its model, deterministic, needs numpy), set to these languages and believed from 0.99 on,
found more of the Slavic ones and made as few mistakes. But it has to name one of them: it took all of Azerbaijani for
Turkish, and most of Croatian for Czech where that was left out. lingua is a wheel of 96 MB, and fasttext needs a model
from the network.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Final

from schemas.regex import regex

_WORDS: Final = {
    "English": """
        and the of to in is it that you for was with he are his they at be this have from or had by not what were when
        we there can an your which their if will each about how up out them then she many some so these would him into
        has her could been than who now did down only my over i don because just know think want do does didn won isn
        wasn ve ll re where why those very through should something nothing like feel really going being too before
        after again most here a on as all me no yes go get am us well see oh ok one got let make tell said say such off
        our way much""",
    "German": """
        und der die das ist nicht ich du er sie es wir ihr ein eine einen einem einer eines zu den dem des mit auf für
        von im in sich auch an als wie war hat habe haben hatte sind bin bist aber wenn dann noch nur schon so wird
        werden kann können muss müssen will wollen doch mal mir mich dir dich ihm ihn uns ihnen mein meine dein deine
        sein seine kein keine nichts oder weil dass daß was wer wo um nach bei aus vor über durch bis zum zur vom man
        immer wieder mehr jetzt hier da sehr gut etwas diese dieser dieses alle ja nein heute einfach vielleicht möchte
        würde""",
    "French": """
        est le la les un une des du de et en que qui dans pour pas sur au aux avec ce cette ces il elle je tu nous vous
        ils elles on ne se sont suis es êtes avez avons ai as a ont était être avoir fait faire plus mais ou où par
        comme tout tous toute bien très aussi si mon ma mes ton ta tes son sa ses notre votre leur quand sans même rien
        peu peut quelque chose cela ça qu donc alors encore moi toi lui parce avant après vraiment toujours jamais
        peux veux dit""",
    "Spanish": """
        y el la los las un una unos unas de del al e en que qué no es por para con su sus se lo le les me te nos mi mis
        tu tus yo tú él ella ellos usted ustedes como cómo más pero o si sí ya muy porque cuando cuándo donde dónde
        este esta esto estos estas ese esa eso está están estoy estás hay ha he has han ser era fue son soy eres tiene
        tengo tienes puede puedo hacer hace todo toda todos todas nada algo también sin sobre entre hasta desde bien
        ahora así mucho otra otro quiero siempre nunca vez había cada solo""",
    "Portuguese": """
        não o a os as um uma uns umas de do da dos das no na nos nas em e que é por para com se me te lhe seu sua seus
        suas meu minha teu tua eu ele ela eles elas nós você vocês mas ou ao à aos às pelo pela isso isto esse essa
        este esta como mais muito já quando onde porque está estou estão são foi ser era tem tenho têm ter há fazer faz
        pode posso tudo nada também sem sobre entre até depois bem agora assim só ainda sempre nunca num numa dele dela
        gente outro outra quem vai vou foram""",
    "Italian": """
        che il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai alle da dal dalla in nel
        nella con su sul sulla per tra e ed è chi non si mi ti ci vi ne io tu lui lei noi voi loro mio mia tuo tua suo
        sua questo questa quello quella come più ma o se anche perché quando dove ho hai ha abbiamo hanno sono sei
        siamo era essere avere fare fatto molto tutto tutti niente qualcosa solo già ancora poi sempre mai bene ora
        così cosa può posso quel nei sta sto proprio stato""",
    "Dutch": """
        een de het en van ik je jij hij zij ze we wij jullie te dat die in is niet met op aan voor er maar om als dan
        zijn was heb hebt heeft hebben had naar bij uit ook nog wel geen wat wie waar hoe door over mijn jouw haar ons
        onze hun hem me mij zo kan kun kunnen moet moeten wil worden wordt werd zou zal al of tot deze dit daar hier
        meer veel toen omdat want nu gaan gaat doen goed iets niets altijd weer heel misschien u uw ben bent""",
    "Swedish": """
        och att det som en ett den är jag du han hon vi ni de på inte med för av till om har hade var men så kan ska
        skulle vill måste när där här hur vad vem eller från man mig dig sig oss dem min mitt mina din ditt dina sin
        sitt sina hans hennes bara också nu då mycket inget ingen något någon alla varit vara bli blir blev efter utan
        under över eftersom kanske alltid aldrig bra igen ju känner""",
    "Danish or Norwegian": """
        og at det som en et den er jeg du han hun vi i de på ikke med for af av til om har havde hadde var men så kan
        skal skulle vil må når der her hvor hvad hva hvem eller fra man mig meg dig deg sig seg os oss dem min mit mitt
        mine din dit ditt dine sin sit sitt sine hans hendes hennes bare også nu nå da meget mye ingen ingenting noget
        noe nogen noen alle været vært være blive bli bliver blir blev ble efter etter uden uten over fordi måske
        kanskje altid alltid aldrig aldri godt bra igen igjen jo føler""",
    "Polish": """
        się i we ze na do nie że to jest są był była było być jak co kto gdzie kiedy ale a o po od za przez dla u przy
        ja ty on ona my wy oni mnie mi cię ci go mu jej ich nas was mój moja moje twój ten ta te tego tej tym tych tak
        czy już tylko też także bardzo więc jeśli jeżeli może mogę można mam masz ma jestem jesteś będzie żeby bo nic
        coś wszystko teraz tu tam jeszcze nawet który która które sobie siebie by jego dobrze trochę kiedyś zawsze""",
    "Czech": """
        jsem a i ve ze na do ne se si že to je jsou byl byla bylo být jak co kdo kde když ale o po od za pro u při já
        ty on ona my vy oni mě mi tě ti ho mu jí jich nás vás můj moje moji tvůj ten ta té toho tom těch tak už jen
        také taky velmi tedy pokud jestli může můžu můžete mám máš má jsi jsme jste bude aby protože nic něco všechno
        teď tady tam ještě který která které sebe by jeho dobře nebo není jako bych kdyby pak než byli""",
    "Croatian or Serbian": """
        što je i u na da se za su sam si smo ste nije ne od to kao ali iz koji koja koje bio bila biti će ću ćeš bi
        samo sve sada kada kad ako još već ili jer moj moja tvoj njegov njen on ona ono mi vi oni me te ga joj im nas
        vas mogu može možeš treba trebam imam ima nema gdje gde tko ko kako zašto ovo ovaj ova taj ta neki nešto ništa
        jako vrlo dobro po do kod bez između onda tako ovdje nikad uvijek uvek""",
    "Romanian": """
        și şi în că nu la de cu pe din un o este e sunt am ai are au fost să se mă te îmi îți îţi mi ți i le ne vă eu
        tu el ea noi voi ei ele mai dar sau dacă când unde cum ce cine care pentru prin după până despre foarte tot
        toate nimic ceva acum aici acolo așa aşa acest această asta aceasta al a ale lui lor meu mea mele tău ta fi fie
        va vor pot poate doar încă bine deci fără aș aş ca iar""",
    "Turkish": """
        bir ve bu da de ne için ile o çok ben sen biz siz onlar var yok değil mi mı mu mü gibi daha kadar ama sonra her
        şey ki en olarak olan oldu olduğunu diye beni seni bana sana benim senin onun ona onu bizim hiç şimdi böyle
        öyle nasıl neden niye kim nerede çünkü eğer ya ise bile sadece hem zaman belki biraz iyi bunu bunun buna şu
        evet hayır olur olabilir istiyorum biliyorum""",
    "Hungarian": """
        és a az hogy nem is egy van volt vagyok vagy ez ezt azt csak már még de ha mint meg el ki be le fel mert én te
        mi ti ők nekem neked neki engem téged minden semmi valami nagyon most itt ott így úgy akkor mikor amikor hol
        mit lehet kell tudom akarom lesz lett pedig sem olyan ilyen jól majd talán soha mindig vele rá""",
    "Indonesian or Malay": """
        yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya aku kamu anda dia kami kita mereka ke
        karena adalah ada bisa boleh sudah telah belum harus atau tetapi tapi jika kalau saat ketika seperti lebih
        sangat apa siapa bagaimana mengapa kenapa hanya oleh sebagai bahwa orang lagi masih banyak semua sesuatu hal
        mau ingin bukan nya sekarang sana sini""",
    "Catalan": """
        amb el la els les un una uns unes de del dels al als i en que què no és per seu seva es ho li em et ens meu
        meva teu jo tu ell ella nosaltres vostè com més però o si sí ja molt perquè quan on aquest aquesta això aquests
        està són sóc ets hi ha he has han ser era va vaig té tinc pot fer tot tota res també sense sobre entre fins des
        bé ara així només sempre mai""",
    "Russian": """
        что и в во не он на я с со как то все всё она так его но да ты к у же вы за бы по только её ее мне было вот от
        меня ещё еще нет о из ему теперь когда даже ну если уже или ни быть был него до вас опять вам ведь там потом
        себя ничего ей может они тут где есть надо ней для мы тебя их чем была сам чтоб без будто чего раз тоже себе
        будет тогда кто этот того потому этого какой это очень можно чтобы эти""",
    "Ukrainian": """
        що і й в у не він на я з із зі як то все вона так його але ти до ви за би по тільки її мені було від мене ще ні
        про йому тепер коли навіть ну якщо вже або бути був нього вас вам адже там потім себе нічого їй може вони тут
        де є треба для ми тебе їх ніж була сам без чого раз теж собі буде тоді хто цей того тому цього який це дуже
        можна щоб ці та""",
    "Bulgarian": """
        че и в във не той на аз с със как то всичко тя така неговата но да ти към у вие за би по само ме ми беше от още
        няма го когато дори ако вече или ни съм си сме сте са бил него до вас там после нищо може те тук къде има
        трябва ние тебе ги отколкото без защо пак също ще тогава кой този това много какво защото тези се""",
}
"""The most common words of each language that is known, by its name: function words, forms of "be" and "have", and what
is said all the time. Catalan, Bulgarian and others stand here so that they aren't taken for their neighbours, too."""

CYRILLIC: Final = frozenset({"Russian", "Ukrainian", "Bulgarian"})
"""Those that aren't in Latin letters."""

_SHARE: Final = 0.2
"""Of a text's words; so many are common ones in any prose of the language. They are a third to a half in most."""

_OTHERS: Final = 0.25
"""As many words as this share of those that speak for a language may speak for the other one."""

_READ: Final = 600
"""Characters; so much of a text tells its language."""

_WORD: Final = regex(r"[^\W\d_]+")

# Code, addresses, and what somebody else says, sings or does: in quotation marks, brackets, asterisks, after ">".
_ASIDE: Final = regex(
    r"""(?sx) ```.*?(?:```|\Z) | `[^`\n]*` | https?://\S+ | (?m:^>[^\n]*$) | ♪[^♪]*♪ | \*[^*\n]+\* | _[^_\n]+_
    | \([^()]*\) | "[^"]*"
    | “[^”]*(?:”|\Z) | «[^»]*(?:»|\Z) | „[^“”]*(?:[“”]|\Z) | ‘[^‘]*?’(?!\w) | (?<!\w)'[^'\n]{3,}'(?!\w)"""
)


@cache
def _languages_by_word() -> dict[str, tuple[str, ...]]:
    # In order, so that ties are told the same in every process.
    found: dict[str, list[str]] = {}
    for language, words in _WORDS.items():
        for word in dict.fromkeys(words.split()):
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


@cache
def signs(language: str) -> tuple[str, str, str, frozenset[str]]:
    """What a cheap look for a language searches, in lower case and between blanks.

    Returns:
        Two of its own most common words as literals, a pattern for any word of its own, and the words that are common
        in others and not in it.
    """
    by_word = _languages_by_word()
    own = [word for word in _WORDS[language].split() if len(by_word[word]) == 1 and len(word) > 1]
    foreign = frozenset(word for word, languages in by_word.items() if language not in languages)
    return f" {own[0]} ", f" {own[1]} ", f" (?:{'|'.join(own)}) ", foreign


def prose(text: str) -> str:
    """The beginning of a text without code, addresses, quotations and asides; empty where signs prevail."""
    plain = _ASIDE.sub(" ", text)[:_READ]
    signs_in = sum(not (each.isalnum() or each.isspace()) for each in plain)
    return "" if signs_in > 0.1 * len(plain) else plain


def language_of(text: str, *, than: str | None = None, words: int = 3) -> str | None:
    """The language that most of the common words in a text are of; None if these are few.

    Args:
        text: as `prose` makes it. Words in capitals don't count: code and abbreviations are in such.
        than: the language that was to be expected. Another one is told only if nearly all that tells them apart speaks
            for it.
        words: so many different ones have to be common in the language, and not in `than`.
    """
    by_word = _languages_by_word()
    said = [word if word in by_word else word[0].lower() + word[1:] for word in _WORD.findall(text)]
    common = [(word, by_word[word]) for word in said if word in by_word]
    counts = Counter(language for _, languages in common for language in languages)
    ((likeliest, count),) = counts.most_common(1) or [("", 0)]
    if count < max(words, _SHARE * len(said)):
        return None
    if than is None or than == likeliest:
        return likeliest
    own = [word for word, languages in common if likeliest in languages and than not in languages]
    others = sum(than in languages and likeliest not in languages for _, languages in common)
    different = set(own)
    # Letters by themselves are words in some languages, and sounds, lists or names in all.
    spelt = sum(len(word) > 1 for word in different)
    return likeliest if len(different) >= words and spelt > 1 and others <= _OTHERS * len(own) else None
