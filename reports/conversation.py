"""A transcript as it was read: released or quarantined turns, with what repairs removed put back in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Final, Literal

from reports.diff import Part, Span, around, clipped, marked, words_changed
from reports.loops import loops, recurring
from reports.turns import Finding, Loop, Note, PutIn, Repair, Side, Spoken, Step, Turn
from reports.visible import MASK

TURN_CHARACTERS: Final = 20_000
"""Characters of a turn that a page shows."""

WHOLE_TURNS: Final = 2_500
"""Up to so many turns a transcript is shown whole; of a longer one, what stands around findings and repairs."""

_ENDS, _AROUND, _REPAIRED = 20, 4, 500
_AROUND_CHANGES: Final = 60
_ENDS_OF_PHRASES: Final = " \n.,;:!?…\"'”’)]*—–-"
"""What follows the words of a phrase, and differs where it recurs."""


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
    looping = loops(findings)
    spoken = _as_read(stored, chains, put_in)
    sides = _sides(spoken)
    turns: list[Turn] = []
    last = -1
    wanted = {*noted, *looping, *sorted(chains)[:_REPAIRED]}
    for position in _shown(len(spoken), wanted, [turn.turn for turn in spoken]):
        turn, number = spoken[position], spoken[position].turn
        if isinstance(turn, PutIn):
            made = next((chain for chain in put_in[number] if chain[-1].after == turn.text), ())
            turns.append(_turn(turn, sides, made, (), (), position - last - 1))
        else:
            about = chains.get(number, ()), noted.get(number, ()), looping.get(number, ())
            turns.append(_turn(turn, sides, *about, position - last - 1))
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
    looping: Sequence[Loop],
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
    spans: list[Span | None] = []
    if findings or looping:
        spans = [_located(finding, read, number) for number, finding in enumerate(findings, start=1)]
        again = [_again(loop, read) for loop in looping if loop.finding not in findings]
        parts = marked(parts, [span for span in (*spans, *again) if span])
    shown, left_out = clipped(parts, TURN_CHARACTERS)
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
        repairs=_steps(chain) if chain else (),
        notes=tuple(map(_note, count(1), findings, spans)),
        loops=tuple(looping),
        skipped=skipped,
        clipped=left_out,
        piece=turn.piece if isinstance(turn, PutIn) else 0,
    )


def _note(number: int, finding: Finding, span: Span | None) -> Note:
    return Note(number, finding, None if span else finding.evidence, recurring(finding))


def _steps(chain: Sequence[Repair]) -> tuple[Step, ...]:
    return tuple(_step(repair, alone=len(chain) == 1) for repair in chain)


def _step(repair: Repair, *, alone: bool) -> Step:
    """A repair with what it changed; where it is the only one, the turn itself shows that."""
    if alone or repair.after is None or not repair.before:
        return Step(repair.repair, repair.code, repair.after is None, ())
    changed, _ = clipped(around(words_changed(repair.before, repair.after), _AROUND_CHANGES), TURN_CHARACTERS)
    return Step(repair.repair, repair.code, removed=False, parts=tuple(changed))


def _located(finding: Finding, text: str, number: int) -> Span | None:
    """Where the evidence stands in the text; None where it can't be found."""
    if not finding.evidence:
        return None
    start = -1 if finding.offset is None else finding.offset
    end = start + len(finding.evidence)
    if MASK in finding.evidence and start >= 0 and _form(text[start:end]) == finding.evidence:
        return Span(start, end, finding.severity, number)
    if start < 0 or not text.startswith(finding.evidence, start):
        start = text.find(finding.evidence)
    end = start + len(finding.evidence)
    return Span(start, end, finding.severity, number) if start >= 0 and end <= TURN_CHARACTERS else None


def _form(text: str) -> str:
    """What is left of personal evidence in a finding."""
    return "".join(MASK if character.isalnum() else character for character in text)


def _again(loop: Loop, text: str) -> Span | None:
    """Where what a loop repeats stands in a turn that repeats it."""
    evidence = loop.finding.evidence
    start = text.lower().find(evidence.strip(_ENDS_OF_PHRASES).lower()) if evidence else -1
    if evidence is None or start < 0:
        return None
    return Span(start, start + len(evidence.strip(_ENDS_OF_PHRASES)), loop.finding.severity)
