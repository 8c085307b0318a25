"""A little store like a real one: the seeds with their two endings, a file nobody can read, and a hostile run."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from reports import tables
from schemas.store import Store
from schemas.stored import STORED

SEEDS = Path(__file__).parents[2] / "seeds"
FIRST, SECOND, HOSTILE = "00000000000000a1", "00000000000000b2", "00000000000000c3"
MANY, TODAY = "00000000000000d4", datetime(2025, 11, 23, 3, tzinfo=UTC)

RULES = {
    "F101": ("sources_to_be_utf8", "source", "critical", "A source is not UTF-8."),
    "F108": ("sources_to_have_a_format", "source", "critical", "No format claims a source."),
    "S202": ("first_and_last_role", "transcript", "warning", "The last word belongs to the wrong side."),
    "C402": ("no_failure_placeholder", "turn", "critical", "A turn is a placeholder for an answer that failed."),
    "C404": ("no_meta_note", "turn", "critical", "A turn holds a note about the text itself."),
    "C401": ("no_serving_error", "turn", "critical", "A serving error stands as a turn."),
    "C410": ("no_loop_inside_a_turn", "turn", "critical", "A turn repeats itself."),
    "D501": ("no_duplicate_transcripts", "drop", "critical", "A transcript is there twice."),
    "D504": ("most_transcripts_to_be_released", "drop", "warning", "Too many transcripts are quarantined."),
    "S203": ("no_empty_turns", "turn", "critical", "A turn has no visible text."),
}

HOSTILE_TEXT = (
    "<script>alert(1)</script> \"><img src=x onerror=alert(1)> ' onmouseover='alert(1) javascript:alert(1) "
    "{{ 7 * 7 }} {% raw %} </p></article></body> \u202eevil\u202c zero\u200bwidth \x1b[31mred\x00 =cmd|' /C calc'!A0 "
)


def spoken(seed: str) -> list[dict[str, Any]]:
    """The turns of a seed, read in the plainest way."""
    text = (SEEDS / seed).read_text(encoding="utf-8")
    turns: list[dict[str, Any]] = []
    for match in re.finditer(r"^(Patient|Therapist): (.*?)(?=\n+(?:Patient|Therapist): |\Z)", text, re.M | re.S):
        line = text.count("\n", 0, match.start()) + 1
        turns.append(turn(len(turns), match[1], match[2].rstrip(), line))
    return turns


def turn(number: int, speaker: str, text: str, line: int) -> dict[str, Any]:
    return {"turn": number, "speaker": speaker, "role": speaker.lower(), "text": text, "line": line}


def finding(path: str, code: str, message: str, **where: Any) -> dict[str, Any]:
    rule, _, severity, _ = RULES[code]
    return {"path": path, "code": code, "rule": rule, "severity": severity, "message": message, **where}


def transcript(path: str, verdict: str, turns: int, released: int, **more: Any) -> dict[str, Any]:
    row = {"transcript": path, "path": path, "record": 0, "line": 1, "turns": turns, "released_turns": released}
    return row | {
        "characters": 20_000, "speakers": ["Patient", "Therapist"], "verdict": verdict, "critical": 0, "warning": 0,
        "info": 0, "repairs": [],
    } | more  # fmt: skip


def source(path: str, verdict: str, turns: int, transcripts: int = 1) -> dict[str, Any]:
    return {
        "path": path, "sha256": None, "bytes": 21_192, "encoding": "utf-8", "format": "labelled", "characters": 20_000,
        "in_turns": 19_500, "elsewhere": 500, "transcripts": transcripts, "turns": turns, "verdict": verdict,
    }  # fmt: skip


def outcome(code: str, judged: int, violated: int = 0, unknown: int = 0, findings: int = 0) -> dict[str, Any]:
    rule, scope, severity, brief = RULES[code]
    return {
        "code": code, "rule": rule, "scope": scope, "severity": severity, "holds": judged - violated - unknown,
        "violated": violated, "unknown": unknown, "findings": findings, "brief": brief,
        "why": "A model that learns from it says it too.", "remedy": "Ask for the answer again, or leave the turn out.",
    }  # fmt: skip


def run_row(run: str, drop: str, at: datetime, gate: str = "passed", reason: str = "", **counts: int) -> dict[str, Any]:
    names = [name for name, kind in STORED["runs"].items() if kind.is_integer()]
    return {
        "run": run, "drop": drop, "suite": "synthetic", "suite_digest": "0123456789abcdef", "version": "0.1.0",
        "started": at - timedelta(seconds=63), "finished": at, "gate": gate, "gate_reason": reason,
    } | dict.fromkeys(names, 0) | counts  # fmt: skip


def append(store: Store, run: str, drop: str, table: str, rows: list[dict[str, Any]]) -> None:
    schema = STORED[table]
    frame = pl.DataFrame([{"run": run, "drop": drop, "batch": 0} | row for row in rows], schema=schema)
    store.append(table, frame, transaction=f"{run}/{table}")


def fill_first(store: Store) -> None:
    """One quarantined, one repaired, one accepted with a warning, one unreadable; the seeds are real."""
    drop = "2025-11-21"
    quarantined, repaired, warned, broken = (
        "000_5e2886c1de792e6d.txt",
        "004_0dc557d1df3e3ecc.txt",
        "012.txt",
        "notes.pdf",
    )
    note = "(Note: This response is more direct and gentle"
    as_read = {name: spoken(name) for name in (quarantined, repaired)}
    placed = next(t for t in as_read[quarantined] if note in t["text"])
    last = as_read[repaired][-1]
    before = as_read[repaired][-2]
    kept = [t | {"transcript": repaired} for t in as_read[repaired][:-2]]
    short = [turn(0, "Patient", "I slept well.", 1), turn(1, "Therapist", "Good.", 3), turn(2, "Patient", "Yes —", 5)]
    rows: dict[str, list[dict[str, Any]]] = {
        "quarantine": [t | {"transcript": quarantined} for t in as_read[quarantined]],
        "release": [*kept, *(t | {"transcript": warned} for t in short)],
        "transcripts": [
            transcript(quarantined, "quarantined", len(as_read[quarantined]), 0, critical=2),
            transcript(repaired, "repaired", len(as_read[repaired]), len(kept), critical=1, warning=1,
                       repairs=["trim_tail"]),
            transcript(warned, "accepted", 3, 3, warning=1),
        ],
        "findings": [
            finding(quarantined, "C404", "a note about the text itself", transcript=quarantined, record=0,
                    turn=placed["turn"], line=placed["line"] + 2, evidence=note, offset=placed["text"].index(note)),
            finding(quarantined, "C402", "a placeholder instead of an answer", transcript=quarantined, record=0,
                    turn=len(as_read[quarantined]) - 1, line=as_read[quarantined][-1]["line"],
                    evidence=as_read[quarantined][-1]["text"], offset=0),
            finding(repaired, "C401", "a serving error instead of an answer", transcript=repaired, record=0,
                    turn=last["turn"], line=last["line"], evidence=last["text"][:60], offset=0, fix="trim_tail"),
            finding(repaired, "S202", "the patient has the last word, unanswered", transcript=repaired, record=0,
                    turn=before["turn"], line=before["line"], fix="trim_tail"),
            finding(warned, "S202", "the patient has the last word, unanswered", transcript=warned, record=0),
            finding(broken, "F108", "no format claims it: it begins with %PDF"),
        ],
        "repairs": [
            {"transcript": repaired, "repair": "trim_tail", "code": code, "before": t["text"], "after": None,
             "turn": t["turn"], "line": t["line"], "speaker": t["speaker"], "role": t["role"]}
            for code, t in (("S202", before), ("C401", last))
        ],
        "sources": [
            source(quarantined, "quarantined", 50), source(repaired, "repaired", 50), source(warned, "accepted", 3),
            source("013.txt", "accepted", 40), source(broken, "unreadable", 0, 0),
        ],
        "outcomes": [
            outcome("F101", 5), outcome("F108", 5, violated=1, findings=1), outcome("S202", 4, violated=2, findings=2),
            outcome("C402", 4, violated=1, findings=1), outcome("C404", 4, violated=1, findings=1),
            outcome("C401", 4, violated=1, findings=1), outcome("C410", 4, unknown=1), outcome("S203", 4),
        ],
        "validations": [validation(
            validated("C402", 4, unexpected=1, kind="expect_no_placeholders"),
            validated("C410", 4, missing=4, exception="C410 could not be evaluated on 4 of 4"),
            validated("S203", 4),
        )],
    }  # fmt: skip
    for table, some in rows.items():
        append(store, FIRST, drop, table, some)
    row = run_row(
        FIRST, drop, datetime(2025, 11, 21, 3, 0, tzinfo=UTC), "failed",
        "25.0 % of the transcripts are quarantined, over 20 %",
        bytes=52_000, batches=1, found=5, accepted=2, repaired=1, quarantined=1, unreadable=1, transcripts=4,
        transcripts_accepted=2, transcripts_repaired=1, transcripts_quarantined=1, turns=143, released_turns=91,
    )  # fmt: skip
    append(store, FIRST, drop, "runs", [row])


def validation(*results: dict[str, Any], success: bool = False) -> dict[str, Any]:
    counts = {"evaluated": len(results), "successful": sum(each["success"] for each in results)}
    return {"suite": "synthetic", "success": success, **counts, "result": json.dumps({"results": results})}


def validated(
    code: str, judged: int, unexpected: int = 0, missing: int = 0, exception: str | None = None, kind: str = "expect_x"
) -> dict[str, Any]:
    evaluated = judged - missing
    counts = {"element_count": judged, "missing_count": missing, "unexpected_count": unexpected}
    result = counts | {"unexpected_percent": 100 * unexpected / evaluated if evaluated else None}
    success = not unexpected and not missing
    told = {"code": code, "type": kind, "severity": "critical", "success": success, "exception": exception}
    return told | {"result": result}


def fill_second(store: Store) -> None:
    """Everything known already but one sound source."""
    append(store, SECOND, "2025-11-22", "sources", [source("014.txt", "accepted", 40)])
    append(store, SECOND, "2025-11-22", "outcomes", [outcome("F101", 1), outcome("C404", 1)])
    row = run_row(
        SECOND, "2025-11-22", datetime(2025, 11, 22, 3, 0, tzinfo=UTC), bytes=21_000, batches=1, found=6, known=5,
        accepted=1, transcripts=1, transcripts_accepted=1, turns=40, released_turns=40,
    )  # fmt: skip
    append(store, SECOND, "2025-11-22", "runs", [row])


def fill_hostile(store: Store) -> None:
    """Hostile text wherever a text can stand."""
    bad, word = HOSTILE_TEXT, HOSTILE_TEXT + "w" * 10_000
    names = [f"../../{bad}%2e%2e#{number}\n.txt" for number in range(2)]
    append(store, HOSTILE, bad, "transcripts", [
        transcript(names[0], "quarantined", 2, 0, critical=2, speakers=[bad]),
        transcript(names[1], "repaired", 2, 1, critical=1, repairs=[bad]),
    ])  # fmt: skip
    append(store, HOSTILE, bad, "quarantine", [
        {"transcript": names[0], **turn(0, bad, word, 1), "role": bad},
        {"transcript": names[0], **turn(1, word, bad, 2), "role": None},
    ])  # fmt: skip
    append(store, HOSTILE, bad, "release", [{"transcript": names[1], **turn(0, bad, bad + " mended", 1), "role": bad}])
    append(store, HOSTILE, bad, "repairs", [
        {"transcript": names[1], "repair": bad, "code": "C404", "before": word, "after": after, "turn": number,
         "line": 1, "speaker": bad, "role": bad} for number, after in ((0, bad + " mended"), (1, None))
    ])  # fmt: skip
    append(store, HOSTILE, bad, "findings", [
        finding(name, "C404", word, record=0, line=line, evidence=evidence, offset=offset, **about)
        | {"rule": bad, "fix": bad}
        for name in names
        for line, evidence, offset, about in (
            (1, "<script>alert(1)</script>", 0, {"transcript": name, "turn": 0}),
            (2, bad, None, {"transcript": name, "turn": 1}),
            (None, word, 4_000_000, {"transcript": name}),
            (None, bad, None, {}),
        )
    ])  # fmt: skip
    append(store, HOSTILE, bad, "sources", [source(bad, "unreadable", 0, 0) | {"format": bad, "encoding": bad}])
    append(store, HOSTILE, bad, "outcomes", [
        outcome("C404", 2, violated=2, findings=8) | dict.fromkeys(("rule", "brief", "why", "remedy"), bad),
    ])  # fmt: skip
    told = validated(bad, 2, missing=2, exception=word, kind=bad)
    append(store, HOSTILE, bad, "validations", [validation(told) | {"suite": bad}])
    row = run_row(
        HOSTILE, bad, datetime(2025, 11, 20, 3, 0, tzinfo=UTC), "warned", bad, found=3, quarantined=1, repaired=1,
        unreadable=1, transcripts=2, transcripts_quarantined=1, transcripts_repaired=1,
    )  # fmt: skip
    append(store, HOSTILE, bad, "runs", [row | {"suite": bad, "version": bad}])


def fill_many(store: Store) -> None:
    """More flagged transcripts than stand on a page, and two that are there twice."""
    drop, names = "2025-11-23", [f"many/{number:03}.txt" for number in range(2 * tables.ROWS + 20)]
    append(store, MANY, drop, "transcripts", [
        transcript(name, "quarantined", 10 + number, 0, critical=1 + number % 3) if number % 2
        else transcript(name, "accepted", 10 + number, 10 + number, warning=1)
        for number, name in enumerate(names)
    ])  # fmt: skip
    append(store, MANY, drop, "findings", [
        *(finding(name, "C404" if number % 2 else "S202", "look", transcript=name) for number, name in enumerate(names)),
        finding(names[1], "D501", f"the same text as {names[3]}"),
    ])  # fmt: skip
    append(store, MANY, drop, "outcomes", [
        outcome("C404", 120, violated=60, findings=60), outcome("S202", 120, violated=60, findings=60),
        outcome("D501", 1, violated=1, findings=1),
    ])  # fmt: skip
    counts: dict[str, Any] = {"found": 120, "accepted": 60, "quarantined": 60, "transcripts": 120, "turns": 8_000}
    judged = {"transcripts_accepted": 60, "transcripts_quarantined": 60}
    append(store, MANY, drop, "runs", [run_row(MANY, drop, TODAY, "failed", "too many", **counts, **judged)])
