"""What of the transcripts' text pages, downloads and reports contain: all of it, its form alone, or none.

=========  ==========================================================================================================
``full``    everything as it is
``masked``  a dot for every letter, digit and sign of what was said; blanks, line ends, punctuation and invisible
            characters stay, so that lengths and structure can be seen. Speakers without a role are numbered. Of a
            message no word stays that Turnproof's own words on its expectation don't hold, and no number of more than
            five digits, but for codes. Why a finding was waived isn't told
``none``    nothing that was said: numbers of turns, lines and characters, codes, and the brief of an expectation
            instead of a message
=========  ==========================================================================================================

File names, names of drops and suites, and roles as the suite's roster names them stand in all three: a finding that
can't be found is of no use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import polars as pl

from reports.diff import Part
from reports.pages import Outcome, RunPage
from reports.turns import Finding, Turn
from reports.visible import MASK
from schemas.regex import regex

Amount: TypeAlias = Literal["full", "masked", "none"]
"""How much of the text is told."""

_STAYS: Final = (
    r"\s!-/:-@\[-`{-~\x00-\x1f\x7f-\xa1\xab\xad\xb7\xbb\xbf\u061c\u200b-\u200f\u2010-\u206f\u3001-\u3003\u3008-\u3011"
    r"\ufeff\uff01-\uff0f\uff1a-\uff20•"
)
"""Blanks, punctuation and invisible characters, for Python and for Polars; the tags of Unicode aren't among them, since
they spell text."""

_SAID: Final = regex(f"[^{_STAYS}]")
_QUOTED: Final = regex(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|`[^`]*`')
_WORD: Final = regex(r"U\+[0-9A-F]{4,6}|[^\W_]+")
_NO_REASON: Final = "the reason is not shown here"
_STOCK: Final = frozenset(
    "a about again agent alike all already also an and another answer answers any are as assistant at bad be before "
    "begins between both break breaks but by can cannot character characters client clinician closed closes counsellor "
    "count critical cut digits doctor does drop each empty ends error expected few file first follows for form format "
    "found four from further gate gone half has have held here hidden hides holds human in info inside into is it its "
    "language last less letters limit line lines list long looks lost many mark marks message missing model more most "
    "names near nearly no nobody not nothing null number of off often on once one only open opened opens or other out "
    "over part patient percent place places read record records recurs released repeats role roles s same says second "
    "share short shortly since sound source sources spaces speak speaker speakers speaks stand stands starts still "
    "space such system text than that the then therapist there these they third this three time times token tool "
    "to too transcript transcripts turn turns twice two under unknown unreadable until up user usual verdict was well "
    "were what where which while width with within without word words writes written wrong zero "
    "monday tuesday wednesday thursday friday saturday sunday"
    "".split()
)
"""Words that messages are made of, and names of roles; a message may hold them whatever was said."""


@dataclass(frozen=True)
class Veil:
    """How much is told of a run's findings.

    By code, `known` are the words of Turnproof's own texts on an expectation, and `briefs` what it says in short.
    """

    amount: Amount
    known: Mapping[str, frozenset[str]]
    briefs: Mapping[str, str]

    @classmethod
    def over(cls, amount: Amount, outcomes: Iterable[Outcome]) -> Veil:
        """A veil over findings of a run.

        Args:
            amount: how much is told.
            outcomes: of the run, with Turnproof's words on each expectation.
        """
        rows = [(each.code, each.brief, each.why, each.remedy) for each in outcomes]
        known = {code: frozenset(_WORD.findall(" ".join(words).lower())) for code, *words in rows}
        return cls(amount, known, {code: brief for code, brief, _, _ in rows})

    @property
    def lifted(self) -> bool:
        """Whether everything is told."""
        return self.amount == "full"

    def text(self, said: str) -> str:
        """What was said, as far as it is told."""
        return said if self.lifted else _SAID.sub(MASK, said) if self.amount == "masked" else ""

    def evidence(self, said: str | None) -> str | None:
        """Like `text`; None where nothing is told."""
        return None if said is None else self.text(said) or None

    def message(self, code: str, message: str) -> str:
        """A message, as far as it is told."""
        if self.lifted:
            return message
        if self.amount == "none":
            return self.briefs.get(code, "")
        known = self.known.get(code, frozenset())

        def told(match: re.Match[str]) -> str:
            word = match[0]
            number = word.isascii() and word.isdigit() and len(word) <= 5
            ours = (
                number or word.startswith("U+") or word.lower() in _STOCK or word.lower() in known or word in self.known
            )
            return word if ours else MASK * 3

        return _WORD.sub(told, _QUOTED.sub(f"“{MASK * 3}”", message))

    def finding(self, finding: Finding) -> Finding:
        """A finding, as far as it is told."""
        if self.lifted:
            return finding
        return replace(
            finding,
            message=self.message(finding.code, finding.message),
            evidence=self.evidence(finding.evidence),
            waived=None if finding.waived is None else _NO_REASON,
        )

    def run(self, page: RunPage) -> RunPage:
        """What the page of a run tells, as far as it is told."""
        if self.lifted:
            return page
        return replace(
            page,
            unreadable=tuple(
                replace(each, findings=tuple(map(self.finding, each.findings))) for each in page.unreadable
            ),
            source_findings=tuple(map(self.finding, page.source_findings)),
            drop_findings=tuple(map(self.finding, page.drop_findings)),
            pairs=tuple(replace(pair, finding=self.finding(pair.finding)) for pair in page.pairs),
        )

    def turns(self, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """The turns of a transcript, as far as they are told."""
        if self.lifted:
            return turns
        names = pseudonyms((turn.speaker, turn.role) for turn in turns)
        return tuple(self._turn(turn, names[turn.speaker, turn.role]) for turn in turns)

    def _turn(self, turn: Turn, speaker: str) -> Turn:
        parts = self._parts(turn.parts)
        said = sum(len(part.text) for part in turn.parts if part.kind != "ins")
        return replace(
            turn,
            speaker=speaker,
            parts=parts,
            repairs=tuple(replace(step, parts=self._parts(step.parts)) for step in turn.repairs),
            notes=tuple(
                replace(note, finding=self.finding(note.finding), quote=self.evidence(note.quote))
                for note in turn.notes
            ),
            loops=tuple(replace(loop, finding=self.finding(loop.finding)) for loop in turn.loops),
            clipped=turn.clipped if parts else 0,
            untold=0 if parts else said + turn.clipped,
        )

    def _parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple(replace(part, text=self.text(part.text)) for part in parts) if self.amount == "masked" else ()

    def findings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Findings with the columns code, message, evidence and waived, as far as they are told."""
        if self.lifted:
            return rows
        said = pl.col("evidence").str.replace_all(f"[^{_STAYS}]", MASK)
        messages = [self.message(code, message) for code, message in rows.select("code", "message").iter_rows()]
        return rows.with_columns(
            pl.Series("message", messages, dtype=pl.String),
            evidence=said if self.amount == "masked" else pl.lit(None, pl.String),
            waived=pl.when(pl.col("waived").is_not_null()).then(pl.lit(_NO_REASON)),
        )


def pseudonyms(speakers: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    """A name for each (label, role), in the order of their first turns: the role, or else a number."""
    names: dict[tuple[str, str | None], str] = {}
    for speaker, role in speakers:
        if (speaker, role) not in names:
            nameless = sum(not known for _, known in names) + 1
            names[speaker, role] = role or f"speaker {nameless}"
    return names
