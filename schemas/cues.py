"""What the formats with times share: an account kept while reading, names, and cues.

These formats are rare and their files are small, so a source is read by a loop in Python. To refuse one is cheap: a
look at its first characters, for all sources at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS
from schemas.format import Parsed
from schemas.headers import speech_above
from schemas.layouts import layout, seconds
from schemas.regex import regex
from schemas.roster import CONNECTIVES, Roster

_TIMING: Final = regex(r"[ \t]*([0-9:.,]+)[ \t]*-->[ \t]*([0-9:.,]+)(?:[ \t][^\n]*)?\n?")
_LIKE_TIMING: Final = regex(r"[ \t]*(?:[0-9]\S{0,20}[ \t]*)?-->")
_LABEL: Final = regex(r"^[ \t]*(?:(?:>>|-)[ \t]*)?([^\W\d_][^:：\n]{0,39})(?::(?=\s|\Z)|：)", re.M)
_WRAPPED: Final = regex(r"[ \t]*(([^\W\d_][^:：\n]{0,39})\n([^\W\d_][^:：\n]{0,39}))(?::(?=\s|\Z)|：)")
_NAME: Final = regex(r"(?:[\w(][\w.'’()&-]*)(?: [\w(][\w.'’()&-]*){0,3}")
_CONNECTIVES: Final = CONNECTIVES | {"however", "question", "answer"}
"""In subtitles and notes these, too, come before a colon and are nobody's name."""


Parse = Callable[[pl.DataFrame, Roster], Parsed]


@dataclass
class _Turn:
    speaker: str
    texts: list[str]
    line: int
    start: float | None
    end: float | None


@dataclass
class Reading:
    """One source while it is read. A parser spends every character once, on a turn or elsewhere."""

    turns: list[_Turn] = field(default_factory=list[_Turn])
    elsewhere: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])

    def skip(self, *parts: str) -> None:
        """Spend what is no text of a turn."""
        self.elsewhere += sum(map(len, parts))

    def broken(self, line: int, detail: str) -> None:
        """Tell of a part that is not as the format says."""
        self.problems.append((line, "broken", detail))

    def say(
        self,
        speaker: str,
        body: str,
        line: int,
        times: tuple[float | None, float | None] = (None, None),
        *,
        join: str | None = None,
    ) -> None:
        """Spend `body`, which begins on `line`: a turn of `speaker`, with the blanks around it elsewhere.

        Args:
            speaker: who speaks, as in the source.
            body: text and the blanks around it.
            line: counts from 1.
            times: start and end in seconds.
            join: one character. The text goes on with the last turn's after this, which stands for a line break between
                the two that was counted as elsewhere.
        """
        text = body.strip()
        self.elsewhere += len(body) - len(text)
        line += body[: len(body) - len(body.lstrip())].count("\n") if text else 0
        last = self.turns[-1] if self.turns else None
        if join is None or last is None:
            self.turns.append(_Turn(speaker, [text], line, *times))
            return
        if text and last.texts != [""]:
            last.texts += join, text
            self.elsewhere -= 1
        elif text:
            last.texts, last.line = [text], line
        last.end = last.end if times[1] is None else times[1]

    def above(self, lines: list[str], text: str, *, offset: int = 1, titled: bool = False) -> None:
        """Spend the lines above the first turn of `text`, and tell of those that are no header's.

        Args:
            lines: the first of them is line `offset` of the source.
            text: the whole source.
            offset: counts from 1.
            titled: whether the tool always writes a title.
        """
        self.skip(*lines)
        if odd := speech_above(lines, titled=titled):
            count = len("".join(lines[place] for place in odd).strip())
            kind = "long_preamble" if count > 0.05 * len(text) else "preamble"
            told = f"{count} of {len(text)} characters stand before the first speaker"
            self.problems.append((offset + odd[0], kind, told))


def collect(
    sources: pl.DataFrame, mine: pl.Expr | pl.Series, reason: str, read: Callable[[str], Reading | str]
) -> Parsed:
    """Read the sources that are `mine` one by one; `read` may still refuse one by returning the reason."""
    mine = sources.select(mine=mine).to_series()
    refused = sources.filter(~mine).select("source_key", reason=pl.lit(reason)).cast(REFUSALS)
    if not mine.any():
        return Parsed(refusals=refused)
    readings = {key: (text, read(text)) for key, text in sources.filter(mine).select("source_key", "text").iter_rows()}
    late = [(key, found) for key, (_, found) in readings.items() if isinstance(found, str)]
    read_ones = [(key, text, found) for key, (text, found) in readings.items() if isinstance(found, Reading)]
    turns = [
        (key, 0, turn.speaker, "".join(turn.texts), turn.line, turn.start, turn.end)
        for key, _, found in read_ones
        for turn in found.turns
    ]
    accounts = [
        (key, len(text), sum(len(part) for turn in found.turns for part in turn.texts), found.elsewhere)
        for key, text, found in read_ones
    ]
    problems = [(key, 0, *problem) for key, _, found in read_ones for problem in found.problems]
    records = [(key, 0, 1) for key, _, _ in read_ones]
    return Parsed(
        turns=pl.DataFrame(turns, PARSED_TURNS, orient="row"),
        records=pl.DataFrame(records, PARSED_RECORDS, orient="row"),
        accounts=pl.DataFrame(accounts, PARSED_ACCOUNTS, orient="row"),
        problems=pl.DataFrame(problems, PROBLEMS, orient="row"),
        refusals=pl.concat([refused, pl.DataFrame(late, REFUSALS, orient="row")]),
    )


def is_name(label: str) -> bool:
    """Whether a possible label looks like a name: one word, or up to four that begin as names do."""
    words = label.split(" ")
    if not _NAME.fullmatch(label) or label.lower() in _CONNECTIVES:
        return False
    return len(words) == 1 or not any(word[0].islower() for word in words)


def learned(labels: Iterable[str], roster: Roster, *, sure: bool = False) -> set[str]:
    """The closed roster among possible labels: what the roster knows, and names that recur (or any, if `sure`)."""
    return {
        label
        for label, count in Counter(labels).items()
        if roster.role(label) is not None or (is_name(label) and (sure or count >= 2))
    }


def told_by_layout(name: str, reason: str, read: Callable[[str, Roster], Reading | str]) -> tuple[Parse, Parse]:
    """`parse` and `forced` of a format that is told by its `layout`; `read` reads a source as for `collect`."""

    def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
        return collect(sources, layout(sources).eq_missing(name), reason, lambda text: read(text, roster))

    def forced(sources: pl.DataFrame, roster: Roster) -> Parsed:
        return collect(sources, pl.lit(True), reason, lambda text: read(text, roster))

    return parse, forced


@dataclass
class Cue:
    """A cue: the line on which its body begins, its times, and the body, line by line."""

    line: int
    times: tuple[float | None, float | None]
    body: list[str] = field(default_factory=list[str])
    blanks: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Part:
    """What one speaker says in a cue; ``voice`` is the name that markup gives, ``text`` is without markup."""

    cue: Cue
    voice: str | None
    line: int
    text: str


def read_cues(text: str, reading: Reading, comment: re.Pattern[str] | None = None) -> list[Cue]:
    """The cues of WebVTT and SRT; all else is spent.

    Text after a blank line that no time precedes still belongs to the cue before, whatever the standards say.
    """
    lines = lines_of(text)
    cues: list[Cue] = []
    fresh, within_comment = True, False
    for place, line in enumerate(lines):
        blank = not line.strip()
        within_comment = not blank and (within_comment or bool(fresh and comment and comment.match(line)))
        timing = None if within_comment else _TIMING.fullmatch(line)
        following = lines[place + 1] if place + 1 < len(lines) else ""
        if timing or (not within_comment and _LIKE_TIMING.match(line)):
            start, end = (seconds(timing[1]), seconds(timing[2])) if timing else (None, None)
            if start is None or end is None:
                reading.broken(place + 1, f"expected the times of a cue, found {line.strip()[:60]!r}")
            cues.append(Cue(place + 2, (start, end)))
            reading.skip(line)
        elif within_comment or (_LIKE_TIMING.match(following) and not blank and (fresh or line.strip().isdecimal())):
            reading.skip(line)
        elif not cues:
            reading.skip(line)
            if not blank:
                reading.broken(place + 1, f"expected a cue, found {line.strip()[:60]!r} before the first times")
        elif blank:
            cues[-1].blanks.append(line)
        else:
            cues[-1].body += [*cues[-1].blanks, line]
            cues[-1].blanks = []
        fresh = blank
    for cue in cues:
        reading.skip(*cue.blanks)
    return cues


def speak(parts: list[Part], reading: Reading, roster: Roster) -> None:
    """Say what cues hold, each part by the speaker it names or the one before."""
    voiced = any(part.voice is not None for part in parts)
    marks = [[] if voiced else list(_LABEL.finditer(part.text)) for part in parts]
    first = [found[0][1] for found in marks if found and found[0].start() == 0]
    # Where nearly every cue names its speaker, a name that stands there once is one, too; so is the one that begins.
    sure = first if len(first) >= 0.8 * len(parts) else first[:1]
    names = learned((mark[1] for found in marks for mark in found), roster) | learned(sure, roster, sure=True)
    if names and all(map(str.isupper, names)):
        # Where names are in capitals, what is in capitals and opens a cue is one.
        names |= learned(filter(str.isupper, first), roster, sure=True)
    wraps = [None if voiced else _WRAPPED.match(part.text) for part in parts]
    wrapped = learned((_joined(wrap) for wrap in wraps if wrap and wrap[3] not in first), roster)
    speaker = ""
    for part, wrap, found in zip(parts, wraps, marks, strict=True):
        speaker = speaker if part.voice is None else part.voice
        chosen = [mark for mark in found if mark[1] in names]
        if wrap and _joined(wrap) in wrapped:
            chosen = [wrap, *(mark for mark in chosen if mark.start() >= wrap.end())]
        end = 0
        for mark, until in zip([None, *chosen], [*(mark.start() for mark in chosen), len(part.text)], strict=True):
            if mark is not None:
                speaker, end = _joined(mark), mark.end()
                reading.skip(mark[0])
            if mark is not None or part.text[end:until].strip():
                line = part.line + part.text.count("\n", 0, end)
                reading.say(speaker, part.text[end:until], line, part.cue.times)
            else:
                reading.skip(part.text[end:until])


def _joined(mark: re.Match[str]) -> str:
    return " ".join(mark[1].split())


def lines_of(text: str) -> list[str]:
    """The lines of a text with their breaks."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
