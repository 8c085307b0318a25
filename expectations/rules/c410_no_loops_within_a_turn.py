"""C410: the same words over and over within a turn."""

from __future__ import annotations

import zlib
from functools import lru_cache, partial
from typing import Any, Final

import polars as pl

from expectations.rule import Turns, Violation, expectation, patient, therapist, transcript
from schemas.regex import regex

_WINDOW: Final = 24
"""Bytes (characters, once it is looked at) that a loop is recognised by."""

_INLINE, _WIDEST = 12, 4
"""Bytes that Polars keeps beside the length of a text, and bytes of the widest character."""

_SHORTEST: Final = 64
"""Bytes of a turn that is looked at: four times a unit of two or three words."""

_TAIL: Final = 300
"""Bytes at the end of a turn in which its last words are searched for: loops run until they are cut off."""

_LOOKED: Final = 50_000
"""Characters of a turn that are looked at closely, so that an enormous one costs no more than its length."""

_TRIES: Final = 8
"""Places where a window recurs that are tried as the loop's period."""

_COMPRESSED: Final = 200
"""Bytes below which a ratio says nothing."""

_LONG_UNIT, _SHORT_UNIT = 32, 8
"""Characters of a unit that nobody repeats four times, and of one that somebody may (a mantra, a guided breath)."""

_MANY: Final = 4
"""How many times more often than others a single short word has to recur, laughter and ``no`` among them."""

_BY_RATIO: Final = 2
"""How many times the ratio must be exceeded where no unit recurs word by word: a plan for seven days reaches four."""

_LONG_RUN: Final = 128
"""Characters in a row of any unit, which laughter seldom reaches."""

_PART: Final = 1 / 3
"""The part of a turn that short units have to make up."""

_KEPT_APART: Final = regex(r"(?s:```.*?```)|(?m:^[ \t]*\|[^\n]*$)|(?P<mark>[\W_])(?P=mark){7,}")
"""Code, tables, and lines of dots or dashes, which repeat themselves by right. A loop in code never closes it."""

_LOOP: Final = pl.Struct({"grade": pl.Int8, "what": pl.String, "run": pl.String})


def _look(whole: str, least: int, ratio: float) -> dict[str, Any] | None:
    """How grave it is what a text repeats, 2 or 1, and what it is; None if it is sound.

    All is decided here, since whoever asks for several fields of an answer pays for as many looks.
    """
    found = _judged(whole[:_LOOKED], least, ratio)
    if found is None:
        return None
    grade, what, run = found
    return {"grade": grade, "what": what, "run": run if run is not None and run in whole else None}


@lru_cache(maxsize=256)  # each violation asks, and each of its fields; so few that enormous texts are soon let go
def _judged(text: str, least: int, ratio: float) -> tuple[int, str, str | None] | None:
    """Grade, what is repeated, and the run as it stands without what repeats itself by right."""
    first, last, unit = _longest(text)
    squeezed = _ratio(text)
    if last - first < _SHORTEST // 2 and squeezed < ratio:
        return None
    # Few texts come so far.
    text = _KEPT_APART.sub("", text)
    first, last, unit = _longest(text)
    squeezed = _ratio(text)
    spoken = any(character.isalnum() for character in text[first : first + unit])
    times = (last - first) // unit if spoken else 0
    looped = times >= least and unit > 1
    length = last - first
    if (looped and (squeezed >= ratio or unit >= _LONG_UNIT or length >= _COMPRESSED)) or squeezed >= _BY_RATIO * ratio:
        grade = 2
    elif looped and (length >= _LONG_RUN or (unit >= _SHORT_UNIT and length >= min(_PART * len(text), _LONG_RUN))):
        grade = 1
    else:
        return None
    if not looped:
        return grade, f"repeats itself: it compresses to 1/{squeezed:.1f} of its length", None
    return grade, f"says the same {times} times in a row", text[first:last].lstrip(" \n.,;:!?…。！？，")


def _longest(text: str) -> tuple[int, int, int]:
    """Where the longest run of one unit begins and ends, and how long the unit is."""
    best = 0, 0, 1
    for place in (len(text) // 2, len(text) - _WINDOW):
        if place < 0 or best[0] <= place < best[1]:
            continue
        for period in _periods(text, place):
            first, last = _run(text, place, period)
            if last - first > best[1] - best[0] and last - first >= 2 * period:
                best = first, last, period
    return best


def _ratio(text: str) -> float:
    """How many times shorter a text becomes when it is compressed; 0 where that says nothing."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if len(data) >= _COMPRESSED else 0.0


def _periods(text: str, place: int) -> list[int]:
    """How far away what stands at a place stands again, behind it or, near the end, before it."""
    window = text[place : place + _WINDOW]
    periods: list[int] = []
    at = place
    while len(periods) < _TRIES and (at := text.find(window, at + 1)) > 0:
        periods.append(at - place)
    at = place
    while len(periods) < _TRIES and (at := text.rfind(window, 0, at + _WINDOW - 1)) >= 0:
        periods.append(place - at)
    return periods


def _run(text: str, place: int, period: int) -> tuple[int, int]:
    """Where the stretch around `place` that repeats itself with a period begins and ends."""
    place = min(place, len(text) - period)
    ahead = _agree(text[place:], text[place + period :])
    behind = _agree(text[:place][::-1], text[: place + period][::-1])
    return place - behind, place + period + ahead


def _agree(one: str, other: str) -> int:
    """How many characters two texts share at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


_SAD: Final = "I am sorry that you feel this way. "
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@expectation(
    "C410",
    "no_loops_within_a_turn",
    scope="turn",
    severity="critical",
    since="0.1",
    holds=[
        transcript(patient("No, no, no, no, no! Ha ha ha ha ha ha ha."), therapist("Breathe in. Breathe out. " * 3)),
        transcript(patient("I don't know. I don't know. I don't know. I just don't know."), therapist("…" * 80)),
        transcript(patient("a" * 180), therapist("-" * 400)),
        transcript(
            patient("My week:\n\n" + "\n".join(f"- {day}: walk for ten minutes, then one line." for day in _DAYS[:4])),
            therapist("| day | mood |\n" + "| --- | --- |\n" * 30 + "Fill it in."),
        ),
    ],
    violated=[
        transcript(patient("Hi."), therapist("I hear you. " + _SAD * 12), at=1),
        transcript(patient("Hi."), therapist(_SAD * 4 + "What happened?"), at=1),
        transcript(patient("tired and " * 40), therapist("Oh."), at=0, evidence="tired and " * 40),
        transcript(patient("嗯。"), therapist("我理解你的感受，慢慢来，我在这里。" * 12), at=1),
        # A warning.
        transcript(patient("Breathe in, breathe out. " * 5), therapist("Good."), at=0),
    ],
)
def no_loops_within_a_turn(turns: Turns, *, times: int = 4, ratio: float = 3.0) -> tuple[Violation, ...]:
    """A turn says the same words over and over.

    Why it matters: a model that has lost its thread repeats itself until its tokens run out. Trained on it, another
    learns to.

    What to do: generate the turn again, with a penalty on repetition or at a higher temperature. People repeat a few
    words in distress, and guide a breath more than once: short units are a warning only, and code and tables don't
    count. Loops of whole turns are another expectation's matter.

    Thresholds: `times`: a unit recurs at least so often in a row, word by word; with 32 characters and more, or
    200 in a row, or together with the ratio, that is critical, below a warning. `ratio`: bytes of a turn of 200 bytes
    and more through its bytes when compressed by zlib; 99.9 % of sound turns stay below 2.6. Where no unit recurs in a
    row it takes twice the ratio: a plan for seven days compresses to a quarter.
    """
    text, data, size = turns.text, turns.text.cast(pl.Binary), turns.text.str.len_bytes()
    behind, before = data.bin.slice(size // 2 + 1, size), data.bin.slice(-_TAIL, _TAIL - 1)
    # What is part of a window is found wherever the window is, and sooner: it is short enough not to be copied, and
    # neither are the characters before the last.
    part_again = behind.bin.contains(data.bin.slice(size // 2, _INLINE))
    end_again = text.str.head(-1).str.contains(text.str.tail(_WINDOW // _WIDEST), literal=True)
    maybe = (size >= _SHORTEST) & (part_again | end_again)
    window_again = behind.bin.contains(data.bin.slice(size // 2, _WINDOW))
    tail_again = before.bin.contains(data.bin.slice(-_WINDOW, _WINDOW))
    looked = pl.when((size >= _SHORTEST) & (window_again | tail_again)).then(text)
    loop = looked.map_elements(partial(_look, least=times, ratio=ratio), return_dtype=_LOOP).struct
    return (
        Violation(
            maybe=maybe,
            when=loop.field("grade").eq_missing(2),
            message="{speaker}'s turn {what}",
            values={"what": loop.field("what")},
            evidence=loop.field("run"),
        ),
        Violation(
            maybe=maybe,
            when=loop.field("grade").eq_missing(1),
            message="{speaker}'s turn {what}",
            values={"what": loop.field("what")},
            evidence=loop.field("run"),
            severity="warning",
        ),
    )
