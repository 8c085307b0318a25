"""The columns of every frame, in plain Polars types, for code that must start fast.

The Pandera models beside this file say what the values must be; importing Pandera costs seconds, so reading and
evaluating use these schemas alone. A test holds the two together.

Two families:

* *Batch frames* live in memory while one batch is judged. They refer to each other by row number (``source_key``,
  ``transcript_key``), which is cheaper than text for a million turns.
* *Stored frames* (`schemas.stored`) lie in the store's tables. They carry ``run``, ``drop`` and, where rows are many,
  ``batch``.
"""

from __future__ import annotations

from typing import Final

import polars as pl

VERDICTS: Final = ("accepted", "repaired", "quarantined")
"""Verdicts of a transcript, best first."""

SOURCE_VERDICTS: Final = (*VERDICTS, "unreadable")
"""A source has the worst verdict of its transcripts, or ``unreadable`` where it yielded none."""

SEVERITIES: Final = ("info", "warning", "critical")
"""Great Expectations' severities, mildest first."""

GATES: Final = ("passed", "warned", "failed")
"""Gates of a drop, best first."""

FORGETTABLE: Final = ("pages", "turns", "run")
"""What can be deleted of a finished run, least first; whatever is more includes what is less."""

UTC: Final = pl.Datetime("us", "UTC")

# --- batch frames ----------------------------------------------------------------------------------------------------

RAW: Final = pl.Schema(
    {
        "path": pl.String(),
        "data": pl.Binary(),
        "sha256": pl.String(),
        "kind": pl.String(),
        "trouble": pl.String(),
        "lines_before": pl.UInt32(),
        "records_before": pl.UInt32(),
    }
)
"""Bytes as found: one row a source; where it could not be read, ``data`` is null, ``trouble`` says why, and ``kind`` is
the kind of problem that this is. ``lines_before`` and ``records_before`` are what stands in the file before a source
that is a part of one, and null for others."""

TEXTS: Final = pl.Schema({"source_key": pl.UInt32, "path": pl.String, "text": pl.String})
"""Decoded sources as the formats get them: line ends are ``\\n``, no byte order mark."""

PARSED_RECORDS: Final = pl.Schema({"source_key": pl.UInt32, "record": pl.UInt32, "line": pl.UInt32})
"""Transcripts as a format finds them: ``record`` counts from 0 within the source, ``line`` from 1."""

PARSED_TURNS: Final = pl.Schema(
    {
        "source_key": pl.UInt32,
        "record": pl.UInt32,
        "speaker": pl.String,
        "text": pl.String,
        "line": pl.UInt32,
        "start": pl.Float64,
        "end": pl.Float64,
    }
)
"""Turns as a format finds them, in order; ``line`` is where the text starts, ``start``/``end`` are seconds."""

TOOLS: Final = pl.Schema({"calls": pl.List(pl.String), "answers": pl.List(pl.String)})
"""Tools in turns: the ids of the tool calls that a turn makes, and of those whose results it brings.

Both are null where a turn has nothing to do with tools, never empty. A format without tools leaves the columns out, and
reading fills them with null. A call without an id goes by its function's name, and one without either by ``""``: in
OpenAI's chat ``tool_calls[].id`` and ``tool_call_id``, ``function_call.name`` and the ``name`` of a message of the role
``function``; parts ``tool_use`` and ``tool_result`` (``id``, ``tool_use_id``); in ShareGPT the speakers
``function_call`` and ``observation``. What a call asks is no text of the turn: one that only calls has an empty text.
"""

PARSED_ACCOUNTS: Final = pl.Schema(
    {"source_key": pl.UInt32, "expected": pl.UInt64, "in_turns": pl.UInt64, "elsewhere": pl.UInt64}
)
"""Conservation of text, in characters a source: ``expected`` = ``in_turns`` + ``elsewhere``, or text was lost."""

PROBLEMS: Final = pl.Schema(
    {
        "source_key": pl.UInt32,
        "record": pl.UInt32,
        "line": pl.UInt32,
        "kind": pl.String,
        "detail": pl.String,
    }
)
"""What went wrong while reading; ``kind`` is what the source-level expectations look for.

Of a record in JSON, ``broken`` says that it could not be read; ``mixed`` that it is sound, but has the shape of another
format than its source (one problem a record, ``line`` and ``detail`` tell which); ``renamed`` that it was read, with
the names for speakers, since all its messages but the system's have one role. ``replies`` says that the
utterances of a record, all of which were read, don't reply to each other as a tree (one problem a conversation and way,
at the first's line).
"""

REFUSALS: Final = pl.Schema({"source_key": pl.UInt32, "reason": pl.String})
"""Sources that a format does not claim, with the reason in words."""

# --- frames of a judged batch ----------------------------------------------------------------------------------------

FINDINGS: Final = pl.Schema(
    {
        "path": pl.String,
        "transcript": pl.String,
        "record": pl.UInt32,
        "turn": pl.UInt32,
        "line": pl.UInt32,
        "code": pl.String,
        "rule": pl.String,
        "severity": pl.String,
        "message": pl.String,
        "evidence": pl.String,
        "offset": pl.UInt32,
        "fix": pl.String,
        "waived": pl.String,
    }
)
"""One violation a row. ``offset`` is where ``evidence`` starts in the turn's text, in characters; ``fix`` names a
repair that the violated expectation offers; ``waived`` says why a person lets it stand. ``transcript``, ``record``,
``turn`` and ``line`` are null where the finding is about something larger."""

TURNS: Final = pl.Schema(
    {
        "transcript": pl.String,
        "turn": pl.UInt32,
        "speaker": pl.String,
        "role": pl.String,
        "text": pl.String,
        "line": pl.UInt32,
        "start": pl.Float64,
        "end": pl.Float64,
    }
)

TRANSCRIPTS: Final = pl.Schema(
    {
        "transcript": pl.String(),
        "path": pl.String(),
        "record": pl.UInt32(),
        "line": pl.UInt32(),
        "turns": pl.UInt32(),
        "released_turns": pl.UInt32(),
        "characters": pl.UInt64(),
        "tokens": pl.UInt64(),
        "speakers": pl.List(pl.String),
        "verdict": pl.String(),
        "critical": pl.UInt32(),
        "warning": pl.UInt32(),
        "info": pl.UInt32(),
        "repairs": pl.List(pl.String),
    }
)
"""``turns`` as read, ``released_turns`` after repair (0 when quarantined); the three counts are findings as read;
``tokens`` are those of the turns as read, null where the suite names no tokenizer."""

SOURCES: Final = pl.Schema(
    {
        "path": pl.String,
        "sha256": pl.String,
        "bytes": pl.UInt64,
        "encoding": pl.String,
        "format": pl.String,
        "characters": pl.UInt64,
        "in_turns": pl.UInt64,
        "elsewhere": pl.UInt64,
        "transcripts": pl.UInt32,
        "turns": pl.UInt32,
        "verdict": pl.String,
    }
)

QUARANTINED: Final = pl.Schema([*TURNS.items(), *TOOLS.items()])
"""Turns as they were read, with all that judging them again needs."""

REPAIRS: Final = pl.Schema(
    {
        "transcript": pl.String,
        "turn": pl.UInt32,
        "line": pl.UInt32,
        "speaker": pl.String,
        "role": pl.String,
        "repair": pl.String,
        "code": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
)
"""One step of a repair a row, ``turn`` numbered as read. ``after`` is null where the turn was taken out. ``before`` is
empty, and ``after`` is not null, where a turn was put in that had stood within the turn of this number. Steps in one
turn follow each other: each begins with what the one before left."""

REQUEUED: Final = pl.Schema({"transcript": pl.String, "origin": pl.String, "policy": pl.String, "verdict": pl.String})
"""A transcript that was judged again: ``origin`` is the run that had read and quarantined it, and still says so,
``verdict`` the new one, and ``policy`` stands for the suite, the waivers and the version that it was judged under."""

FINGERPRINTS: Final = pl.Schema(
    {
        "transcript": pl.String(),
        "released": pl.Boolean(),
        "characters": pl.UInt64(),
        "digest": pl.Int64(),
        "sketch": pl.List(pl.Int64),
    }
)
"""By what duplicates are found without their texts, a transcript with turns a row; see `expectations.fingerprints`."""

OUTCOMES: Final = pl.Schema(
    {
        "code": pl.String,
        "rule": pl.String,
        "scope": pl.String,
        "severity": pl.String,
        "holds": pl.UInt32,
        "violated": pl.UInt32,
        "unknown": pl.UInt32,
        "findings": pl.UInt32,
    }
)
"""One expectation a row. ``holds``, ``violated`` and ``unknown`` (could not be evaluated) count sources where
``scope`` is ``source``, the drop itself where it is ``drop``, else transcripts."""
