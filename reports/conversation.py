"""A transcript as it was read: released or quarantined turns, with what repairs removed put back in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, Literal

from reports.diff import Part, Span, clipped, marked, words_changed

TURN_CHARACTERS: Final = 20_000
"""Characters of a turn that a page shows."""

WHOLE_TURNS: Final = 400
"""Up to so many turns a transcript is shown whole; of a longer one, what stands around findings and repairs."""

Side = Literal["one", "other", "third"]

_ENDS, _AROUND, _REPAIRED = 20, 4, 500


@dataclass(frozen=True)
class Finding:
    """One violation; the fields are columns of the table ``findings``."""

    path: str
    turn: int | None
    line: int | None
    code: str
    rule: str
    severity: str
    message: str
    evidence: str | None
    offset: int | None
    waived: str | None = None


@dataclass(frozen=True)
class Repair:
    """One touched turn, numbered as read; the fields are columns of the table ``repairs``."""

    turn: int
    line: int
    speaker: str
    role: str | None
    repair: str
    code: str
    before: str
    after: str | None


@dataclass(frozen=True)
class Spoken:
    """One turn as stored; the fields are columns of the tables ``release`` and ``quarantine``."""

    turn: int
    speaker: str
    role: str | None
    text: str
    line: int
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class PutIn(Spoken):
    """A turn that a repair made of what stood within the turn of its number; `piece` counts those from 1."""

    piece: int = 1


@dataclass(frozen=True)
class Note:
    """A finding beside its turn; `quote` is its evidence where that could not be marked in the text."""

    finding: Finding
    quote: str | None


@dataclass(frozen=True)
class Turn:
    """A turn as a page shows it. `skipped` turns before it, and `clipped` characters after it, are not shown."""

    number: int
    speaker: str
    role: str | None
    side: Side
    line: int
    start: float | None
    end: float | None
    state: Literal["kept", "changed", "removed", "added"]
    parts: tuple[Part, ...]
    repairs: tuple[Repair, ...]
    notes: tuple[Note, ...]
    skipped: int
    clipped: int
    piece: int = 0

    @property
    def anchor(self) -> str:
        """Its name on the page; a turn that was put in has that of the turn it stood in, and a number."""
        return f"turn-{self.number}-{self.piece}" if self.piece else f"turn-{self.number}"


def conversation(stored: Iterable[Spoken], repairs: Iterable[Repair], findings: Sequence[Finding]) -> tuple[Turn, ...]:
    """Rebuild a transcript as read, each turn with its repairs and findings.

    A repaired transcript is stored renumbered, without the turns that were removed: those go back to their numbers, and
    the stored turns fill the numbers between, in order. Those that were put in follow the turn that they stood in.
    """
    repaired: dict[int, list[Repair]] = defaultdict(list)
    for repair in repairs:
        repaired[repair.turn].append(repair)
    chains: dict[int, tuple[Repair, ...]] = {}
    put_in: dict[int, list[tuple[Repair, ...]]] = {}
    for number, steps in repaired.items():
        own, put_in[number] = _apart(steps)
        if own:
            chains[number] = _in_order(own)
    noted: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.turn is not None:
            noted[finding.turn].append(finding)
    spoken = _as_read(stored, chains, put_in)
    sides = _sides(spoken)
    turns: list[Turn] = []
    last = -1
    for position in _shown(len(spoken), {*noted, *sorted(chains)[:_REPAIRED]}, [turn.turn for turn in spoken]):
        turn = spoken[position]
        if isinstance(turn, PutIn):
            made = next((chain for chain in put_in[turn.turn] if chain[-1].after == turn.text), ())
            turns.append(_turn(turn, sides, made, (), position - last - 1))
        else:
            turns.append(_turn(turn, sides, chains.get(turn.turn, ()), noted.get(turn.turn, ()), position - last - 1))
        last = position
    return tuple(turns)


def _as_read(
    stored: Iterable[Spoken], chains: dict[int, tuple[Repair, ...]], put_in: dict[int, list[tuple[Repair, ...]]]
) -> list[Spoken]:
    stored = sorted(stored, key=lambda turn: turn.turn)
    if not chains and not put_in:
        return stored
    removed = [
        Spoken(number, chain[0].speaker, chain[0].role, chain[0].before, chain[0].line)
        for number, chain in chains.items()
        if chain[-1].after is None
    ]
    taken = {turn.turn for turn in removed}
    free = (
        (number, piece)
        for number in count()
        for piece in range(number in taken, 1 + sum(chain[-1].after is not None for chain in put_in.get(number, ())))
    )
    kept = [
        PutIn(number, turn.speaker, turn.role, turn.text, turn.line, turn.start, turn.end, piece)
        if piece
        else replace(turn, turn=number)
        for (number, piece), turn in zip(free, stored, strict=False)
    ]
    return sorted(kept + removed, key=lambda turn: (turn.turn, turn.piece if isinstance(turn, PutIn) else 0))


def _apart(steps: Sequence[Repair]) -> tuple[list[Repair], list[tuple[Repair, ...]]]:
    """The steps in a turn as read, and those of each turn that was put in after it, each begun by an empty text."""
    own = [step for step in steps if step.before or step.after is None]
    put_in: list[tuple[Repair, ...]] = []
    for begun in (step for step in steps if not step.before and step.after is not None):
        chain = [begun]
        while (following := next((step for step in own if _follows(step, chain[-1])), None)) is not None:
            own.remove(following)
            chain.append(following)
        put_in.append(tuple(chain))
    return own, put_in


def _follows(step: Repair, before: Repair) -> bool:
    return step.before == before.after and step.speaker == before.speaker


def _in_order(repairs: Sequence[Repair]) -> tuple[Repair, ...]:
    """Repairs of one turn in the order they were made: each starts from what the one before it left."""
    rest = sorted(repairs, key=lambda repair: (repair.after is None, repair.repair, repair.code, repair.before))
    results = {repair.after for repair in rest}
    chain: list[Repair] = []
    following = next((repair for repair in rest if repair.before not in results), rest[0])
    while rest:
        chain.append(following)
        rest.remove(following)
        following = next(
            (repair for repair in rest if repair.before == chain[-1].after), rest[0] if rest else following
        )
    return tuple(chain)


def _sides(turns: Iterable[Spoken]) -> dict[str, Side]:
    """The first to speak on one side, the second on the other; anyone else, and the system, between them."""
    voices = dict.fromkeys(_voice(turn) for turn in turns)
    voices.pop("system", None)
    places: list[Literal["one", "other"]] = ["one", "other"]
    return {voice: places[number] if number < 2 else "third" for number, voice in enumerate(voices)}


def _voice(turn: Spoken) -> str:
    return turn.role or turn.speaker


def _shown(total: int, wanted: Collection[int], numbers: Sequence[int]) -> list[int]:
    if total <= WHOLE_TURNS:
        return list(range(total))
    shown = {*range(_ENDS), *range(total - _ENDS, total)}
    for position, number in enumerate(numbers):
        if number in wanted:
            shown.update(range(max(0, position - _AROUND), min(total, position + _AROUND + 1)))
    return sorted(shown)


def _turn(
    turn: Spoken,
    sides: dict[str, Side],
    chain: Sequence[Repair],
    findings: Sequence[Finding],
    skipped: int,
) -> Turn:
    state: Literal["kept", "changed", "removed", "added"] = "kept"
    parts = [Part(turn.text)]
    read = turn.text
    if isinstance(turn, PutIn):
        state, parts = "added", [Part(turn.text, "ins")]
    elif chain and chain[-1].after is None:
        state, parts = "removed", [Part(turn.text, "del")]
    elif chain:
        state, read = "changed", chain[0].before
        parts = words_changed(read, turn.text)
    spans = [_located(finding, read) for finding in findings]
    shown, left_out = clipped(marked(parts, [span for span in spans if span]), TURN_CHARACTERS)
    return Turn(
        number=turn.turn,
        speaker=turn.speaker,
        role=turn.role,
        side=sides.get(_voice(turn), "third"),
        line=turn.line,
        start=turn.start,
        end=turn.end,
        state=state,
        parts=tuple(shown),
        repairs=tuple(chain),
        notes=tuple(
            Note(finding, None if span else finding.evidence) for finding, span in zip(findings, spans, strict=True)
        ),
        skipped=skipped,
        clipped=left_out,
        piece=turn.piece if isinstance(turn, PutIn) else 0,
    )


def _located(finding: Finding, text: str) -> Span | None:
    """Where the evidence stands in the text; None where it can't be found, as when it is masked."""
    if not finding.evidence:
        return None
    start = -1 if finding.offset is None else finding.offset
    if start < 0 or not text.startswith(finding.evidence, start):
        start = text.find(finding.evidence)
    end = start + len(finding.evidence)
    return Span(start, end, finding.severity) if start >= 0 and end <= TURN_CHARACTERS else None
