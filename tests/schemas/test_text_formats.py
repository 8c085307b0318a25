"""Formats with times and tables: what is rendered is read back, what is malformed is told and the rest is read."""

from __future__ import annotations

import html
from collections.abc import Callable
from itertools import groupby

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.suite import load_suite
from schemas.columns import TEXTS
from schemas.format import formats
from schemas.reading import Batch, read
from schemas.roster import Roster
from tests.conftest import raw

pytestmark = pytest.mark.slow  # Many formats, each rendered and read back many times.

ROSTER = load_suite().roster
Turn = tuple[str, str, float | None, float | None]

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\t|<{&"), max_size=25)
_SAID = st.one_of(
    _TEXT.map(str.strip).filter(lambda text: bool(text) and "-->" not in text),
    st.sampled_from(["at 12:30", "Then: what", "“Ben: no”", "3 of 4", "Name (SL)", "嗯：是", "*EXP", "1"]),
)


def read_text(text: str) -> Batch:
    return read(raw(a_txt=text), ROSTER)


def turns_of(batch: Batch) -> list[Turn]:
    return batch.turns.select("speaker", "text", "start", "end").rows()


def conserved(batch: Batch) -> bool:
    row = batch.sources.row(0, named=True)
    return bool(row["expected"] == row["in_turns"] + row["elsewhere"]) and row["expected"] > 0


def clock(seconds: float, point: str = ".") -> str:
    whole, rest = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}" + (f"{point}{rest:03}" if point else "")


@st.composite
def dialogues(draw: st.DrawFn) -> list[Turn]:
    """At least two pieces each of Anna and Ben, with times; a speaker may go on."""
    speakers = ["Anna", "Ben", "Anna", "Ben", *draw(st.lists(st.sampled_from(["Anna", "Ben"]), max_size=5))]
    steps = draw(st.lists(st.integers(1, 900), min_size=len(speakers), max_size=len(speakers)))
    starts = [sum(steps[:place]) for place in range(len(steps))]
    return [(speaker, draw(_SAID), float(start), start + 0.75) for speaker, start in zip(speakers, starts, strict=True)]


def merged(dialogue: list[Turn], join: str) -> list[Turn]:
    groups = [list(group) for _, group in groupby(dialogue, key=lambda turn: turn[0])]
    return [(group[0][0], join.join(turn[1] for turn in group), group[0][2], group[-1][3]) for group in groups]


def until_unknown(dialogue: list[Turn]) -> list[Turn]:
    return [(speaker, text, start, None) for speaker, text, start, _ in dialogue]


def zoom(dialogue: list[Turn]) -> str:
    cues = [
        f"{place}\n{clock(start or 0)} --> {clock(end or 0)}\n{speaker}: {html.escape(text, quote=False)}\n\n"
        for place, (speaker, text, start, end) in enumerate(dialogue)
    ]
    return "WEBVTT\n\n" + "".join(cues)


def teams(dialogue: list[Turn]) -> str:
    cues = [
        f"{clock(start or 0)} --> {clock(end or 0)}\n<v {speaker}>{html.escape(text, quote=False)}</v>\n"
        for speaker, text, start, end in dialogue
    ]
    return "WEBVTT\n\nNOTE exported\n\n" + "\n".join(cues)


def srt(dialogue: list[Turn]) -> str:
    return "".join(
        f"{place}\n{clock(start or 0, ',')} --> {clock(end or 0, ',')}\n{speaker}: {text}\n\n"
        for place, (speaker, text, start, end) in enumerate(dialogue)
    )


def each(form: str) -> Callable[[list[Turn]], str]:
    return lambda dialogue: "".join(form.format(who, clock(start or 0, ""), text) for who, text, start, _ in dialogue)


def markdown(dialogue: list[Turn]) -> str:
    rows = "".join(f"| {clock(start or 0, '')} | **{who}** | {text} |\n" for who, text, start, _ in dialogue)
    return "| Time | Speaker | Text |\n|---|:--|---|\n" + rows


def numbered(dialogue: list[Turn]) -> str:
    counts: dict[str, int] = {}
    lines: list[str] = []
    for who, text, *_ in dialogue:
        counts[who] = counts.get(who, 0) + 1
        lines.append(f"{who} {counts[who]}: {text}\n\n")
    return "".join(lines)


def cha(dialogue: list[Turn]) -> str:
    lines = [
        f"*{speaker}:\t{text} \x15{round((start or 0) * 1000)}_{round((end or 0) * 1000)}\x15\n%com:\t{text}\n"
        for speaker, text, start, end in dialogue
    ]
    return "@UTF8\n@Begin\n@Participants:\tAnna Participant, Ben Participant\n" + "".join(lines) + "@End\n"


def textgrid(dialogue: list[Turn]) -> str:
    tiers = {speaker: [turn for turn in dialogue if turn[0] == speaker] for speaker in ("Anna", "Ben")}
    text = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 9\ntiers? <exists>\nsize = 2\n'
    for place, (speaker, spoken) in enumerate(tiers.items(), start=1):
        text += f'item [{place}]:\nclass = "IntervalTier"\nname = "{speaker}"\nxmin = 0\nxmax = 9\n'
        text += f"intervals: size = {len(spoken)}\n"
        for number, (_, said, start, end) in enumerate(spoken, start=1):
            quoted = said.replace('"', '""')
            text += f'intervals [{number}]:\nxmin = {start}\nxmax = {end}\ntext = "{quoted}"\n'
    return text


def daic(dialogue: list[Turn]) -> str:
    rows = [f"{start}\t{end}\t{speaker}\t{text}\n" for speaker, text, start, end in dialogue]
    return "start_time\tstop_time\tspeaker\tvalue\n" + "".join(rows)


RENDERED: dict[str, tuple[str, Callable[[list[Turn]], str], Callable[[list[Turn]], list[Turn]]]] = {
    "zoom": ("webvtt", zoom, lambda turns: merged(turns, " ")),
    "teams": ("webvtt", teams, lambda turns: merged(turns, " ")),
    "srt": ("srt", srt, lambda turns: merged(turns, " ")),
    "otter": ("otter", each("{0}  {1}  \n{2}\n\n"), lambda turns: merged(until_unknown(turns), "\n")),
    "time first": ("timed_text", each("[{1}] {0}: {2}\n"), lambda turns: merged(until_unknown(turns), "\n")),
    "name first": (
        "timed_text",
        each("{0} ({1}): {2}\n\n"),
        lambda turns: merged(until_unknown(turns), "\n\n"),
    ),
    "time on the label's line": (
        "timed_text",
        each("{0}: {1}\n{2}\n\n"),
        lambda turns: merged(until_unknown(turns), "\n\n\n"),
    ),
    "bold": ("timed_text", each("**{0}:** [{1}] {2}\n"), lambda turns: merged(until_unknown(turns), "\n")),
    "zoom chat": ("zoom_chat", each("{1}\t {0}:\t{2}\n"), lambda turns: merged(until_unknown(turns), "\n")),
    "pipes": (
        "tab_table",
        each("{0}|{2}|sd\n"),
        lambda turns: [(speaker, text, None, None) for speaker, text, *_ in turns],
    ),
    "tabs": (
        "tab_table",
        each("{0}\t{2}\n"),
        lambda turns: [(speaker, text, None, None) for speaker, text, *_ in turns],
    ),
    "markdown": ("tab_table", markdown, until_unknown),
    "numbered": (
        "numbered_text",
        numbered,
        lambda turns: [(speaker, text, None, None) for speaker, text, *_ in turns],
    ),
    "cha": ("chat_cha", cha, lambda turns: merged(turns, " ")),
    "textgrid": ("textgrid", textgrid, lambda turns: merged(turns, " ")),
    "daic": ("daic_woz", daic, lambda turns: merged(turns, " ")),
}


@pytest.mark.parametrize("case", RENDERED)
@settings(max_examples=10)  # of each of sixteen
@given(dialogue=dialogues())
def test_what_is_rendered_is_read_back(case: str, dialogue: list[Turn]) -> None:
    name, render, expected = RENDERED[case]
    text = render(dialogue)
    batch = read_text(text)
    assert batch.sources["format"].to_list() == [name]
    assert turns_of(batch) == expected(dialogue)
    assert batch.problems.is_empty()
    assert conserved(batch)
    shown = html.unescape(text).replace('""', '"').split("\n")
    for line, said in batch.turns.select("line", "text").rows():
        assert any(piece in shown[line - 1] for _, piece, *_ in dialogue if said.startswith(piece))


_FRAGMENTS = st.sampled_from(
    """
    WEBVTT|NOTE|STYLE|00:00:01.000 --> 00:00:02.000|00:00:01,000 --> 00:00:02,000|00:99 --> x|<v Anna>|</v>|&amp;|&#0;
    Anna|Ben|Anna: |Ben: |Anna:|: |  0:49|[00:12] |(00:12:03): |[99:99]|00:01:02|**|(00:01 - 00:02)|---|a: b|word |12:30
    @UTF8|@Begin|@End|@Participants:|*PAT:|%mor:|\x15|\x150_1500\x15|,|*|"|""|"IntervalTier"|"TextTier"|"Anna"|text =
    File type = "ooTextFile"|"TextGrid"|1.5|<exists>|start_time|-1|1e999|9|嗯：|\u2028|\x85|{\\an8}|<i>|From  to |-->|->|<br>|\\|---
    """.replace("\n    ", "|")
    .strip("|")
    .split("|")
)
_BEGINNINGS = st.sampled_from(
    [
        "",
        "WEBVTT\n",
        "1\n00:00:01,000 --> 00:00:02,000\n",
        "Anna  0:49\n",
        "[00:12] Anna: ",
        "Anna (00:12:03): ",
        "Anna: 00:01:02\n",
        "00:01:02\t Anna:\t",
        "A|b|c\nA|b|c\n",
        "@UTF8\n@Begin\n",
        'File type = "ooTextFile"\nObject class = "TextGrid"\n0 1 <exists> 1\n"IntervalTier" "A" 0 1 1 ',
        "start_time\tstop_time\tspeaker\tvalue\n",
        "| Speaker | Text |\n|---|---|\n| A | b |\n",
        "A\tb\nC\td\n",
        "T1 a\nC1 b\nT2 c\nC2: d\n",
    ]
)
_PIECES = st.lists(st.one_of(_FRAGMENTS, st.sampled_from(["\n", "\n\n", " ", "\t", "|"]), st.text(max_size=3)))


@given(beginning=_BEGINNINGS, pieces=_PIECES)
def test_any_text_is_read_without_loss_or_refused_by_every_format(beginning: str, pieces: list[str]) -> None:
    text = (beginning + "".join(pieces)).replace("\r", "\n").encode("utf-8", "replace").decode()
    texts = pl.DataFrame([(0, "a.txt", text)], schema=TEXTS, orient="row")
    for name in sorted({name for name, *_ in RENDERED.values()}):
        parsed = formats()[name].parse(texts, ROSTER)
        assert len(parsed.accounts) + len(parsed.refusals) == 1
        for _, expected, in_turns, elsewhere in parsed.accounts.rows():
            assert expected == in_turns + elsewhere
        assert parsed.turns["text"].to_list() == [each.strip() for each in parsed.turns["text"]]
        assert parsed.turns["line"].is_between(1, text.count("\n") + 1).all()


MALFORMED: dict[str, tuple[str, list[tuple[str, str]], list[tuple[int, str]]]] = {
    "a cue without sound times": (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nAnna: a\n\n00:00:0x.000 --> 00:00:04.000\nBen: b\n\n"
        "00:75:00.000 --> 01:00:04.000\nAnna: c\n",
        [("Anna", "a"), ("Ben", "b"), ("Anna", "c")],
        [(6, "broken"), (9, "broken")],
    ),
    "text before any cue": (
        "WEBVTT\n\nAnna: lost\n\n00:01.000 --> 00:02.000\nBen: b\n",
        [("Ben", "b")],
        [(3, "broken")],
    ),
    "an arrow in a text": (
        "1\n00:00:01,000 --> 00:00:02,000\nAnna: a\nleft --> right\n",
        [("Anna", "a\nleft --> right")],
        [],
    ),
    "no blank line between cues": (
        "1\n00:00:01,000 --> 00:00:02,000\nAnna: a\n2\n00:00:03,000 --> 00:00:04,000\nBen: b\n3 of them\n",
        [("Anna", "a"), ("Ben", "b\n3 of them")],
        [],
    ),
    "a time that is none": (
        "[00:12] Anna: a\n[00:75] Ben: b\n[01:20] Anna: c\n",
        [("Anna", "a"), ("Ben", "b"), ("Anna", "c")],
        [(2, "broken")],
    ),
    "text before the first time": (
        "Hello\n\nAnna (00:01): a\n\nBen (00:02): b",
        [("Anna", "a"), ("Ben", "b")],
        [(1, "long_preamble")],
    ),
    "page headers among numbered turns": (
        "Interview 3\n\nT1 a\nC1 b\n- 2 -\nc\n\x0cInterview 3, 2\nT2 d\nC2 e\n\x0cInterview 3, 3\nPage 4\nf",
        [("T", "a"), ("C", "b\n\nc"), ("T", "d"), ("C", "e\n\n\nf")],
        [],
    ),
    "a row with too few columns": (
        "A|a|x\nB|b|y\nA\nB|c|z\n",
        [("A", "a"), ("B", "b"), ("B", "c")],
        [(3, "broken")],
    ),
    "a main line without a colon, a lone bullet and no end": (
        "@UTF8\n@Begin\n*PAT:\ta .\n*INV b .\n*PAT:\tc \x150_\n",
        [("PAT", "a . c \x150_")],
        [(4, "broken"), (5, "broken"), (5, "broken")],
    ),
    "a tier that is cut off": (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n0 9 <exists> 2\n"IntervalTier" "Anna" 0 9 2\n'
        '0 1 "a"\n2 "no start"\n"IntervalTier" "Ben" 0 9 2\n1 2 "b"\n2 3 "c ""d""',
        [("Anna", "a"), ("Ben", 'b c "d"')],
        [(6, "broken"), (9, "broken")],
    ),
    "a row without times, and one without a text": (
        "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tEllie\thi\nx\t3.0\tParticipant\tyes\n4.0\t5.0\tEllie\n",
        [("Ellie", "hi"), ("Participant", "yes")],
        [(3, "broken"), (4, "broken")],
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed_is_told_and_the_rest_is_read(case: str) -> None:
    text, said, problems = MALFORMED[case]
    batch = read_text(text)
    assert batch.turns.select("speaker", "text").rows() == said
    assert batch.problems.select("line", "kind").rows() == problems
    assert conserved(batch)


ALIGNED: dict[str, tuple[list[str], list[str]]] = {
    "a speaker's own tier before words": (["Anna", "Anna - words", "Anna - phones"], ["Anna"]),
    "words where there is nothing else": (["words", "phones"], ["Speaker"]),
    "tiers that name nobody beside one that does": (["Anna", "words", "MAU"], ["Anna"]),
    "phones alone are nothing said": (["phones", "KAN-MAU"], []),
    "words of two": (["Anna_words", "Ben_words", "Ben_phones"], ["Anna", "Ben"]),
    "a name that looks like none": (["Mr. Word", "Anna"], ["Mr. Word", "Anna"]),
}


@pytest.mark.parametrize("case", ALIGNED)
def test_tiers_of_aligners_are_read_once(case: str) -> None:
    tiers, speakers = ALIGNED[case]
    body = "".join(
        f'"IntervalTier" "{tier}" 0 9 2 {place} {place}.5 "a" {place}.5 {place}.9 "b"\n'
        for place, tier in enumerate(tiers)
    )
    batch = read_text(f'File type = "ooTextFile"\nObject class = "TextGrid"\n0 9 <exists> {len(tiers)}\n{body}')
    assert batch.turns.select("speaker", "text").rows() == [(speaker, "a b") for speaker in speakers]
    assert conserved(batch)
    assert batch.problems["kind"].to_list() == ([] if speakers else ["empty"])


TOLD_APART: dict[str, tuple[str, str]] = {
    "times within labelled text": (
        "Patient: I woke up\n[03:30] and\n[04:10] again\n\nTherapist: Why?\n\nPatient: 5:15\n\nTherapist: Oh.",
        "labelled_text",
    ),
    "a heading with a time": ("Session (10:30)\n\nPatient: a\n\nTherapist: b", "labelled_text"),
    "metadata with times": ("Start: 10:30\n\nPatient: a\n\nTherapist: b\n\nPatient: c", "labelled_text"),
    "one turn with its time": ("Patient (00:12): a", "timed_text"),
    "numbered steps in labelled text": (
        "Patient: a\n\nTherapist: b\nStep 1: c\nWeek 1: d\nStep 2: e\nWeek 2: f\n\nPatient: g\n\nTherapist: h",
        "labelled_text",
    ),
    "numbered speakers": ("Speaker 1: a\nSpeaker 2: b\nSpeaker 1: c\nSpeaker 2: d", "labelled_text"),
    "pipes in labelled text": ("Patient: a | b\n\nTherapist: c | d\n\nPatient: e", "labelled_text"),
}


@pytest.mark.parametrize("case", TOLD_APART)
def test_format_is_told_by_most_labels(case: str) -> None:
    text, name = TOLD_APART[case]
    batch = read_text(text)
    assert batch.sources["format"].to_list() == [name]
    texts = pl.DataFrame([(0, "a.txt", text)], schema=TEXTS, orient="row")
    assert [each.name for each in formats().values() if len(each.parse(texts, ROSTER).accounts)] == [name]


@pytest.mark.parametrize("piece", ["<v ", "*", "_", " ", "\x15", '"', "<c ", "|", "1:"])
@pytest.mark.parametrize(
    "beginning", ["WEBVTT\n\n00:01.000 --> 00:02.000\n", "[00:12] A: b\nA", "@UTF8\n@Begin\n*A:\t"]
)
def test_hostile_text_takes_no_longer_than_its_length(beginning: str, piece: str) -> None:
    assert conserved(read_text(beginning + piece * 100_000 + "x"))


def test_sources_of_a_batch_do_not_mix() -> None:
    batch = read(raw(a_txt="Anna  0:01\na\n\nBen  0:02\nb", b_vtt="WEBVTT\n\n00:01.000 --> 00:02.000\nc"), Roster({}))
    assert batch.turns.select("transcript_key", "speaker", "text", "start").rows() == [
        (0, "Anna", "a", 1.0),
        (0, "Ben", "b", 2.0),
        (1, "", "c", 1.0),
    ]
