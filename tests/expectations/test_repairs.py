"""Repairs: what each takes away, that none touches anything else, and that once is as good as twice."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.catalogue import catalogue
from expectations.judge import Judged, judge
from expectations.repair import repairs
from expectations.repairs.split_bleed import split
from expectations.repairs.strip_invisible import mend as strip_invisible
from expectations.repairs.strip_note import mend as strip_note
from expectations.repairs.strip_tokens import mend as strip_tokens
from expectations.repairs.unicode import mend as unicode
from expectations.suite import load_suite
from tests.conftest import ROOT, raw

ALL = load_suite().changed(repairs=tuple(repairs()))


def test_the_repairs_and_which_are_safe() -> None:
    assert {name: each.safe for name, each in repairs().items()} == {
        "unicode": True,
        "strip_invisible": True,
        "strip_tokens": False,
        "strip_note": False,
        "split_bleed": False,
        "trim_tail": True,
        "drop_empty": False,
        "merge": False,
    }


def test_what_rules_offer_are_repairs() -> None:
    folder = ROOT / "expectations" / "rules"
    offered = set(re.findall(r'fix="(\w+)"', "".join(path.read_text() for path in Path(folder).glob("*.py"))))
    assert (
        {"trim_tail", "strip_note", "strip_tokens", "split_bleed", "drop_empty", "merge"} <= offered <= set(repairs())
    )
    assert len(catalogue()) > 20


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffsoft\u00adhyphen\u2060", "softhyphen"),
        ("Latin\u200cjoiner\u200d.", "Latinjoiner."),
        ("left\u200eto\u202eright\u202c\u2066.\u2069", "lefttoright."),
        ("Hi.\U000e0068\U000e0069\U000e0001", "Hi."),
        ("\u200b\u200c\u200d\u200e", ""),
    ],
)
def test_strip_invisible_takes_out_what_does_nothing(before: str, after: str) -> None:
    assert strip_invisible(before, "") == after


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d⚕️ 👨\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🏳️\u200d🌈 1️⃣",
        "می\u200cخواهم",
        "क्\u200dष क\u200c",
        "ภาษา\u200bไทย",
        "\u200fשלום\u200f \u202bא\u202c",
        "10\u00a0%, M.\u202fDupont",
    ],
)
def test_strip_invisible_leaves_what_belongs_to_the_text(text: str) -> None:
    assert strip_invisible(text, "") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("That isnâ€™t your fault.", "That isn’t your fault."),
        ("The cafÃ© was full.\nYes â€“ it was.\nÇa va.", "The café was full.\nYes – it was.\nÇa va."),
        ("ä½\u00a0å¥½", "你好"),
        ("Ça va à Noël, « naïve » : déjà vu, cœur.", None),
        ("Größe, Ärger – „so“?", None),
        ("Não, coração. ÀÉÎÕÜ", None),
        ("我睡不好。Что?", None),
        ("", None),
    ],
)
def test_unicode_decodes_anew_what_was_decoded_wrongly(before: str, after: str | None) -> None:
    assert unicode(before, "") == (before if after is None else after)


@pytest.mark.parametrize(
    ("before", "token", "after"),
    [
        ("How are you?<|im_end|>", "<|im_end|>", "How are you?"),
        ("<s> Hi. </s>", "</s>", "<s> Hi."),
        ("Hi.\n<|im_end|> <|im_end|>\n", "<|im_end|>", "Hi."),
        ("<|im_end|>", "<|im_end|>", "<|im_end|>"),
        ("a <|im_end|> b", "<|im_end|>", "a <|im_end|> b"),
    ],
)
def test_strip_tokens_works_at_the_ends(before: str, token: str, after: str) -> None:
    assert strip_tokens(before, token) == after


@pytest.mark.parametrize(
    ("text", "label", "parts"),
    [
        ("Hello.\n\nPatient: I slept.", "Patient:", ("Hello.\n\n", " I slept.")),
        ("I told Patient: no.\n**Patient:** Yes.", "Patient:", ("I told Patient: no.\n", " Yes.")),
        ("Patient: I slept.", "Patient:", ("", " I slept.")),
        ("My Patient: a saint.", "Patient:", None),
    ],
)
def test_split_cuts_at_labels_that_open_a_line(text: str, label: str, parts: tuple[str, str] | None) -> None:
    assert split(text, label) == parts


_ANY = st.text(
    st.sampled_from("aZ é中\u200b\u200c\u200d\u200e\u00ad\ufeff\u202eخא👩क🏴\U000e0067ไÃ©â€™\u00a0Â\n<|x>(:)"),
    max_size=30,
)


@given(text=_ANY)
@example("â€™\u200b🏴\U000e0067")
def test_strip_invisible_touches_what_can_not_be_seen_and_once_is_enough(text: str) -> None:
    after = strip_invisible(text, "")
    assert strip_invisible(after, "") == after
    left = iter(after)
    expected = next(left, None)
    for each in text:
        if each == expected:
            expected = next(left, None)
        else:
            assert unicodedata.category(each) == "Cf"
    assert expected is None


@given(text=_ANY)
def test_unicode_touches_no_plain_character_and_once_is_enough(text: str) -> None:
    after = unicode(text, "")
    assert unicode(after, "") == after
    assert re.sub(r"[^!-~\n]", "", after) == re.sub(r"[^!-~\n]", "", text)


@given(
    before=st.text("ab \n<|x>", max_size=8),
    token=st.sampled_from(["<|x|>", "<|x>"]),
    behind=st.text("ab \n<|x>", max_size=8),
)
def test_strip_tokens_and_notes_touch_nothing_but_their_evidence_and_blanks(
    before: str, token: str, behind: str
) -> None:
    text = f"{before}{token}{behind}"

    def bare(some: str) -> str:
        return "".join(some.split())

    cut = strip_tokens(text, token)
    assert strip_tokens(cut, token) == cut
    assert bare(text) in {f"{token * m}{bare(cut)}{token * n}" for m in range(5) for n in range(5)}
    head, _, tail = text.partition(token)
    assert bare(strip_note(text, token)) in (bare(head) + bare(tail), bare(text))


ERROR = "[Llama Therapist generation error: The decoder prompt (length 9041) is longer than the maximum model length of 9000.]"
NOTE = "(Note: This response is more direct, and acknowledges the patient's need.)"
PARTS = [
    "I slept badly.", "What kept you up?", "The cafÃ© was full.", "zero\u200bwidth and so\u00adft", f"\n\n{NOTE}",
    "<|im_end|>", "<|eot_id|>", "\n\nPatient: I see.", "\n**Therapist:** Go on.", "Therapist:", "\u200b", ERROR, "[no response]",
]  # fmt: skip
_TURN = st.tuples(st.sampled_from(["patient", "therapist"]), st.lists(st.sampled_from(PARTS), max_size=4))


def chat(turns: list[tuple[str, str]]) -> str:
    import json

    return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]})


def judged(*transcripts: list[tuple[str, str]]) -> Judged:
    return judge(raw(a_jsonl="\n".join(map(chat, transcripts))), ALL)


@pytest.mark.slow  # Each example judges two drops with all repairs.
@given(drop=st.lists(st.lists(_TURN, min_size=2, max_size=8), min_size=2, max_size=5))
@settings(max_examples=12)
def test_all_repairs_once_are_enough_and_every_step_is_told(drop: list[list[tuple[str, list[str]]]]) -> None:
    first = judged(*([(role, " ".join(parts)) for role, parts in turns] for turns in drop))
    # Every step begins with what the one before left, and takes nothing but blanks and its evidence out.
    for (repair,), steps in first.repairs.group_by("repair"):
        for before, after in steps.select("before", "after").iter_rows():
            _touches_its_evidence_only(str(repair), before, after)
    released = first.release.group_by("transcript", maintain_order=True).agg("speaker", "text")
    if len(released):
        turns = [list(zip(*row[1:], strict=True)) for row in released.rows()]
        second = judged(*turns, turns[0])
        assert second.repairs.is_empty()
        assert set(second.transcripts["verdict"]) == {"accepted"}
        assert second.release.head(len(first.release))["text"].equals(first.release["text"])


def _touches_its_evidence_only(repair: str, before: str, after: str | None) -> None:
    def seen(text: str | None) -> str:
        return "".join(each for each in text or "" if not each.isspace() and unicodedata.category(each) != "Cf")

    if repair == "drop_empty":
        assert after is None
        assert seen(before) == ""
    elif repair == "trim_tail":
        assert after is None
    elif repair == "strip_invisible":
        assert seen(after) == seen(before)
    elif repair == "unicode":
        assert seen(after).replace("é", "Ã©") == seen(before)
    elif repair == "strip_note":
        assert seen(after) == seen(before).replace(seen(NOTE), "", 1)
    elif repair == "strip_tokens":
        assert re.fullmatch(r"(<\|(im_end|eot_id)\|>)*", seen(before).removeprefix(seen(after)))
    elif before and after is not None:
        # What split_bleed and merge leave of a turn begins or ends as it did.
        assert seen(before).startswith(seen(after)) or seen(after).startswith(seen(before)) or ":" in before


CASES: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    "a bleed of the other side": (
        [("patient", "Hi."), ("therapist", "Hello.\n\nPatient: I slept badly.\n\nTherapist: Why?")],
        [("patient", "Hi."), ("therapist", "Hello."), ("patient", "I slept badly."), ("therapist", "Why?")],
    ),
    "its own label": (
        [("patient", "Hi."), ("therapist", "Therapist: Hello.\n\nTherapist: Go on."), ("patient", "I did."), ("therapist", "Good.")],
        [("patient", "Hi."), ("therapist", "Hello.\n\nGo on."), ("patient", "I did."), ("therapist", "Good.")],
    ),
    "an empty turn, then a merge": (
        [("patient", "Hi."), ("therapist", "Yes."), ("patient", "\u200b"), ("therapist", "Go on."), ("patient", "I did."), ("therapist", "Good.")],
        [("patient", "Hi."), ("therapist", "Yes.\n\nGo on."), ("patient", "I did."), ("therapist", "Good.")],
    ),
    "a note in a turn that is merged with the next": (
        [("patient", "Hi."), ("therapist", f"Hello.\n\n{NOTE}"), ("therapist", "Well?"), ("patient", "I did."), ("therapist", "Good.<|im_end|>")],
        [("patient", "Hi."), ("therapist", "Hello.\n\nWell?"), ("patient", "I did."), ("therapist", "Good.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_unsafe_repairs_together(case: str) -> None:
    before, after = CASES[case]
    found = judged(before)
    assert found.transcripts["verdict"].to_list() == ["repaired"]
    assert found.release.select("speaker", "text").rows() == after
    assert found.release["turn"].to_list() == list(range(len(after)))


def test_steps_of_a_split_are_told_by_the_turn_they_stood_in() -> None:
    found = judged(CASES["a bleed of the other side"][0])
    assert found.repairs.select("turn", "speaker", "repair", "before", "after").rows() == [
        (1, "therapist", "split_bleed", "Hello.\n\nPatient: I slept badly.\n\nTherapist: Why?", "Hello."),
        (1, "patient", "split_bleed", "", "I slept badly.\n\nTherapist: Why?"),
        (1, "patient", "split_bleed", "I slept badly.\n\nTherapist: Why?", "I slept badly."),
        (1, "therapist", "split_bleed", "", "Why?"),
    ]


def test_only_safe_repairs_are_made_unless_a_person_asks() -> None:
    for name in ("synthetic", "human", "chat"):
        assert all(repairs()[each].safe for each in load_suite(name).repairs)
    found = judge(raw(a_jsonl=chat(CASES["its own label"][0])), load_suite())
    assert found.transcripts["verdict"].to_list() == ["quarantined"]
    assert found.repairs.is_empty()


@pytest.mark.slow  # twenty rounds of repairs
def test_a_transcript_that_needs_too_many_repairs_stays_as_it_was() -> None:
    bled = "Hello." + "\n\nPatient: Hm.\n\nTherapist: Hm." * 80
    found = judged([("patient", "Hi."), ("therapist", bled)])
    assert found.transcripts["verdict"].to_list() == ["quarantined"]
    assert found.repairs.is_empty()
    assert pl.Series(found.quarantine["text"]).to_list() == ["Hi.", bled]
