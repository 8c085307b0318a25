"""Bytes to text: UTF-8 as it should be, and what can be made of the rest.

The fast path is one cast for the whole batch; only sources that are not plain UTF-8 are looked at one by one.

Tried: charset-normalizer 3.5.2 took German in Windows-1252 for Windows-1250 and Japanese in Shift JIS for CP949, and
gave nothing for UTF-8 with one damaged byte. A wrong guess changes words without a word, so nothing is guessed.
"""

from __future__ import annotations

import codecs
from typing import Final

import polars as pl

from schemas.columns import PROBLEMS, TEXTS
from schemas.limits import LINES, VALUES
from schemas.regex import regex
from schemas.signatures import BINARY, TARRED, container, foreign

_CONTROLS: Final = regex(rb"[\x00-\x08\x0e-\x1f]")
_HEAD: Final = 4096
_FULL: Final = 10
"""Valid UTF-8 of which a tenth are NULs is UTF-16 without a mark, or no text at all; a single one is C413's."""
_UNTOLD: Final = "is neither UTF-8 nor text in an encoding that can be told; export the transcript as UTF-8 text"
_LINE: Final = r"[\n\t|<]"
_VALUE: Final = r'[\n{\[]|["0-9]\s*,|\\n'
"""What `schemas.limits.LINES` and `schemas.limits.VALUES` count."""
_NEAR_VALUE: Final = r"[\n{\[,]|\\n"
"""No fewer than there are values, and counted three times as fast."""
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decode(raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Decode sources.

    Args:
        raw: `schemas.columns.RAW` with ``source_key`` and ``binary``, whether a format reads the bytes as they are.

    Returns:
        sources: source_key, path, sha256, bytes, encoding, stage (an index into `schemas.reading.STAGES`).
        texts: `schemas.columns.TEXTS` of the sources that hold any text.
        problems: `schemas.columns.PROBLEMS`; those of `raw`, and kinds undecodable, oversized, damaged, assumed,
            bom and empty.
    """
    head = pl.col("text").str.head(_HEAD)
    decoded = raw.select(
        "source_key",
        "path",
        "sha256",
        "kind",
        "trouble",
        "data",
        "binary",
        _texts(raw.select(pl.when(~pl.col("binary")).then("data")).to_series() if raw["binary"].any() else raw["data"]),
        bytes=pl.col("data").bin.size().fill_null(0),
    ).with_columns(
        odd=pl.col("data").is_not_null()
        & ~pl.col("binary")
        & (
            pl.col("text").is_null()
            | pl.col("text").str.starts_with("\ufeff")
            | (head.str.count_matches("\0", literal=True) * _FULL > head.str.len_chars())
            | head.str.contains(BINARY)
            | (head.str.slice(TARRED[0], len(TARRED[1])) == TARRED[1])
        )
    )
    problems: list[tuple[int, int | None, str, str]] = []
    assumed: dict[int, str] = {}
    texts: dict[int, str | None] = {}
    for key, data in decoded.filter("odd").select("source_key", "data").iter_rows() if decoded["odd"].any() else ():
        encoding, found, trouble = _decode_odd(data)
        texts[key] = found
        if trouble is not None:
            problems.append((key, *trouble))
        if encoding is not None:
            assumed[key] = encoding
    keys = pl.col("source_key")
    replaced = keys.replace_strict(texts, default=None, return_dtype=pl.String) if texts else pl.lit(None, pl.String)
    named = keys.replace_strict(assumed, default=None, return_dtype=pl.String) if assumed else pl.lit(None, pl.String)
    if texts:
        decoded = decoded.with_columns(text=pl.when("odd").then(replaced).otherwise("text"))
    decoded = decoded.with_columns(
        encoding=pl.when("odd").then(named).when(pl.col("text").is_not_null()).then(pl.lit("utf-8")),
    ).with_columns(blank=~pl.col("text").str.contains(r"\S"))
    crowded = _crowded(decoded)
    if crowded:
        problems += [(key, None, "oversized", detail) for key, detail in crowded.items()]
        kept = ~pl.col("source_key").is_in(list(crowded))
        decoded = decoded.with_columns(text=pl.when(kept).then("text"), blank=pl.when(kept).then("blank"))
    problems += [
        (key, None, kind, f"the file can't be read: {trouble}" if kind == "unreadable" else trouble)
        for key, kind, trouble in decoded.select("source_key", "kind", "trouble").drop_nulls("trouble").iter_rows()
    ]
    problems += [
        (key, None, "empty", "holds no text") for key in decoded["source_key"].filter(decoded["blank"].fill_null(False))
    ]
    rows = [(key, None, line, kind, detail) for key, line, kind, detail in problems]
    opened = pl.col("data").is_not_null().cast(pl.UInt8)
    stage = opened + pl.col("text").is_not_null().cast(pl.UInt8) + (~pl.col("blank")).fill_null(False).cast(pl.UInt8)
    # What is not decoded has nothing that could be undecodable or blank.
    stage = pl.when("binary").then(pl.lit(3, pl.UInt8)).otherwise(stage)
    filled = decoded.select(*TEXTS.names(), "blank").filter(~pl.col("blank"))
    carriage = filled["text"].str.contains("\r", literal=True)
    if carriage.any():
        unix = pl.col("text").str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
        filled = pl.concat([filled.filter(~carriage), filled.filter(carriage).with_columns(unix)]).sort("source_key")
    return (
        decoded.select("source_key", "path", "sha256", "bytes", "encoding", stage=stage),
        filled.select(TEXTS.names()),
        pl.DataFrame(rows, schema=PROBLEMS, orient="row"),
    )


def _crowded(decoded: pl.DataFrame) -> dict[int, str]:
    """Sources in more parts than are taken, and what to say of them; small ones needn't be counted."""
    large = decoded["bytes"] > min(LINES, VALUES)
    if not large.any():
        return {}
    text = pl.when(large).then("text")
    is_json = text.str.head(256).str.strip_chars_start().str.contains(r"^[{\[]")
    counts = decoded.select(
        "source_key",
        lines=pl.when(~is_json).then(text).str.count_matches(_LINE),
        values=pl.when(is_json).then(text).str.count_matches(_NEAR_VALUE),
    ).filter((pl.col("lines") > LINES) | (pl.col("values") > VALUES))
    if counts["values"].is_not_null().any():
        exact = decoded.select("source_key", values=pl.when(is_json).then(text).str.count_matches(_VALUE))
        counts = counts.update(exact, on="source_key").filter((pl.col("lines") > LINES) | (pl.col("values") > VALUES))
    return {
        key: f"has {lines:,} lines and cells, more than the {LINES:,} that are taken at once; split it"
        if lines is not None
        else f"has {values:,} values of JSON, more than the {VALUES:,} that are taken at once; split it"
        for key, lines, values in counts.iter_rows()
    }


def _texts(data: pl.Series) -> pl.Series:
    """Bytes as text, null where they are no UTF-8."""
    try:
        return data.cast(pl.String).alias("text")
    except pl.exceptions.ComputeError:
        # One bad source fails the whole column, also in a cast that isn't strict.
        return pl.Series("text", [_utf8(each) for each in data], dtype=pl.String)


def _utf8(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def _decode_odd(data: bytes) -> tuple[str | None, str | None, tuple[int | None, str, str] | None]:
    """(encoding, text, problem) of bytes that may not be plain UTF-8; no encoding and no text where they are none."""
    if data.startswith(codecs.BOM_UTF8) and (text := _utf8(data[3:])) is not None:
        return "utf-8", text, (1, "bom", "begins with a byte order mark, which was left out")
    for mark, name in _UTF16.items():
        if data.startswith(mark):
            try:
                return name, data[2:].decode(name), (1, "assumed", f"is no UTF-8; read as {name.upper()} by its mark")
            except UnicodeDecodeError:
                break
    if (problem := _no_text(data)) is not None:
        return None, None, problem
    if (text := _utf8(data)) is not None:
        return "utf-8", text, None
    return _guessed(data)


def _guessed(data: bytes) -> tuple[str | None, str | None, tuple[int | None, str, str]]:
    """(encoding, text, problem) of text in an encoding that it doesn't tell."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    sound = len(text) - damaged - len(text.encode("ascii", "ignore"))
    if damaged and sound >= damaged:
        line = 1 + text.count("\n", 0, text.index("\ufffd"))
        detail = f"is damaged UTF-8: what could not be decoded ({damaged} in all) stands as U+FFFD"
        return "utf-8", text, (line, "damaged", detail)
    try:
        return "windows-1252", data.decode("cp1252"), (1, "assumed", "is no UTF-8; read as Windows-1252")
    except UnicodeDecodeError:
        return None, None, (None, "undecodable", _UNTOLD)


def _no_text(data: bytes) -> tuple[None, str, str] | None:
    """The problem of bytes that are no text in any encoding."""
    if (found := foreign(data)) is not None:
        return None, "undecodable", f"is no text but {found[0]}; {found[1]}"
    if (held := container(data)) is not None:
        return None, "oversized", f"is {held} within another, and only one is opened; unpack it into the drop"
    # A valid text may hold one or the other.
    few = data[:_HEAD].count(0) * _FULL <= len(data[:_HEAD]) and _utf8(data) is not None
    return (None, "undecodable", _UNTOLD) if _CONTROLS.search(data) and not few else None
