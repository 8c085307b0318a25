"""Precision and recall of every check on planted defects: ``python -m tests.accuracy.measure`` (``make accuracy``).

Sound dialogues, dialogues with one defect each, and dialogues with a lure (a hard negative) are judged together, half of
them as labelled text and half as JSON. A defect is found if its code points to its turn. Any other finding of a code is
a false positive, unless the defect rightly causes it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from expectations.catalogue import catalogue
from expectations.judge import judge
from expectations.suite import Suite, load_suite
from tests.accuracy import drops
from tests.accuracy.planting import CONTEXT, PER_TURN, Defect, Planted, Score, Source, planted
from tests.accuracy.sound import Dialogue, cut, is_foreign, labelled
from tests.conftest import loaded

EACH, LURED, SOUND = 120, 60, 1500
"""Dialogues for each kind of defect, for each lure, and without either."""

ESCAPED = frozenset({"C405", "S203"})
"""In labelled text a label within a turn begins a turn, and blanks are cut off: these are planted in JSON only."""


@dataclass(frozen=True)
class Case:
    """A dialogue as a source, and what is known of it.

    Attributes:
        name: of the source.
        data: the source.
        kind: the name of the defect or lure, "sound" without either.
        defect: what was planted, if anything, and where.
        foreign: whether it is no English dialogue: what was put into it in English is a change of language, too.
    """

    name: str
    data: bytes
    kind: str
    defect: tuple[Defect, Planted] | None = None
    foreign: bool = False


def cases(seed: int, scale: float = 1.0) -> Iterator[Case]:
    """The corpus: the same for the same seed; `scale` makes it smaller."""
    rng = random.Random(seed)
    defects, lures = planted()
    for number in range(round(SOUND * scale)):
        yield _case(cut(rng), f"sound_{number:04}", "sound", rng)
    for code, kind, put in lures:
        for number in range(round(LURED * scale)):
            dialogue = cut(rng)
            source = put(dialogue, rng)
            yield _case(dialogue, f"{code}_{kind}_{number:04}", kind, rng, source=source)
    for defect in defects:
        for number in range(round(EACH * scale)):
            dialogue = cut(rng)
            where = defect.plant(dialogue, rng)
            name = f"{defect.code}_{defect.name}_{number:04}"
            yield _case(dialogue, name, defect.name, rng, (defect, where), where.source)


def measure(corpus: list[Case], suite: Suite) -> tuple[dict[str, Score], Counter[tuple[str, str]]]:
    """Judge the corpus; scores by code, and how often a code (second) fired on a kind (first)."""
    found = judge(loaded({case.name: case.data for case in corpus}), suite).findings
    by_source: dict[str, list[tuple[str, int | None, str | None]]] = {case.name: [] for case in corpus}
    for path, code, turn, evidence in found.select("path", "code", "turn", "evidence").iter_rows():
        by_source[path].append((code, turn, evidence))
    scores = {code: Score() for code in catalogue()}
    confusion: Counter[tuple[str, str]] = Counter()
    for case in corpus:
        findings = by_source[case.name]
        confusion.update((case.kind, code) for code in {code for code, _, _ in findings})
        _count(case, findings, scores)
    return scores, confusion


def budgeted(suite: Suite) -> Suite:
    """A suite that knows the context of a model and its tokenizer, too."""
    from tests.accuracy.planted.context import tokenizer_file

    named = {"context_tokens": CONTEXT, "tokenizer": str(tokenizer_file()), "per_turn": PER_TURN}
    checks = (replace(each, thresholds=named) if each.expectation.code == "L303" else each for each in suite.checks)
    return replace(suite, checks=tuple(checks))


def _count(case: Case, findings: list[tuple[str, int | None, str | None]], scores: dict[str, Score]) -> None:
    right = {"C418"} if case.foreign and case.kind not in _silent() else set[str]()
    if case.defect:
        defect, where = case.defect
        right |= {defect.code, *defect.also}
        score = scores.setdefault(defect.code, Score())
        score.planted += 1
        hits = [(turn, text) for code, turn, text in findings if code == defect.code and where.turn in (None, turn)]
        if not hits:
            score.missed[case.kind] += 1
        elif where.evidence is not None:
            score.told += 1
            score.exact += any(text == where.evidence for _, text in hits)
        if any(code == defect.code and where.turn not in (None, turn) for code, turn, _ in findings):
            score.wrong[f"{case.kind} (another turn)"] += 1
    for code in {code for code, _, _ in findings} - right:
        scores[code].wrong[case.kind] += 1


def _silent() -> set[str]:
    """The kinds that hold no change of language, in whatever language their dialogues are."""
    return {"sound", *(kind for code, kind, _ in planted()[1] if code == "C418")}


def _case(
    dialogue: Dialogue,
    name: str,
    kind: str,
    rng: random.Random,
    defect: tuple[Defect, Planted] | None = None,
    source: Source | None = None,
) -> Case:
    if source is None:
        escaped = defect is not None and defect[0].code in ESCAPED
        source = _escaped(dialogue) if escaped or rng.random() < 0.5 else Source(".txt", labelled(dialogue).encode())
    return Case(f"{name}{source.suffix}", source.data, kind, defect, is_foreign(dialogue.voice))


def _escaped(dialogue: Dialogue) -> Source:
    turns = [{"speaker": turn.speaker, "text": turn.text} for turn in dialogue.turns]
    return Source(".jsonl", (json.dumps({"dialogue": turns}, ensure_ascii=False) + "\n").encode())


def table(scores: dict[str, Score], suite: Suite) -> list[str]:
    """The scores as lines of Markdown."""
    severities = {check.expectation.code: check.severity for check in suite.checks}
    lines = [
        "| code | severity | planted | found | recall | false positives | precision | evidence exact |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for code, score in sorted(scores.items()):
        if not score.planted and not score.wrong:
            continue
        recall = f"{score.recall:.3f}" if score.planted else ""
        exact = f"{score.exact}/{score.told}" if score.told else ""
        lines.append(
            f"| {code} | {severities.get(code, 'off')} | {score.planted} | {score.hits} | {recall} "
            f"| {score.wrong.total()} | {score.precision:.3f} | {exact} |"
        )
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--suite", default="synthetic")
    parser.add_argument("--show", metavar="KIND", help="print the sources of a kind where its code is silent")
    told = parser.parse_args()
    corpus, suite = list(cases(told.seed, told.scale)), budgeted(load_suite(told.suite))
    scores, confusion = measure(corpus, suite)
    scores["F107"] = drops.measured(told.seed, told.scale, suite)
    print(f"{len(corpus)} dialogues: {dict(Counter(case.kind == 'sound' for case in corpus))[True]} sound\n")
    print("\n".join(table(scores, suite)))
    for title, which in (("Missed", "missed"), ("False positives", "wrong")):
        print(f"\n{title}:")
        for code, score in sorted(scores.items()):
            counts: Counter[str] = getattr(score, which)
            if counts:
                print(f"  {code}: " + ", ".join(f"{kind} {count}" for kind, count in counts.most_common()))
    print("\nWhat fires on what:")
    kinds = dict.fromkeys(case.kind for case in corpus)
    for kind in kinds:
        fired = {code: count for (name, code), count in confusion.items() if name == kind}
        print(f"  {kind}: " + ", ".join(f"{code} {count}" for code, count in sorted(fired.items())))
    if told.show:
        _show(corpus, suite, told.show)


def _show(corpus: list[Case], suite: Suite, kind: str) -> None:
    for case in (case for case in corpus if case.kind == kind):
        found = judge(loaded({case.name: case.data}), suite).findings
        told = found.select("code", "turn", "evidence").rows()
        if case.defect and any(code == case.defect[0].code for code, _, _ in told):
            continue
        if not case.defect and not told:
            continue
        print(
            f"\n--- {case.name} {case.defect and case.defect[1]} {told}\n{case.data[:3000].decode('utf-8', 'replace')}"
        )


if __name__ == "__main__":
    main()
