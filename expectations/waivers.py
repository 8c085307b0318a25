"""Waivers: findings that a person lets stand, with a reason, a name and a last day.

A waived finding is still found and shown, but neither quarantines nor asks for a repair. A waiver names the code and
the transcript, and may be narrowed to a turn or to a text that stands in the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from expectations.catalogue import catalogue
from expectations.yaml_file import MAX_BYTES, Place, YamlFile, near
from schemas.errors import InputError
from schemas.reading import Batch

FIELDS: Final = ("code", "transcript", "turn", "pattern", "reason", "by", "until")


@dataclass(frozen=True)
class Waiver:
    """One waiver.

    Attributes:
        code: of the expectation.
        transcript: its id, the path of a source for findings about a whole source, or the name of a drop for those
            about the whole drop. Where it is known by a longer path, the end of that path.
        turn: the only turn it is about, as read; None for all.
        pattern: a text that the evidence must hold; None for any.
        reason, by: why, and who says so.
        until: the last day (UTC) on which it counts.
    """

    code: str
    transcript: str
    turn: int | None
    pattern: str | None
    reason: str
    by: str
    until: date

    @property
    def id(self) -> str:
        """12 hexadecimal digits; the same waiver has the same."""
        return sha256(dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def told(self) -> str:
        """Why a finding stands, as reports show it."""
        return f"{self.reason} ({self.by}, until {self.until})"

    def counts(self, today: date | None = None) -> bool:
        """Whether it counts on a day, by default today."""
        return (today or datetime.now(UTC).date()) <= self.until


def waive(batch: Batch, findings: pl.DataFrame, waivers: Sequence[Waiver]) -> pl.DataFrame:
    """Findings with ``waived``: why each stands, null where no waiver is about it. A waived one asks for no repair.

    Args:
        batch: where they were found; turns count by its ``as_read`` where it has that.
        findings: `expectations.finding_rows.FINDING_ROWS`.
        waivers: those that count.
    """
    named = findings.join(batch.sources.select("source_key", "path"), on="source_key", maintain_order="left").join(
        batch.transcripts.select("transcript_key", "transcript"), on="transcript_key", how="left", maintain_order="left"
    )
    number = pl.col("turn")
    if "as_read" in batch.turns.columns:
        numbers = batch.turns.select("transcript_key", "turn", "as_read")
        named = named.join(numbers, on=["transcript_key", "turn"], how="left", maintain_order="left")
        number = pl.col("as_read")
    waived = _waived(named, waivers, [pl.coalesce("transcript", "path")], number)
    return findings.with_columns(waived).with_columns(fix=pl.when(pl.col("waived").is_null()).then("fix"))


def waive_of_drop(findings: pl.DataFrame, waivers: Sequence[Waiver]) -> pl.DataFrame:
    """Findings about a drop, `schemas.columns.FINDINGS`, with ``waived``.

    A waiver names the drop, the source that one is about, or the transcript (``path#record``) where a source holds
    many.
    """
    names = [pl.col("path"), pl.format("{}#{}", "path", "record")]
    return findings.with_columns(_waived(findings, waivers, names, pl.col("turn")))


def _waived(named: pl.DataFrame, waivers: Sequence[Waiver], names: Sequence[pl.Expr], number: pl.Expr) -> pl.Series:
    """Why each finding stands: the first waiver that has its code and one of its names, and its turn and evidence."""
    codes = set(named["code"].unique())
    reasons: list[pl.Expr] = [pl.lit(None, pl.String)]
    for each in waivers:
        if each.code not in codes:
            continue
        named_so = pl.any_horizontal(
            either for name in names for either in (name == each.transcript, name.str.ends_with(f"/{each.transcript}"))
        )
        about = (pl.col("code") == each.code) & named_so
        if each.turn is not None:
            about &= number == each.turn
        if each.pattern is not None:
            about &= pl.col("evidence").str.contains(each.pattern, literal=True)
        reasons.append(pl.when(about.fill_null(False)).then(pl.lit(each.told)))
    return named.select("code", waived=pl.coalesce(reasons))["waived"]


def checked(file: YamlFile, fields: dict[str, Any], place: Place) -> Waiver:
    """A waiver of what a file says at a place.

    Raises:
        TurnproofError: the file's error, if it is wrong.
    """
    for name in ("code", "transcript", "reason", "by"):
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            file.fail((*place, name), f"a text as {name}", fields.get(name), f"add `{name}: …`")
    code = fields["code"]
    if code not in catalogue():
        hint = near(code.upper(), catalogue()) or "`turnproof rules` lists them"
        file.fail((*place, "code"), "the code of an expectation", code, hint)
    turn, pattern, until = fields.get("turn"), fields.get("pattern"), fields.get("until")
    if turn is not None and (isinstance(turn, bool) or not isinstance(turn, int) or not 0 <= turn < 2**32):
        file.fail(
            (*place, "turn"), "the number of a turn, counted from 0", turn, "use the number that the report shows"
        )
    if pattern is not None and (not isinstance(pattern, str) or not pattern):
        file.fail((*place, "pattern"), "a text that stands in the evidence", pattern, "put it in quotes")
    if not isinstance(until, date) or isinstance(until, datetime):
        file.fail((*place, "until"), "a last day such as 2026-12-31", until, "add `until: YYYY-MM-DD`")
    return Waiver(code, fields["transcript"], turn, pattern, fields["reason"], fields["by"], until)


def read_waivers(path: Path) -> list[tuple[Waiver, str]]:
    """The waivers of a file, as `turnproof waive --export` writes it, each with where it stands (``file:line``).

    Raises:
        InputError: if there is no such file, or it is wrong, with the line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: expected a file of waivers, found {error.strerror}; correct the path") from None
    read = YamlFile(str(path), data, InputError)
    entries = read.mapping(read.content, (), ("waivers",)).get("waivers")
    if entries is None:
        return []
    if not isinstance(entries, list):
        read.fail(("waivers",), "a list of waivers", entries, "write `- code: …`")
    found: list[tuple[Waiver, str]] = []
    for number, entry in enumerate(cast("list[object]", entries)):
        place = ("waivers", number)
        found.append((checked(read, read.mapping(entry, place, FIELDS), place), read.origin(place)))
    return found
